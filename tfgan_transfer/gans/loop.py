"""What calls a train step again and again, and how long its data took."""

import collections
import functools
import time
from collections.abc import Callable, Iterable

import keras
import numpy as np
import tensorflow as tf

from tfgan_transfer.gans.step import Batch
from tfgan_transfer.ops import gradients

Iterator = tf.distribute.DistributedIterator


def train_function(model: keras.Model) -> Callable[[Iterator], dict]:
    """Runs `model.train_step` on every replica and averages what it logs.

    Stands in for the function that Keras makes, which cannot average scalars
    over several workers (it reduces them along axis 0).

    On a single replica XLA, if it is on, compiles all of the step but the
    clock. On several, what they exchange would have to be compiled too, which
    fails; there it is the gradient functions that are compiled.

    Args:
        model: Compiled model, made inside the strategy's scope.

    Returns:
        Maps a distributed iterator to the logged scalars: means over all
        replicas of all workers, the same on each, except `data_wait`, seconds
        that this worker waited for the batch, which is there if the model
        `shows_clock`.
    """
    step = _step_of(model)

    @tf.function(reduce_retracing=True)
    def train(iterator: Iterator) -> dict:
        return step(iterator, _now())

    @functools.wraps(train)
    def shown(iterator: Iterator) -> dict:
        return _shown(model, train(iterator))

    return shown


def in_calls(
    model: keras.Model, lengths: Iterable[int]
) -> Callable[[Iterator], dict]:
    """A train function that is ahead of `fit`: it makes several steps at once.

    `fit` still calls it once a step. One call in several does the work, and
    the others hand out what was logged, so that callbacks see every step. In
    between, `model.steps_ahead` says how many steps the weights are ahead.

    Args:
        model: Compiled model, made inside the strategy's scope.
        lengths: Steps of each call, at least 1.

    Returns:
        As of `train_function`, with floats instead of tensors.
    """
    step, names = _step_of(model), []

    @tf.function(reduce_retracing=True)
    def call(iterator: Iterator, count: tf.Tensor) -> tf.Tensor:
        rows = tf.TensorArray(tf.float32, count)
        # A step's clock starts when the step before has ended.
        begun = _now()
        for i in tf.range(count):
            logs = step(iterator, begun)
            names[:] = logs
            row = tf.stack([tf.cast(v, tf.float32) for v in logs.values()])
            begun = _now(row)
            rows = rows.write(i, row)
        return rows.stack()

    left, waiting = iter(lengths), collections.deque()

    def ahead(iterator: Iterator) -> dict:
        if not waiting:
            waiting.extend(call(iterator, tf.constant(next(left))).numpy())
        row = waiting.popleft()
        model.steps_ahead = len(waiting)
        return _shown(model, dict(zip(names, row, strict=True)))

    return ahead


def _step_of(model: keras.Model) -> Callable[[Iterator, tf.Tensor], dict]:
    """Maps an iterator and the time at which a step begins to its logs."""
    strategy = model.distribute_strategy

    def run(batch: Batch) -> dict:
        with gradients.kept_by_graph():
            return strategy.run(model.train_step, args=(batch,))

    device = None
    if model.xla and strategy.num_replicas_in_sync == 1:
        run = tf.function(run, jit_compile=True)
        # What is compiled as one runs where its weights are, or fails.
        device = model.weights[0].value.device

    def average(value: tf.Tensor) -> tf.Tensor:
        return strategy.reduce(tf.distribute.ReduceOp.MEAN, value, axis=None)

    def step(iterator: Iterator, begun: tf.Tensor) -> dict:
        with tf.control_dependencies([begun]):
            batch = next(iterator)
        batch, ready = strategy.run(data_ready, args=(batch,))
        ready = strategy.experimental_local_results(ready)[0]
        with tf.device(device):
            logs = run(batch)
        logs = {name: average(value) for name, value in logs.items()}
        return {**logs, "data_wait": tf.cast(ready - begun, tf.float32)}

    return step


def _shown(model: keras.Model, logs: dict) -> dict:
    if model.shows_clock:
        return logs
    return {n: value for n, value in logs.items() if n != "data_wait"}


def data_ready(batch: Batch) -> tuple[Batch, tf.Tensor]:
    """Reads the clock when a batch has arrived.

    Returns:
        The batch, and wall-clock time, float64 seconds. What is made of that
        batch comes after the reading, which one thread would do last.
    """
    now = _now(*batch.values())
    with tf.control_dependencies([now]):
        return {name: tf.identity(value) for name, value in batch.items()}, now


def _now(*after: tf.Tensor) -> tf.Tensor:
    """The wall clock, float64 seconds, once some tensors are known."""
    with tf.control_dependencies([*after]):
        # TensorFlow's own clock refuses to be read where ops are deterministic.
        now = tf.numpy_function(lambda: np.float64(time.time()), [], tf.float64)
    now.set_shape(())
    return now
