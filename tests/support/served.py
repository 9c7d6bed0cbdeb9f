"""`serve` as a process."""

import contextlib
import re
import signal
import time

SERVE = "tfgan_transfer.serve"


@contextlib.contextmanager
def serving(commands, *arguments, ending=signal.SIGTERM):
    """The address of a running `serve`, which is then told to stop."""
    running = commands.start(
        SERVE, "--rest_port=0", "--grpc_port=0", *arguments
    )
    log = running.log.with_suffix(".out")
    end = time.monotonic() + 60
    while not (found := re.search(r"page  (http\S+)/", log.read_text())):
        assert time.monotonic() < end, running.log.with_suffix(".err")
        time.sleep(0.05)
    try:
        yield found[1], log
    finally:
        running.kill(ending)
        finished = running.wait()
    assert (finished.code, finished.err) == (0, "")
