"""The one exception that ends a command with a sentence instead of a stack."""

import difflib
from collections.abc import Iterable


class UserError(ValueError):
    """A mistake in what the user asked for or supplied.

    The message is one line: what is wrong, what was expected, what was
    received, and what to do. Commands print it and exit with code 2.
    """


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
