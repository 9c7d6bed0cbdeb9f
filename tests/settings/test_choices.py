"""The literal values of flags are the keys of the tables they stand for."""

from tfgan_transfer import data, losses
from tfgan_transfer.data import decode
from tfgan_transfer.networks import NETWORKS, blocks, cyclegan
from tfgan_transfer.settings import choices, config, pair_config
from tfgan_transfer.training import translation_grid


def test_choices_are_the_keys_of_the_real_tables():
    for listed, table in (
        (choices.NETWORKS, NETWORKS),
        (choices.TRANSLATORS, cyclegan.TRANSLATORS),
        (choices.PAIR_LOSSES, losses.TRANSLATION_LOSSES),
        (choices.NORMS, blocks.NORMS),
        (choices.LOSSES, losses.ADVERSARIAL_LOSSES),
        (choices.LOSSES, config.REGULARISERS),
        (choices.LATENT_PRIORS, data.LATENT_PRIORS),
        (choices.FITS, decode._FITS),
        (choices.DIRECTIONS, translation_grid.DIRECTIONS),
    ):
        assert sorted(listed) == sorted(table)


def test_defaults_are_among_the_choices():
    for name, options in (
        ("model", choices.MODELS),
        ("network", choices.NETWORKS),
        ("adversarial_loss", choices.LOSSES),
        ("latent_prior", choices.LATENT_PRIORS),
        ("fit", choices.FITS),
        ("lr_decay", choices.LR_DECAYS),
        ("on_nan", choices.ON_NAN),
        ("xla", choices.XLA),
        ("precision", choices.PRECISIONS),
    ):
        assert config.DEFAULTS[name] in options
    for name, options in (
        ("critic_view", choices.CRITIC_VIEWS),
        ("source_domains", choices.SOURCE_DOMAINS),
    ):
        assert pair_config.DEFAULTS[name] in options
    assert pair_config.OVERRIDES["adversarial_loss"] in choices.PAIR_LOSSES
    assert {*pair_config.OVERRIDES} <= {*config.DEFAULTS}
    assert pair_config.FOREIGN <= {*config.DEFAULTS}


def test_every_network_has_a_norm_that_can_be_chosen():
    for network in NETWORKS.values():
        assert network.DEFAULT_NORM in choices.NORMS
