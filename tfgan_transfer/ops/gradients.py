"""Gradients of functions that end with the graph they were traced in.

TensorFlow keeps the gradient of every `tf.custom_gradient` that is traced in a
registry, for good, and the gradient keeps its graph: megabytes for each step
that a process has ever traced. Here the graph keeps the gradient.
"""

import contextlib
import functools
import weakref
from collections.abc import Callable, Iterator

import tensorflow as tf
from tensorflow.python.framework import ops


def custom_gradient(function: Callable) -> Callable:
    """`tf.custom_gradient`, but for what is left of it.

    Args:
        function: Takes tensors and returns outputs and their gradient, as
            TensorFlow wants it.

    Returns:
        What takes the same tensors and returns the outputs.
    """
    registering = tf.custom_gradient(function)

    @tf.autograph.experimental.do_not_convert
    @functools.wraps(function)
    def call(*inputs):
        with kept_by_graph():
            return registering(*inputs)

    return call


@contextlib.contextmanager
def kept_by_graph() -> Iterator[None]:
    """Gives what is registered inside to the graph that is being traced.

    TensorFlow has such functions of its own, for sums over replicas.
    """
    if tf.executing_eagerly():
        # Nothing is registered.
        yield
        return
    # Its names can be listed and added to, but not be taken back.
    registry = ops.gradient_registry._registry
    known = set(registry)
    yield
    graph = tf.compat.v1.get_default_graph()
    # Operations and their graph hold one another, and so may this.
    kept = graph.get_collection_ref("kept_gradients")
    given = {name for name, _ in kept}
    for name in [*registry.keys() - known - given]:
        gradient = registry[name]["type"]
        kept.append((name, gradient))
        registry[name]["type"] = _while_it_lives(gradient)
        weakref.finalize(graph, registry.pop, name, None)


def _while_it_lives(gradient: Callable) -> Callable:
    kept = weakref.ref(gradient)
    return lambda operation, *upstream: kept()(operation, *upstream)
