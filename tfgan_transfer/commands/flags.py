"""Groups of absl flags; the entry points pick the groups they need.

Flags have no defaults of their own: what is not given is taken from the run
directory or derived from the data, see `config.py`. Importing this module
must stay cheap, so that `--help` answers at once: no TensorFlow here.
"""

from absl import flags

from tfgan_transfer.commands.evaluation_flags import define_critics
from tfgan_transfer.commands.evaluation_flags import (
    define_evaluate as define_evaluate,
)
from tfgan_transfer.commands.evaluation_flags import (
    define_evaluation_while_training as define_evaluation_while_training,
)
from tfgan_transfer.commands.evaluation_flags import (
    define_inception as define_inception,
)
from tfgan_transfer.commands.model_flags import (
    define_ensemble as define_ensemble,
)
from tfgan_transfer.commands.model_flags import define_labels as define_labels
from tfgan_transfer.commands.model_flags import define_model as define_model
from tfgan_transfer.commands.model_flags import define_stack as define_stack
from tfgan_transfer.commands.optional_flags import OptionalEnum
from tfgan_transfer.commands.serving_flags import define_export as define_export
from tfgan_transfer.commands.serving_flags import define_serve as define_serve
from tfgan_transfer.settings.choices import (
    ANCHORS,
    DRY_RUN,
    FITS,
    LARGEST_SEED,
    LR_DECAYS,
    ON_NAN,
    PRECISIONS,
    TRANSFERS,
    XLA,
)


def define_run() -> None:
    """Where a run lives."""
    flags.DEFINE_string("run_dir", None, "Its directory, new or continued.")


def define_data() -> None:
    """Which images, and how they are brought to size."""
    flags.DEFINE_string(
        "data",
        None,
        "folder:PATH, zip:PATH (either with #sub/folder), tfds:NAME, digits "
        "or shapes.",
    )
    flags.DEFINE_string("classes", None, "Keep only these: cat,dog (all).")
    flags.DEFINE_integer(
        "limit", None, "Use this many images, chosen by --seed.", 1
    )
    flags.DEFINE_float(
        "holdout",
        None,
        "Keep a count (>= 1) or a share (< 1) of the images out of training.",
        0,
    )
    flags.DEFINE_string("size", None, "Side in pixels, or HEIGHTxWIDTH.")
    flags.DEFINE_enum("channels", None, ["1", "3"], "Grey or colour.")
    flags.DEFINE_enum("fit", None, FITS, "How other shapes are made to fit.")
    flags.DEFINE_bool("flip", None, "Mirror images at random.")
    flags.DEFINE_float(
        "rotate", None, "Turn images at random, up to +- degrees.", 0, 180
    )
    flags.DEFINE_float(
        "max_bad_files",
        None,
        "Share (< 1) or count (>= 1) of unreadable files to put up with.",
        0,
    )
    flags.DEFINE_string(
        "cache_dir", None, "Where sets too big for memory are decoded to."
    )
    flags.DEFINE_integer(
        "data_memory_mb", None, "Biggest decoded set held in memory.", 1
    )


def define_transfer() -> None:
    """Where weights come from, and what few images need."""
    flags.DEFINE_string(
        "source", None, "Run, checkpoint or zoo:NAME to start from."
    )
    flags.DEFINE_enum("transfer", None, TRANSFERS, "What starts from it.")
    flags.DEFINE_string(
        "freeze", None, "Such as critic:0-1,generator:all-but-norm."
    )
    flags.DEFINE_integer(
        "critic_warmup", None, "First steps in which only the critic learns.", 0
    )
    flags.DEFINE_enum(
        "anchor", None, ANCHORS, "Holds the generator near the source."
    )
    flags.DEFINE_float("anchor_weight", None, "Weight of --anchor.", 0)
    flags.DEFINE_string(
        "augment", None, "none, diff, ada, or of color,translation,cutout."
    )
    flags.DEFINE_string(
        "augment_preview", None, "Only write this picture of --augment."
    )
    flags.DEFINE_float(
        "augment_p", None, "Fixed probability of each augmentation.", 0, 1
    )


def define_training() -> None:
    """How long and how fast."""
    flags.DEFINE_integer(
        "batch_size", None, "Images over all replicas.", 1, 65536
    )
    flags.DEFINE_integer("steps", None, "Generator steps in total.", 1)
    flags.DEFINE_integer(
        "seed", None, "Seed of everything random.", 0, LARGEST_SEED
    )
    flags.DEFINE_float("generator_lr", None, "Adam learning rate.", 0)
    flags.DEFINE_float("critic_lr", None, "Adam learning rate.", 0)
    flags.DEFINE_float("adam_beta1", None, "Adam, first moment.", 0, 0.999999)
    flags.DEFINE_float("adam_beta2", None, "Adam, second moment.", 0, 0.999999)
    flags.DEFINE_enum(
        "lr_decay", None, LR_DECAYS, "Constant, or linearly down to zero."
    )


