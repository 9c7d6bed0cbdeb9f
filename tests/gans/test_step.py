"""The parts that every train step shares, against NumPy."""

import time

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.gans import loop, step


def dense(values):
    """A network with one weight matrix."""
    network = keras.Sequential(
        [keras.Input((len(values),)), keras.layers.Dense(1, use_bias=False)]
    )
    network.set_weights([np.reshape(values, (-1, 1)).astype("float32")])
    return network


def kernel(network):
    return network.get_weights()[0].ravel()


@pytest.fixture
def batch():
    numbers = np.arange(2 * 3 * 4, dtype="float32")
    return {
        "image": tf.reshape(numbers[:16], [2, 2, 4]),
        "latent": tf.reshape(numbers, [2, 3, 4]),
    }


def test_each_slot_is_its_own_column(batch):
    for slot in (0, 1):
        part = step.critic_slot(batch, slot)
        for name, values in batch.items():
            np.testing.assert_array_equal(part[name], values[:, slot])


def test_the_generators_slot_has_its_own_latents_and_the_last_images(batch):
    part = step.critic_slot(batch, 2)
    np.testing.assert_array_equal(part["latent"], batch["latent"][:, 2])
    np.testing.assert_array_equal(part["image"], batch["image"][:, 1])


def test_global_mean_on_one_replica_is_the_mean():
    assert step.global_mean(tf.constant([1.0, 2.0, 6.0])) == 3.0


def test_global_means_of_two_replicas_sum_to_the_mean():
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    values = [[1.0, 2.0, 6.0], [4.0, 5.0, 0.0]]
    share = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(values[context.replica_id_in_sync_group])
    )
    parts = strategy.run(step.global_mean, args=(share,))
    total = strategy.reduce(tf.distribute.ReduceOp.SUM, parts, axis=None)
    assert total == np.mean(values)


def test_gradient_norm_undoes_the_scaling():
    gradients = [tf.constant([3.0, 0.0]), None, tf.constant([[4.0]])]
    assert step.gradient_norm(gradients) == 5.0
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    norms = strategy.run(lambda: step.gradient_norm([tf.constant([3.0, 4.0])]))
    assert [float(n) for n in strategy.experimental_local_results(norms)] == [
        10.0,
        10.0,
    ]


def test_update_weights_assigns_the_rule():
    target, source = dense([1, 2]), dense([10, 20])
    step.update_weights(
        lambda mine, other: mine - 2 * other,
        target.variables,
        source.variables,
    )
    np.testing.assert_array_equal(kernel(target), [-19, -38])
    np.testing.assert_array_equal(kernel(source), [10, 20])


def test_update_weights_reaches_every_replica():
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        target = dense([1, 2])

    @tf.function
    def run():
        strategy.run(
            lambda: step.update_weights(lambda w: w + 1, target.variables)
        )

    run()
    copies = strategy.experimental_local_results(target.variables[0].value)
    assert len(copies) == 2
    for copy in copies:
        np.testing.assert_array_equal(copy, [[2], [3]])


def test_update_weights_refuses_lists_of_different_length():
    with pytest.raises(ValueError, match="zip"):
        step.update_weights(lambda a, b: b, dense([1]).variables, [])


@pytest.mark.parametrize(
    "done, decay", [(1, 2 / 11), (8, 9 / 18), (10**6, 0.999)]
)
def test_ema_decay_ramps_up(done, decay):
    average, network = dense([1, 2]), dense([3, -4])
    step.update_ema(average, network, 0.999, tf.constant(done))
    expected = decay * np.array([1, 2]) + (1 - decay) * np.array([3, -4])
    np.testing.assert_allclose(kernel(average), expected, rtol=1e-6)


def test_data_ready_is_the_wall_clock(batch):
    before = time.time()
    same, ready = loop.data_ready(batch)
    assert ready.dtype == tf.float64
    assert before <= float(ready) <= time.time()
    assert same.keys() == batch.keys()
    for name in batch:
        np.testing.assert_array_equal(same[name], batch[name])


def test_nothing_is_made_of_a_batch_before_the_clock_was_read(batch):
    made = []

    @tf.function
    def train_step(batch):
        same, now = loop.data_ready(batch)
        made.extend(tf.square(value).op for value in same.values())
        return now

    train_step.get_concrete_function(batch)
    for operation in made:
        before, waiting = set(), [operation]
        while waiting:
            operation = waiting.pop()
            before.add(operation.type)
            waiting += operation.control_inputs
            waiting += [tensor.op for tensor in operation.inputs]
        assert "PyFunc" in before


def test_compiled_puts_only_what_is_asked_under_xla():
    def function(x):
        return x + 1

    assert step.compiled(function, xla=False) is function
    jitted = step.compiled(function, xla=True)
    assert jitted(tf.constant(1.0)) == 2.0
    hlo = jitted.experimental_get_compiler_ir(tf.constant(1.0))("hlo")
    assert "add" in hlo
