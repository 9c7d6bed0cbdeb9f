"""Standard output and Ctrl-C, whatever the shell has made of them."""

import contextlib
import io
import os
import signal
import sys
from collections.abc import Iterator

EXIT_INTERRUPTED = 128 + signal.SIGINT


def prepare() -> None:
    """Makes printing safe.

    A closed descriptor is opened on nothing, or else the next file that is
    opened would take its number and get what is printed. A character that the
    terminal's encoding lacks is printed as its number.
    """
    for number, name, mode in (
        (0, "stdin", "r"),
        (1, "stdout", "w"),
        (2, "stderr", "w"),
    ):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is given out first.
            os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(number, mode, closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def silence() -> None:
    """Sends what is still to be printed nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def stop_at_once() -> Iterator[None]:
    """Makes Ctrl-C end the process with one line.

    For as long as libraries are being imported: an exception would come up in
    any of their modules, and be reported by each in its own way.
    """

    def stop(*_: object) -> None:
        os.write(2, b"interrupted\n")
        os._exit(EXIT_INTERRUPTED)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
