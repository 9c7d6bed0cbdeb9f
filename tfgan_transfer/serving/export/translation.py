"""What an exported pair of translators answers to: image files in and out.

As in `signatures`: a free batch dimension, and each row for itself. Files are
decoded and brought to size inside the graph, by the rules of the `translate`
command but other code, so that

- a PNG, GIF or BMP of the model's size gives the file that `translate` writes;
- JPEG decoders differ by a few grey levels, and so do Lanczos filters;
- TIFF and BMP with a palette are not decoded, WebP by TensorFlow 2.21;
- a camera's note that the image lies on its side (EXIF) is not read.
"""

from typing import NamedTuple

import keras
import tensorflow as tf

from tfgan_transfer.pixels import to_float
from tfgan_transfer.serving.export.signatures import Signature, encode_png


class Translators(NamedTuple):
    """Two translators and what they take.

    Attributes:
        a2b: Maps float32 images [B, H, W, C] in [-1, 1] to such images.
        b2a: The way back.
        image_shape: (H, W, C).
        fit: How other shapes are made to fit, `"crop"`, `"squash"` or
            `"pad"`, as training images were.
    """

    a2b: keras.Model
    b2a: keras.Model
    image_shape: tuple[int, int, int]
    fit: str = "crop"


def of_translators(served: Translators) -> dict[str, Signature]:
    """The signatures `a2b`, `b2a` and, the same as a2b, `serving_default`.

    Each takes `image_bytes`, encoded files, string [B], and returns
    `images_bytes`, PNG files, string [B].
    """
    ramp = tf.linspace(0.0, 255.0, served.image_shape[1])[:, None]
    ramp = tf.cast(tf.broadcast_to(ramp, served.image_shape), tf.uint8)
    example = {"image_bytes": tf.io.encode_png(ramp)[None]}
    inputs = [tf.TensorSpec([None], tf.string, "image_bytes")]

    def signature(network: keras.Model) -> Signature:
        def translate(image_bytes):
            pixels = tf.map_fn(
                lambda file: decode(file, served.image_shape, served.fit),
                image_bytes,
                fn_output_signature=tf.TensorSpec(
                    served.image_shape, tf.float32
                ),
            )
            images = network(to_float(pixels), training=False)
            return {"images_bytes": encode_png(tf.cast(images, tf.float32))}

        return Signature(translate, inputs, example)

    networks = {
        "serving_default": served.a2b,
        "a2b": served.a2b,
        "b2a": served.b2a,
    }
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
    image = tf.io.decode_image(file, expand_animations=False)
    # Grey, grey and opacity, colours, colours and opacity.
    count = tf.shape(image)[-1]
    image = tf.cast(image, tf.float32)
    opacity = tf.where(count % 2 == 0, image[..., -1:], 255.0) / 255
    colours = image[..., : tf.where(count > 2, 3, 1)]
    image = tf.round(colours * opacity + 255 * (1 - opacity))
    image = tf.repeat(image, 3 // tf.shape(image)[-1], axis=-1)
    image.set_shape([None, None, 3])
    if channels == 1:
        # ITU-R 601 in whole numbers.
        luma = tf.tensordot(image, tf.constant([19595.0, 38470.0, 7471.0]), 1)
        image = tf.floor((luma[..., None] + 32768) / 65536)
    return tf.ensure_shape(_FITS[fit](image, *size), image_shape)


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
