"""A signature as a file of ONNX, which many runtimes read."""

import pathlib
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tfgan_transfer.serving.export.signatures import Signature

MODULES = ("tf2onnx", "onnxruntime")
SUFFIX = ".onnx"
# Old enough for phones and browsers, new enough for every layer of ours.
OPERATIONS = 17


def write(name: str, signature: Signature, path: pathlib.Path) -> None:
    """Converts a signature by tf2onnx.

    Args:
        name: Of the signature.
        signature: Tensors in, tensors out.
        path: The file.
    """
    import tf2onnx

    function = tf.function(
        signature.function, signature.inputs, autograph=False
    )
    model, _ = tf2onnx.convert.from_function(
        function, signature.inputs, opset=OPERATIONS
    )
    model.graph.name = name
    path.write_bytes(model.SerializeToString())


def answer(
    path: pathlib.Path, inputs: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Asks the file in ONNX Runtime, on the CPU.

    Args:
        path: The file.
        inputs: Name of each input -> values [B, ...].

    Returns:
        Name of each output -> values [B, ...].
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(
        str(path), providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(inputs)), strict=True))
