"""Kills commands at moments nobody chose, and continues them.

python benchmarks/kills.py --kills=30 --folder=/tmp/kills

`train`, `evaluate`, `study`, `rank_sources` and `export` are first run
undisturbed, which also tells how long each takes. Then each is begun anew,
killed (SIGKILL, the whole process group), given again, and after at most three
kills it may end. The moments are spread over its time: one in each equal part
of it, in random order. Compared with the undisturbed one, each time: all
weights bit for bit, the rows of metrics.jsonl, TensorBoard's (tag, step) and
that none stands twice, the rows of the study, what evaluate and rank_sources
print, that every version has all its files (killed after a version got its
number, `export` writes the next one when given again), and that no temporary
file is left.
"""

import argparse
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time

from tfgan_transfer.training import checkpoint, event_files

KILLS_OF_A_LIFE = 3
ROOT = pathlib.Path(__file__).resolve().parents[1]
DATA = """--data=digits --limit=100 --channels=1 --size=16 --network=dcgan
--width=4 --latent_size=8 --n_critic=1 --batch_size=8""".split()
NETWORK = ROOT.parent / "shared" / "inception" / "inception_v3_fid_768"


def commands(base: pathlib.Path, network: str) -> dict[str, list[str]]:
    """Name -> what to type, all below one folder."""
    trained = base / "trained"
    judge = [f"--inception={network}", "--inception_layer=pool_64"]
    return {
        "train": [
            *DATA,
            f"--run_dir={base / 'trained'}",
            "--holdout=50",
            "--steps=1000",
            "--checkpoint_every=50",
            "--log_every=50",
            "--sample_every=500",
        ],
        "evaluate": [
            f"--run_dir={trained}",
            "--metrics=kid,swd",
            "--num_images=50",
            "--json",
            *judge,
            f"--cache_dir={base / 'cache'}",
        ],
        "study": [
            *(word for word in DATA if "--data=" not in word),
            f"--study_dir={base / 'study'}",
            "--target=digits",
            "--variant=scratch",
            "--study_seeds=2",
            "--steps=40",
            "--checkpoint_every=10",
            "--sample_every=20",
            "--eval_every=40",
            "--eval_metrics=swd",
            "--best_metric=swd",
            "--eval_images=32",
            "--holdout=40",
        ],
        "rank_sources": [
            "--data=digits",
            "--limit=60",
            f"--sources={trained},{base / 'second'}",
            "--budget=60",
            f"--run_dir={base / 'probes'}",
            *judge,
        ],
        "export": [f"--run_dir={trained}", f"--model_base={base / 'model'}"],
    }


def start(name: str, words: list[str]) -> subprocess.Popen:
    """A command in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", f"tfgan_transfer.{name}", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(name: str, words: list[str]) -> str:
    """Lets a command end; returns what it printed."""
    process = start(name, words)
    out, err = process.communicate()
    if process.returncode:
        sys.exit(f"{name} ended with {process.returncode}: {err[-2000:]}")
    return out


def kill(name: str, words: list[str], seconds: float) -> str | None:
    """Kills a command; returns what it printed if it ended before."""
    process = start(name, words)
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None
    if process.returncode:
        sys.exit(f"{name} ended with {process.returncode}: {err[-2000:]}")
    return out


def live(name: str, words: list[str], moments: list[float]) -> tuple[int, str]:
    """Lets a command end, after some kills.

    Args:
        name: The command.
        words: Its arguments.
        moments: Seconds after which to kill it; those used are taken out.

    Returns:
        The number of kills, and what the command that ended has printed.
    """
    for kills in range(KILLS_OF_A_LIFE):
        if not moments:
            break
        at = moments.pop()
        out = kill(name, words, at)
        if out is not None:
            # What went on from far had ended by then: earlier next time.
            moments.insert(0, 0.8 * at)
            return kills, out
    else:
        kills = KILLS_OF_A_LIFE
    return kills, finish(name, words)


def weights(run: pathlib.Path) -> dict:
    """Bytes of every array of a run's newest checkpoint."""
    found, _ = checkpoint.latest(run / "checkpoints")
    if found is None:
        return {}
    return {
        (group, path): array.tobytes()
        for group, arrays in checkpoint.load(found.path).items()
        for path, array in arrays.items()
    }


