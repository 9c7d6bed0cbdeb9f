"""What an exported pair of translators answers to: image files in and out.

As in `signatures`: a free batch dimension, and each row for itself. Files are
decoded and brought to size inside the graph, by the rules of the `translate`
command but other code, so that

- a PNG, GIF or BMP of the model's size gives the file that `translate` writes;
- JPEG decoders differ by a few grey levels, and so do Lanczos filters;
- TIFF and BMP with a palette are not decoded, WebP by TensorFlow 2.21;
- a camera's note that the image lies on its side (EXIF) is read in JPEG only.
"""

from collections.abc import Mapping

import keras
import tensorflow as tf

from tfgan_transfer.pixels import to_float
from tfgan_transfer.serving.export import image_file
from tfgan_transfer.serving.export.signatures import Signature, encode_png


def of_translators(
    networks: Mapping[str, keras.Model],
    image_shape: tuple[int, int, int],
    fit: str = "crop",
) -> dict[str, Signature]:
    """The signatures `a2b`, `b2a` and, the same as a2b, `serving_default`.

    Each takes `image_bytes`, encoded files, string [B], and returns
    `images_bytes`, PNG files, string [B].

    Args:
        networks: `a2b` and `b2a`; each maps float32 images [B, H, W, C] in
            [-1, 1] to such images.
        image_shape: (H, W, C).
        fit: How other shapes are made to fit, `"crop"`, `"squash"` or
            `"pad"`, as training images were.
    """
    ramp = tf.linspace(0.0, 255.0, image_shape[1])[:, None]
    ramp = tf.cast(tf.broadcast_to(ramp, image_shape), tf.uint8)
    example = {"image_bytes": tf.io.encode_png(ramp)[None]}
    inputs = [tf.TensorSpec([None], tf.string, "image_bytes")]

    def signature(network: keras.Model) -> Signature:
        def translate(image_bytes):
            pixels = tf.map_fn(
                lambda file: decode(file, image_shape, fit),
                image_bytes,
                fn_output_signature=tf.TensorSpec(image_shape, tf.float32),
                # Ten large pictures at once are ten times the memory.
                parallel_iterations=1,
            )
            images = network(to_float(pixels), training=False)
            return {"images_bytes": encode_png(tf.cast(images, tf.float32))}

        return Signature(translate, inputs, example)

    served = {"serving_default": networks["a2b"], **networks}
    return {name: signature(network) for name, network in served.items()}


def of_images(
    networks: Mapping[str, keras.Model], image_shape: tuple[int, int, int]
) -> dict[str, Signature]:
    """The same directions for runtimes that read no files.

    `a2b` and `b2a` take `image` and return `images`, both float32
    [B, H, W, C] in [-1, 1].

    Args:
        networks: As for `of_translators`.
        image_shape: (H, W, C).
    """
    inputs = [tf.TensorSpec([None, *image_shape], tf.float32, "image")]
    ramp = tf.linspace(-1.0, 1.0, image_shape[1])[:, None]
    example = {"image": tf.broadcast_to(ramp, [1, *image_shape])}

    def signature(network: keras.Model) -> Signature:
        def translate(image):
            images = network(image, training=False)
            return {"images": tf.cast(images, tf.float32)}

        return Signature(translate, inputs, example)

    return {name: signature(network) for name, network in networks.items()}


def decode(
    file: tf.Tensor, image_shape: tuple[int, int, int], fit: str
) -> tf.Tensor:
    """Decodes one image.

    Args:
        file: A scalar string: PNG, JPEG, GIF (its first frame), BMP, WebP.
        image_shape: (H, W, C) wanted.
        fit: `"crop"`, `"squash"` or `"pad"`.

    Returns:
        Whole numbers 0 to 255 as float32 [H, W, C].

    Raises:
        tf.errors.InvalidArgumentError: When run on what is no image.
    """
    *size, channels = image_shape
    file = image_file.checked(file)
    image = tf.io.decode_image(file, expand_animations=False)
    # Grey, grey and opacity, colours, colours and opacity. A large picture
    # stays in 8 bits until it has been scaled.
    count = tf.shape(image)[-1]
    image = tf.cond(count % 2 == 0, lambda: _on_white(image), lambda: image)
    image = tf.cond(
        count <= 2,
        lambda: tf.repeat(image, channels, axis=-1),
        lambda: _luma(image) if channels == 1 else image,
    )
    image = _upright(image, image_file.orientation(file))
    image.set_shape([None, None, channels])
    return tf.ensure_shape(_FITS[fit](image, *size), image_shape)


