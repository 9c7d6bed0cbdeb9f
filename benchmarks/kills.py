"""Kills commands at moments nobody chose, and continues them.

python benchmarks/kills.py --kills=30 --folder=/tmp/kills

`train`, `evaluate`, `study`, `rank_sources` and `export` are first run
undisturbed, which also tells how long each takes. Then each is begun anew,
killed (SIGKILL, the whole process group) after a random part of that time,
and given again until it has been killed its share of times; then it may end.
Compared with the undisturbed one: all weights bit for bit, the rows of
metrics.jsonl, TensorBoard's (tag, step) and that none stands twice, the rows
of the study, what evaluate and rank_sources print, the number of versions,
and that no temporary file is left.
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
            "--steps=2000",
            "--checkpoint_every=100",
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


def kill(name: str, words: list[str], seconds: float) -> bool:
    """Kills a command after some seconds; False if it ended before."""
    process = start(name, words)
    try:
        process.communicate(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return True


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
        "versions": sorted(p.name for p in (base / "model").glob("*")),
        "out": [
            line for line in out.splitlines() if not re.search(r"\d s\b", line)
        ],
    }


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


def main() -> None:
    """Runs, kills, continues and compares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--network", default=str(NETWORK))
    parser.add_argument("--only", default="", help="Commands, with commas.")
    given = parser.parse_args()
    random.seed(0)
    whole, killed = given.folder / "whole", given.folder / "killed"
    ours, theirs = (commands(f, given.network) for f in (killed, whole))
    names = given.only.split(",") if given.only else list(ours)
    share = -(-given.kills // len(names))
    failures = []
    for name in names:
        if name == "rank_sources":
            second = [w.replace("/trained", "/second") for w in theirs["train"]]
            finish("train", [*second, "--seed=1"])
        began = time.monotonic()
        out = finish(name, theirs[name])
        taken = time.monotonic() - began
        expected = state(whole, out)
        if name == "rank_sources":
            shutil.copytree(whole / "second", killed / "second")
        done = tries = 0
        while done < share and tries < 2 * share:
            tries += 1
            # Starting takes most of the time: more kills towards the end.
            at = taken * random.uniform(0.5, 1.0)
            done += kill(name, ours[name], at)
        found = state(killed, finish(name, ours[name]))
        if name == "export":
            # A command that ended before its kill has published a version.
            found.pop("versions"), expected.pop("versions")
        if name not in ("evaluate", "rank_sources"):
            # The others tell where they went on.
            found.pop("out"), expected.pop("out")
        if not same(name, found, expected, [killed, whole]):
            failures.append(name)
        print(f"{name}: {done} kills, {taken:.0f} s undisturbed", flush=True)
    sys.exit(f"not the same: {failures}" if failures else 0)


if __name__ == "__main__":
    main()
