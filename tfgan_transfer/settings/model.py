"""Settings of a run: networks, and the game that they play."""

from tfgan_transfer.settings import choices
from tfgan_transfer.settings.setting import (
    ALWAYS,
    PAIR,
    SAME_LOSS,
    SAME_MODEL,
    SINGLE,
    Setting,
)

_STACK = ("stack_gan",)

MODEL = (
    Setting(
        "model",
        "text",
        "Family of models: without labels, with labels, a second stage, or "
        "a translator between two sets.",
        default="wgan_gp",
        choices=(*SINGLE, *PAIR),
        common=True,
    ),
    Setting(
        "network",
        "text",
        "Architecture of generator and critic, acgan that of the AC-GAN "
        "paper; for --model=cyclegan of the translators, residual ones from "
        "64 px on.",
        default="dcgan",
        choices=(*choices.NETWORKS, *choices.TRANSLATORS),
        common=True,
        passed_on=ALWAYS,
    ),
    Setting(
        "width",
        "integer",
        "Channels of the networks at full resolution.",
        low=1,
        high=4096,
        common=True,
        passed_on=ALWAYS,
    ),
    Setting(
        "latent_size",
        "integer",
        "Length of the random vector that an image is drawn from.",
        default=128,
        low=1,
        high=65536,
        families=SINGLE,
        passed_on=ALWAYS,
    ),
    Setting(
        "latent_prior",
        "text",
        "Distribution of that vector.",
        default="normal",
        choices=choices.LATENT_PRIORS,
        families=SINGLE,
        passed_on=ALWAYS,
    ),
    Setting(
        "critic_norm",
        "text",
        "Norm inside the critic.",
        choices=choices.NORMS,
        families=SINGLE,
        neutral="none",
        passed_on=ALWAYS,
    ),
    Setting(
        "spectral_norm",
        "yes",
        "Divide the critic's kernels by their largest singular value.",
        families=SINGLE,
        neutral=False,
        passed_on=ALWAYS,
    ),
    Setting(
        "dropout",
        "number",
        "Rate of dropout in the critic of --network=acgan.",
        low=0,
        high=0.99,
        families=SINGLE,
        neutral=0.0,
        passed_on=ALWAYS,
    ),
    Setting(
        "activation_noise",
        "number",
        "Standard deviation of the noise in that critic.",
        default=0.0,
        low=0,
        families=SINGLE,
        passed_on=ALWAYS,
    ),
    Setting(
        "sync_batch_norm",
        "yes",
        "Take the statistics of batch norm over all replicas.",
        default=False,
    ),
    Setting(
        "adversarial_loss",
        "text",
        "The game that generator and critic play.",
        default="wasserstein_gp",
        choices=tuple(choices.LOSSES),
        common=True,
        passed_on=SAME_LOSS,
    ),
    Setting(
        "n_critic",
        "integer",
        "Iterations of the critic for each step of the generator.",
        low=1,
        passed_on=SAME_LOSS,
    ),
    Setting(
        "gradient_penalty",
        "number",
        "Weight of the penalty on slopes other than 1 between real and "
        "generated images.",
        low=0,
        passed_on=SAME_LOSS,
    ),
    Setting(
        "r1",
        "number",
        "Weight of the penalty on the critic's slope at real images.",
        low=0,
        families=SINGLE,
        neutral=0.0,
        passed_on=SAME_LOSS,
    ),
    Setting(
        "r2",
        "number",
        "Weight of the penalty on the critic's slope at generated images.",
        low=0,
        families=SINGLE,
        neutral=0.0,
        passed_on=SAME_LOSS,
    ),
    Setting(
        "penalty_every",
        "integer",
        "Take penalties in every k-th iteration of the critic, k times as "
        "heavy.",
        default=1,
        low=1,
        families=SINGLE,
        passed_on=SAME_LOSS,
    ),
    Setting(
        "clip",
        "number",
        "Bound on the critic's weights; 0 for none.",
        low=0,
        families=SINGLE,
        neutral=0.0,
        passed_on=SAME_LOSS,
    ),
    Setting(
        "spectrum_weight",
        "number",
        "Weight of the distance between the mean spectra of generated and of "
        "real images, which takes away lattices; 0 for none.",
        default=0.0,
        low=0,
        families=SINGLE,
        passed_on=SAME_LOSS,
    ),
    Setting(
        "equal_phases",
        "yes",
        "The generator's transposed convolutions leave flat maps flat, against "
        "loops and chequered pictures.",
        default=False,
        families=SINGLE,
    ),
    Setting(
        "ema_decay",
        "number",
        "Decay of the averaged generator in each step.",
        default=0.999,
        low=0,
        high=0.999999,
    ),
)

