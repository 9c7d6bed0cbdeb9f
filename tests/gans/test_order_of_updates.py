"""That no update overtakes a reading, once TensorFlow has optimized a step."""

import functools

import pytest
import tensorflow as tf
from tensorflow.python.eager import context

from tests.support import cases
from tfgan_transfer.families.single import build
from tfgan_transfer.gans import loop

PENALISED = {"n_critic": 1, "penalty_every": 1}


@functools.cache
def graphs(name):
    """The graph of a case's step as it was written, and as it is run."""
    settings = cases.resolve(cases.named(name), **PENALISED)
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    model = cases.make(settings, strategy=strategy)
    stream = build.batches(
        settings, cases.images(settings["size"]), strategy, 0
    )
    context.context().enable_graph_collection()
    try:
        loop.train_function(model)(iter(stream))
        run = context.context().export_run_metadata()
    finally:
        context.context().disable_graph_collection()
    ran = max(
        run.function_graphs, key=lambda f: len(f.post_optimization_graph.node)
    )
    return ran.pre_optimization_graph, ran.post_optimization_graph


def earlier(graph, name):
    """Names of all nodes that have to be done before one can begin."""
    inputs = {
        node.name: [text.lstrip("^").split(":")[0] for text in node.input]
        for node in graph.node
    }
    seen, left = set(), [name]
    while left:
        new = set(inputs[left.pop()]) - seen
        seen |= new
        left += new
    return seen


@pytest.mark.parametrize("name", ["relativistic", "acgan_concat"])
def test_every_update_waits_for_the_readings_before_it(name):
    written, run = graphs(name)
    pairs = 0
    for update in run.node:
        if update.op != "ResourceApplyAdam":
            continue
        readings = {
            node.name
            for node in run.node
            if node.op == "ReadVariableOp" and node.input[0] == update.input[0]
        }
        due = readings & earlier(written, update.name)
        pairs += len(due)
        assert due <= earlier(run, update.name), update.name
    assert pairs > 10
