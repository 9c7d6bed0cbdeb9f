import numpy as np
import pytest

from tfgan_transfer.data import ImageSet, training_batches
from tfgan_transfer.errors import UserError

B, CRITIC, Z, K = 4, 3, 5, 2


def image_set(count, height=2, width=3, channels=1, labels=2):
    """Image i is filled with i, except that its first column is 0."""
    pixels = np.zeros((count, height, width, channels), np.uint8)
    pixels[:, :, 1:] = np.arange(count)[:, None, None, None] % 256
    columns = np.zeros((count, labels), np.float32)
    if labels:
        columns[np.arange(count), np.arange(count) % labels] = 1
    names = tuple(f"{i}.png" for i in range(count))
    words = tuple(f"label {i}" for i in range(labels))
    return ImageSet(pixels, columns, words, "class", names)


def batches(images, steps, **options):
    options = {"batch_size": B, "n_critic": CRITIC, "latent_size": Z} | options
    dataset = training_batches(images, **options)
    return list(dataset.take(steps).as_numpy_iterator())


def drawn(elements):
    """Numbers of the images drawn, in the order of the endless sequence."""
    pixels = np.stack([element["image"] for element in elements])
    # The middle column is not moved by a flip.
    return np.rint((pixels[:, :, :, 0, 1, 0] + 1) * 127.5).astype(int).ravel()


def same(one, other):
    assert one.keys() == other.keys()
    for key in one:
        np.testing.assert_array_equal(one[key], other[key], strict=True)


def test_the_contract_of_a_batch():
    images = image_set(30, labels=2)
    dataset = training_batches(
        images, batch_size=B, n_critic=CRITIC, latent_size=Z, augment_width=K
    )
    shapes = {
        "image": (B, CRITIC, 2, 3, 1),
        "label": (B, CRITIC, 2),
        "latent": (B, CRITIC + 1, Z),
        "mix": (B, CRITIC, 1, 1, 1),
        "augment": (B, CRITIC + 1, K),
        "noise": (B, CRITIC + 1, 3),
    }
    spec = dataset.element_spec
    assert {k: tuple(v.shape) for k, v in spec.items()} == shapes
    assert {v.dtype.name for v in spec.values()} == {"float32"}
    element = next(dataset.as_numpy_iterator())
    assert {k: v.shape for k, v in element.items()} == shapes
    unlabelled = batches(image_set(30, labels=0), 1)[0]
    assert unlabelled["label"].shape == (B, CRITIC, 0)
    assert unlabelled["augment"].shape == (B, CRITIC + 1, 0)


def test_pixels_are_scaled_exactly():
    values = np.arange(256, dtype=np.uint8).reshape(256, 1, 1, 1)
    images = ImageSet(values, np.zeros((256, 0)), (), "none", ("x",) * 256)
    out = np.concatenate([e["image"].ravel() for e in batches(images, 22)])
    expected = np.float32(np.arange(256)) / np.float32(127.5) - np.float32(1)
    np.testing.assert_array_equal(np.unique(out), expected)
    assert expected.min() == -1 and expected.max() == 1


