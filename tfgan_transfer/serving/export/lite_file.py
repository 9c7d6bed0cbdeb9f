"""A signature as a file of LiteRT, which was called TensorFlow Lite."""

import logging
import pathlib
import tempfile
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tfgan_transfer.serving import servable
from tfgan_transfer.serving.export import savedmodel
from tfgan_transfer.serving.export.signatures import Signature

MODULES = ("ai_edge_litert",)
SUFFIX = ".tflite"


def write(name: str, signature: Signature, path: pathlib.Path) -> None:
    """Converts a signature by TensorFlow's converter, with its own operations.

    Args:
        name: Of the signature, also within the file.
        signature: Tensors in, tensors out.
        path: The file.
    """
    with tempfile.TemporaryDirectory() as folder:
        # Names of inputs and outputs come from signatures of a SavedModel.
        savedmodel.write_graph(pathlib.Path(folder), {name: signature})
        # Warnings of gradients, which nobody asks a file for.
        with servable.only_errors(logging.getLogger("absl")):
            converter = tf.lite.TFLiteConverter.from_saved_model(
                folder, signature_keys=[name]
            )
            path.write_bytes(converter.convert())


def answer(
    path: pathlib.Path, inputs: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Asks the file's one signature in LiteRT's interpreter.

    Args:
        path: The file.
        inputs: Name of each input -> values [B, ...].

    Returns:
        Name of each output -> values [B, ...].
    """
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter(str(path)).get_signature_runner()(**inputs)
