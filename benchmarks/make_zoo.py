"""Puts a trained run into the zoo, with a model card of measured numbers.

    python benchmarks/make_zoo.py --run_dir=runs/anime_32 --name=anime_32 \
        --about="11,418 anime faces" --limits="faces only, from the front" \
        --inception=DIR --inception_layer=mixed_7

The card says with which flags the run was trained, how its samples compare
with its held-out images, and shows some of them.
"""

import json
import pathlib
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

# Flags that say how a model was trained, in the order of the card.
SHOWN = """size channels network width latent_size adversarial_loss n_critic
gradient_penalty batch_size steps seed generator_lr precision holdout""".split()


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
    shown = " ".join(f"--{name}={used[name]}" for name in SHOWN)
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


def main(argv):
    from tfgan_transfer.trained import saved, zoo

    found = saved.find(FLAGS.run_dir, "--run_dir")
    folder = zoo.pack(found, FLAGS.name)
    measured = command(
        "evaluate",
        checkpoint=folder,
        data=found.manifest["run"]["flags"]["data"],
        metrics="kid,fid,precision_recall",
        num_images=500,
        inception=FLAGS.inception,
        inception_layer=FLAGS.inception_layer,
        json="true",
    )
    evaluation = json.loads(measured)["evaluation"]
    command("generate", checkpoint=folder, num=32, grid=folder / "samples.png")
    text = card(found.manifest, evaluation)
    pathlib.Path(folder / "README.md").write_text(text)
    print(text)


if __name__ == "__main__":
    app.run(main, sys.argv)
