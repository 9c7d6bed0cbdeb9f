"""The one exception that ends a command with a sentence instead of a stack."""

import difflib
import re
from collections.abc import Iterable

# Characters of a value that a message repeats.
_LONGEST = 80
# What marks an argument in a message; other programs' options have hyphens.
_MARK = re.compile(r"(?<![\w-])--(?=[a-z]\w*(?![\w-]))")


class UserError(ValueError):
    """A mistake in what the user asked for or supplied.

    The message is one line: what is wrong, what was expected, what was
    received, and what to do. It marks arguments as `--name`, which is how
    commands print it before they exit with code 2. Python reads the same
    sentence with the plain names of arguments.

    Args:
        message: The sentence.

    Attributes:
        command_line: The sentence as commands print it.

    Example:
        >>> import tfgan_transfer as tt
        >>> tt.load_images("digits", size=8, channels=2)
        Traceback (most recent call last):
        ...
        tfgan_transfer.errors.UserError: channels: unknown value '2', ...
    """

    def __init__(self, message: str):
        super().__init__(_MARK.sub("", message))
        self.command_line = message

    def about(self, argument: str, instead: str) -> "UserError":
        """The same mistake in another argument.

        Args:
            argument: The one that the message names.
            instead: The one that the user gave.
        """
        named = rf"--{argument}\b(?!_)"
        return UserError(re.sub(named, f"--{instead}", self.command_line))


def shown(value: object) -> str:
    """A value that was received, in one short line.

    Args:
        value: Anything; of an array its kind and shape are told.
    """
    shape = getattr(value, "shape", ())
    if shape and hasattr(value, "dtype"):
        return f"an array of {value.dtype} {list(shape)}"
    text = " ".join(repr(value).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def nearest(received: str, options: Iterable[str]) -> str | None:
    """The option that was probably meant, whatever its case; None if unclear.

    Args:
        received: An unknown value.
        options: All values that would have been accepted.
    """
    named = {str(option).lower(): str(option) for option in options}
    near = difflib.get_close_matches(
        str(received).lower(), named, n=1, cutoff=0.5
    )
    return named[near[0]] if near else None


def choices(name: str, received: str, options: Iterable[str]) -> str:
    """Describes a value that is not among the known ones.

    Args:
        name: What was being chosen, e.g. `"--network"` or `"tag"`.
        received: The unknown value.
        options: All values that would have been accepted.

    Returns:
        One line that lists the options and suggests the nearest of them.
    """
    options = [str(option) for option in options]
    near = nearest(received, options)
    hint = f" Did you mean {near!r}?" if near else ""
    return (
        f"{name}: unknown value {received!r}, expected one of "
        f"{', '.join(options)}.{hint}"
    )
