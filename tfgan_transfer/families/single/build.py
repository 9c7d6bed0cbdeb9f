"""From settings to the objects of a model of one generator and one critic."""

from collections.abc import Callable, Mapping

import keras
import numpy as np
import tensorflow as tf

import tfgan_transfer
from tfgan_transfer import data
from tfgan_transfer.data import subset
from tfgan_transfer.families import judges
from tfgan_transfer.families.family import Plan
from tfgan_transfer.gans.feature_game import FeatureGame
from tfgan_transfer.networks.architecture import (
    critic,
    feature_critic,
    generator,
)
from tfgan_transfer.settings import single
from tfgan_transfer.settings.config import parse_size
from tfgan_transfer.training import devices
from tfgan_transfer.training.optimizers import Delayed, FusedAdam
from tfgan_transfer.transfer import freeze
from tfgan_transfer.transfer.regularise import Anchor, fisher

# Samples from which EWC estimates how much each weight matters.
FISHER_SAMPLES = 64


def network_arguments(plan: Plan, num_labels: int = 0) -> dict:
    """Arguments of the network builders, as plain JSON values.

    They are stored in every checkpoint, so that it opens without flags.

    Args:
        plan: Of the run.
        num_labels: L, the labels of the images, for a model that uses them.
    """
    config = plan.config
    shape = [*parse_size(config["size"]), int(config["channels"])]
    common = {"image_shape": shape, "width": config["width"]}
    conditioning = {}
    if config["conditioning"] != "none":
        common["num_labels"] = num_labels
        conditioning["conditioning"] = config["conditioning"]
    grown = {
        name: {"grown_from": [list(size) for size in sizes]}
        for name, sizes in plan.grown_from.items()
    }
    stages = {}
    if plan.stage1:
        stages = {
            "stage1": plan.stage1,
            "width": config["stage2_width"],
            "num_blocks": config["stage2_blocks"],
        }
    return {
        "network": config["network"],
        "generator": {
            **common,
            "latent_size": config["latent_size"],
            **conditioning,
            **stages,
            **grown.get("generator", {}),
        },
        **_critics(config, {**common, **grown.get("critic", {})}),
    }


def _critics(config: Mapping, common: Mapping) -> dict:
    """Arguments of the critic and, if there is one, of the feature critic."""
    judge = {
        **common,
        "norm": config["critic_norm"],
        "spectral_norm": config["spectral_norm"],
    }
    if config["network"] == "acgan":
        judge["dropout"] = config["dropout"]
        judge["activation_noise"] = config["activation_noise"]
    on_features = judges.on_features(config, common["image_shape"])
    labels = judge.pop("num_labels", 0)
    if labels and judges.classifies(config, "network"):
        judge["num_labels"] = labels
    if labels and judges.classifies(config, "projected"):
        on_features["num_labels"] = labels
        if config["class_taps"]:
            on_features["class_taps"] = list(single.taps(config))
    return {
        "network": {"critic": judge},
        "projected": {"critic": on_features},
        "both": {"critic": judge, "feature_critic": on_features},
    }[config["critic"]]


def load_data(
    config: Mapping,
    on_bad_files: Callable[[tuple[data.BadFile, ...]], None] | None = None,
) -> data.Split:
    """Decodes the images that `config` asks for."""
    return data.load(
        config["data"],
        size=parse_size(config["size"]),
        channels=int(config["channels"]),
        fit=config["fit"],
        # Runs from before have none.
        max_value=config.get("max_value"),
        classes=subset.names(config["classes"]),
        limit=config["limit"],
        holdout=holdout(config),
        seed=config["seed"],
        max_bad_files=config["max_bad_files"],
        cache_dir=config["cache_dir"],
        memory_limit=config["data_memory_mb"] * 2**20,
        on_bad_files=on_bad_files,
    )


def holdout(config: Mapping) -> int | float:
    """`--holdout` as a count when it is 1 or more, as a share below."""
    value = config["holdout"]
    return int(value) if value >= 1 else value


def gan(
    model: type[keras.Model],
    plan: Plan,
    train: data.ImageSet | None = None,
    *,
    xla: bool,
    lr_scale: float = 1.0,
    start_from: Callable[[keras.Model, keras.Model], None] | None = None,
) -> keras.Model:
    """Builds and compiles the model; call it inside the strategy's scope.

    Args:
        model: A subclass of `AdversarialGAN`.
        plan: Of the run.
        train: The training images; their labels make a conditional model.
        xla: Whether XLA compiles the step.
        lr_scale: Factor on both learning rates, below 1 after a rollback.
        start_from: Puts the first weights into generator and critic; they
            stay random when absent.
    """
    config = plan.config
    arguments = network_arguments(plan, _num_labels(train))
    networks = generator(arguments), critic(arguments)
    if start_from:
        start_from(*networks)
    built = model(*networks)
    built.frozen = [
        freeze.freeze(getattr(built, name), selector)
        for name, selector in freeze.parse(config["freeze"])
    ]
    if config["sync_batch_norm"]:
        for layer in (*built.generator.layers, *built.critic.layers):
            if hasattr(layer, "synchronized"):
                layer.synchronized = True
    built.compile(
        optimizer(config, "generator", lr_scale),
        optimizer(config, "critic", lr_scale, updates=config["n_critic"]),
        adversarial_loss=config["adversarial_loss"],
        n_critic=config["n_critic"],
        gradient_penalty=config["gradient_penalty"],
        r1=config["r1"],
        r2=config["r2"],
        penalty_every=config["penalty_every"],
        clip=config["clip"],
        ema_decay=config["ema_decay"],
        spectrum_weight=config["spectrum_weight"],
        # Runs from before have none.
        equal_phases=config.get("equal_phases", False),
        augmentation=judges.augmentation(config),
        regulariser=anchor(config, built, train),
        feature_game=_feature_game(config, arguments, lr_scale),
        apart=config["critic"] == "projected" and judges.apart(config),
        xla=xla,
        **judges.class_options(config),
    )
    return built


