"""Rotation of images as they are loaded: real images only."""

import tensorflow as tf


def rotate(pixels: tf.Tensor, degrees: tf.Tensor) -> tf.Tensor:
    """Turns each image about its centre by its own angle.

    Bilinear; what comes in from outside is the image mirrored at its edge
    (d c b a | a b c d | d c b a). A pixel p of the result is read at
    R(p - c) + c of the image, with c the centre.

    Args:
        pixels: Uint8 [M, H, W, C].
        degrees: Float32 [M], counterclockwise.

    Returns:
        Uint8 [M, H, W, C], rounded to the nearest value.
    """
    height, width = pixels.shape[1:3]
    centre_y, centre_x = (height - 1) / 2, (width - 1) / 2
    angle = degrees * (3.141592653589793 / 180.0)
    # Rows grow downwards, so that this turns counterclockwise as one sees it.
    cos, sin = tf.cos(angle), tf.sin(angle)
    zero = tf.zeros_like(cos)
    transforms = tf.stack(
        [
            cos,
            -sin,
            centre_x - cos * centre_x + sin * centre_y,
            sin,
            cos,
            centre_y - sin * centre_x - cos * centre_y,
            zero,
            zero,
        ],
        axis=-1,
    )
    turned = tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.cast(pixels, tf.float32),
        transforms=transforms,
        output_shape=tf.constant([height, width]),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="REFLECT",
    )
    return tf.cast(tf.round(turned), tf.uint8)
