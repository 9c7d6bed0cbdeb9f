"""The signals that tell a server to stop, as something to wait for."""

import os
import signal


def pipe() -> int:
    """A descriptor from which a byte can be read for each caught signal.

    Python calls a handler between two of its instructions. A signal that comes
    after the last one before a wait would be handled only when that ends, and
    a handler that takes a lock may be called by what holds it. The byte in the
    pipe is written at once, and stays there.
    """
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    return told


def catch() -> None:
    """Lets SIGINT and SIGTERM do no more than fill the pipe."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
