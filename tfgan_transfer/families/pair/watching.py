"""What a run of two translators shows of itself."""

import shlex
from collections.abc import Mapping

import keras
import tensorflow as tf

from tfgan_transfer.families import judges
from tfgan_transfer.families.family import Plan
from tfgan_transfer.families.pair import build as pairs
from tfgan_transfer.training.run_directory import RunDirectory
from tfgan_transfer.training.translation_grid import TranslationGrid


def announce(
    plan: Plan, split: pairs.PairSplit, model: keras.Model
) -> list[str]:
    """One line each for both sets and the networks."""
    config = plan.config
    counts = (model.a2b.count_params(), model.critic_a.count_params())
    game = model.feature_games.get("a")
    beside = f", and {judges.parameters(game)}, for each set" if game else ""
    return [
        *(
            f"data {name.upper()}    {config[f'data_{name}']}: {len(train)} "
            f"images of {'x'.join(map(str, train.images.shape[1:]))}, "
            f"{len(held)} held out"
            for name, train, held in zip(
                "ab", split.train, split.holdout, strict=True
            )
        ),
        f"networks  {config['network']}, width {config['width']}: "
        "each translator {:,} and each critic {:,} parameters".format(*counts)
        + beside,
        *judges.lines(config, "critics   of each set", model.critic_a),
    ]


def grid(
    config: Mapping,
    run: RunDirectory,
    writer: tf.summary.SummaryWriter,
    split: pairs.PairSplit,
    when: Mapping,
) -> keras.callbacks.Callback:
    """Translates the same images each time.

    Args:
        config: Resolved configuration.
        run: Run directory.
        writer: TensorBoard writer.
        split: The run's images.
        when: `start_step`, `every` and `steps`.
    """
    examples = pairs.examples(config, split)
    return TranslationGrid(run, writer, examples=examples, **when)


def steering(*_: object) -> list[keras.callbacks.Callback]:
    """Nothing changes a model that translates between its steps."""
    return []


def next_command(config: Mapping, run: RunDirectory) -> str:
    """What to type when a run is done."""
    words = f"--run_dir={run.path}", "--direction=a2b"
    words += f"--images={config['data_a']}", "--out=translated"
    return shlex.join(["translate", *words])