def _feature_game(
    config: Mapping, arguments: Mapping, lr_scale: float
) -> FeatureGame | None:
    if "feature_critic" not in arguments:
        return None
    judge = feature_critic(arguments["feature_critic"])
    judge.name = "feature_critic"
    rate = optimizer(config, "feature", lr_scale, updates=config["n_critic"])
    return judges.feature_game(config, judge, rate)


def anchor(
    config: Mapping, model: keras.Model, train: data.ImageSet | None
) -> Anchor | None:
    """What `--anchor` ties the generator to: the weights it has now."""
    if config["anchor"] == "none":
        return None
    importance = None
    if config["anchor"] == "ewc":
        importance = fisher(
            model.generator,
            model.critic,
            fixed_latents(config, FISHER_SAMPLES),
            fixed_labels(config, train, FISHER_SAMPLES),
        )
    return Anchor(model.generator, config["anchor_weight"], importance)


def optimizer(
    config: Mapping, network: str, lr_scale: float = 1.0, updates: int = 1
) -> keras.optimizers.Optimizer:
    """Adam as the papers use it.

    Args:
        config: Resolved configuration.
        network: `"generator"`, `"critic"` or `"feature"`.
        lr_scale: Factor on the configured rate.
        updates: Updates of this network per generator step.
    """
    learning_rate = config[f"{network}_lr"] * lr_scale
    waits = config["critic_warmup"] if network == "generator" else 0
    if config["lr_decay"] == "linear":
        learning_rate = keras.optimizers.schedules.PolynomialDecay(
            learning_rate, config["steps"] * updates, end_learning_rate=0.0
        )
    if waits:
        # Adam's second moments grow meanwhile, as they should.
        learning_rate = Delayed(learning_rate, waits)
    return adam(config, network, learning_rate)


def adam(
    config: Mapping,
    network: str,
    learning_rate: float | keras.optimizers.schedules.LearningRateSchedule,
) -> FusedAdam:
    """Adam with the configured betas, named after its network."""
    return FusedAdam(
        learning_rate,
        beta_1=config["adam_beta1"],
        beta_2=config["adam_beta2"],
        epsilon=1e-8,
        # Weights are saved under this name, which Keras would number.
        name=f"{network}_adam",
    )


def batches(
    config: Mapping,
    train: data.ImageSet,
    strategy: tf.distribute.Strategy,
    start_step: int,
) -> tf.distribute.DistributedDataset:
    """The training stream from `start_step` on, divided among replicas."""

    def stream(context: tf.distribute.InputContext) -> tf.data.Dataset:
        share = data.training_batches(
            train,
            batch_size=config["batch_size"],
            n_critic=config["n_critic"],
            latent_size=config["latent_size"],
            latent_prior=config["latent_prior"],
            augment_width=judges.augment_width(config),
            flip=config["flip"],
            rotation=config["rotate"],
            seed=config["seed"],
            start_step=start_step,
            shard=(context.input_pipeline_id, context.num_input_pipelines),
        )
        replicas = context.num_replicas_in_sync
        if replicas > context.num_input_pipelines:
            share = share.rebatch(config["batch_size"] // replicas)
        return share.prefetch(2)

    return devices.distributed(stream, strategy)


def record(plan: Plan, split: data.Split) -> dict:
    """What `config.json` and every checkpoint say about a run."""
    config = plan.config
    return {
        "format": 1,
        "library": tfgan_transfer.__version__,
        "flags": dict(config),
        **network_arguments(plan, _num_labels(split.train)),
        "data_range": [-1, 1],
        "latent_prior": config["latent_prior"],
        **judges.features_record(config),
        "data": {
            "fingerprint": split.train.fingerprint,
            "images": len(split.train),
            "holdout": len(split.holdout),
            "label_mode": split.train.label_mode,
            "vocabulary": list(split.train.vocabulary),
            "label_prior": data.LabelPrior.of(split.train.labels).record(),
        },
    }


def fixed_latents(config: Mapping, count: int) -> np.ndarray:
    """The latents that `generate --seed` and the sample grids share."""
    return np.asarray(
        data.latents(
            config["seed"], count, config["latent_size"], config["latent_prior"]
        )
    )


def fixed_labels(
    config: Mapping, train: data.ImageSet | None, count: int
) -> np.ndarray | None:
    """The labels beside `fixed_latents`, None for a model without labels."""
    if config["conditioning"] == "none":
        return None
    return data.LabelPrior.of(train.labels).draw(config["seed"], count)


def _num_labels(train: data.ImageSet | None) -> int:
    return 0 if train is None else train.labels.shape[1]
