"""Labels that come, go and change: what each class draws at step 0."""

import dataclasses

import numpy as np
import pytest

from tests.support import small_networks as small
from tfgan_transfer.networks import NETWORKS

Z = small.Z
every_network = pytest.mark.parametrize("network", NETWORKS)


def generators(network, source, target):
    return small.transfer(small.generator, network, source, target)


@every_network
def test_every_class_draws_what_an_unconditional_source_draws(network):
    """To the last bit, on CPU in float32."""
    old, new, _, mapped = generators(
        network,
        small.ends(),
        small.ends(labels="abc", conditioning="batch_norm"),
    )
    z = small.latents()
    for i in range(3):
        np.testing.assert_array_equal(new([z, small.one_hot(i, 3)]), old(z))
    # Tags average rows, and thirds of a number are rounded.
    tags = np.ones((4, 3), "float32")
    np.testing.assert_allclose(new([z, tags]), old(z), atol=1e-5)
    notes = small.kinds(mapped)
    assert set(notes.values()) == {"tile over 3 labels"}
    assert {path.split("/")[1] for path, _ in notes} == {"gamma", "beta"}


@every_network
def test_joined_labels_only_add_random_rows(network):
    old, new, before, mapped = generators(
        network, small.ends(), small.ends(labels="abc", conditioning="concat")
    )
    z = small.latents()
    nothing = np.zeros((4, 3), "float32")
    np.testing.assert_allclose(new([z, nothing]), old(z), atol=1e-6)
    labelled = new([z, small.one_hot(0, 3)]).numpy()
    assert abs(labelled - old(z).numpy()).max() > 1e-2
    assert small.kinds(mapped) == {
        ("input/kernel", "adapted"): "3 label rows random"
    }
    rows = -1 if network == "dcgan" else 0
    labels = np.take(mapped.values["input/kernel"], range(Z, Z + 3), rows)
    own = np.take(before["input/kernel"], range(Z, Z + 3), rows)
    np.testing.assert_array_equal(labels, own)


@every_network
@pytest.mark.parametrize("conditioning", ["concat", "batch_norm"])
def test_classes_are_matched_by_name(network, conditioning):
    """`c` and `a` in other places; a vocabulary of the same length."""
    old, new, _, mapped = generators(
        network,
        small.ends(labels="abc", conditioning=conditioning),
        small.ends(labels="cxa", conditioning=conditioning),
    )
    z = small.latents()
    for here, there in ((0, 2), (2, 0)):
        # Joined labels are summed in another order: equal but for rounding.
        np.testing.assert_allclose(
            new([z, small.one_hot(here, 3)]),
            old([z, small.one_hot(there, 3)]),
            atol=0 if conditioning == "batch_norm" else 1e-6,
            rtol=0,
        )
    others = "their mean" + " and random" * (conditioning == "concat")
    assert set(small.kinds(mapped).values()) == {
        f"2 of 3 labels by name, others {others}"
    }


@every_network
def test_embeddings_begin_by_changing_nothing(network):
    """Every class draws what the unconditional source draws, to the bit."""
    old, new, before, mapped = generators(
        network,
        small.ends(),
        small.ends(labels="abc", conditioning="embedding"),
    )
    z = small.latents()
    for i in range(3):
        np.testing.assert_array_equal(new([z, small.one_hot(i, 3)]), old(z))
    assert small.kinds(mapped) == {
        ("label_embedding/embedding", "adapted"): "zero for 3 labels"
    }
    assert before["label_embedding/embedding"].any()


@every_network
def test_embeddings_are_matched_by_name_and_length(network):
    old, new, _, mapped = generators(
        network,
        small.ends(labels="abc", conditioning="embedding"),
        small.ends(labels="cxa", conditioning="embedding", latent_size=Z + 2),
    )
    z, longer = small.latents(), small.latents(size=Z + 2)
    longer[:, :Z] = z
    for here, there in ((0, 2), (2, 0)):
        np.testing.assert_allclose(
            new([longer, small.one_hot(here, 3)]),
            old([z, small.one_hot(there, 3)]),
            atol=1e-6,
        )
    had = small.arrays(old)["label_embedding/embedding"]
    rows = mapped.values["label_embedding/embedding"]
    np.testing.assert_allclose(rows[1, :Z], had.mean(0), rtol=1e-6)
    np.testing.assert_array_equal(rows[:, Z:], 0)
    notes = small.kinds(mapped)
    assert notes["label_embedding/embedding", "adapted"] == (
        "2 of 3 labels by name, others their mean"
    )


@every_network
def test_the_mean_embedding_remains_in_the_kernel(network):
    for target in (
        small.ends(),
        small.ends(labels="abc", conditioning="batch_norm"),
    ):
        old, new, _, mapped = generators(
            network, small.ends(labels="abc", conditioning="embedding"), target
        )
        z = small.latents()
        given = [z, small.one_hot(1, 3)] if target.vocabulary else z
        every = np.ones((4, 3), "float32")
        np.testing.assert_allclose(new(given), old([z, every]), atol=5e-5)
        notes = small.kinds(mapped)
        assert notes["label_embedding/embedding", "dropped"] == (
            "mean kept in the latent's kernel"
        )
        assert notes["input/kernel", "adapted"] == (
            "times the mean of 3 embeddings"
        )


