"""What everything in a part of a run takes, each done once or a few times."""

import pathlib
import tempfile
from collections.abc import Callable
from typing import NamedTuple

import keras

from tfgan_transfer import families
from tfgan_transfer.families.family import Plan
from tfgan_transfer.sessions import duration
from tfgan_transfer.training import checkpoint, precision
from tfgan_transfer.training.run_directory import RunDirectory


class Costs(NamedTuple):
    """Seconds.

    Attributes:
        first: Of building the model, and of its first step, which traces.
        each: Of every other step, on average.
        drawing: Of a sheet of samples.
        saving: Of a checkpoint.
        measuring: Of an evaluation, 0 if none was asked for.
        reporting: Of what follows the last step, 0 if nothing was given.
    """

    first: float
    each: float
    drawing: float = 0.0
    saving: float = 0.0
    measuring: float = 0.0
    reporting: float = 0.0


def costs(
    plan: Plan,
    split: tuple | None,
    longest: float,
    start_from: Callable | None = None,
    report: Callable[[pathlib.Path, tuple], object] | None = None,
) -> Costs:
    """Does for a moment what a part of a run does, and leaves no trace.

    Args:
        plan: Of the part, as if it were a run of its own.
        split: Some of its images; None for noise, of which nothing is drawn
            or measured.
        longest: Seconds after which no further step is tried.
        start_from: Puts first weights into new networks, as in
            `Family.build`.
        report: What follows the last step, of a run directory and images.

    Raises:
        UserError: If a metric cannot be measured.
    """
    config, family = plan.config, families.of(plan.config)
    train = split.train if split else family.noise(config, plan.description)
    made: list[keras.Model] = []
    building = precision.elapsed(
        lambda: made.append(duration.built(plan, train, start_from))
    )
    first, each = duration.of_model(made[0], plan, train, longest)
    around = _around(plan, split, made[0], report) if split else ()
    return Costs(building + first, each, *around)


def _around(
    plan: Plan, split: tuple, model: keras.Model, report: Callable | None
) -> tuple[float, ...]:
    """Seconds of a sheet, a checkpoint, an evaluation, and the report."""
    config, family = plan.config, families.of(plan.config)
    with tempfile.TemporaryDirectory() as folder:
        run = RunDirectory(pathlib.Path(folder) / "run")
        run.create()
        when = {"start_step": 0, "every": 1, "steps": 1}
        grid = family.grid(config, run, None, split, when)
        grid.set_model(model)
        drawing = precision.elapsed(lambda: grid.on_train_batch_end(0))
        record = family.record(plan, split)

        def save() -> None:
            groups = checkpoint.gather(model.state)
            checkpoint.save(run.checkpoints, 1, groups, run=record)

        saving, measuring, reporting = precision.elapsed(save), 0.0, 0.0
        if config["eval_every"]:
            measure = family.measure(config, split)
            measuring = precision.elapsed(lambda: measure(model))
        if report:
            run.write_config({**record, "flags": dict(config)})
            reporting = precision.elapsed(lambda: report(run.path, split))
    return drawing, saving, measuring, reporting
