"""The literal values of settings, and what follows from them.

They repeat keys of tables that live beside TensorFlow code, so that `--help`
need not import it; a test compares the two.
"""

# Name of a network -> what it is built with where the user says nothing.
NETWORKS = {
    "dcgan": {"width": 64, "critic_norm": "none"},
    "resnet": {"width": 64, "critic_norm": "layer"},
    "resnet_cifar": {"width": 128, "critic_norm": "none"},
    "acgan": {"width": 96, "critic_norm": "layer", "dropout": 0.5},
}

# Name of a loss -> what keeps its critic smooth where the user says nothing.
# Gradient penalty and clipping: the papers' values. R1 and R2: a middle
# value between Mescheder et al. 2018 (10) and R3GAN at 32 px (0.05).
LOSSES = {
    "wasserstein_gp": {"gradient_penalty": 10.0, "n_critic": 5},
    "wasserstein_clip": {"clip": 0.01, "n_critic": 5},
    "non_saturating": {"r1": 1.0},
    "least_squares": {"r1": 1.0},
    "hinge": {"spectral_norm": True},
    "relativistic": {"r1": 1.0, "r2": 1.0},
}

# Weights that leave the anchor's term in the order of the adversarial loss.
ANCHORS = {"none": 0.0, "l2_sp": 0.1, "ewc": 100.0}

# Which critics judge: the network's own, one on the features of a
# classifier, or both.
CRITICS = ("network", "projected", "both")
HEADS = ("plain", "separable")
HEAD_NORMS = ("none", "batch")

CLASS_HEADS = ("auxiliary", "projection")
CONDITIONINGS = ("concat", "batch_norm", "embedding", "none")
CLASS_LOSSES = ("softmax", "sigmoid")
CLASS_REDUCTIONS = ("mean", "sum")
TRANSLATORS = ("hourglass", "resnet_6", "resnet_9", "unet")
NORMS = ("layer", "batch", "none")
PAIR_LOSSES = ("least_squares", "non_saturating", "wasserstein_gp", "hinge")
DOUBLINGS = ("transposed", "smooth")
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
GROWTHS = ("pixel_end", "smooth", "latent_end")
EXPORTS = ("saved_model", "tflite", "onnx")
DRY_RUN = ("text", "full", "json")
SPLITS = ("holdout", "train")
IW_BUDGETS = ("small", "full")
# NumPy takes 32 bits.
LARGEST_SEED = 2**32 - 1
