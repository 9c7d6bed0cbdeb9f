"""The three ways in which labels enter a generator."""

import keras
from keras import KerasTensor, ops

from tfgan_transfer.layers.norms import ConditionalBatchNorm
from tfgan_transfer.networks.blocks import BATCH_NORM, Norm, batch_norm


def generator_inputs(
    latent_size: int, num_labels: int, conditioning: str
) -> tuple[KerasTensor | list[KerasTensor], KerasTensor, Norm]:
    """Makes a generator's inputs and routes the label.

    Args:
        latent_size: Z.
        num_labels: L, 0 for a generator without labels.
        conditioning: `"none"` (L = 0); `"concat"`: joined to the latent;
            `"batch_norm"`: every norm that the network makes conditional has a
            scale and an offset per label; `"embedding"`: the latent is
            multiplied by 1 + a learned vector of the label, see
            `LabelEmbedding`.

    Returns:
        The input `latent` `[Z]` or, if L > 0, a list of it and of `label`
        `[L]`; the code `[Z]`, or `[Z + L]` with `"concat"`; and the
        generator's batch norm, conditional with `"batch_norm"`.
    """
    latent = keras.Input((latent_size,), name="latent", dtype="float32")
    if not num_labels:
        return latent, latent, batch_norm
    label = keras.Input((num_labels,), name="label", dtype="float32")
    if conditioning == "concat":
        code = keras.layers.Concatenate(name="code")([latent, label])
        return [latent, label], code, batch_norm
    if conditioning == "embedding":
        scale = LabelEmbedding(latent_size, name="label_embedding")(label)
        code = keras.layers.Multiply(name="code", dtype="float32")(
            [latent, scale]
        )
        return [latent, label], code, batch_norm
    return [latent, label], latent, conditional_batch_norm(label)


def conditional_batch_norm(label: KerasTensor) -> Norm:
    """Returns the batch norm with a scale and an offset for each label."""
    return lambda x, name: ConditionalBatchNorm(**BATCH_NORM, name=name)(
        x, label
    )


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
