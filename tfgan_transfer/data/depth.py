"""Which value of a grey picture of more than 8 bits is white.

A camera of 12 bits writes values up to 4,095 into files of 16 bits. Taken for
a range of 65,535 they are nearly black, so the set that a picture belongs to
decides: the range of the smallest usual depth that holds all of its values.
"""

from collections import deque
from concurrent.futures import ThreadPoolExecutor

from tfgan_transfer.data import decode
from tfgan_transfer.data.source import Item, Source

_RANGES = tuple(2**bits - 1 for bits in (8, 10, 12, 14, 16))
_THREADS = 4


def white(peak: int) -> int:
    """The value of white in a set whose largest value is `peak`.

    Above 16 bits no depth is usual, and the largest value is white.
    """
    return next((value for value in _RANGES if peak <= value), peak)


def peak(source: Source) -> int:
    """The largest value in the pictures of more than 8 bits; 0 without any.

    All usable files are read, so that neither a limit nor a seed can change
    what is white.
    """
    good = [entry.name for entry in source.entries if not entry.problem]
    largest = 0
    with ThreadPoolExecutor(_THREADS) as pool:
        ahead = deque()
        for item in source.read(good):
            ahead.append(pool.submit(_peak, item))
            if len(ahead) > 4 * _THREADS:
                largest = max(largest, ahead.popleft().result())
        return max([largest, *(future.result() for future in ahead)])


def _peak(item: Item) -> int:
    try:
        return decode.peak(item.fetch())
    except Exception:  # Decoding it will say what is wrong.
        return 0
