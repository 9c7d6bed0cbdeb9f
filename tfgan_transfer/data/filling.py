"""Decodes selected images into the rows of one array, replacing bad files."""

import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import cpu_count

import numpy as np

from tfgan_transfer.data.decode import reason
from tfgan_transfer.data.image_set import BadFile
from tfgan_transfer.data.source import Item, Source

Decoder = Callable[[bytes | np.ndarray], np.ndarray]

_THREADS = min(8, cpu_count() or 1)


@dataclass
class Rows:
    """What the rows of an image array hold.

    Attributes:
        names: Name of the image in each row, None where no image was left.
        active: The labels that hold for it, as indices into the vocabulary.
        bad: The files that were examined and could not be used.
    """

    names: list[str | None]
    active: list[tuple[int, ...]]
    bad: list[BadFile] = field(default_factory=list)


def fill(
    images: np.ndarray,
    source: Source,
    candidates: Iterator[str],
    decoder: Decoder,
) -> Rows:
    """Decodes the next good candidates into all rows of `images`.

    Row i gets the i-th candidate. The rows of bad ones go, in order, to the
    candidates that follow, until all rows are filled or no candidate is left.
    The result depends neither on threads nor on the order a source reads in.

    Args:
        images: uint8 [N, H, W, C], written.
        source: Where the candidates are read.
        candidates: Names in the order of preference; used up as needed.
        decoder: Raw content to uint8 [H, W, C]; may raise.
    """
    rows = Rows([None] * len(images), [()] * len(images))
    problems = {e.name: e.problem for e in source.entries if e.problem}
    free = list(range(len(images)))
    # The row comes first: zip stops before it takes one candidate too many.
    while wanted := {n: row for row, n in zip(free, candidates, strict=False)}:
        filled = set()
        known = [name for name in wanted if name in problems]
        rows.bad += [BadFile(name, problems[name]) for name in known]
        good = [name for name in wanted if name not in problems]
        for item, result in _decoded(source, good, decoder):
            if isinstance(result, BadFile):
                rows.bad.append(result)
                continue
            row = wanted[item.name]
            images[row] = result
            rows.names[row], rows.active[row] = item.name, item.active
            filled.add(row)
        free = sorted(set(wanted.values()) - filled)
    return rows


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps Pillow's remarks about odd files off the terminal.

    Filters belong to the whole process, so this surrounds the threads.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _decoded(
    source: Source, names: Iterable[str], decoder: Decoder
) -> Iterator[tuple[Item, np.ndarray | BadFile]]:
    """Yields every name once, a few decodings ahead of the caller."""

    def attempt(item: Item) -> np.ndarray | BadFile:
        try:
            return decoder(item.fetch())
        except Exception as error:  # A file can be broken in any way.
            return BadFile(item.name, reason(error))

    left = dict.fromkeys(names)
    with ThreadPoolExecutor(_THREADS) as pool:
        ahead = deque()
        for item in source.read(names):
            del left[item.name]
            ahead.append((item, pool.submit(attempt, item)))
            if len(ahead) > 4 * _THREADS:
                item, future = ahead.popleft()
                yield item, future.result()
        for item, future in ahead:
            yield item, future.result()
    for name in left:
        missing = BadFile(name, "missing from the data set")
        yield Item(name, (), bytes), missing