def test_new_rows_of_tables_are_the_mean():
    old, new, _, _ = generators(
        "dcgan",
        small.ends(labels="ab", conditioning="batch_norm"),
        small.ends(labels="xay", conditioning="batch_norm"),
    )
    for name in ("gamma", "beta"):
        had = small.arrays(old)[f"up2_norm/{name}"]
        rows = small.arrays(new)[f"up2_norm/{name}"]
        np.testing.assert_array_equal(rows[1], had[0])
        np.testing.assert_allclose(rows[0], (had[0] + had[1]) / 2, rtol=1e-6)
        np.testing.assert_array_equal(rows[2], rows[0])


def test_new_joined_rows_are_the_mean_and_random():
    old, new, before, _ = generators(
        "resnet",
        small.ends(labels="ab", conditioning="concat"),
        small.ends(labels="xay", conditioning="concat"),
    )
    had = small.arrays(old)["input/kernel"][Z:]
    rows = small.arrays(new)["input/kernel"][Z:]
    own = before["input/kernel"][Z:]
    np.testing.assert_array_equal(rows[1], had[0])
    np.testing.assert_allclose(rows[0], own[0] + (had[0] + had[1]) / 2, 1e-5)


@every_network
def test_the_mean_table_remains_without_labels(network):
    old, new, _, mapped = generators(
        network,
        small.ends(labels="ab", conditioning="batch_norm"),
        small.ends(),
    )
    z, half = small.latents(), np.full((4, 2), 0.5, "float32")
    np.testing.assert_allclose(new(z), old([z, half]), atol=1e-5)
    assert set(small.kinds(mapped).values()) == {"mean of 2 labels"}


@pytest.mark.parametrize("network", ["resnet", "resnet_cifar"])
@pytest.mark.parametrize("per_image", [1, 2])
def test_the_average_label_remains_in_the_bias(network, per_image):
    source = small.ends(labels="abc", conditioning="concat")
    source = dataclasses.replace(source, labels_per_image=per_image)
    for target in (
        small.ends(),
        small.ends(labels="ab", conditioning="batch_norm"),
    ):
        old, new, _, mapped = generators(network, source, target)
        z = small.latents()
        average = np.full((4, 3), per_image / 3, "float32")
        given = [z, small.one_hot(1, 2)] if target.vocabulary else z
        np.testing.assert_allclose(new(given), old([z, average]), atol=1e-4)
        notes = small.kinds(mapped)
        assert notes["input/bias", "adapted"] == "mean of 3 label rows added"
        assert notes["input/kernel", "adapted"] == (
            "3 label rows moved to the bias"
        )


def test_the_bias_of_a_transposed_convolution_is_flat():
    old, new, _, _ = generators(
        "dcgan", small.ends(labels="abc", conditioning="concat"), small.ends()
    )
    had, now = small.arrays(old), small.arrays(new)
    mean = had["input/kernel"][..., Z:].mean(axis=(0, 1, 3))
    np.testing.assert_allclose(
        now["input/bias"], had["input/bias"] + mean, rtol=1e-5
    )
    np.testing.assert_array_equal(
        now["input/kernel"], had["input/kernel"][..., :Z]
    )


@every_network
def test_kernels_of_equal_length_and_other_meaning_are_not_copied(network):
    """5 + 3 rows of latent and labels become 8 rows of latent."""
    old, new, _, mapped = generators(
        network,
        small.ends(labels="abc", conditioning="concat"),
        small.ends(latent_size=8),
    )
    rows = -1 if network == "dcgan" else 0
    now = np.moveaxis(mapped.values["input/kernel"], rows, 0)
    had = np.moveaxis(small.arrays(old)["input/kernel"], rows, 0)
    np.testing.assert_array_equal(now[:5], had[:5])
    np.testing.assert_array_equal(now[5:], 0)


@every_network
def test_scores_survive_the_class_head(network):
    images = small.pixels(2, 16, 16, 3)
    old, new, before, mapped = small.transfer(
        small.critic, network, small.ends(), small.ends(labels="ab")
    )
    np.testing.assert_array_equal(new(images)[0], old(images))
    head = ("class_logits/kernel", "class_logits/bias")
    assert small.kinds(mapped) == {(p, "fresh"): "class head" for p in head}
    for path in head:
        np.testing.assert_array_equal(mapped.values[path], before[path])
    old, new, _, mapped = small.transfer(
        small.critic, network, small.ends(labels="ab"), small.ends()
    )
    np.testing.assert_array_equal(new(images), old(images)[0])
    assert small.kinds(mapped) == {(p, "dropped"): "class head" for p in head}


@every_network
def test_class_columns_are_matched_by_name(network):
    images = small.pixels(2, 16, 16, 3)
    old, new, before, mapped = small.transfer(
        small.critic,
        network,
        small.ends(labels="abc"),
        small.ends(labels="cxa"),
    )
    had, now = old(images)[1].numpy(), new(images)[1].numpy()
    np.testing.assert_allclose(now[:, [0, 2]], had[:, [2, 0]], rtol=1e-5)
    bias = mapped.values["class_logits/bias"]
    assert bias[1] == before["class_logits/bias"][1]
    assert set(small.kinds(mapped).values()) == {
        "2 of 3 labels by name, others random"
    }


def test_no_class_in_common_is_a_fresh_head():
    *_, before, mapped = small.transfer(
        small.critic, "resnet", small.ends(labels="ab"), small.ends(labels="xy")
    )
    head = ("class_logits/kernel", "class_logits/bias")
    assert small.kinds(mapped) == {
        (path, kind): "class head"
        for path in head
        for kind in ("fresh", "dropped")
    }
    for path in head:
        np.testing.assert_array_equal(mapped.values[path], before[path])