def define_reporting() -> None:
    """What is written while training, and how often."""
    flags.DEFINE_integer("checkpoint_every", None, "Steps.", 1)
    flags.DEFINE_integer("keep_checkpoints", None, "Newest ones to keep.", 1)
    flags.DEFINE_integer("sample_every", None, "Steps; 0 for none.", 0)
    flags.DEFINE_integer("sample_grid", None, "Images per sample grid.", 1)
    flags.DEFINE_integer("log_every", None, "Steps.", 1)
    flags.DEFINE_enum(
        "on_nan", None, ON_NAN, "Stop, or go back and halve the rates."
    )
    flags.DEFINE_integer(
        "restart_from",
        None,
        "Go back to the checkpoint of this step, with half the rates.",
        1,
    )
    flags.DEFINE_flag(
        OptionalEnum(
            "dry_run",
            DRY_RUN,
            "Print the plan (text, with a time, or json); touch nothing.",
        )
    )


def define_sources() -> None:
    """Which sources to compare."""
    flags.DEFINE_list("sources", None, "Sources, each a --source.")


def define_rank() -> None:
    """How much to spend on it."""
    flags.DEFINE_integer("budget", None, "Steps of all probes together.", 1)


def define_study() -> None:
    """The grid of a study."""
    flags.DEFINE_string("study_dir", None, "Where runs and tables go.")
    flags.DEFINE_list("target", None, "Target images, each a --data.")
    flags.DEFINE_list("target_sizes", None, "Numbers of target images.")
    flags.DEFINE_multi_string(
        "variant",
        None,
        "scratch, critic, generator, both, or 'NAME: --flag=value ...'; "
        "repeat it (the four).",
    )
    flags.DEFINE_integer("study_seeds", None, "Runs of each cell (1).", 1)
    flags.DEFINE_integer("first_seed", None, "Seed to begin with (0).", 0)
    flags.DEFINE_string("final_metrics", None, "Measured at the end, e.g. iw.")
    define_critics()


def define_devices() -> None:
    """Where the work is done, and in which arithmetic."""
    flags.DEFINE_string(
        "devices",
        None,
        "auto, cpu:N or gpu:N (one replica on each); with several hosts "
        "(TF_CONFIG) all GPUs of each are used.",
    )
    flags.DEFINE_enum("xla", None, XLA, "auto: on for GPUs, off for CPUs.")
    flags.DEFINE_bool(
        "deterministic",
        None,
        "On GPUs: the same bits in every run, continued or not; slower.",
    )
    flags.DEFINE_enum(
        "precision",
        None,
        PRECISIONS,
        "Arithmetic of layers; auto: bfloat16 where a probe finds it faster.",
    )


def define_generate() -> None:
    """What `generate` draws, and where it goes."""
    flags.DEFINE_string("checkpoint", None, "One checkpoint of a run.")
    flags.DEFINE_integer("num", None, "Number of images (16).", 1)
    flags.DEFINE_string("out", None, "Folder of PNG files, or FILE.npz.")
    flags.DEFINE_string(
        "grid",
        None,
        "FILE.png with all images, or classes: a row for each label.",
    )
    flags.DEFINE_string(
        "tags", None, 'Draw these, for example "green hair blue eyes".'
    )
    flags.DEFINE_string("class", None, "Draw this class.")
    flags.DEFINE_string("prompts", None, "File of lines: id,tags to draw.")
    flags.DEFINE_integer(
        "interpolate",
        None,
        "Pictures from each image to the next, to --out=FILE.gif or .webp.",
        1,
    )
    flags.DEFINE_float(
        "truncation", None, "Factor on the latents; 1 for none.", 0.01, 1.0
    )
    flags.DEFINE_string(
        "resize", None, "Scale the images to this side, or HEIGHTxWIDTH."
    )
    flags.DEFINE_enum(
        "precision",
        None,
        [one for one in PRECISIONS if one != "auto"],
        "Arithmetic of layers (float32), whatever it was in training.",
    )
    flags.DEFINE_bool("ema", None, "The averaged generator (default) or not.")
    flags.DEFINE_integer(
        "seed", None, "Seed of the latents (0).", 0, LARGEST_SEED
    )


def given(names: frozenset[str] | None = None) -> dict:
    """Values of the flags that were given on the command line or in a file.

    Args:
        names: Only these; all of this library's flags when absent.

    Returns:
        Flag name -> value.
    """
    values = flags.FLAGS
    return {
        name: values[name].value
        for name in values
        if values[name].present and (names is None or name in names)
    }
