"""What a run says about itself before its first step."""

from collections.abc import Mapping

import keras

from tfgan_transfer.families.pair import transferring as pair_transfer
from tfgan_transfer.families.single import stacking, transferring
from tfgan_transfer.settings import label_settings
from tfgan_transfer.settings.pair_config import CYCLEGAN


def lines(
    config: Mapping,
    split: tuple,
    record: Mapping,
    model: keras.Model,
    devices: str,
) -> list[str]:
    """One line for each thing that the flags have settled.

    Args:
        config: Resolved configuration.
        split: What was loaded.
        record: What the run's checkpoints say about it.
        model: The compiled model.
        devices: What it runs on.
    """
    pair = config["model"] == CYCLEGAN
    frozen = "; ".join(map(str, model.frozen))
    moved = (pair_transfer if pair else transferring).MOVED
    return [
        *(
            _pair(config, split, model)
            if pair
            else _single(config, split, record, model)
        ),
        f"training  {config['adversarial_loss']}, {config['n_critic']} "
        f"critic iterations, batch {config['batch_size']}, "
        f"{config['steps']} steps",
        f"freezing  {frozen}" if frozen else "freezing  nothing",
        f"devices   {devices}",
        *(
            f"warning: --freeze keeps random weights: the {part.network} does "
            "not start from a --source"
            for part in model.frozen
            if part.network not in moved[config["transfer"]]
        ),
    ]


def _single(
    config: Mapping, split: tuple, record: Mapping, model: keras.Model
) -> list[str]:
    train = split.train
    counts = (model.generator.count_params(), model.critic.count_params())
    return [
        f"data      {config['data']}: {len(train)} images of "
        f"{'x'.join(map(str, train.images.shape[1:]))}, "
        f"{len(split.holdout)} held out",
        *label_settings.lines(config, train.vocabulary, train.label_mode),
        *stacking.lines(config, record["generator"]),
        f"networks  {config['network']}, width {config['width']}: "
        "generator {:,} and critic {:,} parameters".format(*counts),
    ]


def _pair(config: Mapping, split: tuple, model: keras.Model) -> list[str]:
    counts = (model.a2b.count_params(), model.critic_a.count_params())
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
        "each translator {:,} and each critic {:,} parameters".format(*counts),
    ]
