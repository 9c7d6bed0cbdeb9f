"""The image pool against a list, image by image."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.gans import pool
from tfgan_transfer.training import checkpoint

SIZE = 5


def numbered(first, count):
    """Images [count, 1, 2, 1] that can be told apart."""
    values = np.arange(first, first + count, dtype="float32")
    return np.tile(values[:, None, None, None], (1, 1, 2, 1))


def by_hand(stored, fresh, chance, size=SIZE):
    """The reference: a list, changed in place; returns what is shown."""
    shown = []
    for image, (coin, where) in zip(fresh, chance, strict=True):
        if len(stored) < size:
            stored.append(image)
            shown.append(image)
        elif coin < 0.5:
            index = int(where * size)
            shown.append(stored[index])
            stored[index] = image
        else:
            shown.append(image)
    return np.stack(shown)


@pytest.mark.parametrize("batch", [1, 3, 8])
@pytest.mark.parametrize("jit", [False, True])
def test_it_does_what_a_list_does(batch, jit):
    random = np.random.default_rng(batch)
    exchange = tf.function(pool.exchange, jit_compile=jit)
    images, filled = tf.zeros([SIZE, 1, 2, 1]), tf.constant(0, tf.int64)
    stored = []
    for step in range(40):
        fresh = numbered(1 + step * batch, batch)
        chance = random.random((batch, 2), dtype="float32")
        expected = by_hand(stored, fresh, chance)
        shown, images, filled = exchange(images, filled, fresh, chance)
        np.testing.assert_array_equal(shown, expected)
        np.testing.assert_array_equal(images[: len(stored)], stored)
        assert filled == len(stored)


def test_two_images_of_a_batch_can_meet_in_a_slot():
    images = tf.constant(numbered(0, SIZE))
    chance = tf.constant([[0.1, 0.45], [0.1, 0.45], [0.9, 0.45], [0.4, 0.59]])
    shown, images, filled = pool.exchange(
        images, tf.constant(SIZE, tf.int64), numbered(10, 4), chance
    )
    # All in slot 2: the old one, the first, the third itself, the second.
    assert shown[:, 0, 0, 0].numpy().tolist() == [2, 10, 12, 11]
    assert images[:, 0, 0, 0].numpy().tolist() == [0, 1, 13, 3, 4]
    assert filled == SIZE


def test_the_first_fifty_pass_and_later_half_are_current():
    images, filled = tf.zeros([50, 1, 2, 1]), tf.constant(0, tf.int64)
    exchange = tf.function(pool.exchange)
    random = np.random.default_rng(0)
    current = []
    for step in range(500):
        fresh = numbered(1 + 4 * step, 4)
        chance = random.random((4, 2), dtype="float32")
        shown, images, filled = exchange(images, filled, fresh, chance)
        current += (shown.numpy() == fresh).all(axis=(1, 2, 3)).tolist()
        assert filled == min(50, 4 * step + 4)
    assert all(current[:50])
    # 1950 fair coins: a standard deviation of 0.011.
    assert abs(np.mean(current[50:]) - 0.5) < 0.05


def test_the_largest_number_below_one_stays_inside():
    largest = np.nextafter(np.float32(1), np.float32(0))
    shown, _, _ = pool.exchange(
        tf.constant(numbered(0, 50)),
        tf.constant(50, tf.int64),
        numbered(100, 1),
        tf.constant([[0.0, largest]]),
    )
    assert shown[0, 0, 0, 0] == 49


def test_it_goes_on_from_a_checkpoint(tmp_path):
    random = np.random.default_rng(0)
    batches = [
        (tf.constant(numbered(1 + 3 * i, 3)), random.random((3, 2), "float32"))
        for i in range(8)
    ]
    unbroken = pool.ImagePool(SIZE, (1, 2, 1))
    expected = [unbroken.exchange(*batch).numpy() for batch in batches]
    first = pool.ImagePool(SIZE, (1, 2, 1))
    for batch in batches[:4]:
        first.exchange(*batch)
    path = checkpoint.save(
        tmp_path, 4, checkpoint.gather({"pool_a": first})
    ).path
    second = pool.ImagePool(SIZE, (1, 2, 1))
    checkpoint.restore({"pool_a": second}, checkpoint.load(path))
    shown = [second.exchange(*batch).numpy() for batch in batches[4:]]
    np.testing.assert_array_equal(shown, expected[4:])
    assert not np.array_equal(shown, [b[0] for b in batches[4:]])
