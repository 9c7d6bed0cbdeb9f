"""`serve` as a process: it answers, refuses what Serving refuses, and ends."""

import signal
import time

import keras
import pytest
import requests
import tensorflow as tf

from tests.support.hand_made import publish
from tests.support.served import SERVE, serving


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_and_ends_when_told(
    commands, tmp_path, tmp_path_factory, ending
):
    base = tmp_path / "photos"
    base.mkdir()
    publish(base, 1, tmp_path_factory.getbasetemp())
    flag = f"--model_base={base}"
    with serving(commands, flag, ending=ending) as (url, log):
        body = {"instances": [{"seed": 1, "label": 2}]}
        answer = requests.post(f"{url}/v1/models/photos:predict", json=body)
        assert answer.status_code == 200
        assert "This is a stand-in for TensorFlow Serving" in log.read_text()
    assert "version 1 is unloaded" in log.read_text()


WHILE_A_LOCK_IS_HELD = """
import os, signal, threading
original = threading.Condition.wait
def wait(condition, timeout=None):
    main = threading.current_thread() is threading.main_thread()
    if main and callable(signal.getsignal(signal.SIGTERM)):
        os.kill(os.getpid(), signal.SIGTERM)
    return original(condition, timeout)
threading.Condition.wait = wait
"""
# In one instruction of Python: no handler is called between the two.
JUST_BEFORE_THE_WAIT = """
import ctypes, functools, operator, os, signal
raised = functools.partial(getattr(ctypes.PyDLL(None), "raise"), signal.SIGTERM)
original = os.read
def read(*words):
    calls = [functools.partial(original, *words)]
    if callable(signal.getsignal(signal.SIGTERM)):
        calls.insert(0, raised)
    return list(map(operator.call, calls))[-1]
os.read = read
"""


@pytest.mark.parametrize("moment", [WHILE_A_LOCK_IS_HELD, JUST_BEFORE_THE_WAIT])
def test_signals_at_the_worst_moments(
    commands, tmp_path, tmp_path_factory, moment
):
    """Each of them once kept the process for ever."""
    base = tmp_path / "photos"
    base.mkdir()
    publish(base, 1, tmp_path_factory.getbasetemp())
    running = commands.start(
        SERVE,
        f"--model_base={base}",
        "--rest_port=0",
        "--grpc_port=0",
        setup=moment,
    )
    log = running.log.with_suffix(".out")
    while "\ngRPC" not in log.read_text():
        time.sleep(0.05)
    if moment == WHILE_A_LOCK_IS_HELD:
        running.kill(signal.SIGTERM)
    finished = running.wait()
    assert (finished.code, finished.err) == (0, "")
    assert "version 1 is unloaded" in finished.out


def test_compiled_functions_fail_as_in_the_server(commands, tmp_path):
    """They run in any Python process, and in no TensorFlow Serving."""

    @tf.function(jit_compile=True)
    def double(number):
        return {"twice": 2 * number}

    spec = tf.TensorSpec((None,), tf.float32, "number")
    archive = keras.export.ExportArchive()
    archive.add_endpoint("serving_default", double, input_signature=[spec])
    archive.write_out(str(tmp_path / "1"), verbose=False)
    arguments = (f"--model_base={tmp_path}", "--model_name=jit")
    with serving(commands, *arguments) as (url, _):
        body = {"instances": [1.0]}
        answer = requests.post(f"{url}/v1/models/jit:predict", json=body)
    assert answer.status_code == 500
    assert "XLA compilation disabled" in answer.json()["error"]


def test_mistakes_are_one_line(commands, tmp_path):
    finished = commands.run(SERVE)
    assert finished.code == 2
    assert finished.err.startswith(
        "error: --model_base: expected the directory"
    )
    finished = commands.run(SERVE, f"--model_base={tmp_path}")
    assert finished.code == 2
    assert finished.err.startswith("error: --model_base: no version in ")
    assert finished.err.count("\n") == 1


def test_the_extra_is_named_where_it_is_missing(commands, tmp_path):
    finished = commands.run(
        SERVE,
        f"--model_base={tmp_path}",
        setup="import sys; sys.modules['uvicorn'] = None",
    )
    assert finished.code == 2
    assert finished.err == (
        "error: serve: needs the package uvicorn, which is not installed; pip "
        "install 'tfgan-transfer[serving]'\n"
    )
