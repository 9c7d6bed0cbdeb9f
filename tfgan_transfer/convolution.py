"""Convolutions whose weights get their gradient faster on CPUs.

oneDNN's weight gradient in bfloat16 runs at a fraction of the speed of its
convolutions and products, and the weight gradient is one of either: a
convolution in which images and channels change places, or a product of
patches with the upstream gradient. Nothing else is different, and neither
float32 nor a GPU is concerned.
"""

import keras
import tensorflow as tf
from keras import ops

_PACKAGE = "tfgan_transfer"
# Output channels from which copying patches costs less than it saves.
_MANY = 256


@keras.saving.register_keras_serializable(package=_PACKAGE)
class Convolution(keras.layers.Conv2D):
    """`keras.layers.Conv2D` with the weight gradient of this module.

    Args and call arguments: those of `keras.layers.Conv2D`.
    """

    def convolution_op(self, inputs, kernel):
        """Convolves, without the bias."""
        if not worthwhile(inputs):
            return super().convolution_op(inputs, kernel)
        kernel = ops.convert_to_tensor(kernel)
        return convolve(inputs, kernel, self.strides[0], self.padding)


@keras.saving.register_keras_serializable(package=_PACKAGE)
class TransposedConvolution(keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose` with the weight gradient of this module.

    Args and call arguments: those of `keras.layers.Conv2DTranspose`.
    """

    def call(self, inputs):
        """Returns `activation(transposed convolution + bias)`."""
        if not worthwhile(inputs):
            return super().call(inputs)
        sides = self.compute_output_shape(inputs.shape)[1:3]
        kernel = ops.convert_to_tensor(self.kernel)
        outputs = spread(inputs, kernel, sides, self.strides[0], self.padding)
        if self.use_bias:
            outputs = ops.add(outputs, self.bias)
        return self.activation(outputs)


def worthwhile(inputs: tf.Tensor) -> bool:
    """Whether oneDNN would take its slow path: bfloat16 and no GPU."""
    on_gpu = tf.config.list_logical_devices("GPU")
    return inputs.dtype == "bfloat16" and not on_gpu


def convolve(
    images: tf.Tensor, kernel: tf.Tensor, stride: int, padding: str
) -> tf.Tensor:
    """Convolution [B, H, W, C] -> [B, h, w, O].

    Args:
        images: [B, H, W, C].
        kernel: [height, width, C, O].
        stride: Of both axes.
        padding: `"same"` or `"valid"`, as TensorFlow means them.

    Returns:
        [B, h, w, O], with gradients of every order.
    """
    sides = images.shape[1:3]

    @tf.custom_gradient
    def forward(images, kernel):
        def gradient(upstream):
            return (
                spread(upstream, kernel, sides, stride, padding),
                kernel_gradient(
                    images, upstream, kernel.shape[:2], stride, padding
                ),
            )

        outputs = tf.nn.conv2d(images, kernel, stride, padding.upper())
        return outputs, gradient

    # A custom gradient takes a variable's value only.
    return forward(images, tf.convert_to_tensor(kernel))


def spread(
    maps: tf.Tensor,
    kernel: tf.Tensor,
    sides: tuple[int, int],
    stride: int,
    padding: str,
) -> tf.Tensor:
    """The transpose of `convolve` for images of the given sides.

    Args:
        maps: [B, h, w, O].
        kernel: [height, width, C, O].
        sides: `(H, W)`.
        stride: As for `convolve`.
        padding: As for `convolve`.

    Returns:
        [B, H, W, C], with gradients of every order.
    """

    @tf.custom_gradient
    def forward(maps, kernel):
        def gradient(upstream):
            return (
                convolve(upstream, kernel, stride, padding),
                kernel_gradient(
                    upstream, maps, kernel.shape[:2], stride, padding
                ),
            )

        shape = [tf.shape(maps)[0], *sides, kernel.shape[2]]
        images = tf.nn.conv2d_transpose(
            maps, kernel, shape, stride, padding.upper()
        )
        return images, gradient

    return forward(maps, tf.convert_to_tensor(kernel))


def kernel_gradient(
    images: tf.Tensor,
    upstream: tf.Tensor,
    size: tuple[int, int],
    stride: int,
    padding: str,
) -> tf.Tensor:
    """Gradient of `convolve` for its kernel.

    Args:
        images: [B, H, W, C], what was convolved.
        upstream: [B, h, w, O], the gradient for its outputs.
        size: `(height, width)` of the kernel.
        stride: As for `convolve`.
        padding: As for `convolve`.

    Returns:
        [height, width, C, O].
    """
    edges = [
        _edges(*axis, stride, padding)
        for axis in zip(
            images.shape[1:3], upstream.shape[1:3], size, strict=True
        )
    ]
    if stride > 1:
        return _by_convolution(images, upstream, edges, stride)
    if upstream.shape[-1] >= _MANY or tuple(size) == (1, 1):
        return _by_product(images, upstream, edges, size)
    return tf.raw_ops.Conv2DBackpropFilter(
        input=images,
        filter_sizes=[*size, images.shape[-1], upstream.shape[-1]],
        out_backprop=upstream,
        strides=[1, 1, 1, 1],
        padding=padding.upper(),
    )


def _edges(
    side: int, out: int, size: int, stride: int, padding: str
) -> tuple[int, int]:
    """Rows of zeros before and after; negative where rows go unseen."""
    total = (out - 1) * stride + size - side
    before = max(total, 0) // 2 if padding == "same" else 0
    return before, total - before


def _by_convolution(images, upstream, edges, stride):
    # An image of the batch becomes a channel and a channel an image; what
    # was a stride is now the distance between the kernel's entries.
    seen = [min(0, after) or None for _, after in edges]
    images = images[:, : seen[0], : seen[1]]
    outputs = tf.nn.conv2d(
        tf.transpose(images, [3, 1, 2, 0]),
        tf.transpose(upstream, [1, 2, 0, 3]),
        1,
        [(0, 0), *((before, max(0, after)) for before, after in edges), (0, 0)],
        dilations=stride,
    )
    return tf.transpose(outputs, [1, 2, 0, 3])


def _by_product(images, upstream, edges, size):
    height, width = upstream.shape[1:3]
    padded = tf.pad(images, [(0, 0), *edges, (0, 0)])
    patches = tf.concat(
        [
            padded[:, row : row + height, column : column + width]
            for row in range(size[0])
            for column in range(size[1])
        ],
        axis=-1,
    )
    flat = tf.reshape(patches, [-1, patches.shape[-1]])
    gradient = tf.matmul(
        flat, tf.reshape(upstream, [-1, upstream.shape[-1]]), transpose_a=True
    )
    return tf.reshape(gradient, [*size, images.shape[-1], upstream.shape[-1]])
