"""Which images are trained on and which are held out, decided by seed."""

import hashlib
import math
from collections.abc import Iterable

from tfgan_transfer.errors import UserError


def order(names: Iterable[str], seed: int) -> list[str]:
    """Ranks names by a hash of seed and name.

    A name's place relative to another does not depend on what else is there,
    so the first 500 are among the first 1,000.
    """

    def rank(name: str) -> bytes:
        text = f"{seed}/{name}".encode("utf-8", "surrogateescape")
        return hashlib.sha256(text).digest()

    return sorted(names, key=lambda name: (rank(name), name))


def counts(
    found: int, limit: int | None, holdout: int | float
) -> tuple[int, int]:
    """Turns `--limit` and `--holdout` into numbers of images.

    Args:
        found: Images there are.
        limit: Images to train on; None for all that are not held out.
        holdout: A count from 1, or a share between 0 and 1; 0 for none.

    Returns:
        Number to train on, number to hold out.

    Raises:
        UserError: A value out of range, or more asked for than there is.
    """
    if limit is not None and limit < 1:
        raise UserError(f"--limit must be at least 1, received {limit}")
    whole = holdout < 1 or holdout % 1 == 0
    if not (0 <= holdout < math.inf and whole):
        raise UserError(
            "--holdout must be a whole number of images or a share between 0 "
            f"and 1, received {holdout}"
        )
    held = int(holdout) if holdout >= 1 else round(holdout * found)
    if 0 < holdout < 1:
        held = max(held, 1)
    train = found - held if limit is None else limit
    if train < 1 or train + held > found:
        given = [] if limit is None else [f"--limit={limit}"]
        given += [f"--holdout={holdout:g}"] if held else []
        several = len(given) > 1
        raise UserError(
            f"{' and '.join(given)} {'ask' if several else 'asks'} for "
            f"{max(train, 1) + held} images but the source has {found}; lower "
            f"{'one of them' if several else 'it'}"
        )
    return train, held
