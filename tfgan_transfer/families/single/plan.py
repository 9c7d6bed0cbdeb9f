"""The resolved plan of a run: made, shown, and summed up at the end."""

import json
import pathlib
import statistics
import sys
from collections.abc import Mapping

from tfgan_transfer import augment, data, images
from tfgan_transfer.data import subset
from tfgan_transfer.errors import UserError
from tfgan_transfer.families import duration, footprint
from tfgan_transfer.families.single import build, stacking
from tfgan_transfer.settings import config
from tfgan_transfer.settings.pair_config import CYCLEGAN
from tfgan_transfer.trained import saved
from tfgan_transfer.training import checkpoint, devices
from tfgan_transfer.training.precision import settle_precision
from tfgan_transfer.training.run_directory import RunDirectory

PREVIEWED = 8


def resolve(
    explicit: Mapping, stored: Mapping | None
) -> tuple[dict, data.Description]:
    """Settles every setting after a cheap look at the data.

    Args:
        explicit: Flags that were given.
        stored: `config.json` of the run that is continued, or None.

    Returns:
        The configuration and what the data source holds.

    Raises:
        UserError: If no data was named, settings contradict each other, or
            the run would write among its own images.
    """
    before = stored["flags"] if stored else {}
    source = explicit.get("data", before.get("data"))
    if not source:
        raise UserError(
            "--data: expected a source of images, received none; add for "
            "example --data=folder:photos or --data=digits"
        )
    keep_apart(source, explicit["run_dir"])
    chosen = explicit.get("classes", before.get("classes"))
    description = data.describe(source, subset.names(chosen))
    origin = {}
    if explicit.get("source") and not stored:
        found = saved.find(explicit["source"], "--source")
        origin = found.manifest["run"]["flags"]
    sides = [min(size) for size in description.sizes] or [64]
    resolved = config.resolve(
        explicit,
        before or None,
        side=int(statistics.median(sides)),
        count=description.images or 10_000,
        source=origin,
        label_mode=description.label_mode,
    )
    resolved["precision"] = settle_precision(resolved, before)
    if resolved["model"] == "stack_gan" and not stored:
        stacking.check(resolved, description.vocabulary)
    if resolved["conditioning"] != "none" and description.label_mode == "none":
        raise UserError(
            f"--model={resolved['model']}: {source} has no labels; expected a "
            "folder for each class, a tags.csv, or a TFDS data set with labels"
        )
    return resolved, description


def keep_apart(source: str, run_dir: str, flag: str = "--data") -> None:
    """Refuses a run directory inside a folder of training images.

    Args:
        source: A source of images.
        run_dir: The run directory.
        flag: The flag that named the source, for the error.
    """
    if data.lies_inside(run_dir, source):
        raise UserError(
            f"--run_dir: {run_dir!r} lies inside {flag}={source}, so its "
            "pictures would become training images; choose a place outside"
        )


def make(resolved: Mapping, description: data.Description) -> dict:
    """Works out what a run will use, without writing anything.

    Args:
        resolved: Resolved configuration.
        description: What the data source holds.

    Returns:
        JSON values; sizes in MiB.
    """
    arguments = build.network_arguments(resolved, len(description.vocabulary))
    generator = build.generator(arguments)
    critic = build.critic(arguments)
    found = description.images or 0
    used, held_out = found, 0
    if found:
        used, held_out = data.counts(
            found, resolved["limit"], build.holdout(resolved)
        )
    replicas = devices.strategy(resolved).num_replicas_in_sync
    drawn = resolved["steps"] * resolved["batch_size"] * resolved["n_critic"]
    return {
        "data": {
            "source": resolved["data"],
            "classes": resolved["classes"],
            "images_found": description.images,
            "images_used": used,
            "images_held_out": held_out,
            "label_mode": description.label_mode,
            "labels": len(description.vocabulary),
            "first_sizes": [list(size) for size in description.sizes],
            "passes": round(drawn / max(1, used), 1),
        },
        "parameters": {
            "generator": generator.count_params(),
            "critic": critic.count_params(),
        },
        "replicas": replicas,
        **footprint.of_gan(resolved, generator, critic, used),
        "flags": dict(resolved),
    }


def show(plan: Mapping, description: object, as_json: bool) -> None:
    """Prints a plan: for programs, or for people with how long it will take.

    Args:
        plan: What `make` returned.
        description: As `duration.duration` takes it.
        as_json: Whether it is for programs, which do not wait for a probe.
    """
    if as_json:
        print(json.dumps(plan, indent=1))
        return
    for section, values in plan.items():
        _show_section(section, values)
    print("trying a few steps ...", flush=True)
    _show_section("time", duration.duration(plan["flags"], description))
    print("dry run: nothing was written")


def _show_section(name: str, values: object) -> None:
    if not isinstance(values, Mapping):
        print(f"{name}: {values}")
        return
    print(f"{name}:")
    for key, value in values.items():
        if value is not None:
            print(f"  {key}: {value}")


def show_augmentation(resolved: Mapping, path: str) -> pathlib.Path:
    """Writes training images, each followed by what the critic may see of it.

    Args:
        resolved: Resolved configuration.
        path: File to write.

    Returns:
        The file.

    Raises:
        UserError: If nothing is augmented.
    """
    chosen = build.augmentation(resolved)
    if chosen is None:
        raise UserError(
            "--augment_preview: nothing is augmented, received "
            f"--augment={resolved['augment']}; add --augment=diff"
        )
    pictures = build.load_data(resolved).train.images[:PREVIEWED]
    rows = augment.preview(pictures, chosen, resolved["seed"])
    sheet = images.grid(rows, columns=len(rows) // len(pictures), gap=1)
    images.save(pathlib.Path(path), sheet, images.readable_scale(rows.shape[1]))
    return pathlib.Path(path)


def show_results(run: RunDirectory, resolved: Mapping) -> None:
    """Tells where everything is, and what to type next."""
    newest, _ = checkpoint.latest(run.checkpoints)
    pair = resolved["model"] == CYCLEGAN
    grids = sorted(run.samples.glob("a2b-*.png" if pair else "ema-*.png"))
    command = (
        f"translate --run_dir={run.path} --direction=a2b "
        f"--images={resolved['data_a']} --out=translated"
        if pair
        else f"generate --run_dir={run.path} --num=16 --grid=samples.png"
    )
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
