"""Where everything is when a run is done, and what to type next."""

import pathlib
import sys
from collections.abc import Mapping

from tfgan_transfer import families
from tfgan_transfer.training import checkpoint
from tfgan_transfer.training.run_directory import RunDirectory


def show_results(run: RunDirectory, resolved: Mapping) -> None:
    """Tells where everything is, and what to type next."""
    newest, _ = checkpoint.latest(run.checkpoints)
    family = families.of(resolved)
    grids = sorted(run.samples.glob(family.samples))
    command = family.next_command(resolved, run)
    programs = pathlib.Path(sys.executable).parent
    if programs.is_relative_to(pathlib.Path.cwd()):
        programs = programs.relative_to(pathlib.Path.cwd())
    print(
        f"\ndone: {resolved['steps']} steps",
        f"  samples      {grids[-1] if grids else run.samples}",
        f"  checkpoint   {newest.path if newest else run.checkpoints}",
        f"  metrics      {run.metrics}",
        f"  TensorBoard  {programs}/tensorboard --logdir {run.tensorboard}",
        "next:",
        f"  {programs}/python -m tfgan_transfer.{command}",
        sep="\n",
    )
