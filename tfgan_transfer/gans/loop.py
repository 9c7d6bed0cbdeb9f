"""What calls a train step again and again, and when its batch was there."""

import functools
import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from tfgan_transfer.gans.step import Batch


def train_function(model: keras.Model) -> Callable:
    """Runs `model.train_step` on every replica and averages what it logs.

    Stands in for the function that Keras makes, which cannot average scalars
    over several workers (it reduces them along axis 0).

    Args:
        model: Compiled model, made inside the strategy's scope.

    Returns:
        Maps a distributed iterator to the logged scalars: means over all
        replicas of all workers, the same on each, except `data_ready`, which
        is a reading of this worker's clock, and there if the model
        `shows_clock`.
    """
    strategy = model.distribute_strategy

    def average(name: str, value: tf.Tensor) -> tf.Tensor:
        if name == "data_ready":
            return strategy.experimental_local_results(value)[0]
        return strategy.reduce(tf.distribute.ReduceOp.MEAN, value, axis=None)

    def timed(batch: Batch) -> dict:
        batch, ready = data_ready(batch)
        return {**model.train_step(batch), "data_ready": ready}

    @tf.function(reduce_retracing=True)
    def train(iterator: tf.distribute.DistributedIterator) -> dict:
        logs = strategy.run(timed, args=(next(iterator),))
        return {name: average(name, value) for name, value in logs.items()}

    @functools.wraps(train)
    def shown(iterator: tf.distribute.DistributedIterator) -> dict:
        logs = train(iterator)
        if model.shows_clock:
            return logs
        return {n: value for n, value in logs.items() if n != "data_ready"}

    return shown


def _now():
    return np.float64(time.time())


def data_ready(batch: Batch) -> tuple[Batch, tf.Tensor]:
    """Reads the clock when a batch has arrived.

    Returns:
        The batch, and wall-clock time, float64 seconds. What is made of that
        batch comes after the reading, which one thread would do last.
    """
    with tf.control_dependencies(list(batch.values())):
        # TensorFlow's own clock refuses to be read where ops are deterministic.
        now = tf.numpy_function(_now, [], tf.float64)
        now.set_shape(())
    with tf.control_dependencies([now]):
        return {name: tf.identity(value) for name, value in batch.items()}, now
