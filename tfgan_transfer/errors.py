"""The one exception that ends a command with a sentence instead of a stack."""

import difflib
import re
import textwrap
from collections.abc import Iterable

# Characters of a value that a message repeats, and options that it lists.
_LONGEST, _MANY = 80, 40
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
    """A value that was received, in a short line; an array by its shape."""
    shape = getattr(value, "shape", ())
    if shape and hasattr(value, "dtype"):
        return f"an array of {value.dtype} {list(shape)}"
    return textwrap.shorten(repr(value), _LONGEST, placeholder="...")


def choices(name: str, received: str, options: Iterable[str]) -> str:
    """Describes a value that is not among the known ones.

    Args:
        name: What was being chosen, e.g. `"--network"` or `"tag"`.
        received: The unknown value.
        options: All values that would have been accepted.

    Returns:
        One line that lists the options, unless they are very many, and
        suggests the nearest of them, whatever its case.
    """
    # A scheme that all have makes nothing alike.
    scheme, _, name_only = str(received).lower().rpartition(":")
    known = {str(o).lower().removeprefix(f"{scheme}:"): str(o) for o in options}
    near = difflib.get_close_matches(name_only, known, 1, 0.5)
    text = f"{name}: unknown value {received!r}"
    hint = f" Did you mean {known[near[0]]!r}?" if near else ""
    if near and len(known) > _MANY:
        return f"{text}.{hint}"
    return f"{text}, expected one of {', '.join(known.values())}.{hint}"
