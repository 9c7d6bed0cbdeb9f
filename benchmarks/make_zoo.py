"""Puts a trained run into the zoo, with a model card of measured numbers.

    python benchmarks/make_zoo.py --run_dir=runs/anime_32 --name=anime_32 \
        --about="11,418 anime faces" --limits="faces only, from the front" \
        --inception=DIR --inception_layer=mixed_7

The card says with which flags the run was trained, how its samples compare
with its held-out images, and shows some of them. With `--data` it is measured
on images elsewhere than the run had them; `--run_dir` may name a checkpoint,
such as what `--into` of another machine has made. With `--if_better` the zoo
is left as it is, unless it has no such model, or one whose KID on the same
images is higher by more than the spreads of both.
"""

import json
import pathlib
import shutil
import subprocess
import sys

from absl import app, flags

FLAGS = flags.FLAGS
flags.DEFINE_string("name", None, "Its name in the zoo.", required=True)
flags.DEFINE_string("run_dir", None, "A finished run.", required=True)
flags.DEFINE_string("about", None, "What it was trained on.", required=True)
flags.DEFINE_string("limits", None, "What it cannot do.", required=True)
flags.DEFINE_string("inception", None, "As for evaluate.", required=True)
flags.DEFINE_string("inception_layer", "pool_3", "As for evaluate.")
flags.DEFINE_string("data", None, "Its images; those of the run.")
flags.DEFINE_string("into", None, "Another folder than the zoo.")
flags.DEFINE_bool("if_better", False, "Never replace a better one.")
flags.DEFINE_bool("json", False, "Print what was measured, not the card.")

# Of a file of weights: what a repository should carry.
MOST_BYTES = 16 * 10**6

# Flags that say how a model was trained, in the order of the card: those that
# the run had.
SHOWN = """recipe source size channels network width latent_size
adversarial_loss critic critic_schedule grow n_critic gradient_penalty
batch_size steps seed generator_lr precision holdout""".split()


def command(module, **settings):
    """Runs one of the package's commands and returns what it printed."""
    words = [f"--{name}={value}" for name, value in settings.items()]
    return subprocess.run(
        [sys.executable, "-m", f"tfgan_transfer.{module}", *words],
        check=True,
        text=True,
        stdout=subprocess.PIPE,
    ).stdout


def card(manifest, evaluation):
    used = manifest["run"]["flags"]
    had = [name for name in SHOWN if used.get(name) not in (None, "")]
    shown = " ".join(f"--{name}={used[name]}" for name in had)
    rows = "\n".join(
        f"| {row['name']} | {row['value']:.4g} | {row['spread'] or 0:.1g} | "
        f"{row['floor']['value']:.4g} |"
        for row in evaluation
    )
    return f"""# {FLAGS.name}

{FLAGS.about}

- trained with `{shown}`, {manifest["step"]} steps done
- averaged generator and critic, float16, no optimizer state
- known limits: {FLAGS.limits}

Samples of the float16 generator against held-out images
({evaluation[0]["n_real"]} real, {evaluation[0]["n_fake"]} samples, spread over
sampling seeds, floor: training images in the place of samples):

| metric | value | spread | floor |
|---|---|---|---|
{rows}

![samples](samples.png)
"""


def measured(folder, data):
    """Rows of `evaluate` for a packed model: the zoo's protocol."""
    text = command(
        "evaluate",
        checkpoint=folder,
        data=data,
        metrics="kid,fid,precision_recall",
        num_images=500,
        inception=FLAGS.inception,
        inception_layer=FLAGS.inception_layer,
        json="true",
    )
    return json.loads(text)["evaluation"]


def better(rows, others):
    """Whether KID is lower by more than both spreads."""
    kid, other = (
        next(row for row in found if row["name"].startswith("kid"))
        for found in (rows, others)
    )
    spread = (kid["spread"] or 0) + (other["spread"] or 0)
    return kid["value"] < other["value"] - spread


def main(argv):
    from tfgan_transfer.trained import saved, zoo

    found = saved.find(FLAGS.run_dir, "--run_dir")
    data = FLAGS.data or found.manifest["run"]["flags"]["data"]
    zoo_folder = pathlib.Path(FLAGS.into or zoo.FOLDER)
    zoo_folder.mkdir(parents=True, exist_ok=True)
    trial = zoo.pack(found, f"{FLAGS.name}.new", zoo_folder)
    final = zoo_folder / FLAGS.name
    try:
        for path in trial.glob("*.npz"):
            if path.stat().st_size > MOST_BYTES:
                sys.exit(
                    f"error: {path.name} has more than {MOST_BYTES:,} bytes; "
                    "train a narrower network, see --width"
                )
        evaluation = measured(trial, data)
        old = FLAGS.if_better and final.exists()
        if old and not better(evaluation, measured(final, data)):
            print(f"{FLAGS.name} of the zoo is as good; it stays")
            return
        command(
            "generate", checkpoint=trial, num=32, grid=trial / "samples.png"
        )
        text = card(found.manifest, evaluation)
        (trial / "README.md").write_text(text)
        shutil.rmtree(final, ignore_errors=True)
        trial.rename(final)
    finally:
        shutil.rmtree(trial, ignore_errors=True)
    if not FLAGS.json:
        print(text)
        return
    values = {row["name"]: row["value"] for row in evaluation}
    sizes = [path.stat().st_size for path in final.glob("*.npz")]
    values["largest_file_mb"] = round(max(sizes) / 1e6, 1)
    print(json.dumps({"source": FLAGS.name, **values}))


if __name__ == "__main__":
    app.run(main, sys.argv)
