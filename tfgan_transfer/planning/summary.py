"""A plan in a dozen lines, for people."""

import functools
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from tfgan_transfer import families
from tfgan_transfer.data.load import tolerated
from tfgan_transfer.families.family import Plan
from tfgan_transfer.planning import budget, length
from tfgan_transfer.planning.pictures import Unusable, named, refuse_unusable
from tfgan_transfer.planning.road import Road
from tfgan_transfer.sessions import dry_run, standing
from tfgan_transfer.settings import recipes
from tfgan_transfer.settings.setting import typed
from tfgan_transfer.training.deadline import limit
from tfgan_transfer.training.run_directory import RunDirectory
from tfgan_transfer.transfer.report import Row, share_kept

# Below this share a transfer is one in name only.
HALF = 0.5
_SETS = ("data", "data_a", "data_b")
# Two sets are compared where no source is chosen.
_ORDER = ("goes on", "pictures", "sets", "recipe", "source", "size")
_ORDER += ("copied", "channels", "labels", "time", "memory", "measured")


def teller(shown: str | None) -> Callable[[str], None]:
    """What says what is being looked at.

    Args:
        shown: What a dry run shows; JSON has standard output for itself.
    """
    return functools.partial(
        print, file=sys.stderr if shown == "json" else sys.stdout, flush=True
    )


def tell(chosen: Road) -> None:
    """Prints what was chosen for a run that begins, and why."""
    if not chosen.parts:
        # Who named a recipe knows it.
        if chosen.reasons.get("recipe", "").startswith(f"{recipes.PLAIN}:"):
            print(f"recipe    {chosen.reasons['recipe']}", flush=True)
        return
    for name, text in _told(chosen).items():
        if text:
            print(f"{name:9s} {text}")
    sys.stdout.flush()


def _told(chosen: Road) -> dict[str, str]:
    """What was chosen, with the reason for the steps where these are."""
    rest = {k: text for k, text in chosen.reasons.items() if k != "steps"}
    time = filter(None, (time_of(chosen), chosen.reasons.get("steps")))
    return {**rest, "time": "; ".join(time)}


def show(
    how: str, plan: Plan, chosen: Road, given: Mapping, run: RunDirectory
) -> None:
    """Prints what would be done.

    Args:
        how: A value of `--dry_run`.
        plan: Of the run.
        chosen: What it was resolved from.
        given: Settings that the user gave.
        run: Run directory; what it holds is gone on with.

    Raises:
        UserError: If the images are not those of the run.
    """
    stored = run.read_config()
    if stored:
        standing.refuse_other_count(run, stored, plan)
    if how != "text":
        dry_run.show(plan, as_json=how == "json")
        return
    if not chosen.parts:
        if not stored:
            refuse_unusable(plan.description, plan.config)
        print("trying a few steps ...", flush=True)
        settings = plan.config if stored else chosen.settings or plan.config
        parts = budget.tried(settings)
        chosen = chosen._replace(parts=parts, settings=plan.config)
        chosen = _of_the_rest(chosen, run)
    words = [f"--{name}={typed(value)}" for name, value in given.items()]
    command = shlex.join(["python", "-m", "tfgan_transfer.train", *words])
    print(*lines(plan, chosen, command), sep="\n")
    print("nothing was written; --dry_run=full shows every setting")


def _of_the_rest(chosen: Road, run: RunDirectory) -> Road:
    """The same of what a run has not done yet."""
    found = standing.last(run, chosen.settings, begun=False, chief=False)
    if not found or found.step >= chosen.settings["steps"]:
        return chosen
    return chosen._replace(
        parts=budget.left(chosen.parts, found.step),
        spent=found.manifest.get("seconds", 0.0),
        done=found.step,
        reasons={"goes on": f"at step {found.step:,}, as it was begun"},
    )


