"""What a run was: settings, transfer, unusable files, and what to type next."""

import functools
import json
import pathlib
import re
import shlex
from collections.abc import Callable, Iterator, Mapping

from tfgan_transfer.markup import (
    Markup,
    commands,
    element,
    folded,
    joined,
    table,
)
from tfgan_transfer.reports.page import Section
from tfgan_transfer.settings.config import DEFAULTS
from tfgan_transfer.training import weight_archive
from tfgan_transfer.training.checkpoint import Checkpoint
from tfgan_transfer.training.deadline import hours_for
from tfgan_transfer.training.run_directory import RunDirectory
from tfgan_transfer.transfer import report

_BAD_FILES = 100


def settings(flags: Mapping) -> Section:
    """All settings, those first that are not what they are by default."""
    given = {k: v for k, v in flags.items() if v is not None}
    chosen = {k: v for k, v in given.items() if v != DEFAULTS.get(k)}
    rest = {k: v for k, v in given.items() if k not in chosen}

    def shown(title: str, values: Mapping) -> Markup:
        rows = [(f"--{name}", _text(value)) for name, value in values.items()]
        return folded(title, table(["setting", "value"], rows))

    body = [
        shown(f"{len(chosen)} settings of this run's own", chosen),
        shown(f"{len(rest)} settings left at their defaults", rest),
    ]
    return Section("Settings", joined(body))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def transfer(run: RunDirectory, newest: Checkpoint | None) -> Section | None:
    """What became of every weight of the source.

    Args:
        run: The run.
        newest: Its newest checkpoint, which may have critics of which no
            source has anything.

    Raises:
        ValueError: If `transfer.json` or the checkpoint is damaged.
    """
    path = run.path / "transfer.json"
    if not path.exists():
        return None
    try:
        stored = json.loads(path.read_text())
        networks = {
            name: [report.Row(**row) for row in rows]
            for name, rows in stored.items()
            if isinstance(rows, list)
        }
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"transfer.json is damaged ({error})") from error
    sentences = [element("li", _share(n, rows)) for n, rows in networks.items()]
    sentences += [element("li", said) for said in _on_features(newest)]
    every = [row for rows in networks.values() for row in rows]
    lines = [
        (f"{row.network}/{row.path}", row.kind, f"{row.size:,}", row.note)
        for row in every
    ]
    head = ["weight", "what became of it", "parameters", "how, or why"]
    body = [
        element("ul", *sentences),
        folded(f"All {len(lines)} weights", table(head, lines)),
    ]
    step = stored.get("step")
    lead = (
        f"Training did not begin from nothing, but from {stored.get('source')}"
        f" as it was after {step} step{'s' * (step != 1)}."
    )
    return Section("What it started from", joined(body), lead)


def _share(name: str, rows: list[report.Row]) -> str:
    total = sum(row.size for row in rows if row.kind != "dropped")
    share = report.share_kept(rows)
    return f"{name}: {share:.0%} of its {total:,} parameters come from there"


def _on_features(newest: Checkpoint | None) -> Iterator[str]:
    """A sentence for each critic on features beside the network's own."""
    for name in sorted(newest.manifest["sha256"]) if newest else ():
        if not re.fullmatch(r"feature_critic(_[ab])?_optimizer\.npz", name):
            continue
        # There are moments of what it learns, and of nothing else.
        own = weight_archive.read(newest.path / name)
        size = sum(v.size for k, v in own.items() if k.endswith("_momentum"))
        critic = name.removesuffix("_optimizer.npz")
        domain = critic.removeprefix("feature_critic").lstrip("_").upper()
        whose = f" of {domain}" if domain else ""
        yield (
            f"critic on features{whose}: new, none of its {size:,} parameters "
            "come from there"
        )


def bad_files(run: RunDirectory) -> Section | None:
    """Files that looked like pictures and could not be read."""
    if not run.bad_files.exists():
        return None
    text = run.bad_files.read_text(errors="replace")
    lines = [line.partition("\t")[::2] for line in text.splitlines() if line]
    if not lines:
        return None
    body = table(["file", "why"], lines[:_BAD_FILES])
    left = len(lines) - _BAD_FILES
    lead = "These were not trained on; nothing else is wrong with the set."
    if left > 0:
        lead += f" {left} more are in bad_files.txt."
    title = f"Files that could not be read: {len(lines)}"
    return Section(title, folded("Show them", body), lead)


def next_steps(
    path: pathlib.Path,
    flags: Mapping,
    drawing: str,
    done: int,
    seconds: float,
) -> Section:
    """Commands that go on from here.

    Args:
        path: The run directory.
        flags: The run's settings.
        drawing: What the family suggests to type when a run is done.
        done: Steps done.
        seconds: That they took.
    """
    run_dir = f"--run_dir={path}"

    def line(command: str, *options: str) -> str:
        return shlex.join(
            ["python", "-m", f"tfgan_transfer.{command}", *options]
        )

    training = functools.partial(line, "train", run_dir)
    rows = [
        ("Use it", f"python -m tfgan_transfer.{drawing}"),
        (
            "Measure it, beside what real pictures would get",
            line("evaluate", run_dir, "--metrics=swd"),
        ),
        *_training(done, seconds, flags, training),
        (
            "Hand it on as a SavedModel",
            line("export", run_dir, f"--model_base={path}/exported"),
        ),
        (
            "Look at that in a browser",
            line("serve", f"--model_base={path}/exported"),
        ),
        ("Make this page once more", line("report", run_dir)),
    ]
    return Section("How to go on", commands(rows))


def _training(
    done: int, seconds: float, flags: Mapping, line: Callable[..., str]
) -> list[tuple[str, str]]:
    """How to train on, unless the settings leave no way to."""
    if done < flags["steps"] and flags["hours"]:
        # All of its hours may be over.
        needed = hours_for(seconds, done, flags["steps"])
        more = f"--hours={max(needed, flags['hours']):.2g}"
        return [("Go on where it was stopped", line(more))]
    if done < flags["steps"]:
        return [("Go on where it was stopped", line())]
    if flags["lr_decay"] == "linear":
        # It has come down to 0 at the last step.
        return []
    more = f"--steps={2 * flags['steps']}"
    return [("Train on, if it is still getting better", line(more))]
