"""Progress bars of an evaluation by command, on stderr."""

import functools
import sys
from collections.abc import Mapping

import tqdm

from tfgan_transfer.metrics.features import Bars

# Seconds between two states of a bar in a log file.
_IN_A_LOG = 10.0


def bars(given: Mapping) -> Bars:
    """Makes what shows progress with the time that is left; not with --json.

    Args:
        given: Flags of `evaluate`.
    """
    return functools.partial(
        tqdm.tqdm,
        disable=bool(given.get("json")),
        leave=False,
        mininterval=0.1 if sys.stderr.isatty() else _IN_A_LOG,
    )
