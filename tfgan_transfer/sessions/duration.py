"""How long a run will take, from a few steps on noise."""

import statistics
from collections.abc import Callable

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


def of_steps(
    plan: Plan,
    longest: float = LONGEST,
    start_from: Callable | None = None,
) -> tuple[float, float]:
    """Trains for a few steps on noise.

    Args:
        plan: Of the run.
        longest: Seconds after which no further step is tried.
        start_from: Puts first weights into new networks, as in
            `Family.build`.

    Returns:
        Seconds of the first step, which traces, and of each after it.
    """
    config = plan.config
    family = families.of(config)
    train = family.noise(config, plan.description)
    strategy = devices.strategy(config)
    devices.prepare(config)
    with strategy.scope():
        model = family.build(
            plan,
            train,
            xla=devices.use_xla(config, strategy),
            start_from=start_from,
        )
    stream = iter(family.batches(config, train, strategy, 0))
    first = precision.elapsed(lambda: model.train_function(stream))
    precision.elapsed(lambda: model.train_function(stream))
    rest = []
    while len(rest) < STEPS and sum(rest) < longest:
        rest.append(precision.elapsed(lambda: model.train_function(stream)))
    return first, statistics.median(rest)
