"""The one exception that ends a command with a sentence instead of a stack."""

import difflib
import re
from collections.abc import Iterable

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
    near = difflib.get_close_matches(str(received), options, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return (
        f"{name}: unknown value {received!r}, expected one of "
        f"{', '.join(options)}.{hint}"
    )
