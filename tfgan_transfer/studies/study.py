"""Grids of training runs: which there are, how they run, what is kept.

One run per cell (target, number of images, source, variant, seed). A cell
that is finished has a row in `rows.jsonl`; one that was cut off goes on from
its last checkpoint. So the same command again finishes a study.
"""

import json
import pathlib
import re
import shlex
import shutil
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from tfgan_transfer.errors import UserError
from tfgan_transfer.settings import recipes
from tfgan_transfer.studies import trials
from tfgan_transfer.studies.stopwatch import Stopwatch
from tfgan_transfer.training import run_directory

ROWS = "rows.jsonl"

# The paper's four configurations (Table 1).
CONFIGURATIONS = {
    "scratch": {"transfer": "none"},
    "critic": {"transfer": "critic"},
    "generator": {"transfer": "generator"},
    "both": {"transfer": "both"},
}


class Cell(NamedTuple):
    """One run of a study.

    Attributes:
        target: A `--data`.
        images: Number of target images, or None for all.
        source: A `--source`, or None for a run from nothing.
        variant: Name of a set of flags.
        seed: Seed of the run, and of the choice of its images.
    """

    target: str
    images: int | None
    source: str | None
    variant: str
    seed: int

    @property
    def name(self) -> str:
        """A name for its directory."""
        parts = (
            self.variant,
            short(self.source) if self.source else "none",
            short(self.target),
            str(self.images or "all"),
            str(self.seed),
        )
        return "_".join(parts)


def short(text: str) -> str:
    """The telling part of a `--data` or `--source`: `flowers102_64`."""
    path, _, part = text.partition(":")[2].partition("#")
    stem = pathlib.Path(path or text).name.removesuffix(".zip")
    return "-".join(filter(None, [stem, part.replace("/", "-")]))


def variants(texts: list[str] | None) -> dict[str, dict]:
    """Reads `--variant`.

    Args:
        texts: Each a key of `CONFIGURATIONS`, or `NAME: --flag=value ...`;
            None for the four configurations.

    Returns:
        Name -> flag name -> value.

    Raises:
        UserError: If one is neither, or names no recipe.
    """
    found = {}
    for text in texts or CONFIGURATIONS:
        name, colon, words = text.partition(":")
        name = name.strip()
        if not colon and name in CONFIGURATIONS:
            found[name] = CONFIGURATIONS[name]
            continue
        pairs = [
            word.removeprefix("--").split("=", 1) for word in words.split()
        ]
        if not colon or not name or any(len(pair) != 2 for pair in pairs):
            raise UserError(
                "--variant: expected one of "
                f"{', '.join(CONFIGURATIONS)}, or 'NAME: --flag=value ...', "
                f"received {text!r}"
            )
        found[name] = dict(pairs)
        recipes.under(found[name])  # Refuses a name that no recipe has.
    return found


def cells(
    targets: list[str],
    sources: list[str],
    sizes: list[int | None],
    named: Mapping[str, Mapping],
    seeds: range,
) -> Iterator[Cell]:
    """Yields the cells of a grid, all of one seed before the next.

    A variant from nothing has no source, and is run once.
    """
    for seed in seeds:
        for target in targets:
            for images in sizes:
                for name, flags in named.items():
                    for source in [None] if _alone(flags) else sources:
                        yield Cell(target, images, source, name, seed)


def _alone(variant: Mapping) -> bool:
    """Whether a variant starts from nothing, by its flags or its recipe."""
    whole = recipes.under(variant)
    from_nothing = "recipe" in variant and "source" not in whole
    return from_nothing or whole.get("transfer") == "none"


def grid(own: Mapping, named: Mapping[str, Mapping]) -> Iterator[Cell]:
    """Yields the cells that the flags of `study` ask for.

    Args:
        own: The command's own flags, None where not given.
        named: Variant -> flags of its own.
    """
    sizes = [int(n) for n in own["target_sizes"] or ()] or [None]
    first = own["first_seed"] or 0
    seeds = range(first, first + (own["study_seeds"] or 1))
    return cells(own["target"], own["sources"] or [], sizes, named, seeds)