@pytest.mark.parametrize("count", [1, 2, 5, 7, 12, 13, 100])
def test_every_image_once_in_each_epoch(count):
    # 12 images are drawn in a step: with few images it spans epochs.
    steps = -(-3 * count // (B * CRITIC))
    numbers = drawn(batches(image_set(count), steps))
    epochs = numbers[: 3 * count].reshape(3, count)
    np.testing.assert_array_equal(np.sort(epochs), [np.arange(count)] * 3)


def test_epochs_and_seeds_have_their_own_order():
    images = image_set(60)
    first, second = drawn(batches(images, 10)).reshape(2, 60)
    other = drawn(batches(images, 5, seed=1))
    for order in (second, other, np.arange(60)):
        assert (first == order).sum() < 15


def test_labels_go_with_their_images():
    elements = batches(image_set(30, labels=3), 5)
    labels = np.stack([e["label"] for e in elements]).reshape(-1, 3)
    np.testing.assert_array_equal(labels.argmax(1), drawn(elements) % 3)
    assert (labels.sum(1) == 1).all()


@pytest.mark.parametrize("start", [1, 7, 9])
def test_starting_at_a_step_continues_bit_for_bit(start):
    images = image_set(23)
    whole = batches(images, 12, augment_width=K)
    rest = batches(images, 12 - start, augment_width=K, start_step=start)
    for one, other in zip(whole[start:], rest, strict=True):
        same(one, other)


def test_a_far_step_costs_nothing():
    element = batches(image_set(23), 1, start_step=10**12)[0]
    assert np.isfinite(element["latent"]).all()


@pytest.mark.parametrize("parts", [2, 4])
def test_the_shards_make_the_whole(parts):
    images = image_set(23)
    whole = batches(images, 3, augment_width=K)
    shards = [
        batches(images, 3, augment_width=K, shard=(k, parts))
        for k in range(parts)
    ]
    for step, element in enumerate(whole):
        pieces = [shard[step] for shard in shards]
        same(
            element,
            {k: np.concatenate([p[k] for p in pieces]) for k in element},
        )


def test_flips_are_drawn_for_each_image():
    elements = batches(image_set(40), 100)
    pixels = np.stack([e["image"] for e in elements]).reshape(-1, 2, 3, 1)
    marked = pixels[:, 0, 1, 0] > -1
    left = pixels[marked, 0, 0, 0] == -1
    right = pixels[marked, 0, 2, 0] == -1
    assert (left ^ right).all()
    # 1,170 fair coins: five standard deviations are 0.073.
    assert abs(right.mean() - 0.5) < 0.075
    one = right[: len(right) // 2 * 2].reshape(-1, 2)
    assert abs(np.mean(one[:, 0] == one[:, 1]) - 0.5) < 0.11
    still = batches(image_set(40), 20, flip=False)
    assert all((e["image"][..., 0, :] == -1).all() for e in still)


def test_noises_have_their_moments_and_differ():
    elements = batches(
        image_set(9), 60, batch_size=16, latent_size=8, augment_width=8
    )
    latent = np.stack([e["latent"] for e in elements])
    augment = np.stack([e["augment"] for e in elements])
    mix = np.stack([e["mix"] for e in elements])
    assert abs(latent.mean()) < 0.03 and abs(latent.std() - 1) < 0.03
    for uniform in (augment, mix):
        assert 0 <= uniform.min() and uniform.max() < 1
        assert abs(uniform.mean() - 0.5) < 0.03
        assert abs(uniform.var() - 1 / 12) < 0.01
    assert len(np.unique(latent)) > 0.999 * latent.size
    assert len(np.unique(mix)) > 0.99 * mix.size


def test_each_use_has_its_own_stream_of_noise():
    elements = batches(
        image_set(40), 50, latent_prior="uniform", augment_width=K
    )
    latent, augment, mix = (
        np.concatenate([e[key].ravel() for e in elements])
        for key in ("latent", "augment", "mix")
    )
    for one, other in ((latent, augment), (latent, mix), (augment, mix)):
        assert np.isin(one, other).mean() < 0.01
    mirrored = np.stack([e["image"] for e in elements])[..., 0, 2, 0].ravel()
    agreement = np.mean((mirrored == -1) == (mix < 0.5))
    assert abs(agreement - 0.5) < 0.1


@pytest.mark.parametrize(
    "prior, low, high, deviation",
    [("uniform", 0, 1, 12**-0.5), ("truncated_normal", -2, 2, 0.8796)],
)
def test_other_priors(prior, low, high, deviation):
    elements = batches(image_set(9), 100, latent_prior=prior)
    latent = np.stack([e["latent"] for e in elements])
    assert low <= latent.min() and latent.max() <= high
    assert abs(latent.std() - deviation) < 0.03


def test_a_set_on_disk_gives_the_same_batches(tmp_path):
    images = image_set(23)
    np.save(tmp_path / "images.npy", images.images)
    mapped = ImageSet(
        np.load(tmp_path / "images.npy", mmap_mode="r"),
        images.labels,
        images.vocabulary,
        images.label_mode,
        images.names,
    )
    for one, other in zip(batches(images, 6), batches(mapped, 6), strict=True):
        same(one, other)


def test_what_cannot_work_is_refused():
    with pytest.raises(UserError, match="no images to train on"):
        batches(image_set(0), 1)
    with pytest.raises(UserError, match="batch_size .* 3 workers.* 4"):
        batches(image_set(5), 1, shard=(0, 3))
    with pytest.raises(UserError, match="batch_size"):
        batches(image_set(5), 1, batch_size=0)
    with pytest.raises(UserError, match="latent_prior"):
        batches(image_set(5), 1, latent_prior="cauchy")


def test_nothing_looks_after_the_dataset_once_a_minute():
    """It would hold up the end of every run until its next look."""
    dataset = training_batches(
        image_set(3), batch_size=B, n_critic=CRITIC, latent_size=Z
    )
    assert dataset.options().autotune.enabled is False
