"""Commands without a terminal, a name, a home, or time to start."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).parents[2]

COMMAND = """
import sys, time
from tfgan_transfer.commands import app
from tfgan_transfer.commands import flags
app.start_tensorflow = lambda: {start}
flags.define("train")
def main():
    {main}
app.run(main)
"""


def command(main: str, *words: str, start="None", **options):
    """Starts a command without TensorFlow; `main` is its body."""
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND.format(main=main, start=start), *words],
        **{
            "cwd": ROOT,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
        }
        | options,
    )


def test_what_ascii_lacks_is_printed_as_a_number():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    process = command("print('caf\\u00e9')", env=environment)
    assert process.communicate() == ("caf\\xe9\n", "")
    assert process.returncode == 0


def test_a_closed_output_is_not_given_to_the_next_file(tmp_path):
    main = f"print('lost'); open({str(tmp_path / 'f')!r}, 'w').write('kept')"
    process = command(
        main, stdout=None, stderr=None, preexec_fn=lambda: os.closerange(0, 3)
    )
    assert process.wait() == 0
    assert (tmp_path / "f").read_text() == "kept"


def test_a_full_output_is_one_line():
    with open("/dev/full", "w") as full:
        process = command("print('text')", stdout=full)
        _, err = process.communicate()
    assert process.returncode == 2
    (line,) = err.splitlines()
    assert line.startswith("error: ") and "No space left on device" in line


@pytest.mark.parametrize(
    "where", [{"start": "(print('up', flush=True), time.sleep(60))"}, {}]
)
def test_ctrl_c_is_one_line(where):
    main = "print('up', flush=True); time.sleep(60)"
    # Whoever starts the tests in the background ignores it.
    heard = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    process = command(main, **where, **heard)
    assert process.stdout.readline() == "up\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "interrupted\n")


def test_a_home_in_a_path_is_found(tmp_path):
    main = "print(sorted(flags.given().items()))"
    environment = {**os.environ, "HOME": str(tmp_path)}
    words = ["--run_dir=~/run", "--cache_dir=~/c", "--classes=~/x"]
    out, err = command(main, *words, env=environment).communicate()
    assert eval(out) == [
        ("cache_dir", f"{tmp_path}/c"),
        ("classes", "~/x"),
        ("run_dir", f"{tmp_path}/run"),
    ], err


def test_every_setting_that_is_written_to_is_a_path():
    from tfgan_transfer.commands.flags import PATHS
    from tfgan_transfer.settings import table

    rows = {
        row.name: row
        for name in table.COMMANDS
        for rows in table.of_command(name).values()
        for row in rows
    }
    assert PATHS <= rows.keys()
    files = {n for n, row in rows.items() if row.help.startswith("FILE.png")}
    assert files and files <= PATHS


def test_somebody_without_a_name_and_a_home_has_a_cache(monkeypatch):
    from tfgan_transfer.data import cache

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("os.getuid", lambda: 54321)
    home = cache.cache_home()
    assert home.is_absolute()
    assert home.parts[-3:] == ("home-54321", ".cache", "tfgan_transfer")
