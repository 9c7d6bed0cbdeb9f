"""The commands as a user starts them, each in a process of its own."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

from tfgan_transfer.settings import table
from tfgan_transfer.settings.config import DEFAULTS

ROOT = pathlib.Path(__file__).parents[2]
ENTRY_POINTS = sorted(
    path.stem
    for path in (ROOT / "tfgan_transfer").glob("*.py")
    if "app.run(main)" in path.read_text()
)


def run(*arguments: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=environment,
    )


@pytest.mark.parametrize("option", ["help", "helpfull"])
@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_help_is_complete_and_needs_no_tensorflow(name, option):
    finished = run(
        "-c",
        "import atexit, runpy, sys\n"
        "heavy = {'tensorflow', 'keras', 'numpy', 'PIL'}\n"
        "atexit.register(lambda: print('loaded', heavy & set(sys.modules)))\n"
        f"sys.argv = ['{name}', '--{option}']\n"
        f"runpy.run_module('tfgan_transfer.{name}', None, '__main__', True)\n",
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines()[-1] == "loaded set()"
    assert f"python -m tfgan_transfer.{name}" in finished.stdout
    shown = set(re.findall(r"^ +--(?:\[no\])?(\w+):", finished.stdout, re.M))
    rows = [r for rows in table.of_command(name).values() for r in rows]
    wanted = {row.name for row in rows if option == "helpfull" or row.common}
    assert wanted and shown == wanted
    hidden = len({row.name for row in rows}) - len(shown)
    told = f"--helpfull shows {hidden} more." in finished.stdout
    assert told == (hidden > 0)


def test_every_command_has_its_flags():
    assert sorted(table.COMMANDS) == ENTRY_POINTS
    for name in ENTRY_POINTS:
        source = (ROOT / "tfgan_transfer" / f"{name}.py").read_text()
        assert f'flags.define("{name}")' in source


def test_train_has_a_flag_for_every_setting_and_no_other():
    rows = [r for rows in table.of_command("train").values() for r in rows]
    plans = {"dry_run", "augment_preview", "restart_from", "ensemble"}
    plans |= {"report"}
    assert sorted(r.name for r in rows) == sorted({*DEFAULTS} | plans)


def test_a_mistake_prints_one_line_and_nothing_else(tmp_path):
    """No remark of TensorFlow's, although it was loaded to see the data."""
    finished = run(
        "-m",
        "tfgan_transfer.train",
        "--data=digits",
        "--devices=gpu:9",
        f"--run_dir={tmp_path / 'run'}",
    )
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert finished.stderr == (
        "error: --devices: 9 GPUs asked for, 0 found; use --devices=auto\n"
    )
    assert not (tmp_path / "run").exists()


def test_importing_an_entry_point_runs_nothing():
    finished = run("-c", "import tfgan_transfer.train")
    assert (finished.returncode, finished.stdout) == (0, "")


@pytest.mark.parametrize(
    "path", sorted((ROOT / "configs").rglob("*.flags")), ids=lambda p: p.stem
)
def test_configs_open_with_their_command_and_use_known_flags(path):
    text = path.read_text()
    assert re.search(
        r"^# Command:  (make |python -m tfgan_transfer\.)", text, re.M
    )
    known = {row.name for rows in table.GROUPS.values() for row in rows}
    used = re.findall(r"^--(?:no)?(\w+?)(?:=|$)", text, re.M)
    assert used and {*used} <= known
