"""Runs an entry point: flags in, one line and an exit code out."""

import errno
import os
import pathlib
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from typing import NoReturn

from absl import flags

from tfgan_transfer.commands import console, flagfiles
from tfgan_transfer.commands.flags import help_of
from tfgan_transfer.errors import UserError

EXIT_USER_ERROR = 2
# What no command can do anything about, and its user can.
_OF_THE_DISK = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EIO,
)
_LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
# Keras imports these if it can, for parts of it that are not used here.
_UNUSED_BY_KERAS = ("IPython", "matplotlib", "pandas", "sklearn")


def run(
    main: Callable[[], int | None], argv: Sequence[str] | None = None
) -> None:
    """Parses flags, calls `main`, and leaves the process.

    A mistake of the user ends with one line on stderr and exit code 2; a
    defect of ours keeps its traceback.

    Args:
        main: The command; returns an exit code or None for 0.
        argv: The command line; `sys.argv` when absent.
    """
    console.prepare()
    program, *words = argv or sys.argv
    if "help" not in flags.FLAGS:
        flags.DEFINE_bool(
            "help", False, "Show what is used most.", short_name="h"
        )
        flags.DEFINE_bool("helpfull", False, "Show every flag.")
    try:
        rest = _parse(program, words)
        if rest:
            raise UserError(
                f"unexpected argument {rest[0]!r}: options are written "
                "--name=value"
            )
        full = flags.FLAGS["helpfull"].value
        if full or flags.FLAGS["help"].value:
            module = sys.modules[main.__module__]
            command = pathlib.Path(module.__file__).stem
            print(module.__doc__.strip(), "\n")
            print(*help_of(command, full), sep="\n")
            sys.stdout.flush()
            sys.exit(0)
        with console.stop_at_once():
            start_tensorflow()
        code = main() or 0
        sys.stdout.flush()
        sys.exit(code)
    except BrokenPipeError:
        # Whoever read our output, such as `head`, has seen enough.
        console.silence()
        sys.exit(0)
    except KeyboardInterrupt:
        _fail("interrupted", console.EXIT_INTERRUPTED)
    except (flags.Error, UserError) as error:
        said = _as_given(getattr(error, "command_line", str(error)))
        _fail(f"error: {' '.join(said.split())}", EXIT_USER_ERROR)
    except OSError as error:
        if error.errno not in _OF_THE_DISK:
            raise
        _fail(
            f"error: a file cannot be written or read ({error}); mend that and "
            "give the same command again",
            EXIT_USER_ERROR,
        )


def _parse(program: str, words: Sequence[str]) -> list[str]:
    """Reads the command line; returns what is no flag."""
    expanded = flagfiles.expand(words)
    try:
        return flags.FLAGS([program, *(word.text for word in expanded)])[1:]
    except flags.Error as error:
        place = flagfiles.place_of(expanded, str(error))
        said = f"--flagfile: {place}: " if place else ""
        raise UserError(said + _reworded(str(error))) from error


def _reworded(said: str) -> str:
    """What absl says of an unknown flag, with flags as they are typed."""
    unknown = re.fullmatch(
        r"Unknown command line flag '(.*)'(?:\. Did you mean: (.*) \?)?", said
    )
    if not unknown:
        return said
    name, near = unknown.groups()
    if not near:
        return f"unknown flag --{name}; --help shows those that there are"
    names = " or ".join(f"--{one}" for one in near.split(", "))
    return f"unknown flag --{name}. Did you mean {names}?"


def _as_given(said: str) -> str:
    """A sentence about a checkpoint, of a run if one was given.

    What opens a trained model knows its path and not what named it.
    """
    given = {
        name
        for name in ("checkpoint", "run_dir")
        if name in flags.FLAGS and flags.FLAGS[name].present
    }
    if given == {"run_dir"} and said.startswith("--checkpoint:"):
        return f"--run_dir:{said.removeprefix('--checkpoint:')}"
    return said


def _fail(line: str, code: int) -> NoReturn:
    print(line, file=sys.stderr)
    try:
        sys.stdout.flush()
    except OSError:
        console.silence()
    sys.exit(code)


def start_tensorflow() -> None:
    """Imports TensorFlow without the lines it prints on machines without GPU.

    They say nothing to somebody who trains a model, and come from C++ code
    that writes before it can be told not to. A failing import shows them; an
    exported TF_CPP_MIN_LOG_LEVEL keeps them all.
    """
    if _LOG_LEVEL in os.environ:
        return _import_tensorflow()
    os.environ[_LOG_LEVEL] = "3"
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as sink:
        os.dup2(sink.fileno(), 2)
        try:
            _import_tensorflow()
        except BaseException:
            sink.seek(0)
            os.write(stderr, sink.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def _import_tensorflow() -> None:
    """Imports it without the libraries that would take a third of the time."""
    hidden = [name for name in _UNUSED_BY_KERAS if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))
    try:
        import keras  # noqa: F401
        import tensorflow as tf

        tf.config.list_physical_devices()
        if os.environ[_LOG_LEVEL] == "3":
            # Hints on how to write programs, to people who use one.
            tf.get_logger().setLevel("ERROR")
    finally:
        for name in hidden:
            del sys.modules[name]
