"""Ranks sources for a target: samples first, then probe trainings."""

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from tfgan_transfer import families
from tfgan_transfer.errors import UserError
from tfgan_transfer.evaluations import evaluation
from tfgan_transfer.metrics.features import extract
from tfgan_transfer.metrics.kid import kid
from tfgan_transfer.settings import config
from tfgan_transfer.studies import trials
from tfgan_transfer.studies.study import short
from tfgan_transfer.trained import saved
from tfgan_transfer.trained.sampling import Sampler
from tfgan_transfer.training import checkpoint
from tfgan_transfer.training.run_directory import RunDirectory
from tfgan_transfer.transfer import rank

# Of a generator, and of the target: features cost more than a probe's steps.
SAMPLES, IMAGES = 256, 512


class Judge:
    """Compares samples of generators with the target's training images.

    Probes are too short to learn images by heart, so none are held out.

    Args:
        sources: Each a `--source`; without a `--size` among the flags, that
            of the first one is everybody's.
        given: Flags of the probe trainings, `data` among them.

    Raises:
        UserError: If two sources have one name.
    """

    def __init__(self, sources: Sequence[str], given: Mapping):
        names = [short(source) for source in sources]
        for name in names:
            if names.count(name) > 1:
                raise UserError(
                    f"--sources: two are called {name!r}, as their runs would "
                    "be; give each a name of its own"
                )
        first = saved.find(sources[0], "--sources").manifest["run"]["flags"]
        whole = {"limit": None, "classes": None, "holdout": 0}
        flags = {**config.DEFAULTS, **first, **whole}
        flags |= {k: v for k, v in given.items() if k in config.DEFAULTS}
        self.size = flags["size"]
        self._extractor = evaluation.extractor_for(given, rank.SCORES)
        images = families.of(flags).load_data(flags).train.images
        self.target = self._features(np.asarray(images[:IMAGES]))

    def _features(self, images: np.ndarray) -> np.ndarray:
        network, layer = self._extractor
        return extract(network, images, [layer])[layer]

    def samples(self, found: checkpoint.Checkpoint) -> np.ndarray:
        """Features [SAMPLES, D] of what a checkpoint's generator draws."""
        sampler = Sampler(
            saved.generator(found),
            found.manifest["run"],
            seed=0,
            size=config.parse_size(self.size),
        )
        return self._features(sampler.draw(SAMPLES))

    def zero_cost(self, sources: Sequence[str]) -> dict[str, dict[str, float]]:
        """Scores sources without any training: score -> source -> value."""
        found = {
            source: rank.zero_cost(
                self.target, self.samples(saved.find(source, "--sources"))
            )
            for source in sources
        }
        return {
            score: {source: found[source][score] for source in sources}
            for score in rank.SCORES
        }


def plan(sources: Sequence[str], budget: int) -> list[rank.Round]:
    """Rounds of probe trainings.

    Args:
        sources: Each a `--source`.
        budget: Steps of all together.

    Raises:
        UserError: If the budget is too small.
    """
    rounds = rank.halving(len(sources), budget)
    if not rounds:
        raise UserError(
            f"--budget: {budget} steps are too few to probe {len(sources)} "
            "sources; give more, or fewer --sources"
        )
    return rounds


def probe(
    judge: Judge,
    sources: Sequence[str],
    given: Mapping,
    folder: pathlib.Path,
    rounds: Sequence[rank.Round],
) -> list[tuple[rank.Round, dict[str, float]]]:
    """Trains the sources for a while, and the better half of them longer.

    Args:
        judge: Measures what they have reached.
        sources: Each a `--source`.
        given: Flags of the trainings.
        folder: Where their run directories go.
        rounds: What `plan` returned.

    Returns:
        Each round, and source -> KID at its end.
    """
    results = []
    for turn in rounds:
        if results:
            sources = rank.ranking(results[-1][1])[: turn.survivors]
        found = {}
        for source in sources:
            run = RunDirectory(folder / short(source))
            reached = checkpoint.place(run.checkpoints, turn.steps)
            if not reached.exists():
                settings = {
                    **given,
                    "source": source,
                    "run_dir": run.path,
                    "size": judge.size,
                    "steps": turn.steps,
                    # A beginning, with which the next round goes on.
                    "lr_decay": "none",
                    "eval_every": 0,
                    "sample_every": 0,
                    "checkpoint_every": turn.steps,
                    "keep_checkpoints": len(rounds),
                }
                trials.train(settings)
            features = judge.samples(saved.find(str(reached)))
            found[source] = kid(judge.target, features).value
            print(
                f"  {short(source)} after {turn.steps} steps: KID "
                f"{found[source]:.5f}",
                flush=True,
            )
        results.append((turn, found))
    return results


def table(
    scores: Mapping[str, Mapping[str, float]],
    results: Sequence[tuple[rank.Round, Mapping[str, float]]],
) -> str:
    """The ranking, best first, and the regret of each zero-cost score."""
    order = []
    for _, found in reversed(results):
        order += [name for name in rank.ranking(found) if name not in order]
    probes = [f"KID at {turn.steps}" for turn, _ in results]
    lines = [["source", *scores, *probes]]
    for name in order:
        values = [f"{scores[score][name]:.4g}" for score in scores]
        values += [
            f"{found[name]:.5f}" if name in found else "-"
            for _, found in results
        ]
        lines.append([short(name), *values])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [
        "  ".join(cell.ljust(n) for cell, n in zip(line, widths, strict=True))
        for line in lines
    ]
    for score, values in scores.items():
        choice = rank.ranking(values, rank.SCORES[score])[0]
        turn, found = [round_ for round_ in results if choice in round_[1]][-1]
        lost = rank.regret(values, found, rank.SCORES[score])
        text.append(
            f"regret of {score}: {lost:.5f} (KID at {turn.steps} steps of its "
            "choice, less that of the best)"
        )
    return "\n".join(text)
