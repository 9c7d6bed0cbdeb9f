"""A label whose samples become one image: the alarm, and the way back."""

import json

from tests.support.running import TRAIN
from tests.support.tagged import TAGS, train

# Varied samples, but from step 6 on one image for the first tag.
COLLAPSE = """
import tensorflow as tf
from tfgan_transfer.gans import ACGAN

def sample(model, latents, labels):
    noise = tf.random.stateless_normal([len(latents), 16, 16, 1], [1, 2])
    done = tf.convert_to_tensor(model.generator_optimizer.iterations)
    if {collapses} and done >= 6:
        tagged = labels[:, 0] == 1
        first = noise[int(tf.argmax(tf.cast(tagged, tf.int32)))]
        noise = tf.where(tagged[:, None, None, None], first, noise)
    return tf.tanh(noise)

ACGAN.sample = sample
"""


def warnings(run_dir):
    rows = map(json.loads, (run_dir / "metrics.jsonl").read_text().splitlines())
    return {r["step"]: r["warning"] for r in rows if "warning" in r}


def test_a_collapsed_label_sets_the_alarm_and_training_goes_back(
    commands, pictures, tmp_path
):
    run_dir = tmp_path / "run"
    flags = [
        "--size=16",
        "--limit=12",
        "--holdout=12",
        "--eval_every=3",
        "--eval_metrics=swd",
        "--best_metric=swd",
        "--eval_images=40",
    ]
    finished = train(
        commands,
        run_dir,
        pictures,
        *flags,
        setup=COLLAPSE.format(collapses=True),
    )
    assert finished.code == 0, finished.err
    found = warnings(run_dir)
    assert found[3] == ""
    assert found[6].startswith(f"{TAGS[0]}: collapse: samples are too alike")
    assert TAGS[1] not in found[6]
    assert f"warning: {TAGS[0]}: collapse" in finished.out
    assert "--restart_from=STEP" in finished.out

    again = commands.run(
        TRAIN,
        f"--run_dir={run_dir}",
        "--restart_from=3",
        setup=COLLAPSE.format(collapses=False),
    )
    assert again.code == 0, again.err
    assert "continuing at step 3" in again.out
    assert warnings(run_dir) == {3: "", 6: ""}
    assert (run_dir / "checkpoints" / "undone" / "step-00000006").exists()
