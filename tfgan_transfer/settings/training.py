"""Settings of a run: what it starts from, how it trains, what it shows."""

from tfgan_transfer.settings import choices
from tfgan_transfer.settings.setting import SINGLE, Setting

ROAD = (
    Setting(
        "recipe",
        "text",
        "A set of settings that comes with the package, for what is not given; "
        "help lists them. Without any, the best known for the images and the "
        "machine is chosen.",
        common=True,
        safe=True,
    ),
    Setting(
        "hours",
        "number",
        "Train for about so long: size and steps are chosen to fit, and the "
        "run ends after a tenth more at the latest.",
        low=0.001,
        common=True,
        safe=True,
    ),
)

TRANSFER = (
    Setting(
        "source",
        "text",
        "Model to start from: a run, a checkpoint, or zoo:NAME; auto for the "
        "nearest of the zoo, none for no model.",
        common=True,
    ),
    Setting(
        "transfer",
        "text",
        "Which networks start from --source.",
        choices=choices.TRANSFERS,
        common=True,
    ),
    Setting(
        "growth",
        "text",
        "Where networks grow that start from smaller images: at the pixels, "
        "exactly (smooth: what the generator adds is blurred a little, "
        "against dots), or at the latent, with new weights between old ones.",
        default="pixel_end",
        choices=choices.GROWTHS,
        families=("wgan_gp", "acgan"),
    ),
    Setting(
        "grow",
        "text",
        "Sizes and steps of a run that grows, as in 32:1000,64:2000: each part "
        "starts from the last one's averaged generator, enlarged exactly.",
        common=True,
        families=("wgan_gp", "acgan"),
    ),
    Setting(
        "freeze",
        "text",
        "Layers that are not trained, such as "
        "critic:0-1,generator:all-but-norm; stages count from the pixels.",
        default="",
    ),
    Setting(
        "critic_warmup",
        "integer",
        "Train only the critic for so many first steps.",
        default=0,
        low=0,
        families=SINGLE,
    ),
    Setting(
        "anchor",
        "text",
        "Hold the generator near that of --source.",
        default="none",
        choices=tuple(choices.ANCHORS),
        families=SINGLE,
    ),
    Setting(
        "anchor_weight",
        "number",
        "How firmly --anchor holds it.",
        low=0,
        families=SINGLE,
        neutral=0.0,
    ),
    Setting(
        "augment",
        "text",
        "Let the critic see augmented images: none, diff, ada, or a list of "
        "color, translation and cutout.",
        default="none",
        common=True,
    ),
    Setting(
        "augment_p",
        "number",
        "Fixed probability of each augmentation.",
        low=0,
        high=1,
        families=SINGLE,
    ),
)

TRAINING = (
    Setting(
        "batch_size",
        "integer",
        "Images in a batch, over all replicas.",
        default=64,
        low=1,
        high=65536,
        common=True,
    ),
    Setting(
        "steps",
        "integer",
        "Steps of the generator in all.",
        low=1,
        common=True,
        safe=True,
    ),
    Setting(
        "seed",
        "integer",
        "Seed of everything random.",
        default=0,
        low=0,
        high=choices.LARGEST_SEED,
        common=True,
    ),
    Setting(
        "generator_lr",
        "number",
        "Adam's learning rate for the generator.",
        default=1e-4,
        low=0,
    ),
    Setting(
        "critic_lr",
        "number",
        "Adam's learning rate for the critic (the generator's).",
        low=0,
    ),
    Setting(
        "adam_beta1",
        "number",
        "Adam's decay of the first moment.",
        default=0.0,
        low=0,
        high=0.999999,
    ),
    Setting(
        "adam_beta2",
        "number",
        "Adam's decay of the second moment.",
        default=0.9,
        low=0,
        high=0.999999,
    ),
    Setting(
        "lr_decay",
        "text",
        "Whether rates stay, or fall linearly to zero.",
        default="none",
        choices=choices.LR_DECAYS,
    ),
)

DEVICES = (
    Setting(
        "devices",
        "text",
        "Where to train: auto, cpu:N or gpu:N, with one replica on each; with "
        "several hosts (TF_CONFIG) all GPUs of each are used.",
        default="auto",
        common=True,
        safe=True,
    ),
    Setting(
        "xla",
        "text",
        "Compile the train step by XLA, or its gradients if there are several "
        "replicas; auto: on GPUs only.",
        default="auto",
        choices=choices.XLA,
        safe=True,
    ),
    Setting(
        "steps_per_call",
        "integer",
        "Steps that the device makes in one call; fewer where something is due "
        "between them (10 on a single GPU, otherwise 1).",
        low=1,
        safe=True,
    ),
    Setting(
        "deterministic",
        "yes",
        "On GPUs: the same bits in every run, continued or not; slower.",
        default=False,
        safe=True,
    ),
    Setting(
        "precision",
        "text",
        "Arithmetic of the layers; auto: bfloat16 where a probe finds it "
        "faster.",
        default="float32",
        choices=choices.PRECISIONS,
        common=True,
    ),
)

WATCHING = (
    Setting(
        "checkpoint_every",
        "integer",
        "Save a checkpoint every so many steps.",
        low=1,
        common=True,
        safe=True,
    ),
    Setting(
        "keep_checkpoints",
        "integer",
        "How many of the newest checkpoints are kept.",
        default=3,
        low=1,
        safe=True,
    ),
    Setting(
        "sample_every",
        "integer",
        "Draw a grid of samples every so many steps; 0 for never.",
        low=0,
        common=True,
        safe=True,
    ),
    Setting(
        "sample_grid",
        "integer",
        "Images in a grid of samples.",
        default=64,
        low=1,
        safe=True,
    ),
    Setting(
        "log_every",
        "integer",
        "Write a row of metrics.jsonl every so many steps.",
        low=1,
        safe=True,
    ),
    Setting(
        "on_nan",
        "text",
        "Where a value is no number: stop, or go back to the last checkpoint "
        "and halve the rates.",
        default="stop",
        choices=choices.ON_NAN,
        safe=True,
    ),
)

EVALUATION = (
    Setting(
        "eval_every",
        "integer",
        "Evaluate every so many steps; 0 for never.",
        default=0,
        low=0,
        common=True,
        safe=True,
    ),
    Setting(
        "eval_metrics",
        "text",
        "What is measured then: names as for --metrics of `evaluate`.",
        default="kid",
        common=True,
        safe=True,
    ),
    Setting(
        "eval_images",
        "integer",
        "Samples that are measured then.",
        default=1000,
        low=4,
        safe=True,
    ),
    Setting(
        "best_metric",
        "text",
        "The checkpoint that is best by this one is kept; unless it is named, "
        "kid where that is measured, or the first that is and can serve.",
        choices=choices.BEST_METRICS,
        safe=True,
    ),
    Setting(
        "stop_patience",
        "integer",
        "Stop after so many evaluations without improvement; 0 for never.",
        default=0,
        low=0,
        safe=True,
    ),
)

INCEPTION = (
    Setting(
        "inception",
        "text",
        "Feature network for KID, FID, precision and recall: the directory of "
        "a SavedModel that is called like TF-GAN's Inception, or lite0, which "
        "comes with the package (TF-GAN's, or lite0 where it cannot be had).",
        common=True,
        safe=True,
    ),
    Setting(
        "inception_layer",
        "text",
        "Which of its outputs is used (the deepest known).",
        safe=True,
    ),
)
