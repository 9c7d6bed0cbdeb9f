"""The literal values that enum flags accept.

They repeat keys of tables that live beside TensorFlow code, so that `--help`
need not import it; a test compares the two.
"""

MODELS = ("wgan_gp", "acgan", "stack_gan", "cyclegan")
CONDITIONINGS = ("concat", "batch_norm", "embedding", "none")
CLASS_LOSSES = ("softmax", "sigmoid")
CLASS_REDUCTIONS = ("mean", "sum")
NETWORKS = ("dcgan", "resnet", "resnet_cifar", "acgan")
TRANSLATORS = ("hourglass", "resnet_6", "resnet_9", "unet")
NORMS = ("layer", "batch", "none")
LOSSES = (
    "wasserstein_gp",
    "wasserstein_clip",
    "non_saturating",
    "least_squares",
    "hinge",
    "relativistic",
)
PAIR_LOSSES = ("least_squares", "non_saturating", "wasserstein_gp")
LATENT_PRIORS = ("normal", "uniform", "truncated_normal")
FITS = ("crop", "squash", "pad")
LR_DECAYS = ("none", "linear")
ON_NAN = ("stop", "rollback")
XLA = ("auto", "on", "off")
PRECISIONS = ("float32", "mixed_bfloat16", "auto")
BEST_METRICS = ("kid", "fid", "fid_inf", "swd", "iw")
DIRECTIONS = ("a2b", "b2a")
CRITIC_VIEWS = ("patch", "image")
SOURCE_DOMAINS = ("ab", "ba", "a-", "-b", "b-", "-a")
TRANSFERS = ("both", "generator", "critic", "none")
ANCHORS = ("none", "l2_sp", "ewc")
DRY_RUN = ("text", "json")
# NumPy takes 32 bits.
LARGEST_SEED = 2**32 - 1
