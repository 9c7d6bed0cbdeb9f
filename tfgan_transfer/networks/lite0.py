"""EfficientNet-Lite0 up to its deepest map, frozen, fast on CPUs.

Tan & Le 2019 (arXiv:1905.11946) in the variant for devices: no squeeze and
excitation, ReLU6, batch norms folded into the convolutions before them,
TensorFlow's "SAME" padding. 4.65 million weights, a classifier of 1.3 million
photographs of ImageNet.
"""

import functools
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from tfgan_transfer.networks import lite0_weights
from tfgan_transfer.ops import convolution, gradients

# Of the last map of each stride: its channels, their typical standard
# deviation over photographs, drawings and faces, which are within a fifth of
# one another, and the block that ends in it.
CHANNELS = {4: 24, 8: 40, 16: 112, 32: 320}
SPREADS = {4: 8.0, 8: 7.5, 16: 6.3, 32: 2.5}
_AFTER = {4: 2, 8: 4, 16: 10, 32: 15}
_EPSILON = 1e-3

Layers = Mapping[str, tuple[tf.Tensor, tf.Tensor]]


def folded(
    tensors: Mapping[str, np.ndarray],
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Kernel and bias of each convolution with its batch norm in them.

    Args:
        tensors: What `lite0_weights.read` returns.

    Returns:
        Name -> float32 kernel `[height, width, inputs, outputs]`, of a
        depthwise one `[height, width, channels, 1]`, and bias `[outputs]`.
    """
    layers = {}
    for name, (norm, _) in lite0_weights.convolutions().items():
        gamma, beta, mean, variance = (
            tensors[f"{norm}.{part}"].astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = gamma / np.sqrt(variance + _EPSILON)
        kernel = tensors[f"{name}.weight"] * scale[:, None, None, None]
        axes = (2, 3, 0, 1) if "depthwise" in name else (2, 3, 1, 0)
        layers[name] = (
            kernel.transpose(axes).astype(np.float32),
            (beta - mean * scale).astype(np.float32),
        )
    return layers


@functools.cache
def _constants(dtype: str) -> Layers:
    # Made outside of any graph, they are handed to graphs as arguments:
    # no copies, nothing for a checkpoint.
    with tf.init_scope():
        return {
            name: tuple(tf.cast(tf.constant(part), dtype) for part in layer)
            for name, layer in folded(lite0_weights.load()).items()
        }


def maps(images: tf.Tensor, strides: Sequence[int]) -> dict[int, tf.Tensor]:
    """The last map of each stride.

    Args:
        images: Float32 or bfloat16 [B, H, W, 3] in [-1, 1], sides multiples
            of the largest stride.
        strides: Keys of `CHANNELS`.

    Returns:
        Stride -> [B, H / stride, W / stride, channels], of the images' type,
        not rectified, with gradients for the images of every order.
    """
    layers = _constants(images.dtype.name)
    x = _dense(images, layers["_conv_stem"], 2)
    found = {}
    for number, block in enumerate(lite0_weights.blocks()):
        x = _block(x, layers, number, block)
        for stride, last in _AFTER.items():
            if number == last:
                found[stride] = x
        if number == _AFTER[max(strides)]:
            break
    return {stride: found[stride] for stride in strides}


def _block(
    x: tf.Tensor, layers: Layers, number: int, block: lite0_weights.Block
) -> tf.Tensor:
    name = f"_blocks.{number}"
    y = x
    if block.expansion > 1:
        y = _dense(y, layers[f"{name}._expand_conv"])
    kernel, bias = layers[f"{name}._depthwise_conv"]
    y = depthwise(y, kernel, block.stride)
    y = tf.nn.relu6(tf.nn.bias_add(y, bias))
    kernel, bias = layers[f"{name}._project_conv"]
    y = tf.nn.bias_add(convolution.convolve(y, kernel, 1, "same"), bias)
    same = block.stride == 1 and block.inputs == block.outputs
    return x + y if same else y


def _dense(x: tf.Tensor, layer: Sequence[tf.Tensor], stride: int = 1):
    kernel, bias = layer
    y = convolution.convolve(x, kernel, stride, "same")
    return tf.nn.relu6(tf.nn.bias_add(y, bias))


def depthwise(images: tf.Tensor, kernel: tf.Tensor, stride: int) -> tf.Tensor:
    """Depthwise convolution with "SAME" padding by a constant kernel.

    On CPUs its gradient in bfloat16 is another such convolution, of the
    upstream gradient with zeros between its pixels: TensorFlow's own takes up
    to fifty times as long where the stride is 2.

    Args:
        images: [B, H, W, C], sides multiples of the stride.
        kernel: [k, k, C, 1], k odd; a constant, for which there is no gradient.
        stride: 1 or 2.

    Returns:
        [B, H / stride, W / stride, C], with gradients of every order.
    """

    def forward(images: tf.Tensor) -> tf.Tensor:
        strides = [1, stride, stride, 1]
        return tf.nn.depthwise_conv2d(images, kernel, strides, "SAME")

    half = convolution.is_half(images.dtype)
    if not half or tf.config.list_logical_devices("GPU"):
        return forward(images)

    @gradients.custom_gradient
    def on_cpu(images: tf.Tensor):
        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            spread = _spread(upstream) if stride == 2 else upstream
            return depthwise(spread, kernel[::-1, ::-1], 1)

        return forward(images), gradient

    return on_cpu(images)


def _spread(maps: tf.Tensor) -> tf.Tensor:
    """Puts a zero before every pixel of a row, and before every row.

    With stride 2 and even sides "SAME" pads one pixel less before the first
    than after the last, so that outputs lie over the odd pixels.
    """
    _, height, width, channels = maps.shape
    pairs = tf.pad(
        maps[:, :, None, :, None],
        [(0, 0), (0, 0), (1, 0), (0, 0), (1, 0), (0, 0)],
    )
    return tf.reshape(pairs, [-1, 2 * height, 2 * width, channels])
