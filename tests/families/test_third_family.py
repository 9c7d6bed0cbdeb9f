"""A family of its own: a few lines, and a row in each of two tables."""

import json
import shutil
import textwrap

import numpy as np

from tests.support.running import GENERATE, TRAIN
from tfgan_transfer.training import checkpoint

EVALUATE = "tfgan_transfer.evaluate"
EXPORT = "tfgan_transfer.export"

# All of it; the commands run in processes of their own.
THIRD = textwrap.dedent(
    """
    import functools, sys, types

    from tfgan_transfer import families
    from tfgan_transfer.families.single import WGAN_GP, build
    from tfgan_transfer.gans.adversarial import AdversarialGAN
    from tfgan_transfer.settings import rules, table

    class Softly(AdversarialGAN):
        def compile(self, *optimizers, ema_decay, **game):
            super().compile(*optimizers, ema_decay=0.1, **game)

    room = types.ModuleType("tfgan_transfer.families.third")
    room.SOFTLY = WGAN_GP._replace(build=functools.partial(build.gan, Softly))
    sys.modules[room.__name__] = room
    families.FAMILIES["softly"] = ("third", "SOFTLY")
    rules.RULES["softly"] = rules.RULES["wgan_gp"]
    """
)
# Rows name the families that use them; the third one uses the first one's.
ROWS = textwrap.dedent(
    """
    for row in table.SETTINGS:
        if "wgan_gp" in row.families:
            object.__setattr__(row, "families", (*row.families, "softly"))
    model = table.BY_NAME["model"]
    object.__setattr__(model, "choices", (*model.choices, "softly"))
    """
)
SETUP = THIRD + ROWS
FLAGS = (
    "--model=softly --data=digits --size=8 --channels=1 --width=2 "
    "--latent_size=4 --limit=60 --holdout=20 --n_critic=1 --batch_size=4 "
    "--devices=cpu:1 --precision=float32 --checkpoint_every=2 "
    "--keep_checkpoints=9 --sample_every=0 --log_every=2 --steps=4"
).split()


def arrays(run):
    return checkpoint.load(run / "checkpoints/step-00000004")


def test_it_trains_resumes_draws_evaluates_and_exports(commands, tmp_path):
    run = tmp_path / "run"

    def ask(command, *arguments):
        finished = commands.run(command, *arguments, setup=SETUP)
        assert finished.code == 0, finished.err
        return finished.out

    ask(TRAIN, *FLAGS, f"--run_dir={run}")
    record = json.loads((run / "config.json").read_text())
    assert record["flags"]["model"] == "softly"
    # Its own game: an average that forgets sooner.
    whole = arrays(run)
    twin = tmp_path / "twin"
    ask(TRAIN, *FLAGS, f"--run_dir={twin}", "--model=wgan_gp")
    kernel = next(iter(whole["ema_generator"]))
    other = arrays(twin)["ema_generator"][kernel]
    assert np.abs(whole["ema_generator"][kernel] - other).max() > 0
    np.testing.assert_array_equal(
        whole["generator"][kernel], arrays(twin)["generator"][kernel]
    )

    again = tmp_path / "again"
    shutil.copytree(run, again)
    shutil.rmtree(again / "checkpoints/step-00000004")
    ask(TRAIN, f"--run_dir={again}")
    for group, weights in arrays(again).items():
        for path, value in weights.items():
            np.testing.assert_array_equal(value, whole[group][path])

    drawn = tmp_path / "drawn.npz"
    ask(GENERATE, f"--run_dir={run}", "--num=3", f"--out={drawn}")
    with np.load(drawn) as archive:
        assert archive["images"].shape == (3, 8, 8, 1)
    words = ("--metrics=swd", "--num_images=20", "--sampling_seeds=1", "--json")
    said = json.loads(ask(EVALUATE, f"--run_dir={run}", *words))
    assert said["evaluation"][0]["name"] == "swd"
    base = tmp_path / "models"
    ask(EXPORT, f"--run_dir={run}", f"--model_base={base}")
    assert (base / "1/saved_model.pb").exists()
