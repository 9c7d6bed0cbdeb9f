"""Settings as Python gives them: checked as the command line checks flags."""

import math
import numbers
import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tfgan_transfer.errors import UserError, choices, shown
from tfgan_transfer.settings.setting import Setting


class _Kind(NamedTuple):
    types: tuple[type, ...]
    called: str


# All others are texts; numbers and lists of names are written as such.
_KINDS = {
    "integer": _Kind((int,), "a whole number"),
    "number": _Kind((int, float), "a number"),
    "yes": _Kind((bool,), "True or False"),
}
_TEXT = _Kind((str, int, list, tuple), "a text")
_SIZE = _TEXT._replace(called="a side such as 64, or (height, width)")


def read(given: Mapping, rows: Sequence[Setting]) -> dict:
    """Reads keyword arguments as values of settings.

    Args:
        given: Name -> value; None is what is not given. A size may be a
            number or (height, width), a list of names a list, a path a
            `pathlib.Path`, and any number one of NumPy's.
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
    sized = row.name.endswith("size")
    kind = _KINDS.get(row.kind, _SIZE if sized else _TEXT)
    value = _plain(value)
    # True is a number to Python, and no size to anybody.
    odd = isinstance(value, bool) and bool not in kind.types
    if odd or not isinstance(value, kind.types):
        raise UserError(
            f"--{row.name}: expected {kind.called}, received {shown(value)}"
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(
            f"--{row.name}: expected a finite number, received {value}"
        )
    text = row.kind not in _KINDS
    if text:
        value = _text(row, value)
    if row.choices and value not in row.choices:
        raise UserError(choices(f"--{row.name}", value, row.choices))
    for bound, wrong, words in (
        (row.low, lambda: value < row.low, "at least"),
        (row.high, lambda: value > row.high, "at most"),
    ):
        if bound is not None and not text and wrong():
            raise UserError(
                f"--{row.name}: expected {words} {bound}, received {value}"
            )
    return value


def _plain(value: object) -> object:
    """A number of NumPy's as Python's, a path as text."""
    if isinstance(value, bool):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _text(row: Setting, value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ("x" if row.name.endswith("size") else ",").join(map(str, value))
    return str(value)
