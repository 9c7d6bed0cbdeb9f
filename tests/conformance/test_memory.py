"""A process that trains again and again does not fill up with old graphs."""

import gc

import keras
import pytest
from tensorflow.python.framework import func_graph

from tests.support import cases


def graphs():
    """How many graphs of functions there are."""
    keras.backend.clear_session()
    gc.collect()
    found = (isinstance(o, func_graph.FuncGraph) for o in gc.get_objects())
    return sum(found)


@pytest.mark.parametrize("replicas", [1, 2])
@pytest.mark.parametrize("name", ["limited_data", "acgan_both"])
def test_what_was_traced_ends_with_the_model(name, replicas):
    settings = cases.resolve(cases.named(name), sync_batch_norm=replicas > 1)
    before = graphs()
    cases.fit(settings, replicas=replicas)
    assert graphs() <= before
