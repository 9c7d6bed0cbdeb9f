"""Flags of --model=cyclegan."""

from absl import flags

from tfgan_transfer.settings.choices import (
    CRITIC_VIEWS,
    DIRECTIONS,
    FITS,
    SOURCE_DOMAINS,
)


def define_pair_data() -> None:
    """Two sets of images."""
    flags.DEFINE_string("data_a", None, "Images of A; a source as in --data.")
    flags.DEFINE_string("data_b", None, "Images of B; a source as in --data.")
    flags.DEFINE_string(
        "test_a", None, "Held-out images of A, a source, instead of --holdout."
    )
    flags.DEFINE_string("test_b", None, "The same of B.")


def define_translation() -> None:
    """The game of translating between two sets."""
    flags.DEFINE_string(
        "load_size",
        None,
        "Larger than --size: images are loaded at this side, or "
        "HEIGHTxWIDTH, and --size is cut out at random.",
    )
    flags.DEFINE_float("cycle_weight", None, "Weight of the cycle loss.", 0)
    flags.DEFINE_float(
        "identity_weight",
        None,
        "Weight of the identity loss, in units of --cycle_weight.",
        0,
    )
    flags.DEFINE_integer(
        "pool_size", None, "Generated images kept for each critic; 0: none.", 0
    )
    flags.DEFINE_enum(
        "critic_view", None, CRITIC_VIEWS, "Patches (PatchGAN) or whole images."
    )
    flags.DEFINE_integer(
        "critic_layers",
        None,
        "Halvings of the PatchGAN: 1 to 4 see 16, 34, 70, 142 px.",
        1,
        8,
    )
    flags.DEFINE_integer(
        "lr_constant_steps",
        None,
        "Steps before the learning rates begin to fall.",
        0,
    )
    flags.DEFINE_enum(
        "source_domains",
        None,
        SOURCE_DOMAINS,
        "Which domains of --source A and B come from; - is a new one.",
    )


def define_translate() -> None:
    """What `translate` reads and writes."""
    flags.DEFINE_string("checkpoint", None, "One checkpoint of a run.")
    flags.DEFINE_string(
        "images",
        None,
        "folder:PATH, zip:PATH (either with #sub/folder), or the path of a "
        "folder, a zip file or one image.",
    )
    flags.DEFINE_enum("direction", None, DIRECTIONS, "From A to B (default).")
    flags.DEFINE_string("out", None, "Folder of PNG files.")
    flags.DEFINE_string(
        "cycles",
        None,
        "FILE.png: the first 16 images, their translations, and the way back.",
    )
    flags.DEFINE_integer("num", None, "Only the first ones by name.", 1)
    flags.DEFINE_string(
        "size",
        None,
        "Side in pixels or HEIGHTxWIDTH instead of that of training; own: as "
        "each image is.",
    )
    flags.DEFINE_enum(
        "fit", None, FITS, "How other shapes are made to fit (as in training)."
    )
    flags.DEFINE_bool("ema", None, "The averaged network (default) or not.")
    flags.DEFINE_bool("overwrite", None, "Replace files of an earlier call.")
