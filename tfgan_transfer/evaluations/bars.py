"""Progress bars of an evaluation by command, on stderr."""

import functools
from collections.abc import Mapping

import tqdm

from tfgan_transfer.metrics.features import Bars


def bars(given: Mapping) -> Bars:
    """Makes what shows progress with the time that is left.

    A log file gets none, since each state of a bar would be a line of it: the
    values, which come one by one, say there how far it is. Neither has --json.

    Args:
        given: Flags of `evaluate`.
    """
    return functools.partial(
        tqdm.tqdm,
        disable=True if given.get("json") else None,
        leave=False,
    )
