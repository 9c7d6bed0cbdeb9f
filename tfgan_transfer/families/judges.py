"""From settings to what judges images: critics on features, their games.

For a model of one generator as for translators between two sets.
"""

from collections.abc import Mapping

import keras
import tensorflow as tf

from tfgan_transfer import augment
from tfgan_transfer.families.footprint import trainable
from tfgan_transfer.gans.class_game import ClassGame
from tfgan_transfer.gans.feature_game import FeatureGame
from tfgan_transfer.networks import features
from tfgan_transfer.settings.stack import CLASSES


def on_features(config: Mapping, image_shape: list[int]) -> dict:
    """Arguments of a critic on frozen features."""
    described = {
        "image_shape": image_shape,
        "features": config["features"],
        "size": config["feature_size"],
        "heads": config["feature_heads"],
    }
    if apart(config):
        described["norm"] = config["feature_norm"]
    return described


def feature_game(
    config: Mapping, judge: keras.Model, rate: keras.optimizers.Optimizer
) -> FeatureGame:
    """The game of a second critic, as the settings have it."""
    policy = augment.parse(config["feature_augment"])
    return FeatureGame(
        judge,
        rate,
        config["feature_loss"],
        config["feature_weight"],
        augment.Augmentation(policy.transforms) if policy.transforms else None,
        apart=apart(config),
        class_game=_feature_classes(config),
        # Runs from before have none.
        matching=config.get("feature_matching", 0.0),
    )


def parameters(game: FeatureGame) -> str:
    """How many a second critic learns, in words."""
    count = trainable(game.critic)
    # A source has none of them, nor has a part of a recipe before it.
    done = tf.convert_to_tensor(game.optimizer.iterations.value)
    new = "" if int(done) else ", new"
    return f"{count:,} of a critic on features{new}"


def lines(config: Mapping, title: str, critic: keras.Model) -> list[str]:
    """What is said about critics on frozen features, if there are any.

    Args:
        config: Resolved configuration.
        title: What the line begins with.
        critic: The critic that stands alone, on features or not.
    """
    on = f"{title} on frozen {config['features']} features"
    if config["critic"] == "both":
        return [f"{on}, beside the network's own"]
    if config["critic"] != "projected":
        return []
    return [f"{on}: heads of {trainable(critic):,} parameters"]


def _feature_classes(config: Mapping) -> ClassGame | None:
    options = class_options(config)
    if options and classifies(config, "projected"):
        return ClassGame(**options)
    return None


def classifies(config: Mapping, critic: str) -> bool:
    """Whether a critic, `"network"` or `"projected"`, has a class head.

    The only critic of a labelled model always has.
    """
    if config["critic"] != "both":
        return config["critic"] == critic
    return config["class_critic"] in (critic, "both")


def class_options(config: Mapping) -> dict:
    """What `compile` is told about labels; nothing for a model without."""
    if config["conditioning"] == "none":
        return {}
    return {name: config[name] for name in CLASSES}


def apart(config: Mapping) -> bool:
    """Whether a critic on features judges real and generated images apart."""
    # Runs from before have none.
    return config.get("feature_norm", "none") == "batch"


def augmentation(config: Mapping) -> augment.Augmentation | None:
    """What `--augment` and `--augment_p` ask for, or None."""
    policy = augment.parse(config["augment"])
    if not policy.transforms:
        return None
    fixed = config["augment_p"]
    return augment.Augmentation(
        policy.transforms, policy.probability if fixed is None else fixed
    )


def augment_width(config: Mapping) -> int:
    """Random numbers that augmentation takes for an image, of both critics."""
    width = augment.parse(config["augment"]).width
    if config["critic"] == "both":
        width += augment.parse(config["feature_augment"]).width
    return width


def features_record(config: Mapping) -> dict:
    """What a run says of the frozen network that judges or compares."""
    judges = config["critic"] != "network" or config.get("critic_schedule")
    if not judges and not config.get("content_weight"):
        return {}
    return {"features_sha256": features.fingerprint(config["features"])}
