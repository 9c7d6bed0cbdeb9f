"""What libraries say of broken requests: one line of each kind, not each time.

Anybody who can connect can break any number of requests; what each of them
would leave in the log, a traceback at worst, fills a disk.
"""

import logging
import threading
import traceback
from collections import Counter
from collections.abc import Callable

# Whoever may speak because of what a client sent.
_SPEAKERS = (
    "uvicorn.error",
    "asyncio",
    "grpc._server",
    "grpc._common",
    "grpc._cython.cygrpc",
)
_LONGEST = 200


class Complaints(logging.Filter):
    """Passes the first message of each kind on, in a line.

    Args:
        say: Is told the lines.
    """

    def __init__(self, say: Callable[[str], None]):
        super().__init__()
        self.say = say
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def attach(self) -> None:
        """Listens to what the libraries say."""
        for speaker in _SPEAKERS:
            logging.getLogger(speaker).addFilter(self)

    def detach(self) -> None:
        """Lets them speak again, and tells what was left out."""
        for speaker in _SPEAKERS:
            logging.getLogger(speaker).removeFilter(self)
        for kind, count in self.counts.items():
            if count > 1:
                self.say(f"warning: {kind}: {count} times")

    def filter(self, record: logging.LogRecord) -> bool:
        """Takes a message over from its logger."""
        if record.levelno >= logging.WARNING:
            error = record.exc_info[1] if record.exc_info else None
            self.hear(str(record.msg), error)
        return False

    def hear(self, kind: str, error: BaseException | None = None) -> None:
        """Tells what has happened, if it is the first of its kind."""
        kind = kind.strip().partition("\n")[0][:_LONGEST]
        said = kind
        if error is not None:
            text = f"{type(error).__name__}: {error}".partition("\n")[0]
            kind = f"{kind} ({_place(error)}, {type(error).__name__})"
            said = f"{kind}: {text[:_LONGEST]}"
        with self._lock:
            self.counts[kind] += 1
            first = self.counts[kind] == 1
        if first:
            self.say(f"warning: {said} (said once)")


def _place(error: BaseException) -> str:
    """Where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
