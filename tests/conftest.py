"""One TensorFlow set-up for all tests: two CPU devices and few threads."""

import os
import pathlib

import hypothesis
import pytest

# GPUs round differently; CUDA_VISIBLE_DEVICES=0 runs the tests on one.
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
# Fast machine code takes longer to make than a few small steps take to run.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")
quiet = "TF_CPP_MIN_LOG_LEVEL" not in os.environ
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(2)
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)
if quiet:
    # Commands that tests start have to be quiet by themselves.
    del os.environ["TF_CPP_MIN_LOG_LEVEL"]

pytest_plugins = [
    "tests.support.browser",
    "tests.support.running",
    "tests.support.ensembles",
    "tests.support.tagged",
]

# How fast a machine draws examples says nothing about the code.
hypothesis.settings.register_profile(
    "any_machine",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("any_machine")

SHARED = pathlib.Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared():
    """The folder of real material beside the repository."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared, the real data and feature networks")
    return SHARED


@pytest.fixture(scope="session")
def derivatives():
    """First and second derivatives of a curved function of the outputs."""

    def of(function, x, weights):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                score = tf.reduce_sum(tf.sin(function(x)) * weights)
            slope = inner.gradient(score, x)
            penalty = tf.reduce_sum(tf.square(slope))
        return slope, outer.gradient(penalty, x)

    return of


@pytest.fixture(autouse=True)
def float32():
    """Undoes the precision that a test has set."""
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture(autouse=True)
def fresh_collective_keys():
    """Keeps the collectives of one test's strategy apart from another's.

    Every new strategy counts from the same key, and two of them in a process
    take each other's messages; TensorFlow's own tests move the key as well.
    """
    tf.distribute.MirroredStrategy._collective_key_base += 1000
