"""What a run says about itself before its first step and after its last."""

import pathlib
import shlex
import sys
from collections.abc import Mapping

import keras

from tfgan_transfer import families
from tfgan_transfer.families.family import Plan
from tfgan_transfer.settings import recipes
from tfgan_transfer.training import checkpoint
from tfgan_transfer.training.run_directory import RunDirectory


def lines(
    plan: Plan,
    split: tuple,
    model: keras.Model,
    devices: str,
) -> list[str]:
    """One line for each thing that the flags have settled.

    Args:
        plan: Of the run.
        split: What was loaded.
        model: The compiled model.
        devices: What it runs on.
    """
    config = plan.config
    family = families.of(config)
    frozen = "; ".join(map(str, model.frozen))
    critic = config["n_critic"]
    iterations = f"{critic} critic iteration{'s' * (critic > 1)}"
    steps = f"{config['steps']} step{'s' * (config['steps'] > 1)}"
    return [
        *family.announce(plan, split, model),
        f"training  {config['adversarial_loss']}, {iterations}, "
        f"batch {config['batch_size']}, {steps}",
        *([f"freezing  {frozen}"] if frozen else ()),
        f"devices   {devices}",
        *(
            f"warning: --freeze keeps random weights: the {part.network} does "
            "not start from a --source"
            for part in model.frozen
            if part.network not in family.moved[config["transfer"]]
        ),
    ]


def where(step: int, begun: bool) -> str:
    """Where training goes on.

    Args:
        step: Steps done.
        begun: Whether a part of the run goes on, and none begins.
    """
    if not step:
        return "new"
    return f"{'continuing' if begun else 'the next part begins'} at step {step}"


def show_results(run: RunDirectory, resolved: Mapping) -> None:
    """Tells where everything is, and what to type next."""
    newest, _ = checkpoint.latest(run.checkpoints)
    family = families.of(resolved)
    grids = sorted(run.samples.glob(family.samples))
    command = family.next_command(resolved, run)
    programs = pathlib.Path(sys.executable).parent
    if programs.is_relative_to(pathlib.Path.cwd()):
        programs = programs.relative_to(pathlib.Path.cwd())
    done = newest.step if newest else 0
    whole = recipes.begun(resolved, done)
    few = f", of {whole:,} of the recipe {resolved['recipe']}: it has hardly "
    print(
        f"\ndone: {done} steps" + (few + "begun" if whole else ""),
        f"  samples      {grids[-1] if grids else run.samples}",
        f"  checkpoint   {newest.path if newest else run.checkpoints}",
        f"  metrics      {run.metrics}",
        f"  TensorBoard  {programs}/tensorboard --logdir "
        f"{shlex.quote(str(run.tensorboard))}",
        "next:",
        f"  {programs}/python -m tfgan_transfer.{command}",
        sep="\n",
    )
