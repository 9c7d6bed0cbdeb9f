"""What is known of a model, as a checkpoint says it."""

import contextlib
import hashlib
import numbers
import os
import pathlib
import tempfile
from collections.abc import Iterator, Mapping

import keras

import tfgan_transfer
from tfgan_transfer.errors import UserError, shown
from tfgan_transfer.library.models import GAN
from tfgan_transfer.networks.architecture import LAYERS
from tfgan_transfer.settings import config
from tfgan_transfer.trained import saved, zoo
from tfgan_transfer.training import checkpoint


def of(gan: keras.Model) -> dict:
    """The record of a model, made from its networks if it has none."""
    return gan.record or _of_networks(gan)


def _of_networks(gan: keras.Model) -> dict:
    """What a run would say that had made these networks."""
    drawing = gan.networks[gan.parts[0]]
    shape = list(drawing.output_shape[1:])
    serialize = keras.saving.serialize_keras_object
    layers = {n: serialize(net) for n, net in gan.networks.items()}
    size = "x".join(map(str, shape[:2]))
    given = {"model": gan.family, "size": size, "channels": str(shape[-1])}
    common = {
        "format": 1,
        "library": tfgan_transfer.__version__,
        "network": None,
        "data_range": [-1, 1],
        "compile": gan.get_compile_config(),
    }
    unseen = {"fingerprint": "", "images": 0, "holdout": 0}
    if "critic" not in layers:
        return {
            **common,
            "flags": config.completed(given),
            "critic_view": None,
            "translator": {"image_shape": shape, LAYERS: layers},
            "critic": {"image_shape": shape, LAYERS: layers},
            "data": {**unseen, "images_a": 0, "images_b": 0},
        }
    latent, *labels = (one.shape[-1] for one in drawing.inputs)
    count = sum(labels)
    given["conditioning"] = "concat" if count else "none"
    return {
        **common,
        "flags": config.completed({**given, "latent_size": latent}),
        "latent_prior": "normal",
        **{
            name: {"image_shape": shape, LAYERS: layers[name]}
            for name in ("generator", "critic")
        },
        "generator": {
            "image_shape": shape,
            "latent_size": latent,
            "num_labels": count,
            LAYERS: layers["generator"],
        },
        "data": {
            **unseen,
            "label_mode": "class" if count else "none",
            "vocabulary": [str(number) for number in range(count)],
            "label_prior": [[1, [number]] for number in range(count)],
        },
    }


def write(gan: keras.Model, folder: pathlib.Path) -> checkpoint.Checkpoint:
    """Writes the networks of a model as a checkpoint below a folder."""
    record = zoo.without_places(of(gan))
    groups = checkpoint.gather(networks(gan))
    step = gan.steps_done if gan.compiled else 0
    return checkpoint.save(folder, step, groups, run=record)


def networks(gan: keras.Model) -> dict[str, keras.Model]:
    """All networks of a model, also those that its game has brought along."""
    known = gan.state if gan.compiled else gan.networks
    return {n: net for n, net in known.items() if isinstance(net, keras.Model)}


@contextlib.contextmanager
def on_disk(gan: keras.Model | str) -> Iterator[str]:
    """The path of a checkpoint of a model; of a name the name itself.

    What can be done with a trained model is done with its checkpoint. One
    that is in memory is written down for as long as that takes.
    """
    require(gan)
    if not isinstance(gan, keras.Model):
        try:
            yield str(gan)
        except UserError as error:
            raise error.about("checkpoint", "gan") from error
        return
    with tempfile.TemporaryDirectory() as folder:
        # As in a run directory, where what was measured of it would lie.
        yield str(write(gan, pathlib.Path(folder) / "checkpoints").path)


def about(gan: keras.Model | str) -> Mapping:
    """The record of a model or of what a name stands for."""
    require(gan)
    if isinstance(gan, keras.Model):
        return of(gan)
    return saved.find(str(gan), "--gan").manifest["run"]


def require(gan: object) -> None:
    """Refuses what is neither a model of this package nor a name of one."""
    if not isinstance(gan, GAN | str | os.PathLike):
        raise UserError(
            "--gan: expected a model of this package, or what from_preset "
            f"takes, received {shown(gan)}"
        )


def require_model(gan: object) -> None:
    """Refuses what is no model of this package; a name is none."""
    if not isinstance(gan, GAN):
        raise UserError(
            "--gan: expected a model of this package, such as from_preset "
            f"returns, received {shown(gan)}"
        )


def require_compiled(gan: object) -> None:
    """Refuses what cannot be trained."""
    require_model(gan)
    if not gan.compiled:
        raise UserError("--gan: is not compiled; call its compile() first")


def whole(number: object, least: int) -> bool:
    """Whether something is a whole number, and large enough.

    Args:
        number: Python's or NumPy's; True is none.
        least: The smallest one. None is above what 64 bits hold.
    """
    return (
        isinstance(number, numbers.Integral)
        and not isinstance(number, bool)
        and least <= number < 2**63
    )


def place(path: object, argument: str) -> pathlib.Path:
    """Somewhere to write to.

    Raises:
        UserError: If it is no path; `argument` is what it was given as.
    """
    if not isinstance(path, str | os.PathLike) or not os.fspath(path):
        raise UserError(
            f"--{argument}: expected a path, received {shown(path)}"
        )
    return pathlib.Path(path)


def name_of(record: Mapping) -> str:
    """What a model is called that another one starts from."""
    digest = hashlib.sha256(repr(record).encode()).hexdigest()
    return record.get("preset") or f"{record['flags']['model']}-{digest[:8]}"
