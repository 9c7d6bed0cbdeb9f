"""JSON values as tensors: TensorFlow Serving's rules for shapes and types."""

import base64
import binascii
import itertools
import json
import re

import numpy as np
import tensorflow as tf

from tfgan_transfer.serving import status

_SMALL = (-(2**31), 2**31 - 1)
_INTEGERS = {
    # The smaller ones are checked as int32 and then cut, as in the server.
    "int8": _SMALL,
    "int16": _SMALL,
    "int32": _SMALL,
    "uint8": _SMALL,
    "int64": (-(2**63), 2**63 - 1),
    "uint32": (0, 2**32 - 1),
    "uint64": (0, 2**64 - 1),
}
WRITABLE = {"bool", "float32", "float64", *_INTEGERS}
_C_NAMES = {"float32": "float", "float64": "double", "float16": "half"}
_SHOWN = 1000
# NumPy's arrays have 64, one of which are the rows of a request.
MOST_DIMENSIONS = 63


def tensor(value: object, dtype: int) -> np.ndarray:
    """Makes a tensor of a value or of nested lists.

    Args:
        value: What the JSON parser returned; its first elements tell the
            shape.
        dtype: TensorFlow's number of the wanted type.

    Raises:
        ServingError: If the lists are ragged or a value has another type.
    """
    shape = []
    first = value
    while isinstance(first, list):
        shape.append(len(first))
        if len(shape) > MOST_DIMENSIONS:
            raise status.invalid(
                f"Encountered lists at more than {MOST_DIMENSIONS} levels"
            )
        first = first[0] if first else None
    flat = _flatten(value, shape)
    name = tf.dtypes.as_dtype(dtype).name if dtype else "invalid"
    if name in ("float32", "float64"):
        flat = _floats(flat, np.finfo(name), name)
    elif name in _INTEGERS:
        _integers(flat, name)
        # Two steps, so that what does not fit is cut instead of refused.
        wide = "uint64" if name == "uint64" else "int64"
        flat = np.array(flat, wide).astype(name)
    elif name == "bool":
        _expect(flat, {bool}, name)
    elif name == "string":
        flat = np.array([_bytes(x) for x in flat] + [None], object)[:-1]
        name = object
    else:
        raise status.ServingError(
            status.UNIMPLEMENTED,
            f"Conversion of JSON Value: {text(value)} to type: "
            + _C_NAMES.get(name, name),
        )
    return np.array(flat, name).reshape(shape)


def is_object(value: object) -> bool:
    """Whether a value is a JSON object and not bytes in base64."""
    return isinstance(value, dict) and not _is_base64(value)


def text(value: object) -> str:
    """The value as JSON, for messages; long ones are cut."""
    try:
        shown = json.dumps(value)
    except RecursionError:
        shown = "of too many levels"
    return shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "..."


def type_name(dtype: np.dtype) -> str:
    """What the server calls a type in its messages."""
    name = tf.dtypes.as_dtype(dtype).name
    return _C_NAMES.get(name, name)


def _flatten(value: object, shape: list[int]) -> list:
    """The leaves of nested lists that must have exactly this shape."""
    rank = len(shape)
    level = [value]
    for depth, size in enumerate(shape):
        for item in level:
            if not isinstance(item, list):
                raise status.invalid(
                    f"JSON Value: {text(item)} found at incorrect level: "
                    f"{depth + 1} in the JSON DOM. Expected at level: {rank}"
                )
            if len(item) != size:
                raise status.invalid(
                    f"Encountered list at unexpected size: {len(item)} at "
                    f"level: {depth} expected size: {size}"
                )
        level = list(itertools.chain.from_iterable(level))
    if any(isinstance(item, list) for item in level):
        raise status.invalid(
            f"Encountered list at unexpected level: {rank} expected < {rank}"
        )
    return level


def _expect(flat: list, types: set[type], name: str) -> None:
    if set(map(type, flat)) <= types:
        return
    wrong = next(x for x in flat if type(x) not in types)
    raise _type_error(wrong, name)


def _type_error(value: object, name: str) -> status.ServingError:
    kinds = {
        type(None): "Null",
        dict: "Object",
        str: "String",
        bool: str(value),
    }
    return status.invalid(
        f"JSON Value: {text(value)} Type: {kinds.get(type(value), 'Number')} "
        f"is not of expected type: {_C_NAMES.get(name, name)}"
    )


def _integers(flat: list, name: str) -> None:
    _expect(flat, {int}, name)
    low, high = _INTEGERS[name]
    for x in flat:
        if not low <= x <= high:
            raise _type_error(x, name)


def _floats(flat: list, limits: np.finfo, name: str) -> list:
    """Numbers that the type holds; integers only where it holds them all."""
    _expect(flat, {int, float}, name)
    whole = 2 ** (limits.nmant + 1) - 1
    for x in flat:
        # Python compares its integers of any size with floats exactly.
        lossy = abs(x) > whole if _is_word(x) else abs(x) > float(limits.max)
        if lossy and x not in (np.inf, -np.inf):
            raise status.invalid(
                f"Cannot convert JSON value: {text(x)} to "
                f"{_C_NAMES[name]} without loss of precision."
            )
    return [float(x) for x in flat]


def _is_word(x: float) -> bool:
    return isinstance(x, int) and -(2**63) <= x < 2**64


def _is_base64(value: object) -> bool:
    return (
        isinstance(value, dict)
        and list(value) == ["b64"]
        and isinstance(value["b64"], str)
    )


def _bytes(value: object) -> bytes:
    if isinstance(value, str):
        # JSON can write half of a surrogate pair, which no text may hold.
        return value.encode(errors="surrogatepass")
    if not isinstance(value, dict):
        raise _type_error(value, "string")
    if not _is_base64(value):
        raise status.invalid(
            f"JSON Value: {text(value)} not formatted correctly for base64 data"
        )
    # Padding may be left out.
    digits = re.sub(r"\s", "", value["b64"]).rstrip("=")
    try:
        return base64.b64decode(
            digits + "=" * (-len(digits) % 4), validate=True
        )
    except (binascii.Error, ValueError) as error:
        raise status.invalid("Unable to base64 decode") from error
