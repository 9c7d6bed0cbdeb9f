"""A source of a generator and a critic: what becomes of its networks."""

import dataclasses
from collections.abc import Mapping, Sequence

import keras

from tfgan_transfer import images, pixels
from tfgan_transfer.data import ImageSet, Split
from tfgan_transfer.families.family import Plan
from tfgan_transfer.families.single import build, growth
from tfgan_transfer.families.source import Source, map_network
from tfgan_transfer.training.run_directory import RunDirectory
from tfgan_transfer.transfer import mapping
from tfgan_transfer.transfer.ends import Ends
from tfgan_transfer.transfer.report import Row

# Which networks start from the source.
MOVED = {
    "both": ("generator", "critic"),
    "generator": ("generator",),
    "critic": ("critic",),
    "none": (),
}
# The average is the better generator, and the one that was looked at.
GROUPS = {"generator": "ema_generator", "critic": "critic"}


def move(
    source: Source,
    plan: Plan,
    train: ImageSet,
    generator: keras.Model,
    critic: keras.Model,
) -> dict[str, Sequence[Row]]:
    """Puts the source's weights into new networks, as `--transfer` says.

    Args:
        source: Where they come from.
        plan: Of the run; its `transfer` says what moves.
        train: The training images, whose labels the new networks use.
        generator: New generator; assigned in place.
        critic: New critic; assigned in place.

    Returns:
        Network -> what became of each weight. Networks that stay as they are
        do not occur.

    Raises:
        UserError: If a weight is left that no rule explains; nothing has been
            assigned then.
    """
    networks = {"generator": generator, "critic": critic}
    arguments = build.network_arguments(plan, train.labels.shape[1])
    target = ends(arguments, train.vocabulary)
    mapped = {}
    for name in MOVED[plan.config["transfer"]]:
        end = target[name]
        if train.label_mode == "tags":
            mean = float(train.labels.sum(axis=-1).mean())
            end = dataclasses.replace(end, labels_per_image=mean)
        arrays = source.arrays[GROUPS[name]]
        mapped[name] = map_network(
            networks[name], arrays, source.ends[name], end
        )
    for name, result in mapped.items():
        mapping.assign(networks[name], result)
    return {name: result.rows for name, result in mapped.items()}


def show_first_fakes(
    run: RunDirectory, config: Mapping, split: Split, model: keras.Model
) -> None:
    """Writes `samples/fakes_init.png`: what the new run starts with."""
    latents = build.fixed_latents(config, config["sample_grid"])
    labels = build.fixed_labels(config, split.train, config["sample_grid"])
    samples = pixels.to_uint8(model.sample(latents, labels))
    scale = images.readable_scale(samples.shape[1])
    path = run.samples / "fakes_init.png"
    images.save(path, images.grid(samples, gap=1), scale)


def source_ends(run: Mapping) -> dict[str, Ends]:
    """Network of a source's run -> what it takes and gives."""
    return ends(run, tuple(run["data"]["vocabulary"]))


def ends(arguments: Mapping, labels: tuple[str, ...]) -> dict[str, Ends]:
    """Network -> what it takes and gives.

    Args:
        arguments: Of the network builders.
        labels: Of the images.
    """
    generator = arguments["generator"]
    conditioning = generator.get("conditioning", "none")
    common = (
        generator["latent_size"],
        labels if conditioning != "none" else (),
        conditioning,
    )
    return {
        name: Ends(growth.first_shape(arguments[name]), *common)
        for name in GROUPS
    }
