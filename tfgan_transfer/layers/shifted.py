"""An image, and what a network changes of it."""

import keras
from keras import ops

_PACKAGE = "tfgan_transfer"
# The largest |tanh| of a correction: at 1 a pixel of the opposite colour would
# be 0 / 0. A black pixel of 8 bits can still become any of the other 255.
_LARGEST = 0.999


@keras.saving.register_keras_serializable(package=_PACKAGE)
class Shifted(keras.layers.Layer):
    """tanh(artanh(image) + correction), exactly the image where that is 0.

    By tanh(a + b) = (tanh a + tanh b) / (1 + tanh a tanh b), which needs no
    artanh: at any brightness a correction of 0 changes not a bit, and an image
    trains as under the tanh of a network that was never grown. Of the sum of
    image and correction, clipped, pixels beyond the bounds would no longer
    train.

    Args:
        **kwargs: Those of `keras.layers.Layer`.
    """

    def call(self, image, correction):
        """Returns images in [-1, 1], of the shape of both."""
        shift = _LARGEST * ops.tanh(correction)
        return (image + shift) / (1 + image * shift)

    def compute_output_shape(self, image_shape, correction_shape):
        """Returns the shape of the image."""
        return image_shape
