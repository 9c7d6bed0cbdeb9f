"""Steers how much to augment by how far the critic has overfitted.

ADA (Karras et al. 2020, arXiv 2006.06676, section 3) with its heuristic

    r_v = (E D(training) - E D(held out)) / (E D(training) - E D(generated)).

It is 0 for a critic that cannot tell training images from held-out ones, and
1 for one that takes held-out images for generated ones. The other heuristic of
the paper, r_t = E sign D(training), supposes that 0 lies between real and
generated; the scores of a Wasserstein critic have no such point. r_v does not
change when scores are shifted or scaled.
"""

import math
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from tfgan_transfer.errors import UserError
from tfgan_transfer.pixels import to_float

COUNT = 256
_CHUNK = 64


class AdaptiveAugment(keras.callbacks.Callback):
    """Moves the probability of the model's augmentation towards a target r_v.

    Everything is a function of the model's weights and of the step, so a
    resumed run goes the way of an unbroken one. It has to run on every worker,
    and before the checkpoint is written.

    The generator's images are made with moving batch-norm statistics, since a
    measurement must not move them, and all images are augmented, by the same
    noise every time: that is what the critic has been trained on.

    Args:
        writer: TensorBoard writer, or None.
        training: Uint8 [N, H, W, C], the images of the run; 256 of them,
            spread evenly, are used.
        heldout: Uint8 [M, H, W, C], M >= 2, images that the critic never
            sees; used like the others.
        latents: Float32 [L, Z], drawn from the training prior.
        labels: Float32 [L, ...], their labels, for a conditional generator.
        images_per_step: Real images that the critic sees per generator step,
            batch size times critic iterations.
        start_step: Steps done before this `fit` began.
        every: Generator steps between two adjustments.
        target: The r_v to hold. At the default a held-out image scores half
            way between a training image and a generated one.
        kimg: Thousands of real images in which the probability can go from 0
            to 1; 100 is what the paper's code takes for transfer.
        seed: Seed of the noise.

    Raises:
        UserError: If fewer than two images are held out.
    """

    def __init__(
        self,
        writer: tf.summary.SummaryWriter | None,
        *,
        training: np.ndarray,
        heldout: np.ndarray,
        latents: np.ndarray,
        labels: np.ndarray | None = None,
        images_per_step: int,
        start_step: int,
        every: int = 16,
        target: float = 0.5,
        kimg: float = 100.0,
        seed: int = 0,
    ):
        super().__init__()
        if len(heldout) < 2:
            raise UserError(
                "--augment=ada: compares training images with at least 2 "
                f"held-out images, received {len(heldout)}; raise --holdout, "
                "or use --augment=diff"
            )
        self.writer = writer
        self.training = _spread(training)
        self.heldout = _spread(heldout)
        # One array, so that latents and labels are cut into the same chunks.
        parts = [latents] if labels is None else [latents, labels]
        self.widths = [part.shape[1] for part in parts]
        self.codes = np.concatenate(parts, axis=1)[:COUNT].astype(np.float32)
        self.adjustment = images_per_step * every / (kimg * 1000)
        self.start_step = start_step
        self.every = every
        self.target = target
        self.seed = seed

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Draws the noise of all measurements."""
        shape = (COUNT, self.model.augmentation.width)
        self.noise = np.random.default_rng(self.seed).random(shape, np.float32)
        model = self.model
        images = tf.TensorSpec([None, *self.training.shape[1:]])
        self._generate = tf.function(
            self._draw,
            input_signature=[tf.TensorSpec([None, sum(self.widths)])],
        )
        self._score = tf.function(
            lambda images, noise: model.score(
                model.augmentation(images, noise)
            ),
            input_signature=[images, tf.TensorSpec([None, shape[1]])],
        )

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Adjusts the probability when due."""
        step = self.start_step + batch + 1
        if step % self.every:
            return
        r_v = self.measure()
        variable = self.model.augmentation.probability
        probability = adjusted(
            float(variable.numpy()), r_v, self.target, self.adjustment
        )
        variable.assign(probability)
        if self.writer:
            with self.writer.as_default(step):
                name = "adaptive_augment"
                tf.summary.scalar(f"{name}/augment_probability", probability)
                if math.isfinite(r_v):
                    tf.summary.scalar(f"{name}/r_v", r_v)

    def measure(self) -> float:
        """Measures r_v; NaN where the critic does not tell real from fake."""
        return overfitting(
            self._mean_score(self.training, to_float),
            self._mean_score(self.heldout, to_float),
            self._mean_score(self.codes, self._generate),
        )

    def _draw(self, codes: tf.Tensor) -> tf.Tensor:
        inputs = tf.split(codes, self.widths, axis=1)
        inputs = inputs if len(inputs) > 1 else inputs[0]
        return self.model.generator(inputs, training=False)

    def _mean_score(
        self,
        inputs: np.ndarray,
        images_of: Callable[[tf.Tensor], tf.Tensor],
    ) -> float:
        scores = []
        for start in range(0, len(inputs), _CHUNK):
            chunk = tf.constant(inputs[start : start + _CHUNK])
            noise = tf.constant(self.noise[start : start + len(chunk)])
            scores.append(self._score(images_of(chunk), noise).numpy())
        return float(np.mean(np.concatenate(scores), dtype=np.float64))


def overfitting(training: float, heldout: float, generated: float) -> float:
    """The heuristic r_v.

    Args:
        training: Mean critic score of training images.
        heldout: Of held-out images.
        generated: Of generated images.

    Returns:
        0 for no overfitting, 1 for a critic that has learned the images by
        heart; NaN unless training images score above generated ones.
    """
    gap = training - generated
    return (training - heldout) / gap if gap > 0 else math.nan


def adjusted(
    probability: float, r_v: float, target: float, adjustment: float
) -> float:
    """One step of the controller.

    Args:
        probability: Current probability.
        r_v: Measured overfitting.
        target: The r_v to hold.
        adjustment: Length of a step.

    Returns:
        The probability a step up if r_v is above the target, down if it is
        below, within [0, 1]; unchanged if r_v is not finite.
    """
    if not math.isfinite(r_v):
        return probability
    step = adjustment * ((r_v > target) - (r_v < target))
    return min(1.0, max(0.0, probability + step))


def _spread(images: np.ndarray) -> np.ndarray:
    """Up to `COUNT` images from all over the set, which may be by class."""
    count = min(COUNT, len(images))
    return np.asarray(images[np.arange(count) * len(images) // count])
