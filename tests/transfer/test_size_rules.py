"""Latents, channels and image sizes that change."""

import keras
import numpy as np
import pytest

from tests.support import small_networks as small
from tfgan_transfer.networks import NETWORKS
from tfgan_transfer.transfer import maps

every_network = pytest.mark.parametrize("network", NETWORKS)


def generators(network, source, target):
    return small.transfer(small.generator, network, source, target)


def critics(network, source, target):
    return small.transfer(small.critic, network, source, target)


@every_network
def test_a_longer_latent_draws_the_same_images(network):
    old, new, _, mapped = generators(
        network, small.ends(), small.ends(latent_size=9)
    )
    z = small.latents(size=9)
    np.testing.assert_allclose(new(z), old(z[:, :5]), atol=1e-6)
    assert small.kinds(mapped) == {
        ("input/kernel", "adapted"): "latent 5 to 9, new rows zero"
    }


@every_network
def test_a_shorter_latent_keeps_the_variance(network):
    old, new, _, mapped = generators(
        network, small.ends(latent_size=8), small.ends(latent_size=2)
    )
    z = small.latents(size=2)
    # The kept rows count twice: (8 / 2) ** 0.5.
    longer = np.concatenate([2 * z, np.zeros((4, 6), "float32")], axis=1)
    np.testing.assert_allclose(new(z), old(longer), atol=1e-5)
    assert small.kinds(mapped) == {
        ("input/kernel", "adapted"): "latent 8 to 2, scaled by 2"
    }


def test_latent_and_labels_change_at_once():
    old, new, _, _ = generators(
        "dcgan",
        small.ends(labels="ab", conditioning="concat"),
        small.ends(labels="bx", conditioning="concat", latent_size=7),
    )
    z = small.latents(size=7)
    np.testing.assert_allclose(
        new([z, small.one_hot(0, 2)]),
        old([z[:, :5], small.one_hot(1, 2)]),
        atol=1e-6,
    )


@every_network
def test_grey_images_keep_their_scores(network):
    colour, grey = small.ends((16, 16, 3)), small.ends((16, 16, 1))
    image = small.pixels(2, 16, 16, 1)
    same = np.repeat(image, 3, axis=-1)
    old, new, _, mapped = critics(network, colour, grey)
    np.testing.assert_allclose(new(image), old(same), rtol=1e-4)
    first = {
        "acgan": ["down1_conv"],
        "dcgan": ["down1_conv"],
        "resnet": ["input"],
    }.get(network, ["down1_conv1", "down1_shortcut"])
    assert small.kinds(mapped) == {
        (f"{layer}/kernel", "adapted"): "sum of 3 channels" for layer in first
    }
    old, new, _, _ = critics(network, grey, colour)
    np.testing.assert_allclose(new(same), old(image), rtol=1e-4)


@every_network
def test_grey_source_draws_grey_in_colour(network):
    old, new, _, _ = generators(
        network, small.ends((16, 16, 1)), small.ends((16, 16, 3))
    )
    z = small.latents()
    np.testing.assert_allclose(new(z), np.repeat(old(z), 3, axis=-1), atol=1e-6)


@every_network
def test_colour_source_draws_the_luma_before_tanh(network):
    old, new, _, mapped = generators(
        network, small.ends((16, 16, 3)), small.ends((16, 16, 1))
    )
    for net in (old, new):
        net.get_layer("output").activation = keras.activations.linear
    z = small.latents()
    luma = old(z).numpy() @ [[0.299], [0.587], [0.114]]
    np.testing.assert_allclose(new(z), luma, atol=1e-5)
    assert small.kinds(mapped) == {
        (f"output/{name}", "adapted"): "luma of 3 channels"
        for name in ("kernel", "bias")
    }


def innermost(net):
    """The generator's first map for some latents."""
    layer = "input_map" if "input_map" in [x.name for x in net.layers] else None
    output = net.get_layer(layer or "input").output
    return keras.Model(net.input, output)(small.latents()).numpy()


@pytest.mark.parametrize(
    ("network", "source", "target", "resized"),
    [
        # 2x2 to 4x4 and back, four blocks each.
        ("resnet", 32, 64, lambda x: x.repeat(2, axis=1).repeat(2, axis=2)),
        (
            "resnet",
            64,
            32,
            lambda x: x.reshape(4, 2, 2, 2, 2, -1).mean(axis=(2, 4)),
        ),
        # 4x4 to 6x6, three blocks each.
        ("dcgan", 32, 48, lambda x: maps.resize(x, 1, (6, 6))),
        ("resnet_cifar", 32, 48, lambda x: maps.resize(x, 1, (6, 6))),
    ],
)
def test_another_base_resizes_the_innermost_map(
    network, source, target, resized
):
    source, target = (
        small.ends((source,) * 2 + (3,)),
        small.ends((target,) * 2 + (3,)),
    )
    old, new, _, mapped = generators(network, source, target)
    np.testing.assert_allclose(
        innermost(new), resized(innermost(old)), atol=1e-6
    )
    assert {path.split("/")[0] for path, _ in small.kinds(mapped)} == {"input"}
    assert {kind for _, kind in small.kinds(mapped)} == {"adapted"}


