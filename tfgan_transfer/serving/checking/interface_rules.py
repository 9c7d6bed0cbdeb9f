"""Rules for what clients and the server see of a SavedModel."""

import pathlib
import re
from collections.abc import Iterator

import tensorflow as tf

from tfgan_transfer.serving import records, status
from tfgan_transfer.serving.checking.findings import ERROR, WARNING, Finding
from tfgan_transfer.serving.checking.saved_graph import SavedGraph

# What TensorFlow Serving reads from JSON and writes to it.
JSON_TYPES = (
    "bool string int8 int16 int32 int64 uint8 uint32 uint64 float32 float64"
).split()
PREDICT = "tensorflow/serving/predict"
_KNOWN_FILES = (
    "saved_model.pb variables assets assets.extra fingerprint.pb "
    "keras_metadata.pb debug"
).split()


def directory(path: pathlib.Path, named: bool = True) -> Iterator[Finding]:
    """Rule 1: a version's name, and its files.

    Args:
        path: The directory.
        named: Whether its name is final.
    """
    if named and not re.fullmatch(r"[1-9][0-9]*", path.name):
        yield Finding(
            1,
            ERROR,
            f"the server takes no version from a directory named {path.name!r};"
            " rename it to a number, 1, 2, ...",
        )
    for pattern in ("variables/variables.index", "variables/variables.data-*"):
        if (path / "variables").is_dir() and not [*path.glob(pattern)]:
            yield Finding(1, ERROR, f"no file {pattern}; export it again")
    for child in sorted(path.iterdir()):
        if child.name not in _KNOWN_FILES:
            yield Finding(1, WARNING, f"{child.name} is no part of a version")
    closed = [
        child
        for child in [path, *sorted(path.rglob("*"))]
        if ~child.stat().st_mode & (0o005 if child.is_dir() else 0o004)
    ]
    if closed:
        yield Finding(
            1,
            WARNING,
            f"{closed[0].name} cannot be read by other users, of whom the "
            "server may be one; chmod -R a+rX",
        )


def graph(saved: SavedGraph) -> Iterator[Finding]:
    """Rule 2: one graph, and it is the one that is served."""
    if saved.tags != [{"serve"}]:
        tags = "; ".join(",".join(sorted(tags)) for tags in saved.tags)
        yield Finding(
            2,
            ERROR,
            "expected one graph with the tag serve alone, received "
            f"{len(saved.tags)} ({tags or 'none'}); save it with "
            "tf.saved_model.save",
        )


def signatures(saved: SavedGraph) -> Iterator[Finding]:
    """Rule 3: a default signature, and inputs for each of them."""
    if "serving_default" not in saved.signatures:
        known = ", ".join(saved.signatures) or "none at all"
        yield Finding(
            3,
            ERROR,
            f"no signature serving_default (received {known}), which is what "
            "a request without a name asks for",
        )
    for name, signature in saved.signatures.items():
        if not signature.inputs:
            yield Finding(
                3,
                ERROR,
                f"{name!r} has no input, so that no REST request can call it",
            )
        if signature.method_name != PREDICT:
            yield Finding(
                3,
                WARNING,
                f"{name!r} is for {signature.method_name or 'no method'}, not "
                f"for {PREDICT}",
            )


def tensors(saved: SavedGraph) -> Iterator[tuple[str, str, str, object]]:
    """Signature, "input" or "output", name and TensorInfo of each tensor."""
    for name, signature in saved.signatures.items():
        for kind, infos in (
            ("input", signature.inputs),
            ("output", signature.outputs),
        ):
            for key, info in sorted(infos.items()):
                yield name, kind, key, info


def types(saved: SavedGraph) -> Iterator[Finding]:
    """Rule 4: types that have a form in JSON."""
    for name, kind, key, info in tensors(saved):
        dtype = tf.dtypes.as_dtype(info.dtype).name
        if dtype not in JSON_TYPES:
            yield Finding(
                4,
                ERROR,
                f"{kind} {key!r} of {name!r} is {dtype}, which REST cannot "
                "carry; cast it to float32 or uint8",
            )


def batch(saved: SavedGraph) -> Iterator[Finding]:
    """Rule 5: dimension 0 is free, so that requests can be put together."""
    for name, kind, key, info in tensors(saved):
        shape = info.tensor_shape
        if shape.unknown_rank:
            yield Finding(
                5, WARNING, f"{kind} {key!r} of {name!r} has no known rank"
            )
        elif not shape.dim:
            yield Finding(
                5,
                ERROR,
                f"{kind} {key!r} of {name!r} is a scalar; give it a free "
                "dimension 0, [None], one value for each row",
            )
        elif shape.dim[0].size != -1:
            yield Finding(
                5,
                ERROR,
                f"{kind} {key!r} of {name!r} has a fixed batch size of "
                f"{shape.dim[0].size}; make dimension 0 None",
            )


def names(saved: SavedGraph) -> Iterator[Finding]:
    """Rule 6: names that survive JSON, and that say something."""
    for name, kind, key, info in tensors(saved):
        text = tf.dtypes.as_dtype(info.dtype) == tf.string
        if kind == "output" and text and not key.endswith("_bytes"):
            yield Finding(
                6,
                ERROR,
                f"output {key!r} of {name!r} holds bytes, which REST writes as "
                f"broken text; call it {key}_bytes to have it in base64",
            )
        if key == "b64":
            yield Finding(
                6,
                ERROR,
                f"{kind} of {name!r} is called b64, which in JSON marks bytes",
            )
        if re.fullmatch(r"keras_tensor(_\d+)?|output_\d+", key):
            yield Finding(
                6, WARNING, f"{kind} {key!r} of {name!r} says nothing"
            )


def warm_up(path: pathlib.Path, saved: SavedGraph) -> Iterator[Finding]:
    """Rule 11: a readable request for each signature."""
    if not (path / records.WARM_UP).exists():
        yield Finding(
            11,
            WARNING,
            f"no {records.WARM_UP}; the first requests will be slow, and a "
            "model that cannot answer is loaded all the same",
        )
        return
    try:
        asked = [r.signature for r in records.read(path / records.WARM_UP)]
    except (status.ServingError, tf.errors.OpError) as error:
        yield Finding(11, ERROR, error.message)
        return
    named = {name or "serving_default" for name in asked}
    for name in sorted(set(saved.signatures) - named):
        yield Finding(
            11, WARNING, f"no request for {name!r}, whose first will be slow"
        )


RULES = (graph, signatures, types, batch, names)
