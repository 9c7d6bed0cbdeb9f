"""A model goes on, larger, where a smaller one stopped."""

import numpy as np
import pytest
import tensorflow as tf

from tests.support import cases
from tfgan_transfer.training import checkpoint, growth


def test_a_trained_model_goes_on_larger():
    settings = cases.resolve(cases.named("dcgan"))
    model = cases.make(settings)
    cases.run_eagerly(model, settings)
    before = checkpoint.gather(model.state)
    z = cases.inputs(settings, 4)[0]
    small = model.generator(z).numpy(), model.ema_generator(z).numpy()

    settings = cases.resolve(cases.named("grown"))
    larger = cases.make(settings)
    own = checkpoint.gather(larger.state)
    state = growth.grown(before, own)
    checkpoint.restore(larger.state, state)
    for images, network in zip(
        small, (larger.generator, larger.ema_generator), strict=True
    ):
        expected = tf.image.resize(images, (12, 12))
        np.testing.assert_allclose(network(z), expected, rtol=0, atol=1e-5)
    assert np.abs(small[0] - small[1]).max() > 1e-4
    moments = state["generator_optimizer"]
    assert moments["generator_adam/iteration"] == cases.STEPS
    assert np.any(moments["generator_adam/output_kernel_velocity"])
    new = moments["generator_adam/grown12_correction_kernel_velocity"]
    assert new.shape == (3, 3, 2, 1) and not np.any(new)
    # All of it is what either model had, and it trains on.
    for name, arrays in before.items():
        for path, value in arrays.items():
            np.testing.assert_array_equal(state[name][path], value)
    cases.run_eagerly(larger, settings, cases.STEPS, cases.STEPS + 1)
    kernel = larger.generator.get_layer("grown12_correction").kernel
    assert np.any(kernel)


def test_what_has_not_grown_is_listed():
    before = {"net": {"a/k": np.zeros(2), "b/k": np.zeros(2)}}
    new = {
        "net": {
            "b/k": np.ones(3),
            "c/k": np.ones(1),
            "grown8_c/k": np.ones(1),
        },
        "adam": {"adam/grown8_c_k": np.ones(1), "adam/rate": np.ones(1)},
    }
    with pytest.raises(ValueError) as error:
        growth.grown(before, new)
    assert str(error.value).split("\n")[1:] == [
        "- adam/adam/rate has not grown",
        "+ net/a/k is not in the model",
        "! net/b/k has shape (3,) in the model, (2,) before",
        "- net/c/k has not grown",
    ]
