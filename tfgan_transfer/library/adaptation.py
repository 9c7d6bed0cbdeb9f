"""New models for the user's images: from another model, or from nothing."""

import tempfile
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from tfgan_transfer import families
from tfgan_transfer.errors import UserError
from tfgan_transfer.families import source
from tfgan_transfer.families.family import Plan
from tfgan_transfer.library import records
from tfgan_transfer.library.photos import Photos, require_photos
from tfgan_transfer.settings import arguments
from tfgan_transfer.settings.critic import CRITIC
from tfgan_transfer.settings.data import DATA
from tfgan_transfer.settings.model import LABELS, MODEL, STACK, TRANSLATION
from tfgan_transfer.settings.training import DEVICES, TRAINING, TRANSFER
from tfgan_transfer.trained import saved
from tfgan_transfer.training import devices
from tfgan_transfer.transfer.report import Report

if TYPE_CHECKING:
    from tfgan_transfer.library.models import AnyGAN

# What is left out is said in another way: by the model that is given, by the
# strategy, by `fit`.
_ELSEWHERE = {"source", "devices", "precision", "grow", "critic_schedule"}
_ROWS = [
    row
    for rows in (
        *(MODEL, CRITIC, LABELS, STACK, TRANSLATION),
        *(TRANSFER, TRAINING, DEVICES),
    )
    for row in rows
    if row.name not in _ELSEWHERE
]
# How long `fit` will go on is not known here.
_DEFAULTS = {"lr_decay": "none"}


def adapt(
    gan: keras.Model | str, photos: Photos, **settings: object
) -> "AnyGAN":
    """Makes a model for other images that starts from a trained one.

    Transfer is strict: every weight is copied, adapted by a named rule, fresh
    or dropped, and `transfer_report` of the new model says which ("Transferring
    GANs", Wang et al. 2018, arXiv 1805.01677). Images of a larger size make
    the networks grow; what is drawn first are the source's images, enlarged.

    Args:
        gan: What to start from: a model, or what `from_preset` takes. It stays
            as it is.
        photos: The images.
        **settings: What differs from the source, by the names of the flags of
            `train`: `model="acgan"`, `transfer="generator"`, `augment="diff"`,
            `freeze`, `critic="both"`, `generator_lr`, ...

    Returns:
        A compiled model under the strategy of the source, or under the current
        one if that was named.

    Raises:
        UserError: If settings contradict each other, or a weight of the source
            has no place and no rule says why.

    Example:
        >>> import tfgan_transfer as tt
        >>> photos = tt.load_images("shapes", size=32, limit=20)
        >>> gan = tt.adapt("zoo:faces_32", photos)
        >>> print(str(gan.transfer_report).splitlines()[0])
        generator  copied   20 weights 100.0 % of 1,184,963 parameters
    """
    record = records.about(gan)
    if "compile" in record:
        raise UserError(
            "--gan: was made from networks alone, and nobody can say how to "
            "make them for other images; start from `from_preset` or `build`"
        )
    require_photos(photos, "translator" in record)
    strategy = getattr(gan, "distribute_strategy", tf.distribute.get_strategy())
    chosen = {"model": record["flags"]["model"], **settings}
    with records.on_disk(gan) as path, strategy.scope():
        plan = _planned(photos, chosen, path)
        family = families.of(plan.config)
        found = plan.source or saved.find(path, "--gan")
        ends = family.source_ends(found.manifest["run"])
        name = gan if isinstance(gan, str) else records.name_of(record)
        opened = source.opened(found, str(name), ends)
        rows = {}

        def start_from(*networks: keras.Model) -> None:
            moved = family.move(opened, plan, photos.split.train, *networks)
            rows.update(moved)

        made = _made(plan, photos, start_from)
    made.record = {**made.record, "source": opened.record}
    made.record = _with_flags(made.record, source=str(name))
    made.transfer_report = Report(
        tuple(r for own in rows.values() for r in own)
    )
    return made


def build(photos: Photos, **settings: object) -> "AnyGAN":
    """Makes a model from nothing, with what follows from the images.

    Args:
        photos: The images.
        **settings: By the names of the flags of `train`: `model`, `network`,
            `width`, `latent_size`, `adversarial_loss`, `generator_lr`, ...

    Returns:
        A compiled model under the current strategy, with random weights.

    Raises:
        UserError: If settings contradict each other or do not go with the
            images.

    Example:
        >>> import tfgan_transfer as tt
        >>> digits = tt.load_images("digits", size=8, channels=1)
        >>> gan = tt.build(digits, model="acgan", width=4, latent_size=8)
        >>> gan.generate(3, labels="7").shape
        (3, 8, 8, 1)
    """
    paired = "data_a" in getattr(photos, "settings", ())
    require_photos(photos, paired)
    model = "cyclegan" if paired else "wgan_gp"
    return _made(_planned(photos, {"model": model, **settings}), photos)


def _planned(
    photos: Photos, chosen: Mapping, source: str | None = None
) -> Plan:
    elsewhere = {row.name for row in DATA} - {row.name for row in _ROWS}
    for name in sorted(elsewhere & chosen.keys()):
        raise UserError(
            f"--{name}: is settled when images are loaded; give it to "
            "load_images"
        )
    given = arguments.read(chosen, _ROWS)
    explicit = {**_DEFAULTS, **photos.settings, **given}
    if "data_a" in photos.settings:
        # They are loaded; what is cut out of them is settled.
        explicit.setdefault("load_size", photos.settings["size"])
    if source:
        explicit["source"] = source
    with tempfile.TemporaryDirectory() as nowhere:
        # Settings are those of a run, which is somewhere.
        explicit["run_dir"] = nowhere
        return families.of(explicit).resolve(explicit, None)


def _made(
    plan: Plan, photos: Photos, start_from: Callable | None = None
) -> keras.Model:
    family = families.of(plan.config)
    strategy = tf.distribute.get_strategy()
    made = family.build(
        plan,
        photos.split.train,
        xla=devices.use_xla(plan.config, strategy),
        start_from=start_from,
    )
    record = family.record(plan, photos.split)
    made.record = _with_flags(record, run_dir=None)
    return made


def _with_flags(record: Mapping, **flags: object) -> dict:
    return {**record, "flags": {**record["flags"], **flags}}
