"""How long a run took, over all processes that worked on it."""

import json
import pathlib
import time

from tfgan_transfer.training.run_directory import write_atomically


class Stopwatch:
    """Adds up seconds, also those of processes that were killed.

    A killed process cannot say when it ended. Until when it was at work is
    read off the files that it wrote last.

    Args:
        path: Where the sum is kept; removed by `remove`.
        signs: Files and directories that a process at work writes to.
    """

    def __init__(self, path: pathlib.Path, signs: list[pathlib.Path]):
        self.path = path
        self.before = 0.0
        if path.exists():
            last = json.loads(path.read_text())
            ends = [sign.stat().st_mtime for sign in signs if sign.exists()]
            worked = max(ends, default=last["began"]) - last["began"]
            self.before = last["before"] + max(0.0, worked)
        self.began = time.time()
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {"before": self.before, "began": self.began}
        write_atomically(path, json.dumps(content))

    def seconds(self) -> float:
        """Seconds until now."""
        return self.before + max(0.0, time.time() - self.began)

    def remove(self) -> None:
        """Forgets the sum."""
        self.path.unlink(missing_ok=True)
