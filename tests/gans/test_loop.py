"""What is compiled of a step, and several steps in one call."""

import time

import numpy as np
import pytest
import tensorflow as tf

from tests.support.linear_gan import (
    adam,
    assert_same,
    compiled,
    make_batch,
    weights_of,
)
from tfgan_transfer.gans import loop

UPDATES = {"ResourceApplyAdam", "AssignVariableOp", "AssignAddVariableOp"}


def batches(count=9, seconds=0.0):
    made = [make_batch(seed) for seed in range(count)]
    stacked = {name: np.stack([b[name] for b in made]) for name in made[0]}
    dataset = tf.data.Dataset.from_tensor_slices(stacked)
    if not seconds:
        return dataset

    def slowly(batch):
        pause = tf.numpy_function(
            lambda: time.sleep(seconds) or 0.0, [], tf.float64
        )
        with tf.control_dependencies([pause]):
            return {name: tf.identity(v) for name, v in batch.items()}

    return dataset.map(slowly)


def traced(replicas, xla):
    strategy = tf.distribute.MirroredStrategy(
        [f"CPU:{i}" for i in range(replicas)]
    )
    with strategy.scope():
        model = compiled(optimizer=adam, xla=xla)
    stream = strategy.experimental_distribute_dataset(batches())
    train = model.train_function.__wrapped__
    return train.get_concrete_function(iter(stream)).graph


def functions(graph, must_compile):
    """The functions that a graph calls, and that XLA has to compile or not."""
    for operation in graph.get_operations():
        if operation.type in ("PartitionedCall", "StatefulPartitionedCall"):
            by_xla = "_XlaMustCompile" in operation.node_def.attr and (
                operation.get_attr("_XlaMustCompile")
            )
            if by_xla == must_compile:
                name = operation.get_attr("f").name
                yield graph._get_function(name).graph


def types(graph):
    found = {operation.type for operation in graph.get_operations()}
    return found.union(*(types(f) for f in functions(graph, False)))


def test_on_one_replica_xla_compiles_all_but_the_clock():
    graph = traced(replicas=1, xla=True)
    assert not UPDATES & types(graph) and "PyFunc" in types(graph)
    (whole,) = functions(graph, must_compile=True)
    assert {"ResourceApplyAdam", "AssignVariableOp"} <= types(whole)
    assert "PyFunc" not in types(whole)


def test_on_two_replicas_weights_move_outside_of_xla():
    graph = traced(replicas=2, xla=True)
    inside = [types(f) for f in functions(graph, must_compile=True)]
    # Two critic iterations and a generator step on each of them.
    assert len(inside) == 6
    assert not UPDATES & set().union(*inside) and UPDATES & types(graph)


def test_without_xla_nothing_is_compiled():
    assert not [*functions(traced(1, xla=False), must_compile=True)]


@pytest.mark.parametrize("shows_clock", [False, True])
def test_steps_in_one_call_are_the_steps_one_by_one(shows_clock):
    one, several = compiled(optimizer=adam), compiled(optimizer=adam)
    one.shows_clock = several.shows_clock = shows_clock
    several.train_in_calls([1, 3, 2])
    stream, other = iter(batches()), iter(batches())
    ahead = []
    for _ in range(6):
        logs = several.train_function(other)
        ahead.append(several.steps_ahead)
        expected = one.train_function(stream)
        assert logs.keys() == expected.keys()
        assert ("data_wait" in logs) == shows_clock
        for name in {*expected} - {"data_wait"}:
            assert logs[name] == expected[name].numpy(), name
        if not several.steps_ahead:
            for ours, theirs in zip(
                several.networks.values(), one.networks.values(), strict=True
            ):
                assert_same(weights_of(ours), weights_of(theirs))
    assert ahead == [0, 2, 1, 0, 1, 0]
    assert several.steps_done == one.steps_done == 6


def test_the_weights_are_ahead_of_what_is_told():
    model = compiled()
    model.train_in_calls([3])
    model.train_function(iter(batches()))
    assert (model.steps_done, model.steps_ahead) == (3, 2)


def test_waiting_for_data_is_measured_within_a_call():
    model = compiled()
    model.shows_clock = True
    model.train_in_calls([1, 4])
    stream = iter(batches(seconds=0.05))
    model.train_function(stream)
    begun = time.time()
    waits = [model.train_function(stream)["data_wait"] for _ in range(4)]
    taken = time.time() - begun
    # Some of it passes while the step before is being made.
    assert min(waits) >= 0.02 and 0.1 <= sum(waits) <= taken + 0.01


def test_work_does_not_count_as_waiting(monkeypatch):
    """A clock that goes on by a second with each reading tells the order."""
    readings = iter(range(100))
    monkeypatch.setattr("time.time", lambda: float(next(readings)))
    model = compiled()
    model.shows_clock = True
    model.train_in_calls([3])
    stream = iter(batches())
    waits = [model.train_function(stream)["data_wait"] for _ in range(3)]
    # Begun, ready, begun, ready, ...: nothing is read in between.
    assert waits == [1.0, 1.0, 1.0]


def test_xla_and_several_steps_in_one_call():
    plain, both = compiled(), compiled(xla=True)
    both.train_in_calls([1, 3])
    stream, other = iter(batches()), iter(batches())
    for _ in range(4):
        logs = both.train_function(other)
        expected = plain.train_function(stream)
    for name, value in expected.items():
        np.testing.assert_allclose(logs[name], value, rtol=1e-4, err_msg=name)


def test_the_clock_is_read_when_asked(monkeypatch):
    known = tf.constant(1.0)
    before = time.time()
    now = loop._now(known)
    assert now.dtype == tf.float64 and before <= float(now) <= time.time()
