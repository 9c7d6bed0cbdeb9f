"""How the settings of --model=cyclegan are settled and checked."""

import pytest

from tfgan_transfer.errors import UserError
from tfgan_transfer.families.pair.transfer import origins
from tfgan_transfer.settings import config
from tfgan_transfer.training.optimizers import ConstantThenLinear


def resolve(side=64, count=400, origin=None, **explicit):
    explicit = {"model": "cyclegan", "data_a": "a", "data_b": "b", **explicit}
    return config.resolve(explicit, None, side=side, count=count, source=origin)


def test_defaults_are_the_papers():
    settings = resolve()
    expected = {
        "adversarial_loss": "least_squares",
        "cycle_weight": 10.0,
        "identity_weight": 0.5,
        "pool_size": 50,
        "batch_size": 1,
        "generator_lr": 2e-4,
        "critic_lr": 2e-4,
        "adam_beta1": 0.5,
        "adam_beta2": 0.999,
        "network": "resnet_6",
        "width": 64,
        "critic_layers": 3,
        "n_critic": 1,
        "gradient_penalty": 0.0,
        "r1": 0.0,
        "steps": 80_000,
        "lr_decay": "linear",
        "critic": "network",
        "content_weight": 0.0,
        "doubling": "transposed",
        "residual_image": False,
        "lr_constant_steps": 40_000,
    }
    assert {name: settings[name] for name in expected} == expected


def test_a_critic_on_features_starts_from_no_gan():
    source = resolve(network="unet", width=7)
    settings = resolve(origin=source, source="run", critic="projected")
    assert settings["transfer"] == "generator"
    assert resolve(origin=source, source="run", critic="both")["transfer"] == (
        "both"
    )


def test_what_follows_from_what():
    assert resolve(size="256")["network"] == "resnet_9"
    assert resolve(side=30)["size"] == "28"
    assert resolve(batch_size=8)["steps"] == 10_000
    assert resolve(steps=100)["lr_constant_steps"] == 50
    critic = resolve(adversarial_loss="wasserstein_gp")
    assert (critic["gradient_penalty"], critic["n_critic"]) == (10.0, 5)


@pytest.mark.parametrize(
    "flags, message",
    [
        (
            {"latent_size": 3},
            "--latent_size: is for other models, received it with "
            "--model=cyclegan; leave it out",
        ),
        (
            {"model": "wgan_gp", "pool_size": 3},
            "--pool_size: is for --model=cyclegan, received it with "
            "--model=wgan_gp; leave it out",
        ),
        (
            {"network": "dcgan"},
            "--network of --model=cyclegan: unknown value 'dcgan', expected "
            "one of hourglass, resnet_6, resnet_9, unet.",
        ),
        (
            {"adversarial_loss": "relativistic"},
            "--adversarial_loss of --model=cyclegan: unknown value "
            "'relativistic', expected one of least_squares, non_saturating, "
            "wasserstein_gp, hinge.",
        ),
        (
            {
                "critic": "projected",
                "adversarial_loss": "wasserstein_gp",
            },
            "--critic=projected: takes no --gradient_penalty through the "
            "frozen network, received --adversarial_loss=wasserstein_gp with "
            "one of 10; use --adversarial_loss=hinge",
        ),
        (
            {"augment": "ada"},
            "--augment: ada adapts to one set of images, received it with "
            "--model=cyclegan; use diff, or a list of transforms",
        ),
        (
            {"steps": 10, "lr_constant_steps": 10},
            "--lr_constant_steps: expected fewer than the 10 steps, received "
            "10; lower it or add --lr_decay=none",
        ),
        (
            {"source_domains": "ba"},
            "--source_domains: names domains of --source, received none; add "
            "--source=RUN",
        ),
        (
            {"sync_batch_norm": True},
            "--sync_batch_norm: only --network=hourglass has batch norm, "
            "received --network=resnet_6; leave it out",
        ),
    ],
)
def test_contradictions_are_told(flags, message):
    both = {"model": "cyclegan", "data_a": "a", "data_b": "b", **flags}
    if both["model"] != "cyclegan":
        both = flags
    with pytest.raises(UserError) as error:
        config.resolve(both, None, side=64, count=400)
    assert error.value.command_line == message


@pytest.mark.parametrize("model", ["wgan_gp", "cyclegan"])
def test_all_settings_of_a_run_make_the_same_run(model):
    """As its `flags.txt` does, which names those of other models too."""
    given = {"model": model, "steps": 100}
    settings = config.resolve(given, None, side=64, count=400)
    again = {name: v for name, v in settings.items() if v is not None}
    assert config.resolve(again, None, side=8, count=9) == settings


def test_a_translator_is_no_generator():
    with pytest.raises(UserError) as error:
        config.resolve({"network": "unet"}, None, side=64, count=400)
    assert error.value.command_line == (
        "--network: unet translates images, received it with "
        "--model=wgan_gp; add --model=cyclegan"
    )


def test_a_source_passes_its_architecture_on():
    source = resolve(network="unet", width=7, size="32", critic_layers=2)
    settings = resolve(origin=source, source="run", seed=3)
    for name in ("network", "width", "size", "critic_layers"):
        assert settings[name] == source[name]
    assert settings["transfer"] == "both" and settings["seed"] == 3


@pytest.mark.parametrize(
    "own, other", [("cyclegan", "wgan_gp"), ("wgan_gp", "cyclegan")]
)
def test_a_source_of_another_kind_is_refused(own, other):
    with pytest.raises(UserError, match=f"received one of model={other}"):
        config.inherited(
            {"model": other, "adversarial_loss": "least_squares"},
            {"model": own},
        )


def test_the_rate_stays_and_then_falls():
    rate = ConstantThenLinear(2.0, constant=4, total=9)
    values = [float(rate(step)) for step in range(11)]
    falling = [2 * left / 5 for left in (5, 4, 3, 2, 1)]
    assert values == pytest.approx([2.0] * 4 + falling + [0.0, 0.0])
    copy = ConstantThenLinear.from_config(rate.get_config())
    assert float(copy(6)) == pytest.approx(values[6])


# A critic knows one domain; a translator starts from the one that does the
# same, or that did it for the domain whose place is taken.
@pytest.mark.parametrize(
    "domains, expected",
    [
        ("ab", "ema_a2b ema_b2a critic_a critic_b"),
        ("ba", "ema_b2a ema_a2b critic_b critic_a"),
        ("a-", "ema_a2b ema_b2a critic_a -"),
        ("-b", "ema_a2b ema_b2a - critic_b"),
        ("b-", "ema_b2a ema_a2b critic_b -"),
        ("-a", "ema_b2a ema_a2b - critic_a"),
    ],
)
def test_where_networks_come_from(domains, expected):
    names = ("a2b", "b2a", "critic_a", "critic_b")
    origin = origins(domains)
    assert [origin.get(name, "-") for name in names] == expected.split()
