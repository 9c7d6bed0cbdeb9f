"""What a run would do, without doing it."""

import json
import pathlib
from collections.abc import Mapping

from tfgan_transfer import augment, families, images
from tfgan_transfer.errors import UserError
from tfgan_transfer.families import judges
from tfgan_transfer.families.family import Plan
from tfgan_transfer.families.single import build
from tfgan_transfer.sessions import duration, standing
from tfgan_transfer.training.run_directory import RunDirectory

PREVIEWED = 8


def show(plan: Plan, as_json: bool, **more: object) -> None:
    """Prints a plan: for programs, or for people with how long it will take.

    Args:
        plan: Of the run.
        as_json: Whether it is for programs, which do not wait for a probe.
        **more: Sections to print before those of the plan, JSON values.
    """
    estimates = {**more, **families.of(plan.config).estimate(plan)}
    if as_json:
        print(json.dumps(estimates, indent=1))
        return
    _show_sections(estimates)
    print("trying a few steps ...", flush=True)
    _show_section("time", duration.duration(plan))
    print("dry run: nothing was written")


def show_finished(how: str, plan: Plan, run: RunDirectory) -> bool:
    """Prints that a run is finished, if it is, without trying a step of it.

    Args:
        how: A value of `--dry_run`; JSON has no place for sentences.
        plan: Of the run.
        run: Run directory.

    Returns:
        Whether it is, and nothing more is to be shown.

    Raises:
        UserError: If the images are not those of the run.
    """
    stored = run.read_config()
    if how == "json" or not stored:
        return False
    said = standing.at_its_end(run, plan.config, stored["flags"])
    if not said:
        return False
    standing.refuse_other_count(run, stored, plan)
    if how == "full":
        _show_sections(families.of(plan.config).estimate(plan))
    print(*said, "dry run: nothing was written", sep="\n")
    return True


def _show_sections(estimates: Mapping) -> None:
    for section, values in estimates.items():
        _show_section(section, values)


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
    chosen = judges.augmentation(resolved)
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
