"""Which value of a grey picture of more than 8 bits is white.

A camera of 12 bits writes values up to 4,095 into files of 16 bits. Taken for
a range of 65,535 they are nearly black, so the set that a picture belongs to
decides: the range of the smallest usual depth that holds all of its values.
"""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tfgan_transfer.data import decode
from tfgan_transfer.data.source import Source

_RANGES = tuple(2**bits - 1 for bits in (8, 10, 12, 14, 16))
_THREADS = 4


def white(peak: int) -> int:
    """The value of white in a set whose largest value is `peak`.

    Above 16 bits no depth is usual, and the largest value is white.
    """
    return next((value for value in _RANGES if peak <= value), peak)


def peak(source: Source) -> int:
    """The largest value in all pictures of more than 8 bits, 0 without any.

    All usable files are read, so that neither a limit nor a seed can change
    what is white.
    """
    good = [entry.name for entry in source.entries if not entry.problem]
    return peak_of(item.fetch for item in source.read(good))


def peak_of(fetches: Iterable[Callable[[], bytes | np.ndarray]]) -> int:
    """The largest value in those pictures that have more than 8 bits.

    Args:
        fetches: Each returns the content of a picture; may raise.
    """
    largest = 0
    with ThreadPoolExecutor(_THREADS) as pool:
        ahead = deque()
        for fetch in fetches:
            ahead.append(pool.submit(_peak, fetch))
            if len(ahead) > 4 * _THREADS:
                largest = max(largest, ahead.popleft().result())
        return max([largest, *(future.result() for future in ahead)])


def _peak(fetch: Callable[[], bytes | np.ndarray]) -> int:
    try:
        return decode.peak(fetch())
    except Exception:  # Decoding it will say what is wrong.
        return 0