def lines(plan: Plan, chosen: Road, command: str) -> Iterator[str]:
    """What would be done, in at most eleven lines.

    Args:
        plan: Of the run.
        chosen: What it was resolved from, its parts tried for a moment.
        command: What starts it.
    """
    config = plan.config
    estimates = families.of(config).estimate(plan)
    sets = {name: estimates[name] for name in _SETS if name in estimates}
    told = {
        **_told(chosen),
        "copied": copied(chosen.parts),
        "memory": _memory(estimates),
        "measured": _measured(config, list(sets.values()), bool(chosen.done)),
    }
    allowed = config["max_bad_files"]
    found = [
        _pictures(sets[flag], Unusable.of(flag, config, seen), allowed)
        for flag, seen in named(plan.description).items()
    ]
    pictures = (*found, chosen.reasons.get("pictures"))
    told["pictures"] = "; ".join(filter(None, pictures))
    told.setdefault("size", f"{config['size']} px")
    if config["source"]:
        told.setdefault("source", config["source"])
    for name in _ORDER:
        if told.get(name):
            yield f"{name:9s} {told[name]}"
    yield f"to start  {command}"


def share_copied(rows: Sequence[Row]) -> dict[str, float]:
    """Network -> share of its parameters that come from the source."""
    return {
        network: share_kept(row for row in rows if row.network == network)
        for network in dict.fromkeys(row.network for row in rows)
    }


def time_of(chosen: Road) -> str:
    """How long a run takes in all, in words."""
    steps = sum(part.steps for part in chosen.parts)
    hours = chosen.settings.get("hours")
    table = budget.timetable(chosen.parts, chosen.settings, chosen.spent)
    before = chosen.spent if chosen.done else 0.0
    taken, rest = length.duration(table.total - before), "that are left "
    text = f"about {taken} for {steps:,} steps {rest if chosen.done else ''}"
    text += "on this machine"
    over = limit(hours) if hours else table.total
    if not chosen.fitted and table.total > over:
        last = chosen.done + table.step_at(over)
        text += f"; --hours={hours:g} end it at about step {last:,}"
    return text


def _pictures(found: Mapping, unusable: Unusable, allowed: float) -> str:
    count, held = found["images_found"], found["images_held_out"]
    used = found["images_used"]
    if unusable.every:
        # Of a name and a header more is expected than of the whole file.
        count = unusable.tried - unusable.count
        used = min(used, count - held)
    text = f"{count:,}" if count is not None else "unknown number"
    text += f" in {found['source']}, {used:,} to train on"
    if held:
        text += f", {held:,} held out to judge by"
    if not unusable.count:
        return text
    text += f"; {unusable}"
    # Of more files as large a share is expected; a count tells nothing more.
    if unusable.count > tolerated(allowed, unusable.tried):
        text += (
            ": too many, training will refuse it; repair or remove them, or "
            f"allow more than --max_bad_files={allowed:g}"
        )
    return text


def copied(parts: Sequence[budget.Part]) -> str:
    """What a transfer brings, in words, and a warning if that is little."""
    shares = share_copied(parts[0].rows) if parts else {}
    text = " and ".join(
        f"{share:.0%} of the {network}" for network, share in shares.items()
    )
    text += " come from the source" if text else ""
    if any(share < HALF for share in shares.values()):
        text += (
            "; less than half is hardly a transfer: leave out --size, or grow "
            "to it with --recipe=few_images_64, or name another --source"
        )
    return text


def _memory(estimates: Mapping) -> str:
    memory, disk = estimates.get("memory_mib"), estimates.get("disk_mib")
    if not memory or not disk:
        return ""
    return (
        f"about {memory['total_estimate']:,} MiB, and "
        f"{disk['all_checkpoints']:,.0f} MiB on disk for checkpoints"
    )


def _measured(
    config: Mapping, sets: Sequence[Mapping], begun: bool = False
) -> str:
    if not config["eval_every"]:
        if begun:
            return "nothing while it trains, as it was begun"
        used = min(found["images_used"] for found in sets)
        every = length.cadence(config["steps"])
        missing = [f"--eval_every={every}"]
        if not all(found["images_held_out"] for found in sets):
            missing.insert(0, f"--holdout={max(1, used // 10)}")
        return f"nothing while it trains; for that add {' '.join(missing)}"
    return (
        f"{config['eval_metrics']} every {config['eval_every']} steps, on "
        f"pictures it does not train on; the checkpoint with the best "
        f"{config['best_metric']} is kept"
    )