def test_bases_of_equal_area_are_told_apart():
    """16x32 and 32x16 px have kernels of the same shape."""
    old, new, _, mapped = generators(
        "resnet", small.ends((16, 32, 3)), small.ends((32, 16, 3))
    )
    assert small.kinds(mapped)["input/kernel", "adapted"] == "map 2x4 to 4x2"
    x = innermost(old)
    expected = x.reshape(4, 2, 2, 2, -1).mean(axis=3).repeat(2, axis=1)
    np.testing.assert_allclose(innermost(new), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("network", "source", "target", "base"),
    [("resnet", 32, 64, 4), ("resnet", 64, 32, 2), ("dcgan", 32, 48, 6)],
)
def test_heads_score_constant_maps_the_same(network, source, target, base):
    shapes = [(side, side, 3) for side in (source, target)]
    old, new, _, mapped = critics(
        network,
        small.ends(shapes[0], "ab"),
        small.ends(shapes[1], "ab"),
    )
    had = small.arrays(old)
    for head, outputs in (("score", 1), ("class_logits", 2)):
        before, after = (
            kernel.reshape(-1, 16 if network == "resnet" else 8, outputs)
            for kernel in (
                had[f"{head}/kernel"],
                mapped.values[f"{head}/kernel"],
            )
        )
        assert len(after) == base**2
        np.testing.assert_allclose(
            after.sum(axis=0), before.sum(axis=0), atol=1e-5
        )
    assert {kind for _, kind in small.kinds(mapped)} == {"adapted"}
    assert len(small.kinds(mapped)) == 2


def test_averaged_features_need_no_base():
    source, target = small.ends((32, 32, 3)), small.ends((48, 48, 3))
    *_, mapped = critics("resnet_cifar", source, target)
    assert not small.kinds(mapped)


GROWN = {
    "dcgan": ({"up4_norm", "up4_conv"}, {"input"}),
    "resnet_cifar": (
        {f"up4_{x}" for x in ("norm1", "conv1", "norm2", "conv2", "shortcut")},
        set(),
    ),
}
GROWN_CRITIC = {
    "dcgan": ({"down4_conv"}, {"score"}),
    "resnet_cifar": (
        {f"down3_{x}" for x in ("conv1", "conv2", "shortcut")},
        set(),
    ),
}


@pytest.mark.parametrize("network", GROWN)
@pytest.mark.parametrize(
    ("build", "expected"),
    [(small.generator, GROWN), (small.critic, GROWN_CRITIC)],
)
def test_a_larger_image_grows_a_block_and_a_smaller_one_drops_it(
    network, build, expected
):
    sizes = small.ends((32, 32, 3)), small.ends((64, 64, 3))
    block, neighbours = expected[network]
    old, _, before, mapped = small.transfer(build, network, *sizes)
    fates = {
        (path.split("/")[0], kind, note)
        for (path, kind), note in small.kinds(mapped).items()
    }
    assert fates == {(layer, "fresh", "grown block") for layer in block} | {
        (layer, kind, "meets a grown block")
        for layer in neighbours
        for kind in ("fresh", "dropped")
    }
    had = small.arrays(old)
    for path, value in mapped.values.items():
        layer = path.split("/")[0]
        origin = before if layer in block | neighbours else had
        np.testing.assert_array_equal(value, origin[path])
    *_, mapped = small.transfer(build, network, *reversed(sizes))
    fates = {
        (path.split("/")[0], kind, note)
        for (path, kind), note in small.kinds(mapped).items()
    }
    assert fates == {(layer, "dropped", "smaller image") for layer in block} | {
        (layer, kind, "met a dropped block")
        for layer in neighbours
        for kind in ("fresh", "dropped")
    }


def test_a_block_and_a_base_change_at_once():
    """24 px has three blocks from 3x3, 64 px four from 4x4."""
    source, target = small.ends((24, 24, 3)), small.ends((64, 64, 3))
    old, new, _, mapped = generators("resnet", source, target)
    expected = maps.resize(innermost(old), 1, (4, 4))
    np.testing.assert_allclose(innermost(new), expected, atol=1e-6)
    notes = small.kinds(mapped)
    assert notes["input/kernel", "adapted"] == "map 3x3 to 4x4"
    assert notes["up4_conv1/kernel", "fresh"] == "grown block"


def test_grown_spectral_vectors_are_part_of_their_block():
    def build(network, at, seed):
        return small.critic(network, at, seed=seed, spectral_norm=True)

    sizes = small.ends((32, 32, 3)), small.ends((64, 64, 3))
    *_, mapped = small.transfer(build, "dcgan", *sizes)
    notes = small.kinds(mapped)
    assert notes["down4_conv/u", "fresh"] == "grown block"
    assert notes["score/u", "fresh"] == "meets a grown block"


def test_resizing_by_hand():
    line = np.float32([[1, 4]])
    np.testing.assert_array_equal(maps.resize(line, 0, (1, 4)), [[1, 1, 4, 4]])
    np.testing.assert_array_equal(maps.resize(line, 0, (1, 3)), [[1, 2.5, 4]])
    np.testing.assert_array_equal(maps.resize(line, 0, (2, 1)), [[2.5], [2.5]])
    np.testing.assert_allclose(
        maps.resize(np.float32([[1, 2, 6]]), 0, (1, 2)), [[4 / 3, 14 / 3]]
    )
    # Reading a map of 4 as the mean of its halves is read; of 1 as repeated.
    np.testing.assert_array_equal(
        maps.resize_readout(line, 0, (1, 4)), [[0.5, 0.5, 2, 2]]
    )
    np.testing.assert_array_equal(maps.resize_readout(line, 0, (1, 1)), [[5]])
