"""The parts of a run in which settings differ, from what the user wrote."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from tfgan_transfer.errors import UserError
from tfgan_transfer.settings import stages
from tfgan_transfer.settings.choices import CRITICS


class Part(NamedTuple):
    """Some steps of a run.

    Attributes:
        last: Steps done when it ends.
        settings: What is set otherwise than in other parts.
    """

    last: int
    settings: dict


def of(config: Mapping) -> list[Part]:
    """The parts that `--grow` and `--critic_schedule` divide a run into.

    Args:
        config: Settings, resolved or not.

    Returns:
        The parts in order; none if nothing changes in the run.

    Raises:
        UserError: If a schedule cannot be read, or the two do not end
            together.
    """
    grown = [
        Part(stage.last, {"size": "x".join(map(str, stage.size))})
        for stage in (stages.parse(config["grow"]) if config["grow"] else ())
    ]
    judged = critics(config["critic_schedule"])
    if grown and judged and grown[-1].last != judged[-1].last:
        raise UserError(
            "--critic_schedule: expected as many steps as --grow has, "
            f"{grown[-1].last}, received {judged[-1].last}; let both end "
            "together"
        )
    ends = sorted({part.last for part in grown + judged})
    return [Part(end, {**_at(grown, end), **_at(judged, end)}) for end in ends]


def _at(parts: list[Part], end: int) -> dict:
    """The settings of the part in which a part that ends there lies."""
    return next((p.settings for p in parts if end <= p.last), {})


def critics(text: str | None) -> list[Part]:
    """Reads `--critic_schedule`.

    Args:
        text: Such as `"network:1200,both:600"`, or None.

    Raises:
        UserError: If a part is not a critic and a number of steps.
    """
    parts, last = [], 0
    for word in text.split(",") if text else ():
        match = re.fullmatch(r"\s*(\w+):(\d+)\s*", word)
        if not match or match[1] not in CRITICS or not int(match[2]):
            raise UserError(
                "--critic_schedule: expected critics and steps such as "
                "network:1200,both:600, with critics of "
                f"{', '.join(CRITICS)}, received {text!r}"
            )
        last += int(match[2])
        parts.append(Part(last, {"critic": match[1]}))
    return parts


def stretched(text: str, factor: float) -> str:
    """A schedule with all its steps multiplied, of at least one each.

    Args:
        text: Such as `"network:450,both:380"` or `"32:450,64:380"`.
        factor: Above 0.
    """
    words, done, end = [], 0, 0
    for word in text.split(","):
        name, _, steps = word.strip().partition(":")
        # Ends are rounded, not lengths, so that two schedules that end
        # together still do.
        end += int(steps)
        last = max(done + 1, round(end * factor))
        words.append(f"{name}:{last - done}")
        done = last
    return ",".join(words)


def moved(last: int, done: int, factor: float) -> int:
    """Where the end of a part comes if the steps that are left are scaled.

    Args:
        last: Steps done at the end of the part.
        done: Steps done now.
        factor: On the number of steps that are left.
    """
    if last <= done:
        return last
    return done + max(1, round((last - done) * factor))


def rescaled(config: Mapping, done: int, factor: float) -> dict:
    """The settings of a run whose remaining steps are scaled.

    Args:
        config: Resolved configuration.
        done: Steps done.
        factor: On the number of steps that are left. Of each part at least
            one is left.
    """
    ends = [part.last for part in of(config)] or [config["steps"]]
    now, moves = 0, {}
    for end in ends:
        now = moves[end] = max(now + 1, moved(end, done, factor))
    changed = {
        name: _remade(config[name], moves)
        for name in ("critic_schedule", "grow")
        if config.get(name)
    }
    if config.get("lr_constant_steps"):
        constant = moved(config["lr_constant_steps"], done, factor)
        changed["lr_constant_steps"] = min(constant, now - 1)
    return {**config, **changed, "steps": now}


def _remade(text: str, moves: Mapping[int, int]) -> str:
    """A schedule whose parts end elsewhere."""
    words, end = [], 0
    for word in text.split(","):
        name, _, steps = word.strip().partition(":")
        before, end = end, end + int(steps)
        words.append(f"{name}:{moves[end] - moves.get(before, 0)}")
    return ",".join(words)
