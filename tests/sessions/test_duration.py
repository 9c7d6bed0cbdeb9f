"""How long a run will take."""

from tfgan_transfer import data
from tfgan_transfer.families.family import Plan
from tfgan_transfer.sessions import duration
from tfgan_transfer.settings import config
from tfgan_transfer.training import precision

FLAGS = {
    "data": "digits",
    "channels": "1",
    "size": "8",
    "width": 2,
    "latent_size": 4,
    "batch_size": 8,
    "n_critic": 1,
    "steps": 7200,
}
BFLOAT16, FLOAT32 = "mixed_bfloat16", "float32"


def resolved(**flags):
    return config.resolve({**FLAGS, **flags}, None, side=8, count=40)


def test_hours_follow_from_the_steps(monkeypatch):
    times = iter([36.0, 9.0, 0.5, 0.1, 0.6, 9.0])
    monkeypatch.setattr(duration, "STEPS", 3)

    def timed(work):
        work()
        return next(times)

    monkeypatch.setattr(precision, "elapsed", timed)
    description = data.describe("digits")
    plan = duration.duration(
        Plan(resolved(model="acgan", conditioning="concat"), description)
    )
    assert plan == {
        "first_step_seconds": 36.0,
        "seconds_per_step": 0.4,
        # The first step, and 7,200 of 0.4 s.
        "hours": 0.81,
    }


def test_steps_that_take_equally_long_are_few(monkeypatch):
    def tried(*seconds):
        """Steps that were taken, of those that would take so long."""
        times = iter([9.0, 9.0, *seconds])
        monkeypatch.setattr(precision, "elapsed", lambda work: next(times))
        duration.duration(Plan(resolved()))
        return len(seconds) - len([*times])

    assert tried(*[0.5] * 20) == duration.FEWEST
    # A mean of 1 s with a deviation of 0.5 s is not known to 0.04 s by 20.
    assert tried(*[0.5, 1.5] * 10) == duration.STEPS
    # One slow step among the first is outweighed in the end.
    assert duration.FEWEST < tried(0.7, *[0.5] * 19) < duration.STEPS


def test_slow_steps_are_not_repeated_for_long(monkeypatch):
    calls = []
    monkeypatch.setattr(
        precision, "elapsed", lambda work: calls.append(work) or 100.0
    )
    assert duration.duration(Plan(resolved()))["seconds_per_step"] == 100.0
    # Two that are not counted, and one that is.
    assert len(calls) == 3
