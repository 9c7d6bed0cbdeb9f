"""Custom gradients are TensorFlow's, but for the graphs that they keep."""

import numpy as np
import pytest
import tensorflow as tf

from tests.support import graphs
from tfgan_transfer.ops.gradients import custom_gradient


@custom_gradient
def cube(x):
    """The cube, and twice its slope: a gradient that is nobody else's."""
    return x**3, lambda upstream: upstream * 6 * x**2


@custom_gradient
def sum_and_product(x, y):
    outputs = x + y, x * y
    return outputs, lambda first, second: (first + y * second, 7 * first)


@pytest.mark.parametrize("way", ["eager", "traced", "inside", "compiled"])
def test_the_gradient_is_the_one_that_was_given(way):
    derive = graphs.derived(tf.function(cube) if way == "inside" else cube)
    if way in ("traced", "compiled"):
        derive = tf.function(derive, jit_compile=way == "compiled")
    derived = derive(tf.constant(3.0))
    np.testing.assert_allclose(derived, [27.0, 54.0, 36.0])


def test_outputs_and_inputs_may_be_many():
    @tf.function
    def derive(x, y):
        with tf.GradientTape() as tape:
            tape.watch((x, y))
            total, product = sum_and_product(x, y)
            loss = total + 10 * product
        return tape.gradient(loss, (x, y))

    derived = derive(tf.constant(2.0), tf.constant(5.0))
    np.testing.assert_allclose(derived, [51.0, 7.0])


def test_a_branch_and_a_loop_find_it():
    @tf.function
    def derive(x, times):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x
            for _ in tf.range(times):
                y = cube(y)
            y = tf.cond(times > 0, lambda: cube(y), lambda: y)
        return y, tape.gradient(y, x)

    y, slope = derive(tf.constant(1.0), tf.constant(2))
    assert (y, slope) == (1, 6**3)


def test_a_graph_goes_with_the_function_that_it_was_traced_for():
    before = graphs.alive()
    traced = tf.function(graphs.derived(cube))
    traced(tf.constant(2.0))
    assert graphs.alive() > before
    del traced
    assert graphs.alive() == before


def test_tensorflows_own_keeps_it():
    """If this fails, TensorFlow has mended it, and ours can go."""

    def square(x):
        return x**2, lambda upstream: upstream * 2 * x

    before = graphs.alive()
    traced = tf.function(graphs.derived(tf.custom_gradient(square)))
    traced(tf.constant(2.0))
    del traced
    assert graphs.alive() == before + 1
