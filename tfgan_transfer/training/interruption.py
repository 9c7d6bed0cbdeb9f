"""SIGTERM and Ctrl-C as a request to save and stop, not a loss of work."""

import contextlib
import signal
from types import FrameType

# A command that was told to stop ends with it: "run me again".
EXIT_RUN_AGAIN = 3


class StopRequest:
    """Turns the first SIGTERM or SIGINT into a flag; the second one kills.

    Used as a context manager around training. `requested` is True once a
    signal has come.
    """

    SIGNALS = (signal.SIGTERM, signal.SIGINT)

    def __init__(self):
        self.requested = False
        self._previous = {}

    def __enter__(self) -> "StopRequest":
        for number in self.SIGNALS:
            self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.requested = True
        signal.signal(number, signal.SIG_DFL)
        # A line that the signal came into the middle of cannot be added to,
        # and a reader may have gone: neither is worth the checkpoint.
        with contextlib.suppress(RuntimeError, OSError):
            print(
                f"{signal.Signals(number).name}: saving a checkpoint, then "
                "stopping (once more to stop at once)",
                flush=True,
            )
