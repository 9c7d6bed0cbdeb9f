"""Augmentation against numbers worked out by hand."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer import augment
from tfgan_transfer.augment import Augmentation
from tfgan_transfer.training import checkpoint

LARGEST = np.float32(1 - 2**-24)  # The largest float32 below 1.
SAME = 0.5  # Noise that leaves colours and positions alone.


def uniform(*shape, seed=0):
    return np.random.default_rng(seed).random(shape, np.float32)


def images_of(*shape, seed=1):
    return uniform(*shape, seed=seed) * 2 - 1


def color(image, *noise):
    """One image [H, W, C] under the three numbers."""
    return augment.color(tf.constant([image]), tf.constant([noise]))[0].numpy()


def moved(image, down, right):
    """Shifts [H, W, C] between zeros, pixel by pixel."""
    result = np.zeros_like(image)
    height, width = image.shape[:2]
    for row in range(height):
        for column in range(width):
            if 0 <= row - down < height and 0 <= column - right < width:
                result[row, column] = image[row - down, column - right]
    return result


def test_half_is_the_identity_of_colour_and_translation():
    images = images_of(3, 9, 16, 3)
    noise = tf.fill([3, 3], SAME)
    np.testing.assert_allclose(augment.color(images, noise), images, atol=1e-6)
    same = augment.translation(tf.constant(images), noise[:, :2])
    np.testing.assert_array_equal(same, images)


def test_brightness_adds_up_to_a_half_and_is_not_clipped():
    image = images_of(4, 4, 3)
    np.testing.assert_allclose(
        color(image, 0, 0.5, 0.5), image - 0.5, atol=1e-6
    )
    bright = color(image, LARGEST, 0.5, 0.5)
    np.testing.assert_allclose(bright, image + 0.5, atol=1e-6)
    assert bright.max() > 1.2


def test_saturation_stretches_each_pixel_about_its_own_mean():
    image = np.float32([[[0.3, 0.0, -0.3], [0.9, 0.6, 0.6]]])
    np.testing.assert_allclose(
        color(image, 0.5, LARGEST, 0.5),
        [[[0.6, 0.0, -0.6], [1.1, 0.5, 0.5]]],
        atol=1e-6,
    )
    grey = [[[0.0, 0.0, 0.0], [0.7, 0.7, 0.7]]]
    np.testing.assert_allclose(color(image, 0.5, 0, 0.5), grey, atol=1e-6)


def test_contrast_stretches_the_image_about_its_mean():
    image = np.float32([[[0.1], [0.5]], [[0.3], [-0.1]]])  # Mean 0.2.
    expected = {
        0.0: [[[0.15], [0.35]], [[0.25], [0.05]]],
        LARGEST: [[[0.05], [0.65]], [[0.35], [-0.25]]],
    }
    for noise, values in expected.items():
        np.testing.assert_allclose(
            color(image, 0.5, 0.5, noise), values, atol=1e-6
        )


def test_grey_images_have_no_saturation():
    image = images_of(4, 4, 1)
    np.testing.assert_array_equal(
        color(image, 0.3, 0.0, 0.8), color(image, 0.3, 0.9, 0.8)
    )


def test_colours_are_changed_one_after_the_other():
    image, (a, b, c) = images_of(5, 4, 3).astype(float), (0.8, 0.3, 0.9)
    brighter = image + a - 0.5
    pixel = brighter.mean(axis=2, keepdims=True)
    duller = pixel + 2 * b * (brighter - pixel)
    expected = duller.mean() + (c + 0.5) * (duller - duller.mean())
    changed = color(image.astype("float32"), a, b, c)
    np.testing.assert_allclose(changed, expected, atol=1e-6)


@pytest.mark.parametrize(
    "height, width, limits", [(16, 4, (2, 1)), (12, 3, (2, 0))]
)
def test_every_shift_moves_by_whole_pixels(height, width, limits):
    image = images_of(height, width, 2)
    down, right = np.meshgrid(
        *[np.arange(-limit, limit + 1) for limit in limits], indexing="ij"
    )
    counts = [2 * limit + 1 for limit in limits]
    shifts = np.stack([down.ravel(), right.ravel()], axis=1)
    # The middle of the part of [0, 1) that stands for each shift.
    noise = np.float32((shifts + limits + 0.5) / counts)
    batch = tf.constant(np.repeat(image[None], len(shifts), axis=0))
    for result, shift in zip(
        augment.translation(batch, noise), shifts, strict=True
    ):
        np.testing.assert_array_equal(result, moved(image, *shift))


@pytest.mark.parametrize("side, limit", [(32, 4), (64, 8), (96, 12)])
def test_shifts_are_equally_likely_up_to_an_eighth(side, limit):
    count = 2 * limit + 1
    noise = np.float32((np.arange(8 * count) + 0.5) / (8 * count))
    noise[0], noise[-1] = 0, LARGEST
    middle = np.zeros([side, 1, 1], np.float32)
    middle[side // 2] = 1
    batch = tf.constant(np.repeat(middle[None], len(noise), axis=0))
    both = np.stack([noise, noise], axis=1)
    rows = np.argmax(augment.translation(batch, both)[..., 0, 0], axis=1)
    values, times = np.unique(rows - side // 2, return_counts=True)
    np.testing.assert_array_equal(values, np.arange(-limit, limit + 1))
    assert {*times} == {8}


@pytest.mark.parametrize(
    "side, noise, hole",
    [
        # Even: 2 of 4 pixels, centred on one of the 5 edges.
        (4, 0.0, [0]),
        (4, 0.3, [0, 1]),
        (4, SAME, [1, 2]),
        (4, 0.7, [2, 3]),
        (4, LARGEST, [3]),
        # Odd: 3 of 5 pixels, centred on one of the 5 pixels.
        (5, 0.0, [0, 1]),
        (5, 0.3, [0, 1, 2]),
        (5, SAME, [1, 2, 3]),
        (5, LARGEST, [3, 4]),
    ],
)
def test_cutout_zeroes_exactly_its_square(side, noise, hole):
    image = np.ones([1, side, 8, 2], np.float32)
    result = augment.cutout(tf.constant(image), tf.constant([[noise, SAME]]))
    expected = image.copy()
    expected[0, hole, 2:6] = 0
    np.testing.assert_array_equal(result, expected)
    swapped = augment.cutout(
        tf.constant(image.transpose(0, 2, 1, 3)), tf.constant([[SAME, noise]])
    )
    np.testing.assert_array_equal(swapped, expected.transpose(0, 2, 1, 3))


def test_width_counts_parameters_and_gates():
    assert Augmentation().width == (3 + 1) + (2 + 1) + (2 + 1)
    assert Augmentation(("cutout",)).width == 3
    assert Augmentation(("color", "cutout")).width == 7
    for policy in augment.POLICIES.values():
        if policy.transforms:
            assert Augmentation(*policy).width == policy.width
    assert augment.parse("none").width == 0


@pytest.mark.parametrize("probability", [0.0, 0.25, 1.0])
def test_gates_below_the_probability_are_open(probability):
    just_below = np.nextafter(np.float32(0.25), np.float32(0))
    gates = np.float32([0.0, just_below, 0.25, LARGEST])
    images = tf.constant(images_of(4, 4, 4, 3))
    parameters = uniform(4, 2)
    noise = np.concatenate([parameters, gates[:, None]], axis=1)
    results = Augmentation(("cutout",), probability)(images, noise)
    changed = augment.cutout(images, parameters)
    opened = {0.0: [], 0.25: [0, 1], 1.0: [0, 1, 2, 3]}[probability]
    for i in range(4):
        expected = changed if i in opened else images
        np.testing.assert_array_equal(results[i], expected[i])
        assert np.any(changed[i] != images[i])


def test_each_transform_has_its_own_columns():
    images = tf.constant(images_of(1, 8, 8, 3))
    augmentation = Augmentation(("cutout", "translation", "color"), 0.5)
    parts = [uniform(1, 3), uniform(1, 2, seed=2), uniform(1, 2, seed=3)]
    for opened in np.ndindex(2, 2, 2):
        noise, expected = [], images
        for part, is_open, function in zip(
            parts,
            opened,
            (augment.color, augment.translation, augment.cutout),
            strict=True,
        ):
            noise += [part, np.float32([[0.4 if is_open else 0.6]])]
            expected = function(expected, part) if is_open else expected
        result = augmentation(images, np.concatenate(noise, axis=1))
        np.testing.assert_array_equal(result, expected)


def test_an_example_does_not_depend_on_the_others():
    images, noise = images_of(6, 8, 8, 3), uniform(6, 10)
    augmentation = Augmentation(probability=0.7)
    results = augmentation(tf.constant(images), noise).numpy()
    order = [3, 0, 5, 1]
    again = augmentation(tf.constant(images[order]), noise[order])
    np.testing.assert_array_equal(again, results[order])


def test_mixing_and_augmenting_commute():
    one, other, noise = (
        images_of(6, 8, 8, 3),
        images_of(6, 8, 8, 3, seed=2),
        uniform(6, 10),
    )
    mix = uniform(6, 1, 1, 1, seed=3)
    first, second, mixed = (
        Augmentation()(tf.constant(x), noise)
        for x in (one, other, one + mix * (other - one))
    )
    np.testing.assert_allclose(mixed, first + mix * (second - first), atol=1e-5)


def test_gradient_is_the_transpose_of_the_linear_part():
    # For affine T, u.(T(x + v) - T(x)) is the slope of u.T(x) along v.
    images, noise = tf.constant(images_of(6, 16, 8, 3)), uniform(6, 10)
    u, v = images_of(6, 16, 8, 3, seed=2), images_of(6, 16, 8, 3, seed=3)
    for name, (function, parameters) in augment.TRANSFORMS.items():
        own = noise[:, :parameters]
        with tf.GradientTape() as tape:
            tape.watch(images)
            result = function(images, own)
        gradient = tape.gradient(result, images, u)
        difference = function(images + v, own) - result
        for i in range(len(images)):
            np.testing.assert_allclose(
                np.sum(gradient[i] * v[i]),
                np.sum(difference[i] * u[i]),
                rtol=1e-3,
                atol=1e-3,
                err_msg=name,
            )


def test_xla_computes_the_same():
    augmentation = Augmentation(probability=0.7)

    def run(images, noise):
        with tf.GradientTape() as tape:
            tape.watch(images)
            result = augmentation(images, noise)
        return result, tape.gradient(result, images, tf.square(images))

    arguments = tf.constant(images_of(6, 16, 8, 3)), tf.constant(uniform(6, 10))
    for values, expected in zip(
        tf.function(run, jit_compile=True)(*arguments),
        tf.function(run)(*arguments),
        strict=True,
    ):
        np.testing.assert_allclose(values, expected, atol=1e-6)


def test_probability_is_one_number_on_all_replicas():
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        augmentation = Augmentation(("cutout",), 0.0)
    images = tf.ones([1, 4, 4, 1])
    noise = tf.constant([[0.5, 0.5, 0.6]])
    run = tf.function(
        lambda: strategy.run(lambda: tf.reduce_sum(augmentation(images, noise)))
    )
    for probability, total in (0.0, 16), (0.7, 12), (0.5, 16):
        augmentation.probability.assign(probability)
        for value in strategy.experimental_local_results(run()):
            assert value == total
    saved = checkpoint.gather({"augmentation": augmentation})
    assert saved == {"augmentation": {"probability": np.float32(0.5)}}
