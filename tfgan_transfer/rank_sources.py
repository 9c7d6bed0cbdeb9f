"""Finds the best source for your images.

  python -m tfgan_transfer.rank_sources --data=folder:photos --budget=400 \\
      --sources=zoo:tiny_imagenet_32,zoo:anime_32 --run_dir=runs/which

Every source is scored by its samples; then all are trained for a while, the
better half of them longer, and so on until --budget steps are used up. Flags
of `train` may be given, and hold for all of them. The same command again goes
on where it was stopped.
"""

import os
import pathlib
import shlex

from tfgan_transfer.commands import app, flags
from tfgan_transfer.errors import UserError
from tfgan_transfer.settings import recipes

flags.define("rank_sources")


def main() -> int:
    """Scores, probes, and says what to type next."""
    given = recipes.under(flags.given())
    needed = ("sources", "budget", "data", "run_dir")
    missing = [f"--{name}" for name in needed if not given.get(name)]
    if missing:
        raise UserError(
            f"{', '.join(missing)}: needed to rank sources; see --help for "
            "an example"
        )
    sources, budget = given.pop("sources"), given.pop("budget")
    folder = pathlib.Path(os.path.expanduser(given.pop("run_dir")))

    from tfgan_transfer.reports import report
    from tfgan_transfer.studies import ranking, study, trials
    from tfgan_transfer.training.interruption import EXIT_RUN_AGAIN

    rounds = ranking.plan(sources, budget)
    judge = ranking.Judge(sources, given)
    scores = judge.zero_cost(sources)
    try:
        results = ranking.probe(judge, sources, given, folder, rounds)
    except trials.Interrupted:
        print("stopped; the same command continues")
        return EXIT_RUN_AGAIN
    print(ranking.table(scores, results))
    best = min(results[-1][1], key=results[-1][1].get)
    again = trials.command(
        "train", {**given, "source": best, "run_dir": folder / "best"}
    )
    command = shlex.join(["python", *again[1:]])
    print("next:", command, sep="\n  ")
    runs = {source: folder / study.short(source) for source in sources}
    report.at_the_end(
        report.write_ranking, folder, runs, scores, results, command
    )
    return 0


if __name__ == "__main__":
    app.run(main)
