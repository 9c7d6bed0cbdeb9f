"""Devices, distribution strategy, XLA and precision of this process."""

import contextlib
import ctypes
import json
import os
import re
import signal
from collections.abc import Callable, Iterator, Mapping

import keras
import tensorflow as tf

from tfgan_transfer.errors import UserError

# Parameters of glibc's mallopt.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
# Seconds for which a worker waits until all are there.
PATIENCE = 900
# What an exchange with a worker that has gone ends in.
LOST_WORKER = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.InternalError,
)


def strategy(config: Mapping) -> tf.distribute.Strategy:
    """One replica per device, over all hosts that TF_CONFIG names.

    Must come before anything else touches TensorFlow's devices.

    Args:
        config: `devices`, `batch_size` and `feature_matching` of the resolved
            configuration.

    Returns:
        MultiWorkerMirroredStrategy when TF_CONFIG names several workers,
        MirroredStrategy otherwise.

    Raises:
        UserError: If the devices are not there, or the batch cannot be
            divided among them as its game needs.
    """
    devices = _devices(config["devices"])
    if worker_count() > 1:
        with _waiting():
            chosen = tf.distribute.MultiWorkerMirroredStrategy()
    else:
        chosen = tf.distribute.MirroredStrategy(devices)
    replicas = chosen.num_replicas_in_sync
    if config["batch_size"] % replicas:
        raise UserError(
            f"--batch_size: expected a multiple of the {replicas} replicas, "
            f"received {config['batch_size']}; change --batch_size or "
            "--devices"
        )
    # Runs from before have none.
    if config.get("feature_matching") and config["batch_size"] == replicas:
        raise UserError(
            "--feature_matching: compares the images of a batch with one "
            f"another, received --batch_size={config['batch_size']}, one image "
            "for each replica; use a larger batch, or --feature_matching=0"
        )
    return chosen


@contextlib.contextmanager
def _waiting() -> Iterator[None]:
    """Bounds the wait for the other workers, which TensorFlow does not.

    It lets nothing of Python run meanwhile: an alarm ends the process, and
    what there is to say about that is said before.
    """
    print(
        f"waiting for all {worker_count()} workers of TF_CONFIG; an alarm ends "
        f"this one if they are not there within {PATIENCE} s",
        flush=True,
    )
    before = signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def is_chief(chosen: tf.distribute.Strategy) -> bool:
    """Whether this process is the one that writes."""
    if worker_count() == 1:
        return True
    resolver = chosen.cluster_resolver
    # A cluster may name its chief, or leave that part to the first worker.
    named = "chief" in resolver.cluster_spec().jobs
    task = (resolver.task_type, resolver.task_id)
    return task == ("chief" if named else "worker", 0)


def agree_on(start: int, chosen: tf.distribute.Strategy) -> None:
    """Checks that all workers continue from the same checkpoint.

    Raises:
        UserError: If they don't see the same run directory.
    """
    if worker_count() == 1:
        return
    mine = chosen.experimental_distribute_values_from_function(
        lambda context: tf.constant([start])
    )
    starts = sorted(set(chosen.gather(mine, axis=0).numpy().tolist()))
    if len(starts) > 1:
        raise UserError(
            "--run_dir: expected one directory that all workers see, received "
            f"checkpoints of different steps {starts}; put it on a shared "
            "file system"
        )


def lost_worker(error: tf.errors.OpError) -> str:
    """Says that another worker has gone, and what to do.

    Args:
        error: One of `LOST_WORKER`.

    Raises:
        tf.errors.OpError: The error itself, if this process trains alone.
    """
    if worker_count() == 1:
        raise error
    aborted = re.search(r"aborted by: (.*)", str(error))
    why = aborted[1] if aborted else type(error).__name__
    return (
        f"stopped: another worker of TF_CONFIG does not answer any more ({why})"
        f"; the same command, given again to all {worker_count()} of them, "
        "continues from the last checkpoint"
    )


