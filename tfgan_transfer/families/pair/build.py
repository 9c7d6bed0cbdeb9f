"""From settings to the objects of a model that translates both ways."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

import tfgan_transfer
from tfgan_transfer import data
from tfgan_transfer.data import unpaired
from tfgan_transfer.errors import UserError
from tfgan_transfer.families import judges
from tfgan_transfer.families import noise as noise_images
from tfgan_transfer.families.family import Plan
from tfgan_transfer.families.single.build import adam, holdout
from tfgan_transfer.gans import CycleGAN
from tfgan_transfer.gans.feature_game import FeatureGame
from tfgan_transfer.networks import architecture, features, projected
from tfgan_transfer.settings.config import parse_size
from tfgan_transfer.training import devices
from tfgan_transfer.training.optimizers import ConstantThenLinear
from tfgan_transfer.transfer import freeze

NETWORKS = ("a2b", "b2a", "critic_a", "critic_b")
# As many as an evaluation looks at.
PLAIN = 5000


class Pair(NamedTuple):
    """Two sets of images.

    Attributes:
        a: Images of A.
        b: Images of B.
    """

    a: data.ImageSet
    b: data.ImageSet


class PairSplit(NamedTuple):
    """What `--data_a` and `--data_b` hold, decoded.

    Attributes:
        train: Images to train on, of --load_size if there is one.
        holdout: Images held out of training, perhaps none.
        plain: Images that are trained on, as large as the networks take them;
            with --load_size some of them.
        remarks: What a person should know about how they were read.
    """

    train: Pair
    holdout: Pair
    plain: Pair
    remarks: tuple[str, ...] = ()


def load_data(
    config: Mapping,
    on_bad_files: Callable[[tuple[data.BadFile, ...]], None] | None = None,
) -> PairSplit:
    """Decodes the images of both domains.

    Args:
        config: Resolved configuration.
        on_bad_files: Is given the unusable files of both.
    """
    # Without repeats: some files are read at two sizes.
    bad, remarks = {}, {}
    read = partial(_read, config, bad=bad, remarks=remarks)
    try:
        sets = [_load(config, domain, read) for domain in "ab"]
    finally:
        if on_bad_files:
            on_bad_files(tuple(bad))
    pairs = (Pair(*both) for both in zip(*sets, strict=True))
    return PairSplit(*pairs, tuple(remarks))


def _load(
    config: Mapping, domain: str, read: Callable[..., data.Split]
) -> tuple[data.ImageSet, data.ImageSet, data.ImageSet]:
    """One domain's images to train on, held out, and of the networks' size."""
    own, test = f"data_{domain}", f"test_{domain}"
    limit, most_bad = config["limit"], config["max_bad_files"]
    held = holdout(config)
    train = None
    if config["load_size"]:
        large = read(own, "load_size", limit, held, most_bad)
        train = large.train
        # Those have been found bearable.
        most_bad, limit = len(large.bad_files), min(len(train), PLAIN)
    found = read(own, "size", limit, held, most_bad)
    apart = found.holdout
    if config[test]:
        most_bad = config["max_bad_files"]
        apart = read(test, "size", None, 0, most_bad).train
    train = found.train if train is None else train
    return train, apart, found.train


def _read(
    config: Mapping,
    flag: str,
    size: str,
    limit: int | None,
    held: float,
    most_bad: float,
    *,
    bad: dict[data.BadFile, None],
    remarks: dict[str, None],
) -> data.Split:
    try:
        split = data.load(
            config[flag],
            size=parse_size(config[size], f"--{size}"),
            channels=int(config["channels"]),
            fit=config["fit"],
            # Runs from before have none.
            max_value=config.get("max_value"),
            limit=limit,
            holdout=held,
            seed=config["seed"],
            max_bad_files=most_bad,
            cache_dir=config["cache_dir"],
            memory_limit=config["data_memory_mb"] * 2**20,
            on_bad_files=lambda files: bad.update(dict.fromkeys(files)),
        )
    except UserError as error:
        raise error.about("data", flag) from error
    remarks.update({f"--{flag}: {remark}": None for remark in split.remarks})
    return split


def network_arguments(config: Mapping) -> dict:
    """Arguments of the network builders, as plain JSON values.

    They are stored in every checkpoint, so that it opens without flags.
    """
    shape = [*parse_size(config["size"]), int(config["channels"])]
    common = {"image_shape": shape, "width": config["width"]}
    judge, beside = common, {}
    if config["critic_view"] == "patch":
        judge = {**common, "layers": config["critic_layers"]}
    on_features = judges.on_features(config, shape)
    if config["critic"] == "projected":
        judge = on_features
    elif config["critic"] == "both":
        beside["feature_critic"] = on_features
    return {
        "network": config["network"],
        "critic_view": config["critic_view"],
        "translator": {
            **common,
            "doubling": config["doubling"],
            "residual": config["residual_image"],
        },
        "critic": judge,
        **beside,
    }


def gan(
    plan: Plan,
    train: Pair | None = None,
    *,
    xla: bool,
    lr_scale: float = 1.0,
    start_from: Callable[..., None] | None = None,
) -> CycleGAN:
    """Builds and compiles the model; call it inside the strategy's scope.

    Args:
        plan: Of the run.
        train: Unused; there for the models that have labels.
        xla: Whether XLA compiles the step.
        lr_scale: Factor on all learning rates, below 1 after a rollback.
        start_from: Puts the first weights into the networks, which it is
            given in the order of `NETWORKS`; random when absent.
    """
    config = plan.config
    arguments = network_arguments(config)
    made = [architecture.translation(arguments, name) for name in NETWORKS]
    if start_from:
        start_from(*made)
    model = CycleGAN(*made)
    model.frozen = [
        freeze.freeze(getattr(model, name), selector)
        for name, selector in freeze.parse(config["freeze"], NETWORKS)
    ]
    if config["sync_batch_norm"]:
        for layer in model.a2b.layers + model.b2a.layers:
            if hasattr(layer, "synchronized"):
                layer.synchronized = True
    model.compile(
        optimizer(config, "generator", lr_scale),
        optimizer(config, "critic", lr_scale, updates=config["n_critic"]),
        adversarial_loss=config["adversarial_loss"],
        cycle_weight=config["cycle_weight"],
        identity_weight=config["identity_weight"],
        content_weight=config["content_weight"],
        content_features=content_features(config),
        feature_games=_feature_games(config, arguments, lr_scale),
        augmentation=judges.augmentation(config),
        apart=config["critic"] == "projected" and judges.apart(config),
        pool_size=config["pool_size"],
        n_critic=config["n_critic"],
        gradient_penalty=config["gradient_penalty"],
        ema_decay=config["ema_decay"],
        xla=xla,
    )
    return model


def content_features(config: Mapping) -> keras.Model | None:
    """The frozen maps in which `--content_weight` compares, if it does."""
    if not config["content_weight"]:
        return None
    shape = [*parse_size(config["size"]), int(config["channels"])]
    size = config["feature_size"] or projected.input_size(shape)
    return features.maps_of(shape, config["features"], features.EARLY, size)


def _feature_games(
    config: Mapping, arguments: Mapping, lr_scale: float
) -> dict[str, FeatureGame]:
    """A game for either domain; their critics share the frozen network."""
    if "feature_critic" not in arguments:
        return {}
    games = {}
    for domain in "ab":
        judge = architecture.feature_critic(arguments["feature_critic"])
        judge.name = f"feature_critic_{domain}"
        rate = optimizer(config, "feature", lr_scale, config["n_critic"])
        games[domain] = judges.feature_game(config, judge, rate)
    return games


def optimizer(
    config: Mapping, network: str, lr_scale: float = 1.0, updates: int = 1
) -> keras.optimizers.Optimizer:
    """Adam as the paper uses it.

    Args:
        config: Resolved configuration.
        network: `"generator"`, `"critic"` or `"feature"`.
        lr_scale: Factor on the configured rate.
        updates: Updates of this network per generator step.
    """
    learning_rate = config[f"{network}_lr"] * lr_scale
    if config["lr_decay"] == "linear":
        learning_rate = ConstantThenLinear(
            learning_rate,
            config["lr_constant_steps"] * updates,
            config["steps"] * updates,
        )
    return adam(config, network, learning_rate)


def batches(
    config: Mapping,
    train: Pair,
    strategy: tf.distribute.Strategy,
    start_step: int,
) -> tf.distribute.DistributedDataset:
    """The training stream from `start_step` on, divided among replicas."""

    def stream(context: tf.distribute.InputContext) -> tf.data.Dataset:
        share = unpaired.training_batches(
            train.a,
            train.b,
            batch_size=config["batch_size"],
            n_critic=config["n_critic"],
            flip=config["flip"],
            size=parse_size(config["size"]),
            augment_width=judges.augment_width(config),
            seed=config["seed"],
            start_step=start_step,
            shard=(context.input_pipeline_id, context.num_input_pipelines),
        )
        replicas = context.num_replicas_in_sync
        if replicas > context.num_input_pipelines:
            share = share.rebatch(config["batch_size"] // replicas)
        return share.prefetch(2)

    return devices.distributed(stream, strategy)


def record(plan: Plan, split: PairSplit) -> dict:
    """What `config.json` and every checkpoint say about a run."""
    config = plan.config
    train = split.train
    return {
        "format": 1,
        "library": tfgan_transfer.__version__,
        "flags": dict(config),
        **network_arguments(config),
        "data_range": [-1, 1],
        **judges.features_record(config),
        "data": {
            "fingerprint": fingerprint(train),
            "images": len(train.a) + len(train.b),
            "images_a": len(train.a),
            "images_b": len(train.b),
            "holdout": len(split.holdout.a) + len(split.holdout.b),
        },
    }


def noise(config: Mapping, description: object) -> Pair:
    """Noise of the size of both sets, see `noise.images`."""
    images = noise_images.images(config, description)
    return Pair(images, images)


def fingerprint(train: Pair) -> str:
    """What tells these images from others."""
    return f"{train.a.fingerprint}-{train.b.fingerprint}"


def examples(config: Mapping, split: PairSplit) -> tuple[np.ndarray, ...]:
    """The images that all sheets of a run translate: held-out ones, if any.

    Returns:
        Uint8 [N, H, W, C] of A and of B, N up to `--sample_grid`.
    """
    sets = split.holdout if all(map(len, split.holdout)) else split.plain
    return tuple(
        np.asarray(images.images[: config["sample_grid"]]) for images in sets
    )
