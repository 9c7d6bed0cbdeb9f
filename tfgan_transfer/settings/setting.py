"""What is known of one setting: a row of the table."""

import dataclasses
from collections.abc import Sequence

# The families that may use a setting.
SINGLE = ("wgan_gp", "acgan", "stack_gan")
PAIR = ("cyclegan",)
EVERY = SINGLE + PAIR

# When a run takes a setting over from its source: whatever it plays, if it
# plays the same game, or if it is the same model.
ALWAYS, SAME_LOSS, SAME_MODEL = "always", "same loss", "same model"


@dataclasses.dataclass(frozen=True)
class Setting:
    """A setting of a run, or an option of a command.

    Attributes:
        name: Of the flag, without dashes, and of the argument.
        kind: `"text"`, `"integer"`, `"number"`, `"yes"` (or no), `"list"` (of
            texts), `"repeated"` (a text at a time), or, with a bare form,
            `"text?"` and `"choice?"`.
        help: What it does, in words that make sense alone.
        default: None where it follows from data or other settings.
        choices: The values it may have; any, if there are none.
        low: Smallest number it may be.
        high: Largest.
        common: Whether the short help shows it.
        families: Models that use it.
        neutral: What it is in models that don't; `default` if absent.
        passed_on: When a source passes it on; never, if empty.
        safe: Whether it may change when a run goes on, because it decides how
            long it runs, where, and what it reports, not through which
            weights it passes.
    """

    name: str
    kind: str
    help: str
    default: object = None
    choices: Sequence[str] = ()
    low: float | None = None
    high: float | None = None
    common: bool = False
    families: Sequence[str] = EVERY
    neutral: object = None
    passed_on: str = ""
    safe: bool = False

    @property
    def unused(self) -> object:
        """Its value in a model that does not use it."""
        return self.default if self.neutral is None else self.neutral


def typed(value: object) -> str:
    """A setting's value as somebody types it: 500, not 500.0."""
    if value is None:
        return "none"
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value)
