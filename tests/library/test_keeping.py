"""Every kind of model comes back as it was: from Keras' file, from a preset."""

import json
import warnings

import keras
import numpy as np
import pytest

import tfgan_transfer as tt
from tfgan_transfer.augment import Augmentation
from tfgan_transfer.settings import config

SMALL = {"width": 2, "latent_size": 4, "n_critic": 1}


@pytest.fixture(scope="module")
def digits():
    return tt.load_images("digits", size=8, channels=1, limit=40, holdout=20)


@pytest.fixture(scope="module")
def domains():
    a, b = "shapes", "shapes#outline"
    return tt.load_domains(a, b, size=16, limit=8)


def unconditional(digits, domains):
    return tt.build(digits, adversarial_loss="hinge", **SMALL), digits


def labelled(digits, domains):
    made = tt.build(
        digits,
        model="acgan",
        conditioning="batch_norm",
        class_loss="softmax",
        class_weight_generator=0.5,
        **SMALL,
    )
    return made, digits


def augmented(digits, domains):
    options = {"augment": "diff", "augment_p": 0.3, "penalty_every": 2}
    return tt.build(digits, gradient_penalty=3.0, **options, **SMALL), digits


def two_critics(digits, domains):
    options = {"critic": "both", "feature_size": 32, "feature_weight": 0.25}
    return tt.build(digits, feature_matching=2.0, **options, **SMALL), digits


def stacked(digits, domains):
    large = tt.load_images("digits", size=12, channels=1, limit=40)
    below = tt.build(digits, **SMALL)
    options = {"model": "stack_gan", "stage2_width": 2, "n_critic": 1}
    return tt.adapt(below, large, **options), large


def paired(digits, domains):
    options = {"network": "unet", "width": 4, "critic_layers": 1}
    return tt.build(domains, pool_size=3, **options), domains


def paired_critics(digits, domains):
    """Second critics, content and augmentation in a CycleGAN."""
    options = {"network": "unet", "width": 4, "critic_layers": 1}
    options |= {"critic": "both", "feature_size": 32, "feature_norm": "batch"}
    options |= {"content_weight": 2.0, "augment": "translation"}
    return tt.build(domains, doubling="smooth", **options), domains


def as_json(config):
    """Without the difference between tuples and lists."""
    return json.loads(json.dumps(config))


KINDS = [unconditional, labelled, augmented, two_critics, stacked, paired]
KINDS += [paired_critics]


def trained(make, digits, domains):
    gan, photos = make(digits, domains)
    step(gan, photos)
    return gan, photos


def step(gan, photos):
    batches = photos.batches(gan, batch_size=4)
    gan.fit(batches, steps_per_epoch=1, verbose=0)


def drawn(gan, photos):
    if isinstance(gan, tt.CycleGAN):
        return tt.translate(gan, photos.images[:3], "b2a")
    return gan.generate(5, seed=2)


@pytest.mark.parametrize("make", KINDS)
def test_a_file_of_keras_goes_on_exactly(make, digits, domains, tmp_path):
    gan, photos = trained(make, digits, domains)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        gan.save(tmp_path / "gan.keras")
        loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert type(loaded) is type(gan)
    assert as_json(loaded.get_compile_config()) == as_json(
        gan.get_compile_config()
    )
    np.testing.assert_array_equal(drawn(loaded, photos), drawn(gan, photos))
    for model in (gan, loaded):
        step(model, photos)
    for (name, one), other in zip(
        gan.state.items(), loaded.state.values(), strict=True
    ):
        for mine, theirs in zip(one.variables, other.variables, strict=True):
            np.testing.assert_array_equal(
                theirs.numpy(), mine.numpy(), f"{name} {mine.path}"
            )


@pytest.mark.parametrize("make", KINDS)
def test_a_preset_keeps_all_networks(make, digits, domains, tmp_path):
    gan, photos = trained(make, digits, domains)
    gan.save_to_preset(tmp_path / "kept")
    # Once more, in its own place.
    gan.save_to_preset(tmp_path / "kept")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    opened = tt.from_preset(tmp_path / "kept")
    assert type(opened) is type(gan) and opened.steps_done == 0
    np.testing.assert_array_equal(drawn(opened, photos), drawn(gan, photos))
    kinds = keras.Model
    networks = {n: o for n, o in gan.state.items() if isinstance(o, kinds)}
    assert "feature_critic" in networks or make is not two_critics
    for name, network in networks.items():
        for mine, theirs in zip(
            network.get_weights(),
            opened.state[name].get_weights(),
            strict=True,
        ):
            np.testing.assert_array_equal(theirs, mine)
    assert opened.n_critic == gan.n_critic
    step(opened, photos)


def own(**options):
    shape = (8, 8, 1)
    generator = tt.networks.dcgan.generator(shape, 4, width=2)
    gan = tt.WGANGP(generator, tt.networks.dcgan.critic(shape, width=2))
    gan.compile(**options)
    return gan


def test_networks_of_ones_own_are_kept_with_their_layers(digits, tmp_path):
    gan = own(
        generator_optimizer=keras.optimizers.SGD(0.01, momentum=0.5),
        adversarial_loss="least_squares",
        n_critic=2,
        augmentation=Augmentation(["translation"], 0.5),
    )
    step(gan, digits)
    gan.save_to_preset(tmp_path / "own")
    opened = tt.from_preset(tmp_path / "own")
    np.testing.assert_array_equal(opened.generate(3), gan.generate(3))
    assert opened.critic_optimizer.momentum == 0.5
    assert opened.n_critic == 2
    assert opened.augmentation.transforms == ("translation",)
    step(opened, digits)
    # What commands open opens as well.
    drawn_by_name = tt.generate(str(tmp_path / "own"), 3)
    np.testing.assert_array_equal(drawn_by_name, gan.generate(3))
    scores = tt.evaluate(gan, digits, ["memorisation"], num_images=9)
    assert "memorised" in " ".join(scores)
    assert tt.export(gan, tmp_path / "models").name == "1"
    with pytest.raises(tt.UserError, match="^gan: was made from networks"):
        tt.adapt(gan, digits)


def test_only_presets_are_replaced(tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/one.txt").write_text("dear")
    gan = own()
    with pytest.raises(tt.UserError, match="^path: .*letters' exists and is"):
        gan.save_to_preset(tmp_path / "letters")
    assert (tmp_path / "letters/one.txt").read_text() == "dear"
    (tmp_path / "file").write_text("")
    with pytest.raises(tt.UserError, match="^path: .* cannot be written"):
        gan.save_to_preset(tmp_path / "file" / "below")


def test_a_preset_says_nothing_of_places(digits, tmp_path):
    gan = tt.build(digits, **SMALL)
    gan.save_to_preset(tmp_path / "kept")
    flags = tt.from_preset(tmp_path / "kept").record["flags"]
    assert flags["run_dir"] is None and flags["cache_dir"] is None
    assert {*flags} == {*config.DEFAULTS}


def test_older_models_have_the_settings_of_today():
    gan = tt.from_preset("zoo:anime_32")
    flags = config.completed(gan.record["flags"])
    missing = [name for name, row in flags.items() if row is None]
    assert {"conditioning", "class_loss", "transfer"} & {*missing} == set()
    # Of the run that trained it; a new one has its own.
    assert flags["n_critic"] == gan.n_critic
    weights = zip(
        gan.generator.get_weights(),
        gan.ema_generator.get_weights(),
        strict=True,
    )
    assert all((a == b).all() for a, b in weights)
