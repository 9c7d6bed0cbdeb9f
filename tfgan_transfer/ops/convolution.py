"""Convolutions that do faster on CPUs what oneDNN does slowly.

Its weight gradient in bfloat16 runs at a fraction of the speed of its
convolutions and products, and so do both of its gradients in float32 where
vectors have 256 bits. The weight gradient is one of either: a convolution in
which images and channels change places, or a product of patches with the
upstream gradient. The other one is a product too: see `overlap`. And where
three channels come out, whether they are an image or its gradient, oneDNN
computes sixteen: see `pixel_blocks`. A GPU is not concerned. What becomes of a
single pixel is a product everywhere.
"""

import math

import tensorflow as tf

from tfgan_transfer.ops import gradients, overlap, pixel_blocks, processor

# Output channels from which copying patches costs less than it saves.
_MANY = 256
# Positions up to which reading a kernel in another order costs more than
# adding up patches.
_FEW_POSITIONS = 16


def is_half(dtype: tf.DType) -> bool:
    """Whether this is the type in which the weight gradient is slow."""
    return dtype == tf.bfloat16


def is_narrow(dtype: tf.DType) -> bool:
    """Whether both gradients are slow in this type on this processor."""
    return dtype == tf.float32 and processor.is_narrow()


def worthwhile(inputs: tf.Tensor, kernel: tf.Tensor) -> bool:
    """Whether oneDNN would be slow, and there is no GPU."""
    if tf.config.list_logical_devices("GPU") or None in inputs.shape[1:3]:
        return False
    of_image = min(kernel.shape[2:]) <= pixel_blocks.FEW
    return of_image or is_half(inputs.dtype) or is_narrow(inputs.dtype)


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
    if not worthwhile(images, kernel):
        return tf.nn.conv2d(images, kernel, stride, padding.upper())
    sides = images.shape[1:3]

    @gradients.custom_gradient
    def forward(images, kernel):
        def gradient(upstream):
            return (
                spread(upstream, kernel, sides, stride, padding),
                kernel_gradient(
                    images, upstream, kernel.shape[:2], stride, padding
                ),
            )

        return _convolve(images, kernel, stride, padding), gradient

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

    if not worthwhile(maps, kernel):
        return _spread_plainly(maps, kernel, sides, stride, padding)

    @gradients.custom_gradient
    def forward(maps, kernel):
        def gradient(upstream):
            return (
                convolve(upstream, kernel, stride, padding),
                kernel_gradient(
                    upstream, maps, kernel.shape[:2], stride, padding
                ),
            )

        return _spread(maps, kernel, sides, stride, padding), gradient

    return forward(maps, tf.convert_to_tensor(kernel))


def paint(
    pixels: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor | None = None
) -> tf.Tensor:
    """What a transposed convolution makes of single pixels: a product.

    Args:
        pixels: [B, 1, 1, O].
        kernel: [height, width, C, O].
        bias: [C], or None.

    Returns:
        [B, height, width, C].
    """
    flat = tf.matmul(
        tf.reshape(pixels, [-1, pixels.shape[-1]]),
        tf.reshape(kernel, [-1, kernel.shape[-1]]),
        transpose_b=True,
    )
    if bias is not None:
        # Added here, it is part of the product's kernel.
        count = kernel.shape[0] * kernel.shape[1]
        flat = tf.nn.bias_add(flat, tf.tile(bias, [count]))
    return tf.reshape(flat, [-1, *kernel.shape[:3]])


def _convolve(images, kernel, stride, padding):
    size, channels = kernel.shape[:2], kernel.shape[3]
    lost = (n - 1 if padding == "valid" else 0 for n in size)
    sides = [n - less for n, less in zip(images.shape[1:3], lost, strict=True)]
    if stride > 1 or not pixel_blocks.suits(sides, channels, stride):
        return tf.nn.conv2d(images, kernel, stride, padding.upper())
    edges = _all_edges(images.shape[1:3], sides, size, stride, padding)
    zeros = [before for before, _ in edges]
    return pixel_blocks.convolve(images, kernel, sides, zeros)


def _spread(maps, kernel, sides, stride, padding):
    size, channels = kernel.shape[:2], kernel.shape[2]
    edges = _all_edges(sides, maps.shape[1:3], size, stride, padding)
    zeros = [before for before, _ in edges]
    if pixel_blocks.suits(sides, channels, stride):
        return pixel_blocks.spread(maps, kernel, sides, stride, zeros)
    if not is_narrow(maps.dtype):
        return _spread_plainly(maps, kernel, sides, stride, padding)
    few = math.prod(maps.shape[1:3]) <= _FEW_POSITIONS
    if stride > 1 or few or tuple(size) == (1, 1):
        return overlap.spread(maps, kernel, sides, stride, zeros)
    # Turned by half a turn, the kernel convolves in the other direction.
    turned = tf.transpose(kernel[::-1, ::-1], [0, 1, 3, 2])
    around = [
        (n - 1 - before, n - 1 - after)
        for n, (before, after) in zip(size, edges, strict=True)
    ]
    return tf.nn.conv2d(maps, turned, 1, [(0, 0), *around, (0, 0)])


def _spread_plainly(maps, kernel, sides, stride, padding):
    shape = [tf.shape(maps)[0], *sides, kernel.shape[2]]
    return tf.nn.conv2d_transpose(maps, kernel, shape, stride, padding.upper())


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
    shape = [*size, images.shape[-1], upstream.shape[-1]]
    narrow = is_narrow(images.dtype)
    slow = narrow or is_half(images.dtype)
    slow = slow and min(shape[2:]) > pixel_blocks.FEW
    edges = _all_edges(
        images.shape[1:3], upstream.shape[1:3], size, stride, padding
    )
    # Or copies of all images would be made as soon as these are there.
    with tf.control_dependencies([upstream]):
        images = tf.identity(images)
    of_pixels = tuple(size) == (1, 1)
    if slow and (stride > 1 or narrow and not of_pixels):
        return _by_convolution(images, upstream, edges, stride)
    if slow and (shape[-1] >= _MANY or of_pixels):
        return _by_product(images, upstream, edges, size)
    return tf.raw_ops.Conv2DBackpropFilter(
        input=images,
        filter_sizes=shape,
        out_backprop=upstream,
        strides=[1, stride, stride, 1],
        padding=padding.upper(),
    )


def _all_edges(sides, outs, sizes, stride, padding):
    return [
        _edges(*axis, stride, padding)
        for axis in zip(sides, outs, sizes, strict=True)
    ]


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
