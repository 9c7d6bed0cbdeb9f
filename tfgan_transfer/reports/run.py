"""The report of one run, from what its directory holds."""

import contextlib
from collections.abc import Callable, Iterator, Mapping

import keras

from tfgan_transfer import families
from tfgan_transfer.errors import UserError
from tfgan_transfer.evaluations import readings
from tfgan_transfer.reports import (
    about,
    drawings,
    measurements,
    page,
    timeline,
    wording,
)
from tfgan_transfer.reports.page import Header, Section
from tfgan_transfer.settings import recipes
from tfgan_transfer.settings.config import DEFAULTS
from tfgan_transfer.settings.rules import RULES
from tfgan_transfer.trained import ensemble, saved
from tfgan_transfer.trained.sampling import Sampler
from tfgan_transfer.training import checkpoint
from tfgan_transfer.training.run_directory import RunDirectory

# Images that are decoded once more for the page.
_MOST_IMAGES = 20_000


class RunReport:
    """Collects the sections, and sentences for those that cannot be made.

    Args:
        run: The run.
        split: Its images, if somebody has loaded them already.
        draw: Whether the model may draw for the page, which takes seconds.

    Raises:
        UserError: If there is no run, or its configuration is damaged.
    """

    def __init__(self, run: RunDirectory, split: object, draw: bool):
        stored = run.read_config()
        if stored is None:
            found = ensemble.find(run.path)
            like = f", such as {found.members[0].run_dir}" if found else ""
            raise UserError(
                f"--run_dir: {str(run.path)!r} holds no run; expected a "
                f"directory of one model that `train` wrote{like}"
            )
        self.run, self.split, self.draw = run, split, draw
        self.flags = {**DEFAULTS, **stored["flags"]}
        self.data = stored["data"]
        # Who gives steps later lifts the hours, and keeps the timetable.
        self.fitted = bool(stored.get("timetable") and self.flags["hours"])
        self.log = measurements.Log.of(run)
        self.newest, _ = checkpoint.latest(run.checkpoints)
        self.missing: list[str] = []
        self.sections: list[Section] = []

    def rendered(self) -> str:
        """The page as HTML."""
        translates = RULES[self.flags["model"]].translates
        watched = timeline.of_samples
        if translates:
            watched = timeline.of_translations
        section, missing = watched(self.run.samples, self.flags)
        self.missing += missing
        self._add(section)
        self._try("What was measured", measurements.metrics, self.log)
        if not self.log.measured:
            self.missing.append(
                "Numbers that say how good it is: none were measured. Train "
                "with --eval_every, or type the second command of How to go on."
            )
        if not translates:
            self._drawn()
        self._try("Single classes", measurements.classes, self.log)
        self._try("Curves of the training", measurements.losses, self.log)
        self._try("What it started from", about.transfer, self.run, self.newest)
        self._try("Unusable files", about.bad_files, self.run)
        self._add(about.settings(self.flags))
        self._add(self._next())
        return page.rendered(self._header(), self.sections, self.missing)

    def _add(self, section: Section | None) -> None:
        if section:
            self.sections.append(section)

    def _try(self, what: str, make: Callable, *arguments: object) -> None:
        """Adds a section, or a sentence that says why there is none."""
        try:
            self._add(make(*arguments))
        except (UserError, OSError, ValueError, KeyError) as error:
            said = getattr(error, "command_line", str(error))
            self.missing.append(f"{what}: {said}.".replace("..", "."))

    def _drawn(self) -> None:
        """What the trained model draws for the page."""
        if not self.draw:
            return self.missing.append(
                "New pictures of the model, which the command `report` draws: "
                "the run was stopped and had no time."
            )
        if not self.newest:
            return self.missing.append(
                "New pictures of the model: the run has no whole checkpoint."
            )
        with _float32():
            sampler = Sampler(
                saved.generator(self.newest),
                self.newest.manifest["run"],
                seed=0,
            )
            self._try("From picture to picture", drawings.wandering, sampler)
            self._try("What it draws when asked", drawings.classes, sampler)
            self._try("Did it copy?", self._nearest, sampler)
        return None

    def _nearest(self, sampler: Sampler) -> Section | None:
        if self.split is None and self.data["images"] > _MOST_IMAGES:
            raise UserError(
                f"{self.data['images']:,} training pictures are too many to "
                "read them again for this page; `evaluate --pairs=FILE.png` "
                "does"
            )
        split = self.split or families.of(self.flags).load_data(self.flags)
        return drawings.nearest(sampler, drawings.of_split(split))

    def _next(self) -> Section:
        drawing = families.of(self.flags).next_command(self.flags, self.run)
        seconds = self.newest.manifest.get("seconds", 0.0) if self.newest else 0
        return about.next_steps(
            self.run.path, self.flags, drawing, self._done, seconds
        )

    @property
    def _done(self) -> int:
        return self.newest.step if self.newest else 0

    def _header(self) -> Header:
        flags, data = self.flags, self.data
        steps = f"{self._done:,} of {flags['steps']:,}"
        if self._done == flags["steps"]:
            steps = f"{self._done:,}"
        held_out = data.get("holdout")
        return Header(
            "Training report",
            self.run.path.resolve().name,
            [
                *_lead(flags, data, self.log.measured),
                *_hardly_begun(flags, self._done, self.fitted),
            ],
            {
                "pictures": _counted(data.get("images")),
                "held out": _counted(held_out) if held_out else None,
                "size": f"{flags['size']} px",
                "steps": steps if self._done else None,
                "model": wording.game(flags),
                "started from": flags["source"] or "nothing",
            },
        )


def _counted(count: object) -> str:
    if isinstance(count, list | tuple):
        return " + ".join(f"{one:,}" for one in count)
    return f"{count:,}" if isinstance(count, int) else str(count or "")


def _lead(flags: Mapping, data: Mapping, found: Mapping) -> Iterator[str]:
    """What this is and what it came to, in two paragraphs."""
    if "data_b" in flags and flags["data_b"]:
        yield (
            "A model that has learned to turn pictures of one set into "
            f"pictures of another: A is {flags['data_a']}, B is "
            f"{flags['data_b']}."
        )
    else:
        yield (
            f"A model that was trained on {_counted(data.get('images'))} "
            f"pictures ({flags['data']}) to draw new ones like them."
        )
    best = next((one for name, one in found.items() if _is(name, flags)), None)
    if best and best.floor is not None:
        name = best.score["name"]
        reading = readings.of(name)
        value = readings.number(best.score["value"], reading.share)
        beside = readings.beside_floor(best.score["value"], best.floor, reading)
        yield f"{reading.title}: {value}. {beside}"


def _hardly_begun(flags: Mapping, done: int, fitted: bool) -> Iterator[str]:
    """What a run of too few steps lets expect, and what it takes to learn."""
    whole = recipes.begun(flags, done)
    if not whole:
        return
    if fitted:
        more = f"a new run with several times --hours={flags['hours']:g}"
    elif done < flags["steps"]:
        more = "the rest of its steps"
    else:
        more = "a new run with more --steps"
    yield (
        f"It has hardly begun: {done:,} of the {whole:,} steps of the recipe "
        f"{flags['recipe']}. Pictures are shapeless or all alike at this "
        f"point; {more} lets it learn."
    )


def _is(name: str, flags: Mapping) -> bool:
    """Whether the best checkpoint is chosen by a metric."""
    return "/" not in name and readings.base_of(name) == flags["best_metric"]


@contextlib.contextmanager
def _float32() -> Iterator[None]:
    """Draws as `generate` does, whatever the model was trained in."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
