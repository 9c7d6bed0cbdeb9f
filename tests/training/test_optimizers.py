"""Adam against Keras' own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.training.optimizers import FusedAdam


def normal(*shape, seed):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.mark.parametrize("graph", [None, "plain", "xla"])
@pytest.mark.parametrize("beta_1", [0.0, 0.9])
def test_steps_are_those_of_keras(beta_1, graph):
    rate = keras.optimizers.schedules.PolynomialDecay(0.1, 4, 0.01)

    def trained(kind):
        weights = [
            keras.Variable(normal(5, 3, seed=1), name="kernel"),
            keras.Variable(2.0, name="bias"),
        ]
        optimizer = kind(rate, beta_1, 0.99, epsilon=1e-3, name="adam")
        optimizer.build(weights)

        def step(gradient):
            optimizer.apply([gradient, tf.constant(0.3)], weights)

        # What Adam is compared with is Keras' own, and never compiled.
        xla = graph == "xla" and kind is FusedAdam
        run = tf.function(step, jit_compile=xla) if graph else step
        for seed in range(5):
            run(tf.constant(normal(5, 3, seed=seed)))
        variables = [*weights, *optimizer.variables]
        return {variable.path: variable.numpy() for variable in variables}

    results = trained(FusedAdam), trained(keras.optimizers.Adam)
    found, expected = results
    # A checkpoint holds them by path.
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=2e-5, atol=1e-7)


def test_each_replica_moves_alike():
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    gradients = normal(2, 4, seed=3)
    with strategy.scope():
        weight = keras.Variable(np.zeros(4, "float32"))
        optimizer = FusedAdam(0.1, epsilon=1e-8)
        optimizer.build([weight])

    @tf.function
    def step():
        def replica():
            number = (
                tf.distribute.get_replica_context().replica_id_in_sync_group
            )
            optimizer.apply([tf.gather(gradients, number)], [weight])

        strategy.run(replica)

    step()
    step()
    alone = keras.Variable(np.zeros(4, "float32"))
    expected = keras.optimizers.Adam(0.1, epsilon=1e-8)
    for _ in range(2):
        expected.apply([tf.constant(gradients.sum(0))], [alone])
    for value in strategy.experimental_local_results(weight.value):
        np.testing.assert_allclose(value, alone, rtol=1e-5)
