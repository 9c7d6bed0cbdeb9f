"""Runs an entry point: flags in, one line and an exit code out."""

import os
import sys
from collections.abc import Callable, Sequence

from absl import flags

from tfgan_transfer.errors import UserError

EXIT_USER_ERROR = 2
EXIT_RUN_AGAIN = 3


def run(main: Callable[[], int | None], argv: Sequence[str] | None = None):
    """Parses flags, calls `main`, and leaves the process.

    A mistake of the user ends with one line on stderr and exit code 2; a
    defect of ours keeps its traceback.

    Args:
        main: The command; returns an exit code or None for 0.
        argv: The command line; `sys.argv` when absent.
    """
    argv = list(argv or sys.argv)
    flags.DEFINE_bool("help", False, "Show this help.", short_name="h")
    # TensorFlow writes dozens of lines at start-up that say nothing to
    # somebody who trains a model; an exported variable brings them back.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        rest = flags.FLAGS(argv)[1:]
        if rest:
            raise UserError(
                f"unexpected argument {rest[0]!r}: options are written "
                "--name=value"
            )
        if flags.FLAGS["help"].value:
            _print_help(main)
            sys.exit(0)
        sys.exit(main() or 0)
    except (flags.Error, UserError) as error:
        text = " ".join(str(error).split())
        print(f"error: {text}", file=sys.stderr)
        sys.exit(EXIT_USER_ERROR)


def _print_help(main: Callable) -> None:
    module = sys.modules[main.__module__]
    print(module.__doc__.strip(), "\n")
    print(flags.FLAGS.module_help("tfgan_transfer.cli.flags"))
