"""Growth at the pixel end: the source is copied whole, what is new is named."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support import small_networks as small
from tfgan_transfer.errors import UserError
from tfgan_transfer.networks import growth
from tfgan_transfer.transfer import freeze, mapping, structure

networks = pytest.mark.parametrize("network", ["dcgan", "resnet"])
PLAIN = small.ends()
NEW = ("features", "features_norm", "conv", "norm", "correction")


def grown(sizes, build=small.generator, width=4):
    """Builds networks that have grown to these sizes."""

    def made(network, at, seed):
        net = build(network, at, seed=seed, width=width)
        for side in sizes:
            shape = (side, side, at.image_shape[2])
            net = getattr(growth, build.__name__)(net, shape, width)
        return net

    return made


def moved(network, before, after, source=PLAIN, target=PLAIN, **options):
    """A source that was trained, a larger target, and the mapping."""
    old = grown(before, **options)(network, source, seed=1)
    small.randomise(old, 3)
    new = grown(after, **options)(network, target, seed=2)
    mapped = mapping.map_weights(new, small.arrays(old), source, target)
    mapping.assign(new, mapped)
    return old, new, mapped


def fresh(mapped):
    """Layer -> note of what is new; everything else must be copied."""
    assert {row.kind for row in mapped.rows} == {"copied", "fresh"}
    return {
        row.path.split("/")[0]: row.note
        for row in mapped.rows
        if row.kind == "fresh"
    }


def named(side, layers=NEW):
    return {
        f"grown{side}_{layer}": "grown, zero at first"
        if layer == "correction"
        else "grown"
        for layer in layers
    }


def enlarged(images, side):
    return tf.image.resize(images, (side, side)).numpy()


@networks
@pytest.mark.parametrize(
    ("before", "after"), [([], [32]), ([], [24]), ([32], [32, 64])]
)
def test_every_weight_of_the_source_is_copied(network, before, after):
    old, new, mapped = moved(network, before, after)
    assert fresh(mapped) == named(after[-1])
    for path, value in small.arrays(old).items():
        np.testing.assert_array_equal(mapped.values[path], value)
    z = small.latents()
    np.testing.assert_allclose(
        new(z), enlarged(old(z), after[-1]), rtol=0, atol=1e-5
    )
    assert {v.path for v in old.trainable_variables} < {
        v.path for v in new.trainable_variables
    }


@networks
@pytest.mark.parametrize("before", [[], [24]])
def test_labels_are_new_at_the_same_time(network, before):
    target = small.ends(labels="ab", conditioning="batch_norm")
    old, new, mapped = moved(network, before, [*before, 48], target=target)
    kinds = {row.kind for row in mapped.rows}
    assert kinds == {"copied", "adapted", "fresh"}
    assert {r.note for r in mapped.rows if r.kind == "adapted"} == {
        "tile over 2 labels"
    }
    z = small.latents()
    expected = enlarged(old(z), 48)
    for label in range(2):
        images = new([z, small.one_hot(label, 2)])
        np.testing.assert_allclose(images, expected, rtol=0, atol=1e-5)


@networks
def test_a_critic_scores_as_its_source_did(network):
    old, new, mapped = moved(network, [], [32], build=small.critic)
    assert fresh(mapped) == named(32, ("conv", "correction"))
    images = small.pixels(4, 16, 16, 3)
    large = images.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_allclose(new(large), old(images), rtol=1e-4, atol=1e-5)


def test_another_width_stops_with_the_table():
    old = small.arrays(small.generator("dcgan", PLAIN, width=2))
    new = grown([32])("dcgan", PLAIN, seed=1)
    before = small.arrays(new)
    with pytest.raises(UserError) as error:
        mapping.map_weights(new, old, PLAIN, PLAIN)
    first, *lines = error.value.command_line.split("\n")
    assert first == (
        "--source: 13 of its weights or the generator's cannot be matched, "
        "expected the source's --network, --width, --critic_norm and weight "
        "names; give the flags that the source was trained with:"
    )
    assert (
        "! up2_conv/bias has shape (4,) in the target, (2,) in the source"
        in (lines)
    )
    assert not any("grown" in line for line in lines)
    for path, value in small.arrays(new).items():
        np.testing.assert_array_equal(value, before[path])


def test_a_part_of_a_growth_is_not_excused():
    old = small.arrays(grown([32])("dcgan", PLAIN, seed=1))
    del old["grown32_correction/kernel"]
    with pytest.raises(UserError) as error:
        mapping.map_weights(
            grown([32])("dcgan", PLAIN, seed=2), old, PLAIN, PLAIN
        )
    assert error.value.command_line.split("\n")[1:] == [
        "- grown32_correction/kernel is not in the source"
    ]


@networks
def test_what_the_target_has_not_grown_is_dropped(network):
    old, new, mapped = moved(network, [32], [])
    assert {r.kind for r in mapped.rows} == {"copied", "dropped"}
    dropped = {r.path: r.note for r in mapped.rows if r.kind == "dropped"}
    assert {path.split("/")[0] for path in dropped} == named(32).keys()
    assert set(dropped.values()) == {"not grown"}
    # What the source enlarges.
    z = small.latents()
    np.testing.assert_array_equal(
        new(z), old.get_layer("output")(_before(old, z))
    )


def _before(net, z):
    """What the layer that made pictures before the growth sees."""
    return keras.Model(net.input, net.get_layer("output").input)(z)


@pytest.mark.parametrize("network", ["dcgan", "resnet", "acgan"])
def test_stages_are_counted_from_the_pixels(network):
    width = 12 if network == "acgan" else 4
    net = grown([24, 48], width=width)(network, PLAIN, seed=1)
    assert list(structure.stages(net))[:4] == [
        "grown48",
        "grown24",
        "output",
        "up2" if network != "resnet" else "up1",
    ]
    covered = freeze.freeze(net, "1-2")
    assert covered.stages == ("grown24", "output")
    assert net.get_layer("grown48_correction").trainable
    assert not net.get_layer("grown24_conv").trainable
    critic = grown([24], small.critic, width)(network, PLAIN, seed=1)
    assert next(iter(structure.stages(critic))) == "grown24"
