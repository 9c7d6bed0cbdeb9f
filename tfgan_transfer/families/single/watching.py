"""What a run of a generator and a critic shows of itself."""

import shlex
from collections.abc import Mapping, Sequence

import keras
import tensorflow as tf

from tfgan_transfer import data
from tfgan_transfer.families import judges
from tfgan_transfer.families.family import Plan
from tfgan_transfer.families.single import build
from tfgan_transfer.gans import step
from tfgan_transfer.settings.recipes import PLAIN
from tfgan_transfer.settings.rules import RULES
from tfgan_transfer.training.adaptive_augment import COUNT, AdaptiveAugment
from tfgan_transfer.training.run_directory import RunDirectory
from tfgan_transfer.training.sample_grid import SampleGrid

# Share of the latent below which joined labels get lost: 23 beside 100 are
# obeyed, 23 beside 4,096 are not (the tagged WGAN-GP's experiment D).
DROWNED = 0.02


def announce(plan: Plan, split: data.Split, model: keras.Model) -> list[str]:
    """One line each for data, labels, stage 1 and networks."""
    config, train = plan.config, split.train
    counts = (model.generator.count_params(), model.critic.count_params())
    game = model.feature_game
    beside = f", and {judges.parameters(game)}" if game else ""
    return [
        f"data      {config['data']}: {len(train)} images of "
        f"{'x'.join(map(str, train.images.shape[1:]))}, "
        f"{len(split.holdout)} held out",
        *label_lines(config, train.vocabulary, train.label_mode),
        *_stage1(plan),
        f"networks  {config['network']}, width {config['width']}: "
        "generator {:,} and critic {:,} parameters".format(*counts)
        + beside,
        *judges.lines(config, "critic   ", model.critic),
        *_phases(config, model),
    ]


def label_lines(
    config: Mapping, vocabulary: Sequence[str], label_mode: str
) -> list[str]:
    """What is said about the labels, if the model has any."""
    if config["conditioning"] == "none":
        return []
    count, size = len(vocabulary), config["latent_size"]
    said = [f"labels    {count} ({label_mode}), {config['conditioning']}"]
    drowned = config["conditioning"] == "concat" and count < DROWNED * size
    # A recipe has weighed the latent of its source.
    chosen = config.get("recipe") not in (None, PLAIN) and config.get("source")
    if RULES[config["model"]].learns_labels and drowned and not chosen:
        said.append(
            f"warning: {count} labels beside a latent of {size} hardly "
            "count; lower --latent_size or use --conditioning=batch_norm"
        )
    return said


def _phases(config: Mapping, model: keras.Model) -> list[str]:
    if not config.get("equal_phases") or step.enlarging(model.generator):
        return []
    # A recipe may have set it, and a source have brought the network.
    return [
        "warning: --equal_phases: a generator of "
        f"--network={config['network']} "
        "has no transposed convolutions, so it changes nothing"
    ]


def _stage1(plan: Plan) -> list[str]:
    if not plan.stage1:
        return []
    height, width = plan.stage1["generator"]["image_shape"][:2]
    return [
        f"stage 1   {plan.stage1['network']}, {height}x{width}, frozen; from "
        f"{plan.config['source']}"
    ]


def grid(
    config: Mapping,
    run: RunDirectory,
    writer: tf.summary.SummaryWriter,
    split: data.Split,
    when: Mapping,
) -> keras.callbacks.Callback:
    """Draws samples of the same latents each time.

    Args:
        config: Resolved configuration.
        run: Run directory.
        writer: TensorBoard writer.
        split: The run's images.
        when: `start_step`, `every` and `steps`.
    """
    return SampleGrid(
        run,
        writer,
        latents=build.fixed_latents(config, config["sample_grid"]),
        labels=build.fixed_labels(config, split.train, config["sample_grid"]),
        real=split.train.images[: config["sample_grid"]],
        **when,
    )


def steering(
    config: Mapping,
    writer: tf.summary.SummaryWriter | None,
    split: data.Split,
    start: int,
) -> list[keras.callbacks.Callback]:
    """What changes the model between steps, on every worker alike."""
    if config["augment"] != "ada" or config["augment_p"] is not None:
        return []
    return [
        AdaptiveAugment(
            writer,
            training=split.train.images,
            heldout=split.holdout.images,
            latents=build.fixed_latents(config, COUNT),
            labels=build.fixed_labels(config, split.train, COUNT),
            images_per_step=config["batch_size"] * config["n_critic"],
            start_step=start,
            seed=config["seed"],
        )
    ]


def next_command(config: Mapping, run: RunDirectory) -> str:
    """What to type when a run is done."""
    words = f"--run_dir={run.path}", "--num=16", "--grid=samples.png"
    return shlex.join(["generate", *words])
