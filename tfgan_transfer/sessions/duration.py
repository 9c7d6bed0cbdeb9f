"""How long a run will take, from a few steps on noise."""

import math
import statistics
from collections.abc import Callable, Sequence

import keras

from tfgan_transfer import families
from tfgan_transfer.families.family import Plan
from tfgan_transfer.training import devices, precision

STEPS, LONGEST = 20, 30.0
# Steps that are taken at least, where there is time, and the relative error of
# their mean at which there are enough of them: times need be true to a fifth.
FEWEST, SURE = 5, 0.04


def duration(plan: Plan) -> dict:
    """Trains for a few steps on noise, and says how long the run will take.

    Args:
        plan: Of the run.

    Returns:
        JSON values: seconds of the first step, which traces, and of each
        after it; hours of all steps, without evaluations and pictures.
    """
    config, family = plan.config, families.of(plan.config)
    train = family.noise(config, plan.description)
    first, each = of_model(built(plan, train), plan, train, LONGEST)
    return {
        "first_step_seconds": round(first, 1),
        "seconds_per_step": round(each, 4),
        "hours": round((first + each * config["steps"]) / 3600, 3),
    }


def built(
    plan: Plan, train: object, start_from: Callable | None = None
) -> keras.Model:
    """The compiled model of a run that has not begun.

    Args:
        plan: Of the run.
        train: Images to train on, or noise in their place.
        start_from: As in `Family.build`.
    """
    config = plan.config
    strategy = devices.strategy(config)
    devices.prepare(config)
    with strategy.scope():
        return families.of(config).build(
            plan,
            train,
            xla=devices.use_xla(config, strategy),
            start_from=start_from,
        )


def of_model(
    model: keras.Model, plan: Plan, train: object, longest: float
) -> tuple[float, float]:
    """Trains a model for a few steps.

    Args:
        model: What `built` returned.
        plan: Of the run.
        train: As for `built`.
        longest: Seconds after which no further step is tried.

    Returns:
        Seconds of the first step, which traces, and the mean of those after
        it: on a busy machine slow ones count as well.
    """
    batches = families.of(plan.config).batches
    stream = iter(batches(plan.config, train, model.distribute_strategy, 0))

    def one() -> float:
        return precision.elapsed(lambda: model.train_function(stream))

    first, _ = one(), one()
    rest: list[float] = []
    while len(rest) < STEPS and sum(rest) < longest and not known(rest):
        rest.append(one())
    return first, statistics.fmean(rest)


def known(seconds: Sequence[float]) -> bool:
    """Whether steps took so equally long that no other is needed.

    Args:
        seconds: Of each. The standard error of their mean is judged.
    """
    if len(seconds) < FEWEST:
        return False
    error = statistics.stdev(seconds) / math.sqrt(len(seconds))
    return error <= SURE * statistics.fmean(seconds)
