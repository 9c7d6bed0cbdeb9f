"""The callbacks of a session, in the order in which they have to run."""

from collections.abc import Callable, Mapping, Sequence

import keras
import tensorflow as tf

from tfgan_transfer import families
from tfgan_transfer.sessions import phases
from tfgan_transfer.training.calls import Calls
from tfgan_transfer.training.checkpoint_saver import CheckpointSaver
from tfgan_transfer.training.deadline import Deadline
from tfgan_transfer.training.health import Health
from tfgan_transfer.training.interruption import StopRequest
from tfgan_transfer.training.metric_eval import MetricEval, due
from tfgan_transfer.training.progress import Progress
from tfgan_transfer.training.run_directory import RunDirectory

# Losses whose critic estimates the distance that `wasserstein` is called
# after. With others the same difference only says how far it tells real and
# generated images apart: in logits, or where its targets or margins lie.
DISTANCES = ("wasserstein_gp", "wasserstein_clip")


def reports(
    part: phases.Part,
    run: RunDirectory,
    writer: tf.summary.SummaryWriter,
    start: int,
    saved: Mapping,
    left: Callable[[int], float] | None = None,
) -> list[keras.callbacks.Callback]:
    """What the chief tells about the run before it is saved.

    Args:
        part: What is trained now, and on which images.
        run: Run directory.
        writer: TensorBoard writer.
        start: Steps done before.
        saved: Manifest of the checkpoint that is continued; may be empty.
        left: Maps steps done to the seconds that the others were planned for.

    Returns:
        `Progress` and a grid of pictures.
    """
    config = part.phase.config
    steps = config["steps"]
    estimates = config["adversarial_loss"] in DISTANCES
    progress = Progress(
        run,
        writer,
        steps=steps,
        start_step=start,
        every=config["log_every"],
        images_per_step=config["batch_size"] * config["n_critic"],
        end=part.phase.end,
        left=left,
        window=saved.get("window"),
        gap="wasserstein" if estimates else "score_gap",
    )
    family = families.of(config)
    when = {
        "start_step": start,
        "every": config["sample_every"],
        "steps": steps,
    }
    grid = family.grid(config, run, writer, part.split, when)
    return [progress, grid]


def evaluation(
    config: Mapping,
    run: RunDirectory,
    writer: tf.summary.SummaryWriter,
    split: tuple,
    saver: CheckpointSaver,
    deadline: Deadline,
) -> MetricEval:
    """What measures the model, after the saver has saved it.

    Args:
        config: Resolved configuration, with `eval_every`.
        run: Run directory.
        writer: TensorBoard writer.
        split: The run's images.
        saver: Puts what is measured into its checkpoint.
        deadline: What ends at it is measured as well.

    Raises:
        UserError: If a metric cannot be measured.
    """
    return MetricEval(
        run,
        writer,
        families.of(config).measure(config, split),
        best_metric=config["best_metric"],
        start_step=saver.step,
        every=config["eval_every"],
        steps=config["steps"],
        patience=config["stop_patience"],
        note=saver.note,
        ending=lambda: deadline.struck,
    )


def around(
    told: list[keras.callbacks.Callback],
    config: Mapping,
    run: RunDirectory,
    stop: StopRequest,
    deadline: Deadline,
    *,
    start: int,
    end: int,
    manifest: Mapping,
    workers: int,
    steering: Sequence[keras.callbacks.Callback] = (),
) -> list[keras.callbacks.Callback]:
    """Puts the health check before the reports and the saver after them.

    Args:
        told: What `reports` returned; empty for all but the chief.
        config: Resolved configuration.
        run: Run directory.
        stop: Set by signals.
        deadline: Ends a run that takes too long.
        start: Steps done before.
        end: Steps after which this part of the run ends.
        manifest: What every checkpoint says about its run.
        workers: Number of processes that train together.
        steering: What changes the model between steps.

    Returns:
        All callbacks; the saver is the last one.
    """

    def extras(step: int) -> dict:
        every = config["eval_every"]
        # None is what an evaluation that is still to come will fill in.
        owed = every and (deadline.struck or due(step, every, config["steps"]))
        return {
            **manifest,
            "window": told[0].window,
            "metrics": None if owed else {},
            "seconds": round(deadline.seconds, 1),
        }

    saver = CheckpointSaver(
        run,
        stop,
        extras=extras,
        steps=end,
        start_step=start,
        cadences=[config["checkpoint_every"], config["eval_every"]],
        keep=config["keep_checkpoints"],
        best_metric=config["best_metric"],
        chief=bool(told),
        workers=workers,
    )
    watched = ("checkpoint", "eval", "sample", "log")
    calls = Calls(
        config["steps_per_call"],
        start=start,
        end=end,
        cadences=[
            *(config[f"{name}_every"] for name in watched),
            *(callback.every for callback in steering),
        ],
    )
    return [Health(start), calls, *steering, deadline, *told, saver]
