"""The literal values of flags are the keys of the tables they stand for."""

from tfgan_transfer import data, losses, translation_losses
from tfgan_transfer.data import decode
from tfgan_transfer.networks import NETWORKS, blocks, cyclegan
from tfgan_transfer.settings import choices, config, pair
from tfgan_transfer.settings.table import BY_NAME


def test_choices_are_the_keys_of_the_real_tables():
    for listed, table in (
        (choices.NETWORKS, NETWORKS),
        (choices.TRANSLATORS, cyclegan.TRANSLATORS),
        (choices.PAIR_LOSSES, translation_losses.TRANSLATION_LOSSES),
        (choices.NORMS, blocks.NORMS),
        (choices.LOSSES, losses.ADVERSARIAL_LOSSES),
        (choices.LATENT_PRIORS, data.LATENT_PRIORS),
        (choices.FITS, decode._FITS),
    ):
        assert sorted(listed) == sorted(table)


def test_defaults_are_among_the_choices():
    for row in BY_NAME.values():
        if row.choices and row.default is not None:
            assert row.default in row.choices, row.name
    assert pair.OVERRIDES["adversarial_loss"] in choices.PAIR_LOSSES
    assert {*pair.OVERRIDES} <= {*config.DEFAULTS}


def test_networks_are_built_with_their_own_defaults():
    for name, network in NETWORKS.items():
        row = choices.NETWORKS[name]
        assert row["critic_norm"] in choices.NORMS
        assert row["critic_norm"] == network.DEFAULT_NORM
        assert row["width"] == network.DEFAULT_WIDTH
        dropout = getattr(network, "DEFAULT_DROPOUT", 0.0)
        assert row.get("dropout", 0.0) == dropout
