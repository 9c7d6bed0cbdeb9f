"""Ranks sources for a target: samples first, then probe trainings."""

import pathlib
from collections.abc import Mapping, Sequence

from tfgan_transfer.cli import build, config, evaluation, saved, trials
from tfgan_transfer.cli.sampling import Sampler
from tfgan_transfer.cli.study import find, short
from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics.features import extract
from tfgan_transfer.transfer import rank

# Of a source, and of a probe: their features cost more than its steps.
SAMPLES = 500


def zero_cost(
    sources: Sequence[str], given: Mapping
) -> dict[str, dict[str, float]]:
    """Scores every source by its samples against the target images.

    Args:
        sources: Each a `--source`.
        given: Flags of the probe trainings, `data` among them.

    Returns:
        Score -> source -> value.
    """
    network, layer = evaluation.extractor_for(given, rank.SCORES)
    target, found = None, {}
    for source in sources:
        opened = saved.find(source, "--sources")
        record = opened.manifest["run"]
        if target is None:
            whole = {"limit": None, "classes": None}
            flags = {**config.DEFAULTS, **record["flags"], **whole}
            flags |= {k: v for k, v in given.items() if k in config.DEFAULTS}
            images = build.load_data(flags).train.images
            target = extract(network, images, [layer])[layer]
        generator = saved.generator(opened)
        samples = Sampler(generator, record, seed=0).draw(SAMPLES)
        features = extract(network, samples, [layer])[layer]
        found[source] = rank.zero_cost(target, features)
    return {
        score: {source: found[source][score] for source in sources}
        for score in rank.SCORES
    }


def probe(
    sources: Sequence[str], given: Mapping, folder: pathlib.Path, budget: int
) -> list[tuple[rank.Round, dict[str, float]]]:
    """Trains the sources for a while, and the better half of them longer.

    Args:
        sources: Each a `--source`.
        given: Flags of the trainings.
        folder: Where their run directories go.
        budget: Steps of all together.

    Returns:
        Each round, and source -> KID on held-out images at its end.

    Raises:
        UserError: If the budget is too small.
    """
    rounds = rank.halving(len(sources), budget)
    if not rounds:
        raise UserError(
            f"--budget: {budget} steps are too few to probe {len(sources)} "
            "sources; give more, or fewer --sources"
        )
    results = []
    for turn in rounds:
        if results:
            sources = rank.ranking(results[-1][1])[: turn.survivors]
        found = {}
        for source in sources:
            run_dir = folder / short(source)
            trials.train(
                {
                    **given,
                    "source": source,
                    "run_dir": run_dir,
                    "steps": turn.steps,
                    "eval_every": turn.steps,
                    "eval_metrics": "kid",
                    "eval_images": SAMPLES,
                    "checkpoint_every": turn.steps,
                }
            )
            last = trials.evaluations(run_dir)[-1]
            found[source] = last[find(last, "kid")]
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
    turn, found = results[0]
    for score, values in scores.items():
        lost = rank.regret(values, found, rank.SCORES[score])
        text.append(
            f"regret of {score}: {lost:.5f} (KID at {turn.steps} steps of its "
            "choice, less that of the best)"
        )
    return "\n".join(text)
