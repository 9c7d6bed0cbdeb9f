"""`tfgan-transfer COMMAND` is `python -m tfgan_transfer.COMMAND`."""

import ast
import pathlib
import subprocess
import sys

import pytest

import tfgan_transfer
from tfgan_transfer.settings import table

ROOT = pathlib.Path(__file__).parents[2]
PROGRAM = "from tfgan_transfer.commands.program import main; main()"


def run(*words):
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True
    )


def program(*words):
    return run("-c", PROGRAM, *words)


def test_setup_names_the_program():
    """As a console script, which pip makes executable."""
    tree = ast.parse((ROOT / "setup.py").read_text())
    texts = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
    assert "tfgan-transfer = tfgan_transfer.commands.program:main" in texts


@pytest.mark.parametrize("command", ["train", "export"])
def test_help_is_that_of_the_module(command):
    ours = program(command, "--help")
    theirs = run("-m", f"tfgan_transfer.{command}", "--help")
    assert ours.returncode == theirs.returncode == 0
    assert ours.stdout == theirs.stdout and ours.stderr == ""


def test_mistakes_of_a_command_are_its_own():
    finished = program("generate", "--grid=sheet.png")
    assert finished.returncode == 2 and finished.stdout == ""
    assert finished.stderr.startswith("error: --run_dir: expected")


@pytest.mark.parametrize("words", [[], ["--help"], ["help"]])
def test_it_lists_every_command(words):
    finished = program(*words)
    assert finished.returncode == 0
    for command in table.COMMANDS:
        assert f"\n  {command} " in finished.stdout


def test_unknown_commands_and_the_version():
    finished = program("trian", "--data=digits")
    assert finished.returncode == 2 and finished.stdout == ""
    assert finished.stderr.count("\n") == 1
    assert "Did you mean 'train'?" in finished.stderr
    said = program("--version").stdout
    assert said == f"tfgan-transfer {tfgan_transfer.__version__}\n"
