"""The strict mapping: what is copied, what stops, and what is left alone."""

import numpy as np
import pytest

from tests.support import small_networks as small
from tfgan_transfer.errors import UserError
from tfgan_transfer.networks import NETWORKS
from tfgan_transfer.transfer import mapping

every_network = pytest.mark.parametrize("network", NETWORKS)
AT = small.ends()


@every_network
def test_equal_ends_copy_everything_bit_for_bit(network):
    old, new, _, mapped = small.transfer(small.generator, network, AT, AT)
    assert {row.kind for row in mapped.rows} == {"copied"}
    z = small.latents()
    np.testing.assert_array_equal(new(z), old(z))
    old, new, _, mapped = small.transfer(small.critic, network, AT, AT)
    assert {row.kind for row in mapped.rows} == {"copied"}
    images = small.pixels(2, 16, 16, 3)
    np.testing.assert_array_equal(new(images), old(images))


def test_nothing_is_assigned_by_the_mapping_itself():
    net = small.generator("dcgan", AT, seed=2)
    before = small.arrays(net)
    source = small.arrays(small.generator("dcgan", AT, seed=1))
    mapping.map_weights(net, source, AT, AT)
    for path, value in small.arrays(net).items():
        np.testing.assert_array_equal(value, before[path])


@every_network
@pytest.mark.parametrize(
    "target",
    [
        small.ends((32, 32, 1), "ab", "concat", 7),
        small.ends((32, 32, 3), "bcd", "batch_norm", 3),
        small.ends((16, 16, 1)),
    ],
    ids=["concat", "batch_norm", "none"],
)
@pytest.mark.parametrize("build", [small.generator, small.critic])
def test_every_weight_is_accounted_for(network, build, target):
    source = small.ends((16, 16, 3), "abc", "concat")
    old, new, _, mapped = small.transfer(build, network, source, target)
    kept = [row for row in mapped.rows if row.kind != "dropped"]
    assert [row.path for row in kept] == [v.path for v in new.variables]
    assert sum(row.size for row in kept) == new.count_params()
    for value, variable in zip(
        mapped.values.values(), new.variables, strict=True
    ):
        assert value.dtype == np.float32
        assert value.shape == tuple(variable.shape)
    dropped = {row.path for row in mapped.rows if row.kind == "dropped"}
    used = {row.path for row in kept if row.kind in ("copied", "adapted")}
    assert dropped | used == small.arrays(old).keys()
    assert not dropped & used


def test_float16_source_is_widened():
    net = small.generator("resnet", AT, seed=2)
    source = {
        path: array.astype("float16")
        for path, array in small.arrays(
            small.generator("resnet", AT, seed=1)
        ).items()
    }
    mapped = mapping.map_weights(net, source, AT, AT)
    for path, value in mapped.values.items():
        assert value.dtype == np.float32
        np.testing.assert_array_equal(value, np.float32(source[path]))


def test_float16_source_is_summed_in_float32():
    source = small.arrays(small.critic("dcgan", AT, seed=1))
    source["down1_conv/kernel"] = np.full((4, 4, 3, 2), 1 / 3, "float16")
    grey = small.ends((16, 16, 1))
    mapped = mapping.map_weights(small.critic("dcgan", grey), source, AT, grey)
    np.testing.assert_array_equal(
        mapped.values["down1_conv/kernel"], 3 * np.float32(np.float16(1 / 3))
    )


def stopped(net, source, at=AT, target=AT):
    """The message with which a mapping stops, line by line."""
    before = small.arrays(net)
    with pytest.raises(UserError) as error:
        mapping.map_weights(net, source, at, target)
    for path, value in small.arrays(net).items():
        np.testing.assert_array_equal(value, before[path])
    return error.value.command_line.split("\n")


def test_a_renamed_layer_stops_with_the_list():
    source = small.arrays(small.generator("dcgan", AT))
    for name in ("kernel", "bias"):
        source[f"up2_deconv/{name}"] = source.pop(f"up2_conv/{name}")
    first, *lines = stopped(small.generator("dcgan", AT), source)
    assert first == (
        "--source: 4 of its weights or the generator's cannot be matched, "
        "expected the source's --network, --width, --critic_norm and weight "
        "names; give the flags that the source was trained with:"
    )
    assert lines == [
        "- up2_conv/bias is not in the source",
        "- up2_conv/kernel is not in the source",
        "+ up2_deconv/bias is not in the target",
        "+ up2_deconv/kernel is not in the target",
    ]


