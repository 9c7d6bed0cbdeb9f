"""Models by name: those of the zoo, of runs, and those that were kept."""

import pathlib
import shutil
import tempfile
from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from tfgan_transfer import data, families
from tfgan_transfer.errors import UserError, shown
from tfgan_transfer.families.family import Plan
from tfgan_transfer.library import records
from tfgan_transfer.library.models import (
    ACGAN,
    GAN,
    WGANGP,
    CycleGAN,
    StackGAN,
)
from tfgan_transfer.networks.architecture import LAYERS
from tfgan_transfer.settings import config
from tfgan_transfer.trained import saved, zoo
from tfgan_transfer.training import checkpoint, devices

if TYPE_CHECKING:
    from tfgan_transfer.library.models import AnyGAN

_CLASSES = {one.family: one for one in (WGANGP, ACGAN, StackGAN, CycleGAN)}
# Settings of the run that trained it, not of what is done with it now.
_OVER = {"lr_decay": "none", "critic_warmup": 0, "anchor": "none"}


def presets() -> list[str]:
    """Names of the models that come with the package.

    Returns:
        What `from_preset` takes.

    Example:
        >>> import tfgan_transfer as tt
        >>> tt.presets()
        ['zoo:anime_32', ..., 'zoo:tiny_imagenet_64']
    """
    return [zoo.PREFIX + name for name in zoo.names()]


def from_preset(preset: str | pathlib.Path) -> "AnyGAN":
    """Opens a trained model: compiled, with new optimizers.

    Weights are those that were kept. Where the generator in training was not,
    as in the zoo, it starts from the averaged one. Call it within
    `strategy.scope()` to train on several devices.

    Args:
        preset: `zoo:NAME`, a run directory, one of its checkpoints, a folder
            by `save_to_preset`, or a file by `keras.saving.save_model`.

    Returns:
        A `WGANGP`, `ACGAN`, `StackGAN` or `CycleGAN`.

    Raises:
        UserError: If there is no such model, or it is damaged.

    Example:
        >>> import tfgan_transfer as tt
        >>> gan = tt.from_preset("zoo:faces_32")
        >>> gan.generator.output_shape
        (None, 32, 32, 3)
    """
    preset = records.place(preset, "preset")
    if preset.suffix == ".keras":
        return _of_keras(preset)
    found = saved.find(str(preset), "--preset")
    record = found.manifest["run"]
    # A folder's name without where it lies.
    name = str(preset)
    name = name if name.startswith(zoo.PREFIX) else pathlib.Path(name).name
    gan = _built(record)
    _restore(gan, checkpoint.load(found.path))
    gan.record = {**record, "preset": name}
    return gan


def _of_keras(path: pathlib.Path) -> keras.Model:
    """A model that `keras.saving.save_model` has kept."""
    try:
        gan = keras.saving.load_model(path)
    # Whatever is wrong in the file, Keras and its readers have a word for it.
    except Exception as error:
        said = " ".join(str(error).split())
        raise UserError(
            f"--preset: {str(path)!r} cannot be opened ({said}); expected a "
            "file that keras.saving.save_model wrote"
        ) from error
    if not isinstance(gan, GAN):
        raise UserError(
            f"--preset: {str(path)!r} holds {shown(gan)}, expected a model of "
            "this package"
        )
    return gan


def _built(record: dict) -> keras.Model:
    if "compile" in record:
        return _from_layers(record)
    flags = {**config.completed(record["flags"]), **_OVER}
    family = families.of(flags)
    known = record["data"]
    vocabulary = tuple(known.get("vocabulary", ()))
    mode = known.get("label_mode", "none")
    described = data.Description(known["images"], mode, vocabulary, (), None)
    stage1 = record.get("generator", {}).get("stage1")
    plan = Plan(flags, described, stage1=stage1)
    plan = family.at_phase(plan, flags, None, record)
    strategy = tf.distribute.get_strategy()
    return family.build(
        plan,
        family.noise(flags, described),
        xla=devices.use_xla(flags, strategy),
    )


def _from_layers(record: dict) -> keras.Model:
    """A model that was made from networks of the user's."""
    made = {}
    for part in ("generator", "critic", "translator"):
        layers = record.get(part, {}).get(LAYERS, {})
        made |= {part: layers} if "class_name" in layers else layers
    deserialize = keras.saving.deserialize_keras_object
    networks = {name: deserialize(layers) for name, layers in made.items()}
    gan = _CLASSES[record["flags"]["model"]](**networks)
    gan.compile_from_config(record["compile"])
    return gan


def _restore(gan: keras.Model, groups: checkpoint.Groups) -> None:
    for name, network in records.networks(gan).items():
        twins = name, f"ema_{name}", name.removeprefix("ema_")
        group = next(groups[twin] for twin in twins if twin in groups)
        checkpoint.restore({name: network}, {name: group})


def save_to_preset(gan: keras.Model, path: str | pathlib.Path) -> None:
    """Keeps a model's networks in a folder, to draw with or to start from.

    Commands take the folder as `--checkpoint` and as `--source`. Optimizers
    are not kept; `keras.saving.save_model` keeps them.

    Args:
        gan: The model.
        path: The folder; it must not be there yet, but a preset is replaced.

    Raises:
        UserError: If something else is there, or it cannot be written.

    Example:
        >>> import tempfile
        >>> import tfgan_transfer as tt
        >>> generator = tt.networks.dcgan.generator((8, 8, 1), 4, width=2)
        >>> critic = tt.networks.dcgan.critic((8, 8, 1), width=2)
        >>> gan = tt.WGANGP(generator, critic)
        >>> gan.compile()
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     tt.save_to_preset(gan, folder + "/mine")
        ...     same = tt.from_preset(folder + "/mine")
        >>> bool((same.generate(2) == gan.generate(2)).all())
        True
    """
    records.require_model(gan)
    final = records.place(path, "path")
    if final.exists() and not (final / checkpoint.MANIFEST).exists():
        raise UserError(
            f"--path: {str(final)!r} exists and is no preset; choose another "
            "place"
        )
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=f".{final.name}-", dir=final.parent
        ) as folder:
            written = records.write(gan, pathlib.Path(folder))
            shutil.rmtree(final, ignore_errors=True)
            written.path.rename(final)
    except OSError as error:
        raise UserError(
            f"--path: {str(final)!r} cannot be written ({error}); give a place "
            "that can be"
        ) from error
