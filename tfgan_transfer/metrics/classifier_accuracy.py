"""How often a fixed classifier sees the class that was asked for.

AC-GAN's discriminability (Odena et al., 2017, section 4.1): the same images
blurred to lower resolutions show whether their detail carries information.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tfgan_transfer.metrics.score import Score

Classifier = Callable[[np.ndarray], np.ndarray]


def classifier_accuracy(
    images: np.ndarray,
    labels: np.ndarray,
    classify: Classifier,
    subsets: int = 10,
    batch_size: int = 64,
) -> Score:
    """Share of images whose most likely class is the intended one.

    Args:
        images: [N, H, W, C] uint8, in random order.
        labels: [N] integers, the classes that were asked for.
        classify: Maps a batch of such images to logits [B, classes]. It has
            to be fixed and the same for all values that are compared.
        subsets: Equal parts for the error bar.
        batch_size: Images per call of `classify`.

    Returns:
        The score `accuracy` in [0, 1]; the spread is the standard deviation
        over the subsets, as AC-GAN reports it.

    Raises:
        ValueError: Images and labels differ in number, or are fewer than the
            subsets.
    """
    if len(images) != len(labels) or len(images) < subsets:
        raise ValueError(
            f"{len(images)} images, {len(labels)} labels, {subsets} subsets"
        )
    right = np.concatenate(
        [
            np.argmax(classify(images[i : i + batch_size]), axis=-1)
            == labels[i : i + batch_size]
            for i in range(0, len(images), batch_size)
        ]
    )
    parts = [part.mean() for part in np.array_split(right, subsets)]
    return Score(
        "accuracy",
        float(right.mean()),
        float(np.std(parts)),
        f"s.d. over {subsets} subsets",
        0,
        len(images),
        "accuracy/top-1",
    )


def accuracy_curve(
    images: np.ndarray,
    labels: np.ndarray,
    classify: Classifier,
    resolutions: tuple[int, ...] = (16, 32, 64, 128, 256),
    antialias: bool = True,
    subsets: int = 10,
    batch_size: int = 64,
) -> dict[int, Score]:
    """Accuracy after the images have been passed through lower resolutions.

    Each image is brought to r x r and back to its own size, both bilinearly.
    A generator whose curve flattens early draws no class-specific detail
    beyond that resolution.

    Args:
        images: [N, H, W, C] uint8.
        labels: [N] integers.
        classify: As in `classifier_accuracy`; it brings images to its own
            input size itself.
        resolutions: The values of r; those above the native size only show
            the effect of resampling.
        antialias: Whether detail is averaged away on the way down; without
            it (as in 2016) some of it returns as aliasing.
        subsets: Equal parts for the error bar.
        batch_size: Images per call of `classify`.

    Returns:
        A score for each resolution.

    Raises:
        ValueError: As in `classifier_accuracy`.
    """
    height, width = images.shape[1:3]
    curve = {}
    for resolution in resolutions:

        def at_resolution(batch: np.ndarray, side: int = resolution):
            small = tf.image.resize(batch, [side, side], antialias=antialias)
            back = tf.image.resize(small, [height, width], antialias=antialias)
            return classify(
                np.clip(np.rint(back.numpy()), 0, 255).astype(np.uint8)
            )

        score = classifier_accuracy(
            images, labels, at_resolution, subsets, batch_size
        )
        curve[resolution] = score.under(
            score.name,
            f"through {resolution} px of {height} x {width}, bilinear, "
            f"antialias {antialias}",
        )
    return curve
