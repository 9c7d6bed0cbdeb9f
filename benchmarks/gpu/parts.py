"""A stream cut into parts of xz, each of which can be read by itself.

The stream is compressed in blocks; a part is as many of them as fit. So parts
are made, checked and unpacked side by side, and put together in their order
they are one `.xz` file.
"""

import collections
import concurrent.futures
import hashlib
import lzma
import pathlib

# Larger than xz's own window, so that hardly anything is lost by cutting.
BLOCK = 8 * 2**20
# What xz adds to a block that cannot be compressed, with room to spare.
OVERHEAD = 2048


class Parts:
    """A file to write to, which becomes `NAME.000`, `NAME.001` and so on.

    Args:
        folder: Where parts go.
        name: What they are called.
        size: Bytes that none of them exceeds, more than `OVERHEAD`.
        preset: Of xz: 0 for fast, 9 for small.
        threads: Blocks that are compressed at a time.

    Attributes:
        done: Name, bytes and sha256 of each finished part.
        count: Bytes written to it.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        name: str,
        size: int,
        preset: int,
        threads: int,
    ):
        self.folder, self.name, self.size = folder, name, size
        self.block = min(BLOCK, (size - OVERHEAD) * 99 // 100)
        self.preset = preset
        self.pool = concurrent.futures.ThreadPoolExecutor(threads)
        self.most = 2 * threads
        self.waiting = collections.deque()
        self.rest, self.part = bytearray(), bytearray()
        self.whole, self.count = hashlib.sha256(), 0
        self.done: list[dict] = []

    def write(self, data: bytes) -> int:
        """Takes bytes of the stream."""
        self.whole.update(data)
        self.count += len(data)
        self.rest += data
        while len(self.rest) >= self.block:
            self._compress(bytes(self.rest[: self.block]))
            del self.rest[: self.block]
        return len(data)

    def close(self) -> dict:
        """Ends the stream.

        Returns:
            Bytes and sha256 of the whole stream, and its parts: what who puts
            it together has to know.
        """
        if self.rest:
            self._compress(bytes(self.rest))
        while self.waiting:
            self._append()
        self._finish()
        self.pool.shutdown()
        return {
            "bytes": self.count,
            "sha256": self.whole.hexdigest(),
            "parts": self.done,
        }

    def _compress(self, block: bytes) -> None:
        work = self.pool.submit(lzma.compress, block, preset=self.preset)
        self.waiting.append(work)
        if len(self.waiting) > self.most:
            self._append()

    def _append(self) -> None:
        block = self.waiting.popleft().result()
        if self.part and len(self.part) + len(block) > self.size:
            self._finish()
        self.part += block

    def _finish(self) -> None:
        name = f"{self.name}.{len(self.done):03}"
        (self.folder / name).write_bytes(self.part)
        digest = hashlib.sha256(self.part).hexdigest()
        row = {"name": name, "bytes": len(self.part), "sha256": digest}
        self.done.append(row)
        self.part = bytearray()