class Study:
    """A directory of runs and their rows.

    Args:
        path: Directory of the study.
        settings: Flags that all runs share.
        named: Variant -> flags of its own.
        final: Flags of `evaluate` for each finished run: `metrics` besides
            those of `--eval_metrics`, separated by commas, or none.
    """

    def __init__(
        self,
        path: pathlib.Path,
        settings: Mapping,
        named: Mapping[str, Mapping],
        final: Mapping | None = None,
    ):
        self.path = path
        self.settings = settings
        self.named = named
        self.final = final or {}

    def rows(self) -> list[dict]:
        """What has been finished so far."""
        return list(run_directory.rows(self.path / ROWS))

    def done(self, cell: Cell) -> bool:
        """Whether a cell has its row.

        Raises:
            UserError: If it was run with other flags.
        """
        for row in self.rows():
            if row["cell"] == cell._asdict():
                wanted = json.loads(json.dumps(self._flags(cell)))
                if row["flags"] != wanted:
                    raise UserError(
                        f"--study_dir: {cell.name} was run with other flags "
                        f"({_differences(row['flags'], wanted)}); choose "
                        "another directory for this study"
                    )
                return True
        return False

    def run(self, cell: Cell) -> dict:
        """Trains and measures one cell, and keeps its row.

        Returns:
            The row.
        """
        run_dir = self.path / "runs" / cell.name
        log = trials.log(run_dir)
        watch = Stopwatch(
            log.with_suffix(".seconds"),
            [log, run_dir / "metrics.jsonl", run_dir / "checkpoints"],
        )
        flags = self._flags(cell)
        trials.train({**flags, "run_dir": run_dir})
        row = {
            "cell": cell._asdict(),
            "flags": flags,
            "evaluations": trials.evaluations(run_dir),
            "protocols": trials.protocols(run_dir),
            "floors": trials.floors(run_dir),
            "final": {},
            "seconds": round(watch.seconds(), 1),
        }
        if self.final.get("metrics"):
            row["final"] = trials.measure(
                {"run_dir": run_dir, "sampling_seeds": 1, **self.final}
            )
        lines = [json.dumps(one) + "\n" for one in [*self.rows(), row]]
        run_directory.write_atomically(self.path / ROWS, "".join(lines))
        watch.remove()
        self.clear(cell)
        return row

    def clear(self, cell: Cell) -> None:
        """Removes a finished run's weights: those of dozens fill a disk."""
        run_dir = self.path / "runs" / cell.name
        shutil.rmtree(run_dir / "checkpoints", ignore_errors=True)

    def _flags(self, cell: Cell) -> dict:
        own = self.named[cell.variant]
        return {
            **self.settings,
            **recipes.under(own),
            "data": cell.target,
            "limit": cell.images,
            "source": cell.source,
            "seed": cell.seed,
            **own,
        }


def _differences(old: Mapping, new: Mapping) -> str:
    names = [n for n in {**old, **new} if old.get(n) != new.get(n)]
    return ", ".join(
        f"--{n}={old.get(n)} then, {new.get(n)} now" for n in names
    )


def reproduce(argv: list[str]) -> str:
    """The command line of a study, to print above its tables."""
    return shlex.join(["python", "-m", "tfgan_transfer.study", *argv[1:]])


def find(values: dict, metric: str) -> str | None:
    """The full name under which a metric was measured, or None.

    It says what the network was: `fid@mixed_7`, `fd[NAME@LAYER]`. Values of
    single classes, `per_class_fid@mixed_7/NAME`, are not looked at.
    """
    names = {metric, metric.replace("fid", "fd"), metric.replace("kid", "kd")}
    return next(
        (
            name
            for name in values
            if "/" not in name and re.split(r"[@\[]", name)[0] in names
        ),
        None,
    )


def last(row: Mapping) -> dict:
    """What was measured last, without single classes."""
    values = row["evaluations"][-1]
    return {name: v for name, v in values.items() if "/" not in name}


def steering(evaluation: dict) -> str:
    """The metric that runs are compared by: KID or the first one measured."""
    first = next(name for name in evaluation if name != "step")
    return find(evaluation, "kid") or first


def cells_where(rows: Iterable[dict], **wanted: object) -> list[dict]:
    """The rows whose cell has these values."""
    return [
        row
        for row in rows
        if all(row["cell"][name] == value for name, value in wanted.items())
    ]


def distinct(rows: Iterable[dict], name: str) -> list:
    """The values of one field of the cells, in the order of the rows."""
    return list(dict.fromkeys(row["cell"][name] for row in rows))
