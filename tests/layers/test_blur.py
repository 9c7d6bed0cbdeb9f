"""The binomial filter, against bilinear enlargement and its own spectrum."""

import keras
import numpy as np

from tfgan_transfer.layers.blur import Blur
from tfgan_transfer.layers.resizing import Enlarge


def test_repeated_pixels_become_bilinear_ones():
    maps = np.random.default_rng(0).normal(size=(2, 5, 4, 3)).astype("float32")
    repeated = maps.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_allclose(
        Blur()(repeated), Enlarge((10, 8))(maps), atol=1e-6
    )


def test_flat_stays_flat_and_a_period_of_two_goes():
    np.testing.assert_allclose(Blur()(np.full((1, 6, 6, 1), 3.0)), 3)
    chequered = np.indices((8, 8)).sum(0)[None, :, :, None] % 2
    inner = Blur()(chequered.astype("float32"))[0, 1:-1, 1:-1]
    np.testing.assert_allclose(inner, 0.5)


def test_any_size_and_its_own_config():
    image = keras.Input((None, None, 2))
    net = keras.Model(image, Blur(name="blur")(image))
    copy = keras.Model.from_config(net.get_config())
    assert copy(np.zeros((1, 3, 7, 2))).shape == (1, 3, 7, 2)