def shown(run: pathlib.Path) -> list[tuple[str, int]]:
    """(tag, step) in TensorBoard's files; ends if one stands twice."""
    values = [
        (value.tag, event.step)
        for path in sorted((run / "tensorboard").glob("events.*"))
        for event in event_files.events(path)
        for value in event.summary.value
    ]
    twice = len(values) - len(set(values))
    if twice:
        sys.exit(f"{run}: {twice} (tag, step) stand twice")
    return sorted(values)


def state(base: pathlib.Path, out: str) -> dict:
    """What has to be the same, whether a command was killed or not."""
    runs = sorted(path.parent for path in base.rglob("config.json"))
    rows = {
        str(path.relative_to(base)): [
            {
                k: v
                for k, v in json.loads(line).items()
                if k not in ("timing", "seconds")
            }
            for line in path.read_text().splitlines()
        ]
        for path in sorted(base.rglob("*.jsonl"))
    }
    left = [
        str(path)
        for path in base.rglob(".*")
        if path.name != ".lock" and "cache" not in path.parts
    ]
    return {
        "weights": {str(r.relative_to(base)): weights(r) for r in runs},
        "shown": {str(r.relative_to(base)): shown(r) for r in runs},
        "rows": rows,
        "left": left,
        "versions": sorted({files(v) for v in (base / "model").glob("*")}),
        "out": [
            line for line in out.splitlines() if not re.search(r"\d s\b", line)
        ],
    }


def files(version: pathlib.Path) -> tuple[str, ...]:
    """The files of an exported version, by name."""
    found = (path for path in version.rglob("*") if path.is_file())
    return tuple(sorted(str(path.relative_to(version)) for path in found))


def same(name: str, ours: dict, theirs: dict, folders: list) -> bool:
    """Compares two states; prints where they differ."""
    texts = []
    for one, folder in zip((ours, theirs), folders, strict=True):
        texts.append(
            {k: repr(v).replace(str(folder), "") for k, v in one.items()}
        )
    differ = [key for key in texts[0] if texts[0][key] != texts[1][key]]
    for key in differ:
        print(f"{name}: {key} differs:", *(t[key][:500] for t in texts))
    return not differ


def try_out(name: str, folder: pathlib.Path, network: str, kills: int) -> bool:
    """Kills one command; returns whether that made no difference."""
    before, whole, killed = (folder / x for x in ("before", "whole", "killed"))
    ours, theirs = (commands(f, network)[name] for f in (killed, whole))

    def prepare(base: pathlib.Path) -> None:
        shutil.rmtree(base, ignore_errors=True)
        base.mkdir()
        if name in ("evaluate", "rank_sources", "export"):
            shutil.copytree(before, base, dirs_exist_ok=True)

    prepare(whole)
    began = time.monotonic()
    expected = state(whole, finish(name, theirs))
    taken = time.monotonic() - began
    moments = [taken * (i + random.random()) / kills for i in range(kills)]
    random.shuffle(moments)
    done = lives = 0
    good = True
    while done < kills:
        prepare(killed)
        count, out = live(name, ours, moments)
        done, lives = done + count, lives + 1
        found = state(killed, out)
        if name not in ("evaluate", "rank_sources"):
            # The others tell where they went on.
            found["out"] = expected["out"] = []
        good &= same(name, found, expected, [killed, whole])
    print(
        f"{name}: {done} kills in {lives} lives, {taken:.0f} s undisturbed",
        flush=True,
    )
    return good


def main() -> None:
    """Makes what the commands need, and tries out each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--network", default=str(NETWORK))
    parser.add_argument("--only", default="", help="Commands, with commas.")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    random.seed(given.seed)
    before = given.folder / "before"
    before.mkdir(parents=True)
    typed = commands(before, given.network)
    names = given.only.split(",") if given.only else list(typed)
    second = [w.replace("/trained", "/second") for w in typed["train"]]
    finish("train", typed["train"])
    finish("train", [*second, "--seed=1"])
    share = -(-given.kills // len(names))
    bad = [
        name
        for name in names
        if not try_out(name, given.folder, given.network, share)
    ]
    sys.exit(f"not the same: {bad}" if bad else 0)


if __name__ == "__main__":
    main()
