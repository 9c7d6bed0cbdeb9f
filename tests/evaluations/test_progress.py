"""While `evaluate` runs: bars, values as they come, and Ctrl-C."""

import collections
import json
import shutil

import pytest
import tensorflow as tf

from tests.support.mean_colours import MeanColours

EVALUATE = "tfgan_transfer.evaluate"
# The second metric is interrupted; it says what stood on the screen by then.
INTERRUPTED = """
import os, signal, sys
from tfgan_transfer.metrics import evaluate
from tfgan_transfer.metrics.needs import Metric, Needs

def rows(run):
    print("on the way", flush=True)
    os.kill(os.getpid(), signal.SIGINT)
    yield from ()

signal.signal(signal.SIGINT, signal.default_int_handler)
evaluate.METRICS["ms_ssim"] = Metric(rows, Needs())
"""

# What is told to stderr goes to a file, which says that it is a terminal.
TERMINAL = "import sys; sys.stderr.isatty = lambda: True"


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "means"
    tf.saved_model.save(MeanColours(), str(path))
    return path


@pytest.fixture()
def run_dir(unbroken, tmp_path):
    return shutil.copytree(unbroken, tmp_path / "run")


def evaluate(commands, run_dir, *flags, setup=""):
    return commands.run(
        EVALUATE,
        f"--run_dir={run_dir}",
        "--num_images=40",
        "--sampling_seeds=1",
        f"--cache_dir={run_dir}/cache",
        *flags,
        setup=setup,
    )


def test_what_takes_long_has_a_bar_with_the_time_left(
    commands, network, run_dir
):
    done = evaluate(
        commands,
        run_dir,
        "--metrics=kid,swd",
        f"--inception={network}",
        setup=TERMINAL,
    )
    assert done.code == 0, done.err
    bars = collections.defaultdict(str)
    for state in done.err.replace("\n", "\r").split("\r"):
        if "%|" in state:
            bars[state.partition(":")[0]] += state
    assert {
        "samples", "features of training images", "features of samples",
        "kid", "swd",
    } <= bars.keys()  # fmt: skip
    assert "/40 [" in bars["samples"] and "image/s]" in bars["samples"]
    assert "<" in bars["features of samples"]
    assert "1/2 [" in bars["swd"] and "0/3 [" in bars["swd"]
    assert "0/2 [" in bars["kid"] and "metric/s]" in bars["kid"]
    assert "%|" not in done.out


def test_a_log_file_has_values_and_no_bars(commands, network, run_dir):
    done = evaluate(
        commands, run_dir, "--metrics=kid,swd", f"--inception={network}"
    )
    assert done.code == 0, done.err
    assert "%|" not in done.err and "\r" not in done.err
    assert [line.split()[0] for line in done.out.splitlines()[1:3]] == [
        "kid[means@pool_3]", "swd"
    ]  # fmt: skip


def test_json_is_quiet(commands, run_dir):
    done = evaluate(
        commands, run_dir, "--metrics=swd", "--json", setup=TERMINAL
    )
    assert done.code == 0
    assert "%|" not in done.err
    assert [r["name"] for r in json.loads(done.out)["evaluation"]] == ["swd"]


def test_values_are_printed_at_once_and_survive_ctrl_c(commands, run_dir):
    before = (run_dir / "metrics.jsonl").read_text()
    done = evaluate(
        commands, run_dir, "--metrics=swd,ms_ssim,iw", setup=INTERRUPTED
    )
    assert done.code == 2  # Without held-out images there is no iw.
    done = evaluate(
        commands,
        run_dir,
        "--metrics=swd,ms_ssim,iw",
        "--holdout=20",
        setup=INTERRUPTED,
    )
    assert done.code == 130, done.err
    assert "Traceback" not in done.err
    assert done.err.endswith("interrupted: not done ms_ssim, iw\n")
    header, value, mark, *protocols = done.out.splitlines()
    assert header.startswith("metric") and value.startswith("swd ")
    assert mark == "on the way"
    assert "lower is better" in protocols[0] and "floor:" in protocols[0]
    assert protocols[2] == "  swd  Difference in shapes and texture"
    assert protocols[4].startswith("  swd: swd/tf-gan")
    assert protocols[4].endswith("spread: s.d. over seeds")
    text = (run_dir / "metrics.jsonl").read_text()
    assert text.startswith(before)
    (row,) = map(json.loads, text.removeprefix(before).splitlines())
    assert [score["name"] for score in row["evaluation"]] == ["swd"]
    assert row["asked"] == ["swd", "ms_ssim", "iw"]
    assert row["not_done"] == ["ms_ssim", "iw"]
    assert (row["step"], row["sampling_seeds"]) == (30, [0])
