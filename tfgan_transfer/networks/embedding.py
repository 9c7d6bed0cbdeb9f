"""A label as factors of a latent vector."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfgan_transfer")
class LabelEmbedding(keras.layers.Layer):
    """1 + the mean of the embeddings of the labels that hold, float32.

    Meant to multiply a latent vector, as in AC-GANs with Keras' `Embedding`.
    With the 1 an image without a label, and a label whose row is zero, leave
    the latent as it is.

    Call arguments:
        label: `[B, L]`, one-hot or multi-hot, 0 or 1.

    Weights: `embedding` `[L, size]`, at first normal with half the standard
    deviation of a normal latent, so that labels differ from the start.

    Args:
        size: Z, the length of an embedding.
        **kwargs: Those of `keras.layers.Layer`.
    """

    def __init__(self, size: int, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.size = size

    def build(self, label_shape):
        """Makes the table."""
        self.embedding = self.add_weight(
            (label_shape[-1], self.size),
            keras.initializers.RandomNormal(stddev=0.5),
            name="embedding",
        )

    def call(self, label):
        """Returns factors `[B, size]`."""
        share = label / ops.maximum(1.0, ops.sum(label, -1, keepdims=True))
        return 1.0 + ops.matmul(share, self.embedding)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "size": self.size}
