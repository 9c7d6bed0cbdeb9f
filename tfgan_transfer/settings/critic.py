"""Settings of a run: who judges its images."""

from tfgan_transfer.settings import choices
from tfgan_transfer.settings.setting import SINGLE, Setting

CRITIC = (
    Setting(
        "critic",
        "text",
        "Who judges images: the network's own critic, a critic on the frozen "
        "features of a classifier (projected), or both; with --model=cyclegan "
        "for each set.",
        default="network",
        choices=choices.CRITICS,
        common=True,
    ),
    Setting(
        "critic_schedule",
        "text",
        "A critic and a number of steps each, as in network:1200,both:600: "
        "each part starts from the last one's averaged generator.",
        families=SINGLE,
    ),
    Setting(
        "features",
        "text",
        "Frozen network of the projected critic: lite0, keras:NAME of "
        "keras.applications, or savedmodel:PATH.",
        default="lite0",
    ),
    Setting(
        "feature_size",
        "integer",
        "Side in pixels of what the frozen network sees (twice the images', "
        "at least 96).",
        low=32,
        high=1024,
    ),
    Setting(
        "feature_heads",
        "text",
        "Convolutions of the projected critic.",
        default="plain",
        choices=choices.HEADS,
    ),
    Setting(
        "feature_norm",
        "text",
        "Norm in the heads of the projected critic; with batch, as in the "
        "paper, it judges real and generated images apart, and each replica "
        "takes its own statistics.",
        default="none",
        choices=choices.HEAD_NORMS,
    ),
    Setting(
        "feature_augment",
        "text",
        "Let the projected critic of --critic=both see augmented images; "
        "values as for --augment.",
        default="diff",
    ),
    Setting(
        "feature_loss",
        "text",
        "The game of the projected critic of --critic=both.",
        default="hinge",
        choices=tuple(choices.LOSSES),
    ),
    Setting(
        "feature_weight",
        "number",
        "Weight of its part of the generator's loss, beside 1 for the "
        "network's own critic.",
        default=0.5,
        low=0,
    ),
    Setting(
        "feature_matching",
        "number",
        "Weight of the distance between the frozen features of generated and "
        "of real images, as distributions, for the generator of "
        "--critic=both; 0 for none.",
        default=0.0,
        low=0,
    ),
    Setting(
        "feature_lr",
        "number",
        "Adam's learning rate for the projected critic of --critic=both.",
        default=5e-5,
        low=0,
    ),
    Setting(
        "class_critic",
        "text",
        "Which critic of --critic=both has a class head: the network's own "
        "(network), the one on features (projected), or both.",
        default="network",
        choices=choices.CRITICS,
        families=SINGLE,
    ),
    Setting(
        "class_taps",
        "text",
        "Strides of the maps that the projected critic's class head sees, as "
        "in 8,16,32 (the deepest alone).",
        default="",
        families=SINGLE,
    ),
)
