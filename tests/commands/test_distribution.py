"""How batches reach the replicas."""

import tensorflow as tf
from tensorflow.python.data.ops import multi_device_iterator_ops

from tfgan_transfer.training import devices


def test_batches_reach_cpus_without_the_tuner_of_copies(monkeypatch):
    """It would hold up the end of a run for up to a minute."""
    monkeypatch.setattr(
        multi_device_iterator_ops, "OwnedMultiDeviceIterator", None
    )
    shares = []

    def stream(context):
        shares.append((context.input_pipeline_id, context.num_input_pipelines))
        return tf.data.Dataset.range(5)

    chosen = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    batches = iter(devices.distributed(stream, chosen))
    found = chosen.experimental_local_results(next(batches))
    assert [int(value) for value in found] == [0, 0]
    assert shares == [(0, 2), (1, 2)]