def test_another_size_does_not_excuse_a_renamed_layer():
    target = small.ends((32, 32, 3))
    source = small.arrays(small.generator("dcgan", AT))
    source["up2_deconv/kernel"] = source.pop("up2_conv/kernel")
    lines = stopped(small.generator("dcgan", target), source, target=target)
    assert lines[1:] == [
        "- up2_conv/kernel is not in the source",
        "+ up2_deconv/kernel is not in the target",
    ]


def test_a_missing_block_is_not_excused_at_the_same_size():
    source = small.arrays(small.critic("resnet", AT))
    source = {p: a for p, a in source.items() if "down3" not in p}
    lines = stopped(small.critic("resnet", AT), source)
    assert len(lines) == 1 + 9
    assert all(line.startswith("- down3_") for line in lines[1:])


@every_network
def test_another_width_stops(network):
    wide = small.arrays(small.generator(network, AT, width=3))
    lines = stopped(small.generator(network, AT), wide)
    assert {line[0] for line in lines[1:]} == {"!"}
    assert "! output/kernel has shape" in "\n".join(lines)


def test_another_width_is_not_excused_by_another_size():
    larger = small.ends((32, 32, 3))
    for build in (small.generator, small.critic):
        wide = small.arrays(build("dcgan", AT, width=3))
        lines = stopped(build("dcgan", larger), wide, target=larger)
        layers = {line.split()[1].split("/")[0] for line in lines[1:]}
        assert (
            layers
            == {
                "generator": {"up2_norm", "up2_conv", "output_norm", "output"},
                "critic": {"down1_conv", "down2_conv"},
            }[build.__name__]
        )


def test_other_channels_at_a_head_need_another_depth():
    """32 and 48 px both have three blocks."""
    small_end, large_end = small.ends((32, 32, 3)), small.ends((48, 48, 3))
    source = small.arrays(small.critic("dcgan", small_end))
    source["score/kernel"] = np.zeros((4, 4, 6, 1), "float32")
    net = small.critic("dcgan", large_end)
    lines = stopped(net, source, small_end, large_end)
    assert lines[1:] == [
        "! score/kernel has shape (6, 6, 8, 1) in the target, (4, 4, 6, 1) "
        "in the source"
    ]


def test_shapes_are_listed():
    source = small.arrays(small.critic("dcgan", AT))
    source["score/kernel"] = np.zeros((4, 4, 6, 1), "float32")
    lines = stopped(small.critic("dcgan", AT), source)
    assert lines[1:] == [
        "! score/kernel has shape (4, 4, 4, 1) in the target, (4, 4, 6, 1) "
        "in the source"
    ]


def test_missing_norm_stops():
    plain = small.arrays(small.critic("resnet", AT, norm="none"))
    lines = stopped(small.critic("resnet", AT), plain)
    assert len(lines) == 1 + 3 * 2 * 2
    assert all("_norm" in line and line[0] == "-" for line in lines[1:])


def test_another_family_stops():
    for build in (small.generator, small.critic):
        source = small.arrays(build("dcgan", AT))
        for network in ("resnet", "resnet_cifar"):
            assert len(stopped(build(network, AT), source)) > 2
    assert len(stopped(small.generator("dcgan", AT), {})) > 2


def test_numbers_that_are_not_finite_stop():
    source = small.arrays(small.generator("dcgan", AT))
    source["output_norm/moving_variance"][1] = np.inf
    source["output/bias"][0] = np.nan
    lines = stopped(small.generator("dcgan", AT), source)
    assert lines[1:] == [
        "! output/bias is not finite in the source",
        "! output_norm/moving_variance is not finite in the source",
    ]


@every_network
def test_spectral_norm_comes_and_goes(network):
    plain = small.critic(network, AT, seed=1)
    spectral = small.critic(network, AT, seed=2, spectral_norm=True)
    own = small.arrays(spectral)
    vectors = {path for path in own if path.endswith("/u")}
    mapped = mapping.map_weights(spectral, small.arrays(plain), AT, AT)
    assert small.kinds(mapped) == {
        (path, "fresh"): "power iteration" for path in vectors
    }
    for path in vectors:
        np.testing.assert_array_equal(mapped.values[path], own[path])
    mapped = mapping.map_weights(plain, own, AT, AT)
    assert small.kinds(mapped) == {
        (path, "dropped"): "no spectral norm" for path in vectors
    }


def test_assign_wants_the_same_network():
    net = small.generator("dcgan", AT)
    mapped = mapping.map_weights(net, small.arrays(net), AT, AT)
    other = small.critic("dcgan", AT)
    before = small.arrays(other)
    with pytest.raises(ValueError, match="network with other weights"):
        mapping.assign(other, mapped)
    for path, value in small.arrays(other).items():
        np.testing.assert_array_equal(value, before[path])