def _upright(image: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """Turns and mirrors a picture as EXIF's number 1 to 8 says it has to be.

    From 5 on rows and columns change places; then 2, 3, 6 and 7 are mirrored
    from left to right, 3, 4, 7 and 8 from top to bottom.
    """

    def when(numbers: tuple[int, ...], change, image: tf.Tensor) -> tf.Tensor:
        named = tf.reduce_any(orientation == numbers)
        return tf.cond(named, lambda: change(image), lambda: image)

    image = when((5, 6, 7, 8), lambda x: tf.transpose(x, [1, 0, 2]), image)
    image = when((2, 3, 6, 7), lambda x: x[:, ::-1], image)
    return when((3, 4, 7, 8), lambda x: x[::-1], image)


def _on_white(image: tf.Tensor) -> tf.Tensor:
    """Uint8 [H, W, C - 1] of pictures whose last channel is opacity."""
    wide = tf.cast(image, tf.uint16)
    opacity = wide[..., -1:]
    # At most 255 * 255 + 127, which 16 bits hold.
    mixed = wide[..., :-1] * opacity + 255 * (255 - opacity)
    return tf.cast((mixed + 127) // 255, tf.uint8)


def _luma(image: tf.Tensor) -> tf.Tensor:
    """Uint8 [H, W, 1] of uint8 [H, W, 3]: ITU-R 601 in whole numbers."""
    shares = (19595, 38470, 7471)
    parts = [tf.cast(image[..., i], tf.int32) * shares[i] for i in range(3)]
    return tf.cast((tf.add_n(parts) + 32768) // 65536, tf.uint8)[..., None]


def _resize(
    image: tf.Tensor, height: tf.Tensor | int, width: tf.Tensor | int
) -> tf.Tensor:
    # The same size comes out as it went in.
    scaled = tf.image.resize(
        image, [height, width], method="lanczos3", antialias=True
    )
    return tf.clip_by_value(tf.round(scaled), 0, 255)


def _crop(image: tf.Tensor, height: int, width: int) -> tf.Tensor:
    high, wide = tf.shape(image)[0], tf.shape(image)[1]
    tall = tf.minimum(high, _whole(_exact(wide) * height / width))
    broad = tf.minimum(wide, _whole(_exact(high) * width / height))
    top, left = (high - tall) // 2, (wide - broad) // 2
    piece = image[top : top + tall, left : left + broad]
    return _resize(piece, height, width)


def _pad(image: tf.Tensor, height: int, width: int) -> tf.Tensor:
    high, wide = _exact(tf.shape(image)[0]), _exact(tf.shape(image)[1])
    scale = tf.minimum(height / high, width / wide)
    tall = tf.minimum(height, _whole(high * scale))
    broad = tf.minimum(width, _whole(wide * scale))
    image = _resize(image, tall, broad)
    # The outermost pixels are repeated.
    for axis, (side, inner) in enumerate(((height, tall), (width, broad))):
        places = tf.range(side) - (side - inner) // 2
        image = tf.gather(
            image, tf.clip_by_value(places, 0, inner - 1), axis=axis
        )
    return image


def _exact(side: tf.Tensor) -> tf.Tensor:
    return tf.cast(side, tf.float64)


def _whole(side: tf.Tensor) -> tf.Tensor:
    """A length in whole pixels, at least one."""
    return tf.maximum(1, tf.cast(tf.round(side), tf.int32))


_FITS = {"crop": _crop, "squash": _resize, "pad": _pad}
