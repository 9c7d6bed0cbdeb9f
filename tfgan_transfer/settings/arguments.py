"""Settings as Python gives them: checked as the command line checks flags."""

from collections.abc import Mapping, Sequence

from tfgan_transfer.errors import UserError, choices
from tfgan_transfer.settings.setting import Setting

_KINDS = {"integer": int, "number": (int, float), "yes": bool}


def read(given: Mapping, rows: Sequence[Setting]) -> dict:
    """Reads keyword arguments as values of settings.

    Args:
        given: Name -> value; None is what is not given. A size may be a
            number or (height, width), a list of names a list.
        rows: The settings that may be given.

    Returns:
        The same as a command has it of its flags.

    Raises:
        UserError: If there is no such setting, or it has no such value.
    """
    known = {row.name: row for row in rows}
    for name in given:
        if name not in known:
            raise UserError(choices("settings", name, sorted(known)))
    return {
        name: _value(known[name], value)
        for name, value in given.items()
        if value is not None
    }


def _value(row: Setting, value: object) -> object:
    kind = _KINDS.get(row.kind)
    # True is a number to Python, and no size to anybody.
    odd = isinstance(value, bool) and kind is not bool
    if kind is None and not odd:
        value = _text(row, value)
    elif odd or not isinstance(value, kind):
        raise UserError(
            f"--{row.name}: expected {'yes or no' if kind is bool else 'a '}"
            f"{'' if kind is bool else row.kind}, received {value!r}"
        )
    if row.choices and value not in row.choices:
        raise UserError(choices(f"--{row.name}", value, row.choices))
    low = row.low is not None and kind and value < row.low
    if low or (row.high is not None and kind and value > row.high):
        bounds = [f"at least {row.low}"] * (row.low is not None)
        bounds += [f"at most {row.high}"] * (row.high is not None)
        raise UserError(
            f"--{row.name}: expected {' and '.join(bounds)}, received {value}"
        )
    return value


def _text(row: Setting, value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ("x" if row.name.endswith("size") else ",").join(map(str, value))
    return str(value)
