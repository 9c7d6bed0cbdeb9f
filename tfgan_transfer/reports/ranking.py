"""The report of a ranking: which source to start from, by how much."""

import pathlib
from collections.abc import Mapping, Sequence

from tfgan_transfer.errors import UserError
from tfgan_transfer.evaluations import readings
from tfgan_transfer.markup import Markup, commands, element, table
from tfgan_transfer.reports import page, pictures, wording
from tfgan_transfer.reports.page import Header, Section
from tfgan_transfer.trained import saved
from tfgan_transfer.trained.sampling import Sampler
from tfgan_transfer.training.checkpoint import Checkpoint
from tfgan_transfer.transfer import rank

_PICTURES, _WIDE = 6, 640

Results = Sequence[tuple[rank.Round, Mapping[str, float]]]


def rendered(
    runs: Mapping[str, pathlib.Path],
    scores: Mapping[str, Mapping[str, float]],
    results: Results,
    command: str,
) -> str:
    """The page of a ranking as HTML.

    Args:
        runs: Source -> directory of its probe training.
        scores: Score -> source -> value before any training.
        results: Each round of probes, and source -> KID at its end.
        command: What to type next.
    """
    order = ordered(results)
    sections = [_table(order, scores, results)]
    drawn, missing = _samples({source: runs[source] for source in order})
    if drawn:
        sections.append(drawn)
    training = [("Train from the best source", command)]
    sections.append(Section("How to go on", commands(training)))
    return page.rendered(_header(order, results), sections, missing)


def ordered(results: Results) -> list[str]:
    """All sources, best first; who was trained longer stands before others."""
    order: dict[str, None] = {}
    for _, found in reversed(results):
        order |= dict.fromkeys(n for n in rank.ranking(found) if n not in order)
    return list(order)


def _header(order: Sequence[str], results: Results) -> Header:
    turn, found = results[-1]
    best, *others = rank.ranking(found)
    said = [f"{best} suits these pictures best of {len(order)} sources."]
    if others:
        near, far = (readings.number(found[n]) for n in (best, others[0]))
        said.append(
            f"After {wording.steps(turn.steps)} its pictures are at a distance "
            f"of {near} from the real ones, those of {others[0]} at {far} "
            "(KID; lower is better). Two that are close may change places in a "
            "longer training."
        )
    facts = {"sources": len(order), "rounds": len(results)}
    return Header("Ranking of sources", best, said, facts)


def _table(
    order: Sequence[str],
    scores: Mapping[str, Mapping[str, float]],
    results: Results,
) -> Section:
    probes = [f"KID after {wording.steps(turn.steps)}" for turn, _ in results]
    lines = [
        (
            name,
            *(
                readings.number(found[name]) if name in found else "not trained"
                for _, found in results
            ),
            *(readings.number(values[name]) for values in scores.values()),
        )
        for name in order
    ]
    before = [f"{score}, untrained" for score in scores]
    lead = (
        "Each round trains the better half of the round before. What a "
        "source's own pictures promised before any training stands on the "
        "right."
    )
    return Section(
        "Best first", table(["source", *probes, *before], lines), lead
    )


def _samples(
    runs: Mapping[str, pathlib.Path],
) -> tuple[Section | None, list[str]]:
    """A row of pictures for each source, as far as it was trained."""
    figures, missing = [], []
    for source, run_dir in runs.items():
        try:
            found = saved.find(str(run_dir))
        except UserError as error:
            missing.append(f"Pictures of {source}: {error.command_line}.")
            continue
        figures.append(_row(source, found))
    if not figures:
        return None, missing
    lead = (
        "All start from the same random numbers. The longer a source was "
        "trained, the more its pictures look like yours."
    )
    body = element("div", *figures, class_="rows")
    return Section("What each draws by now", body, lead), missing


def _row(source: str, found: Checkpoint) -> Markup:
    sampler = Sampler(saved.generator(found), found.manifest["run"], seed=0)
    sheet = pictures.mosaic(sampler.draw(_PICTURES), _PICTURES)
    caption = element("figcaption", source, f", {wording.steps(found.step)}")
    alt = (
        f"{_PICTURES} pictures drawn from {source} after "
        f"{wording.steps(found.step)}."
    )
    return element("figure", caption, pictures.still(sheet, alt, _WIDE))
