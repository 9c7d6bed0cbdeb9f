"""The commands as a user starts them, each in a process of its own."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

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


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_help_is_complete_and_needs_no_tensorflow(name):
    source = (ROOT / "tfgan_transfer" / f"{name}.py").read_text()
    finished = run(
        "-c",
        "import atexit, runpy, sys\n"
        "heavy = {'tensorflow', 'keras', 'numpy', 'PIL'}\n"
        "atexit.register(lambda: print('loaded', heavy & set(sys.modules)))\n"
        f"sys.argv = ['{name}', '--help']\n"
        f"runpy.run_module('tfgan_transfer.{name}', None, '__main__', True)\n",
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines()[-1] == "loaded set()"
    assert f"python -m tfgan_transfer.{name}" in finished.stdout
    shown = set(re.findall(r"^ +--(?:\[no\])?(\w+):", finished.stdout, re.M))
    groups = re.findall(r"flags\.(define_\w+)\(\)", source)
    assert groups and shown >= defined(groups)


def flag_files() -> str:
    cli = ROOT / "tfgan_transfer" / "commands"
    names = (
        "flags.py",
        "evaluation_flags.py",
        "model_flags.py",
        "pair_flags.py",
        "serving_flags.py",
    )
    return "\n".join((cli / name).read_text() for name in names)


def defined(groups: list[str]) -> set[str]:
    """Names that occur in the named functions of the flag files."""
    source = flag_files()
    names = set()
    for group in groups:
        body = source.split(f"def {group}(")[1].split("\ndef ")[0]
        names |= set(
            re.findall(r'(?:DEFINE_\w+|Optional\w+)\(\s*"(\w+)"', body)
        )
    return names


def test_train_has_a_flag_for_every_setting_and_no_other():
    from tfgan_transfer.settings.config import DEFAULTS

    source = (ROOT / "tfgan_transfer" / "train.py").read_text()
    groups = re.findall(r"flags\.(define_\w+)\(\)", source)
    assert defined(groups) == set(DEFAULTS) | {
        "dry_run",
        "augment_preview",
        "restart_from",
        "ensemble",
    }


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
    source = flag_files()
    known = defined(re.findall(r"^def (define_\w+)", source, re.M))
    used = re.findall(r"^--(?:no)?(\w+?)(?:=|$)", text, re.M)
    assert used and {*used} <= known