def use_xla(config: Mapping, chosen: tf.distribute.Strategy) -> bool:
    """Decides `--xla`: XLA is slower than the plain graph on CPUs.

    Raises:
        UserError: If batch statistics over several replicas are asked for
            as well; they cannot be inside XLA.
    """
    on_gpu = bool(tf.config.list_logical_devices("GPU"))
    xla = config["xla"] == "on" or (config["xla"] == "auto" and on_gpu)
    if config["sync_batch_norm"] and xla and chosen.num_replicas_in_sync > 1:
        raise UserError(
            "--sync_batch_norm: cannot be combined with XLA on "
            f"{chosen.num_replicas_in_sync} replicas, because the exchange "
            "of batch statistics cannot be compiled; add --xla=off"
        )
    return xla


def steps_per_call(chosen: tf.distribute.Strategy) -> int:
    """Steps that suit one call: a GPU should not wait for Python in between.

    Several replicas wait for one another anyway.
    """
    (device, *others) = chosen.extended.worker_devices
    return 10 if "GPU" in device and not others else 1


def distributed(
    stream: Callable[[tf.distribute.InputContext], tf.data.Dataset],
    chosen: tf.distribute.Strategy,
) -> tf.distribute.DistributedDataset:
    """Divides a stream of batches among replicas.

    What copies batches to devices has a tuner, which looks after it once a
    minute and keeps the end of a run waiting until then. Replicas on CPUs of
    one host need no copies: each makes its own share.
    """
    options = None
    if worker_count() == 1 and not tf.config.list_logical_devices("GPU"):
        options = tf.distribute.InputOptions(
            experimental_fetch_to_device=False,
            experimental_replication_mode=(
                tf.distribute.InputReplicationMode.PER_REPLICA
            ),
        )
    return chosen.distribute_datasets_from_function(stream, options)


def keep_memory() -> bool:
    """Makes this process keep the memory of tensors that it has freed.

    glibc hands large blocks back to the kernel at once; getting them again
    for the next step's tensors, page by page, took a tenth of the processor
    time of small steps.

    Returns:
        Whether the C library understood; others than glibc go on as before.
    """
    try:
        set_option = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False
    options = (_MMAP_MAX, 0), (_TRIM_THRESHOLD, 2**31 - 1)
    return all([set_option(name, value) for name, value in options])


def prepare(config: Mapping) -> None:
    """Sets memory, precision and seeds, before any network is built."""
    keep_memory()
    if config["deterministic"]:
        tf.config.experimental.enable_op_determinism()
    keras.config.set_dtype_policy(config["precision"])
    keras.utils.set_random_seed(config["seed"])


def _devices(flag: str) -> list[str]:
    gpus = tf.config.list_physical_devices("GPU")
    if flag == "auto":
        return [f"GPU:{i}" for i in range(len(gpus))] or ["CPU:0"]
    match = re.fullmatch(r"(cpu|gpu):([1-9]\d*)", flag)
    if not match:
        raise UserError(
            "--devices: expected auto, cpu:N or gpu:N with N of at least 1, "
            f"received {flag!r}"
        )
    kind, count = match[1].upper(), int(match[2])
    if kind == "GPU" and count > len(gpus):
        raise UserError(
            f"--devices: {count} GPUs asked for, {len(gpus)} found; use "
            "--devices=auto"
        )
    if kind == "CPU" and count > 1:
        split_cpu(count)
    return [f"{kind}:{i}" for i in range(count)]


def split_cpu(count: int) -> None:
    """Makes one CPU look like several devices, for trying out replicas."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    wanted = [tf.config.LogicalDeviceConfiguration()] * count
    if len(tf.config.get_logical_device_configuration(cpu) or ()) != count:
        tf.config.set_logical_device_configuration(cpu, wanted)


def worker_count() -> int:
    """Number of processes that train together, from TF_CONFIG."""
    try:
        cluster = json.loads(os.environ.get("TF_CONFIG") or "{}")
        hosts = cluster.get("cluster", {})
        return max(
            1, len(hosts.get("worker", ())) + len(hosts.get("chief", ()))
        )
    except (ValueError, AttributeError) as error:
        raise UserError(
            f"TF_CONFIG: expected JSON with a cluster and a task ({error})"
        ) from error
