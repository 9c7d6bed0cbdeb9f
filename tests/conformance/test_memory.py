"""A process that trains again and again does not fill up with old graphs."""

import pytest

from tests.support import cases, graphs


@pytest.mark.parametrize("replicas", [1, 2])
@pytest.mark.parametrize("name", ["limited_data", "acgan_both"])
def test_what_was_traced_ends_with_the_model(name, replicas):
    settings = cases.resolve(cases.named(name), sync_batch_norm=replicas > 1)
    before = graphs.alive()
    cases.fit(settings, replicas=replicas)
    assert graphs.alive() <= before