LABELS = (
    Setting(
        "conditioning",
        "text",
        "How labels enter the generator: beside the latent, in every norm, or "
        "as factors of the latent.",
        choices=choices.CONDITIONINGS,
        families=SINGLE,
        neutral="none",
        passed_on=SAME_MODEL,
    ),
    Setting(
        "class_head",
        "text",
        "What the critic's class head is for: a class loss of its own "
        "(auxiliary), or a term of the score (projection).",
        default="auxiliary",
        choices=choices.CLASS_HEADS,
        families=SINGLE,
    ),
    Setting(
        "class_loss",
        "text",
        "softmax for one class an image, sigmoid for tags (as the data has "
        "them).",
        choices=choices.CLASS_LOSSES,
        families=SINGLE,
        neutral="softmax",
    ),
    Setting(
        "class_reduction",
        "text",
        "Whether the class loss of an image is the mean over its tags or "
        "their sum.",
        default="mean",
        choices=choices.CLASS_REDUCTIONS,
        families=SINGLE,
    ),
    Setting(
        "class_weight_critic",
        "number",
        "Weight of the class loss for the critic.",
        default=1.0,
        low=0,
        families=SINGLE,
    ),
    Setting(
        "class_weight_generator",
        "number",
        "Weight of the class loss for the generator.",
        default=1.0,
        low=0,
        families=SINGLE,
    ),
    Setting(
        "class_on_fake",
        "yes",
        "Let the critic learn the labels of generated images too.",
        default=True,
        families=SINGLE,
    ),
    Setting(
        "label_smoothing",
        "number",
        "Move the critic's targets on real images away from 0 and 1 by so "
        "much.",
        default=0.0,
        low=0,
        high=0.999,
        families=SINGLE,
    ),
)

STACK = (
    Setting(
        "stage2_width",
        "integer",
        "Channels of the second stage of --model=stack_gan (half of --width).",
        low=1,
        families=_STACK,
    ),
    Setting(
        "stage2_blocks",
        "integer",
        "Residual blocks of the second stage before it enlarges.",
        default=2,
        low=0,
        families=_STACK,
    ),
)

TRANSLATION = (
    Setting(
        "load_size",
        "text",
        "Load images at this side, or HEIGHTxWIDTH, larger than --size, and "
        "cut --size out of them at random.",
        families=PAIR,
    ),
    Setting(
        "cycle_weight",
        "number",
        "Weight of the loss of what comes back.",
        default=10.0,
        low=0,
        families=PAIR,
    ),
    Setting(
        "identity_weight",
        "number",
        "Weight of the identity loss, which keeps colours, in units of "
        "--cycle_weight.",
        default=0.5,
        low=0,
        families=PAIR,
    ),
    Setting(
        "content_weight",
        "number",
        "Weight of the distance between an image and its translation in early "
        "maps of --features, which keeps shapes and places; 0 for none.",
        default=0.0,
        low=0,
        families=PAIR,
    ),
    Setting(
        "pool_size",
        "integer",
        "Generated images that are kept to show each critic; 0 for none.",
        default=50,
        low=0,
        families=PAIR,
    ),
    Setting(
        "doubling",
        "text",
        "How translators enlarge their maps: by transposed convolutions, as "
        "in the paper, which leave a grid of pixels, or smoothly, by an "
        "enlargement and a convolution.",
        default="transposed",
        choices=choices.DOUBLINGS,
        families=PAIR,
        passed_on=ALWAYS,
    ),
    Setting(
        "residual_image",
        "yes",
        "Let translators draw what changes of an image instead of a new one: "
        "they begin by changing nothing.",
        default=False,
        families=PAIR,
        passed_on=ALWAYS,
    ),
    Setting(
        "critic_view",
        "text",
        "Whether critics of --model=cyclegan judge patches or whole images.",
        default="patch",
        choices=choices.CRITIC_VIEWS,
        families=PAIR,
        passed_on=ALWAYS,
    ),
    Setting(
        "critic_layers",
        "integer",
        "Halvings in the critic of patches: 1 to 4 see 16, 34, 70, 142 px.",
        default=3,
        low=1,
        high=8,
        families=PAIR,
        passed_on=ALWAYS,
    ),
    Setting(
        "lr_constant_steps",
        "integer",
        "Steps before the rates of --model=cyclegan begin to fall (half).",
        low=0,
        families=PAIR,
        neutral=0,
    ),
    Setting(
        "source_domains",
        "text",
        "Which domains of --source A and B come from; - is a new one.",
        default="ab",
        choices=choices.SOURCE_DOMAINS,
        families=PAIR,
    ),
)
