"""Flags of --model=cyclegan."""

from absl import flags

from tfgan_transfer.cli.choices import CRITIC_VIEWS, SOURCE_DOMAINS


def define_translation() -> None:
    """Two sets of images, and the game of translating between them."""
    flags.DEFINE_string("data_a", None, "Images of A; a source as in --data.")
    flags.DEFINE_string("data_b", None, "Images of B; a source as in --data.")
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
