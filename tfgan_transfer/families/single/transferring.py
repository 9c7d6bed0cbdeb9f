"""A source model: opened, moved into new networks, and reported."""

import dataclasses
import itertools
import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import keras

from tfgan_transfer import images
from tfgan_transfer.data import ImageSet, Split
from tfgan_transfer.errors import UserError
from tfgan_transfer.families.single import build, stacking
from tfgan_transfer.trained import saved
from tfgan_transfer.training import checkpoint
from tfgan_transfer.training.run_directory import RunDirectory, write_atomically
from tfgan_transfer.transfer import mapping
from tfgan_transfer.transfer.ends import Ends
from tfgan_transfer.transfer.report import Row, record, table

# Which networks start from the source.
MOVED = {
    "both": ("generator", "critic"),
    "generator": ("generator",),
    "critic": ("critic",),
    "none": (),
}
# The average is the better generator, and the one that was looked at.
GROUPS = {"generator": "ema_generator", "critic": "critic"}


class Source(NamedTuple):
    """An opened source.

    Attributes:
        record: What the new run remembers of it, JSON values.
        arrays: Group -> weight path -> array.
        ends: What its networks take and give.
    """

    record: dict
    arrays: checkpoint.Groups
    ends: Ends


def open_source(config: Mapping) -> Source:
    """Opens what `--source` names.

    Raises:
        UserError: If there is no whole checkpoint.
    """
    found = saved.find(config["source"], "--source")
    run = found.manifest["run"]
    about = {
        "source": config["source"],
        "step": found.step,
        "manifest_sha256": found.manifest["manifest_sha256"],
        "data": run["data"]["fingerprint"],
    }
    labels = tuple(run["data"]["vocabulary"])
    return Source(about, checkpoint.load(found.path), _ends(run, labels))


def move(
    source: Source,
    config: Mapping,
    train: ImageSet,
    generator: keras.Model,
    critic: keras.Model,
) -> dict[str, Sequence[Row]]:
    """Puts the source's weights into new networks, as `--transfer` says.

    Args:
        source: Where they come from.
        config: Resolved configuration.
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
    arguments = build.network_arguments(config, train.labels.shape[1])
    target = _ends(arguments, train.vocabulary)
    if train.label_mode == "tags":
        mean = float(train.labels.sum(axis=-1).mean())
        target = dataclasses.replace(target, labels_per_image=mean)
    mapped = {}
    for name in MOVED[config["transfer"]]:
        arrays = source.arrays[GROUPS[name]]
        mapped[name] = map_network(networks[name], arrays, source.ends, target)
    for name, result in mapped.items():
        mapping.assign(networks[name], result)
    rows = {name: result.rows for name, result in mapped.items()}
    if config["model"] == "stack_gan":
        arrays = source.arrays[GROUPS["generator"]]
        rows["generator"] = stacking.place(generator, arrays)
    return rows


def map_network(
    network: keras.Model, arrays: Mapping, source: Ends, target: Ends
) -> mapping.Mapped:
    """Maps one network; prints what cannot be, and says so in one line."""
    try:
        return mapping.map_weights(network, arrays, source, target)
    except UserError as error:
        # The list goes first, so that the error itself stays one line.
        sentence, _, problems = str(error).partition(":\n")
        print(problems, flush=True)
        raise UserError(f"{sentence} (listed above)") from error


def report(
    run: RunDirectory, source: Source, rows: Mapping[str, Sequence[Row]]
) -> None:
    """Prints the mapping and keeps it as `transfer.json`."""
    about = f"source    {source.record['source']}, step {source.record['step']}"
    print(about, table(itertools.chain(*rows.values())), sep="\n", flush=True)
    kept = {
        **source.record,
        **{name: record(its) for name, its in rows.items()},
    }
    write_atomically(run.path / "transfer.json", json.dumps(kept, indent=1))


def show_first_fakes(
    run: RunDirectory, config: Mapping, split: Split, model: keras.Model
) -> None:
    """Writes `samples/fakes_init.png`: what the new run starts with."""
    latents = build.fixed_latents(config, config["sample_grid"])
    labels = build.fixed_labels(config, split.train, config["sample_grid"])
    samples = images.to_uint8(model.sample(latents, labels))
    scale = images.readable_scale(samples.shape[1])
    path = run.samples / "fakes_init.png"
    images.save(path, images.grid(samples, gap=1), scale)


def _ends(arguments: Mapping, labels: tuple[str, ...]) -> Ends:
    generator = arguments["generator"]
    conditioning = generator.get("conditioning", "none")
    return Ends(
        tuple(generator["image_shape"]),
        generator["latent_size"],
        labels if conditioning != "none" else (),
        conditioning,
    )
