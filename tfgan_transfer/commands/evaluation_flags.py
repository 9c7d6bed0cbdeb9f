"""Flags of evaluation, by command and while training."""

from absl import flags

from tfgan_transfer.settings.choices import BEST_METRICS, LARGEST_SEED


def define_evaluation_while_training() -> None:
    """What is measured while training, and what follows from it."""
    flags.DEFINE_integer("eval_every", None, "Steps; 0 (default) for none.", 0)
    flags.DEFINE_string("eval_metrics", None, "As --metrics of evaluate (kid).")
    flags.DEFINE_integer("eval_images", None, "Samples per evaluation.", 4)
    flags.DEFINE_enum(
        "best_metric",
        None,
        BEST_METRICS,
        "The best checkpoint by this one is kept (kid).",
    )
    flags.DEFINE_integer(
        "stop_patience",
        None,
        "Stop after this many evaluations without improvement; 0 for never.",
        0,
    )


def define_inception() -> None:
    """The feature network behind FID, KID, precision and recall."""
    flags.DEFINE_string(
        "inception",
        None,
        "Directory of a SavedModel that is called like TF-GAN's Inception.",
    )
    flags.DEFINE_string("inception_layer", None, "Its output (pool_3).")


def define_evaluate() -> None:
    """What `evaluate` measures."""
    flags.DEFINE_string("checkpoint", None, "One checkpoint of a run.")
    flags.DEFINE_string(
        "images", None, "Images to judge instead of a generator (a --data)."
    )
    flags.DEFINE_string(
        "metrics",
        None,
        "Of fid, fid_inf, kid, precision_recall, is, swd, ms_ssim, iw, "
        "memorisation, and of runs with labels per_class, class_ms_ssim, "
        "label_accuracy, discriminability; separated by commas "
        "(kid,fid,precision_recall).",
    )
    flags.DEFINE_integer("num_images", None, "Samples per sampling seed.", 4)
    flags.DEFINE_integer("sampling_seeds", None, "Sets of samples (3).", 1)
    flags.DEFINE_integer(
        "seed", None, "First sampling seed (0).", 0, LARGEST_SEED
    )
    flags.DEFINE_enum(
        "split", None, ("holdout", "train"), "Real images to compare with."
    )
    flags.DEFINE_enum(
        "iw_budget", None, ("small", "full"), "Critic of the metric iw."
    )
    define_critics()
    flags.DEFINE_bool("ema", None, "The averaged generator (default) or not.")
    flags.DEFINE_string("against", None, "Another run to compare with.")
    flags.DEFINE_string(
        "pairs", None, "Picture of samples and their nearest training images."
    )
    flags.DEFINE_string(
        "class_plot", None, "Picture of each label's accuracy and similarity."
    )
    flags.DEFINE_bool("json", None, "Print JSON.")


def define_critics() -> None:
    """How many critics the independent Wasserstein distance is the mean of."""
    flags.DEFINE_integer("iw_critics", None, "Critics of metric iw (3).", 1)
