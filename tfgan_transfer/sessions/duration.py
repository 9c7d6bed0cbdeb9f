"""How long a run will take, from a few steps on noise."""

import statistics
from collections.abc import Iterator

import keras

from tfgan_transfer import families
from tfgan_transfer.families.family import Plan
from tfgan_transfer.training import devices, precision

STEPS, LONGEST = 20, 30.0


def duration(plan: Plan) -> dict:
    """Trains for a few steps on noise, and says how long the run will take.

    Args:
        plan: Of the run.

    Returns:
        JSON values: seconds of the first step, which traces, and of each
        after it; hours of all steps, without evaluations and pictures.
    """
    first, each = of_steps(plan)
    return {
        "first_step_seconds": round(first, 1),
        "seconds_per_step": round(each, 4),
        "hours": round((first + each * plan.config["steps"]) / 3600, 3),
    }


def of_steps(plan: Plan, longest: float = LONGEST) -> tuple[float, float]:
    """Trains for a few steps on noise.

    Args:
        plan: Of the run.
        longest: Seconds after which no further step is tried.

    Returns:
        Seconds of the first step, which traces, and of each after it.
    """
    config = plan.config
    family = families.of(config)
    train = family.noise(config, plan.description)
    strategy = devices.strategy(config)
    devices.prepare(config)
    with strategy.scope():
        model = family.build(plan, train, xla=devices.use_xla(config, strategy))
    stream = iter(family.batches(config, train, strategy, 0))
    return of_model(model, stream, longest)


def of_model(
    model: keras.Model, stream: Iterator, longest: float
) -> tuple[float, float]:
    """Trains a model for a few steps.

    Args:
        model: Compiled.
        stream: Of its batches.
        longest: Seconds after which no further step is tried.

    Returns:
        Seconds of the first step, which traces, and the mean of those after
        it: on a busy machine slow ones count as well.
    """

    def one() -> float:
        return precision.elapsed(lambda: model.train_function(stream))

    first, _ = one(), one()
    rest: list[float] = []
    while len(rest) < STEPS and sum(rest) < longest:
        rest.append(one())
    return first, statistics.fmean(rest)
