"""Labels and twice the size at once, from a source that knew neither."""

import numpy as np

import tfgan_transfer as tt
from tfgan_transfer.layers.resizing import Enlarge

SOURCE = "zoo:faces_32"


def test_every_class_first_draws_the_source_enlarged():
    """To the last bit, with the class head on features that is new."""
    photos = tt.load_images("shapes", size=64, limit=20)
    labels = len(photos.vocabulary)
    gan = tt.adapt(
        SOURCE,
        photos,
        model="acgan",
        conditioning="batch_norm",
        critic="both",
        class_critic="projected",
        feature_size=32,
        adversarial_loss="relativistic",
    )
    own, game = gan.critic, gan.feature_game
    assert len(own.outputs) == 1 and game.critic.output_shape[1][1] == labels
    latents = np.random.default_rng(0).normal(size=(2, 128)).astype(np.float32)
    latents = latents[:, : gan.generator.inputs[0].shape[1]]
    small = tt.from_preset(SOURCE).sample(latents)
    expected = Enlarge((64, 64))(small).numpy()
    for row in np.eye(labels, dtype=np.float32):
        drawn = gan.sample(latents, np.stack([row, row]))
        np.testing.assert_array_equal(drawn, expected)
