"""The stages of a run that grows: sizes, and the steps at each of them."""

import itertools
from typing import NamedTuple

from tfgan_transfer.errors import UserError
from tfgan_transfer.settings.sizes import parse_size


class Stage(NamedTuple):
    """A part of a run with images of one size.

    Attributes:
        size: `(height, width)` in pixels.
        first: Generator steps done when it begins.
        last: Generator steps done when it ends.
    """

    size: tuple[int, int]
    first: int
    last: int


def parse(text: str) -> tuple[Stage, ...]:
    """Reads a schedule.

    Args:
        text: Such as `"32:1000,64:2000"`: 1,000 steps at 32 px, then 2,000 at
            64 px.

    Returns:
        The stages in their order, at least one.

    Raises:
        UserError: If a part has another form, or a size is not larger than
            that before it.
    """
    stages, first = [], 0
    for part in text.split(","):
        size, _, steps = (side.strip() for side in part.partition(":"))
        if not steps.isdecimal() or int(steps) == 0:
            raise UserError(
                f"--grow: expected SIZE:STEPS, received {part.strip()!r}; "
                "write for example --grow=32:1000,64:2000"
            )
        last = first + int(steps)
        stages.append(Stage(parse_size(size, "--grow"), first, last))
        first = last
    for before, after in itertools.pairwise(stages):
        if min(b - a for a, b in zip(before.size, after.size, strict=True)) < 1:
            sizes = ("x".join(map(str, s.size)) for s in (after, before))
            raise UserError(
                "--grow: every size is larger than the one before it, "
                "received {} after {}; put the sizes in order".format(*sizes)
            )
    return tuple(stages)
