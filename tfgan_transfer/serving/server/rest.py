"""TensorFlow Serving's JSON: requests to arrays, arrays to answers.

Two formats: rows (`instances` -> `predictions`), where dimension 0 is the
list itself, and columns (`inputs` -> `outputs`), a whole tensor per name.
Bytes travel as {"b64": "..."}; on the way out only those of outputs whose
name ends in `_bytes`.
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import orjson

from tfgan_transfer.serving import status
from tfgan_transfer.serving.server import values

Infos = Mapping[str, object]  # Input name -> TensorInfo.


class Request(NamedTuple):
    """A predict request that was understood."""

    signature: str
    inputs: dict[str, np.ndarray]
    rows: bool


def parse(body: bytes, inputs_of: Callable[[str], Infos]) -> Request:
    """Reads a predict request.

    Args:
        body: The JSON text.
        inputs_of: Name of a signature, which may be empty -> its inputs;
            raises ServingError if there is none of that name.

    Raises:
        ServingError: If the request is not one.
    """
    document = _load(body)
    signature = document.get("signature_name", "")
    if not isinstance(signature, str):
        raise _format(
            document,
            "not formatted correctly. 'signature_name' key must be a string "
            "value.",
        )
    infos = inputs_of(signature)
    if not infos:
        raise status.invalid(
            "Failed to get input map for signature: " + (signature or "DEFAULT")
        )
    if "instances" in document and "inputs" in document:
        raise _format(
            document,
            "Not formatted correctly expecting only one of 'inputs' or "
            "'instances' keys to exist",
        )
    if "instances" in document:
        rows = document["instances"]
        if not isinstance(rows, list):
            raise _format(document, "Excepting 'instances' to be an list/array")
        if not rows:
            raise _format(document, "No values in 'instances' array")
        return Request(signature, _from_rows(rows, infos), True)
    if "inputs" in document:
        columns = _from_columns(document["inputs"], infos)
        return Request(signature, columns, False)
    raise status.invalid("Missing 'inputs' or 'instances' key")


def answer(outputs: Mapping[str, np.ndarray], rows: bool) -> bytes:
    """Writes what a signature returned, in the format of the request.

    Args:
        outputs: Name -> values.
        rows: Whether the request was in rows.

    Raises:
        ServingError: If the outputs have no such form.
    """
    if not outputs:
        raise status.invalid("Cannot convert empty tensor map to JSON")
    outputs = {name: np.asarray(value) for name, value in outputs.items()}
    if rows:
        _same_batch(outputs)
    exact = all(_is_ordinary(name, value) for name, value in outputs.items())
    plain = {
        name: _writable(name, value, exact) for name, value in outputs.items()
    }
    if len(plain) == 1:
        (found,) = plain.values()
    elif rows:
        count = len(next(iter(plain.values())))
        found = [{name: plain[name][i] for name in plain} for i in range(count)]
    else:
        found = plain
    document = {"predictions" if rows else "outputs": found}
    if exact:
        return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
    written = json.dumps(document, ensure_ascii=False)
    return written.encode(errors="surrogateescape")


def error(message: str) -> bytes:
    """The body of an error."""
    return json.dumps({"error": message}).encode()


def _load(body: bytes) -> dict:
    if not body:
        raise status.invalid("JSON Parse error: The document is empty")
    try:
        document = orjson.loads(body)
    except ValueError:
        try:
            # The slower parser knows NaN and Infinity, as the server does.
            document = json.loads(body)
        except (ValueError, RecursionError) as fault:
            raise status.invalid(f"JSON Parse error: {fault}") from fault
    if not isinstance(document, dict):
        raise _format(document, "Is not object")
    return document


def _format(value: object, what: str) -> status.ServingError:
    return status.invalid(f"JSON Value: {values.text(value)} {what}")


def _from_rows(rows: list, infos: Infos) -> dict[str, np.ndarray]:
    if not isinstance(rows[0], dict) and len(infos) > 1:
        raise status.invalid(
            "instances is a plain list, but expecting list of objects as "
            "multiple input tensors required as per tensorinfo_map"
        )
    named = values.is_object(rows[0])
    (first, *_) = infos
    columns = {name: [] for name in infos}
    for number, row in enumerate(rows):
        if named != values.is_object(row):
            raise status.invalid(
                f"Expecting object but got list at item {number} of input list"
                if named
                else "Expecting value/list but got object at item "
                f"{number} of input list"
            )
        for name, value in (row if named else {first: row}).items():
            where = f"{number} key: {name}" if named else f"{number}"
            try:
                _add(columns, name, value, infos)
            except status.ServingError as fault:
                # Whatever it was, in rows it becomes an invalid argument.
                raise status.invalid(
                    f"Failed to process element: {where} of 'instances' list. "
                    f"Error: {status.NAMES[fault.code]}: {fault.message}"
                ) from fault
        if named and set(row) != set(infos):
            raise status.invalid(
                f"Failed to process element: {number} of 'instances' list. "
                f"JSON object: {values.text(row)} keys must be equal to: "
                + ",".join(sorted(infos))
            )
    return {name: np.stack(column) for name, column in columns.items()}


def _add(columns: dict, name: str, value: object, infos: Infos) -> None:
    """Adds the tensor of one row, which must be shaped like the first one."""
    if name not in infos:
        raise status.invalid(f"JSON object: does not have named input: {name}")
    made = values.tensor(value, infos[name].dtype)
    column = columns[name]
    if column and made.size != column[0].size:
        raise status.invalid(
            f"Expecting tensor size: {column[0].size} but got: {made.size}"
        )
    if column and made.shape != column[0].shape:
        shapes = [
            str(list(s)).replace(" ", "") for s in (column[0].shape, made.shape)
        ]
        raise status.invalid(
            f"Expecting shape {shapes[0]} but got: {shapes[1]}"
        )
    column.append(made)


def _from_columns(given: object, infos: Infos) -> dict[str, np.ndarray]:
    if values.is_object(given):
        for name in infos:
            if name not in given:
                raise status.invalid(
                    f"Missing named input: {name} in 'inputs' object."
                )
        return {
            name: values.tensor(given[name], info.dtype)
            for name, info in infos.items()
        }
    if len(infos) > 1:
        raise status.invalid(
            "inputs is a plain value/list, but expecting an object as "
            "multiple input tensors required as per tensorinfo_map"
        )
    ((name, info),) = infos.items()
    return {name: values.tensor(given, info.dtype)}


def _same_batch(outputs: Mapping[str, np.ndarray]) -> None:
    expected = None
    for name, value in outputs.items():
        if not np.ndim(value):
            raise status.invalid(
                f"Tensor name: {name} has no shape information "
            )
        if expected is not None and len(value) != expected:
            raise status.invalid(
                f"Tensor name: {name} has inconsistent batch size: "
                f"{len(value)} expecting: {expected}"
            )
        expected = len(value)


def _is_ordinary(name: str, value: np.ndarray) -> bool:
    """Whether the values are JSON: finite numbers, and text in UTF-8."""
    if value.dtype == object:
        return name.endswith("_bytes")
    return value.dtype.kind != "f" or bool(np.isfinite(value).all())


def _writable(name: str, value: np.ndarray, exact: bool) -> object:
    """Values for the JSON writer: an array of numbers, or nested lists.

    Args:
        name: Of the output; bytes are written in base64 if it says so.
        value: The values.
        exact: Whether the fast writer can write all outputs.
    """
    if value.dtype == object:
        if name.endswith("_bytes"):
            return _map(_base64, value)
        # The server writes the bytes as they are, valid text or not.
        return _map(lambda x: x.decode(errors="surrogateescape"), value)
    if value.dtype.name not in values.WRITABLE:
        raise status.invalid(
            "Failed to write JSON value for tensor type: "
            + values.type_name(value.dtype)
        )
    if exact:
        return np.ascontiguousarray(value) if value.ndim else value[()]
    if value.dtype.kind == "f":
        # The shortest text of a float32 is not that of the same float64.
        return _map(lambda x: float(str(x)), value)
    return value.tolist()


def _map(function: Callable, value: object) -> object:
    """The function's result for each element, in nested lists."""
    if isinstance(value, np.ndarray) and value.ndim:
        return [_map(function, x) for x in value]
    return function(value[()] if isinstance(value, np.ndarray) else value)


def _base64(value: bytes) -> dict[str, str]:
    return {"b64": base64.b64encode(value).decode()}
