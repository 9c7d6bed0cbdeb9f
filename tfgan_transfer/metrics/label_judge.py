"""A classifier of real images, to tell whether samples show what was asked.

It shares nothing with the GAN but the images: a small residual network with
an output for each group of labels, trained on the real training images, with
mirroring and shifts but no change of colour. Images larger than 64 pixels are
made smaller first.
"""

import hashlib
import os
import pathlib
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from tfgan_transfer.metrics.features import NO_BARS, Bars, data_fingerprint
from tfgan_transfer.metrics.label_groups import LabelGroup

PROTOCOL = "judge/1"
LARGEST = 64
_WIDTH = 32
_BATCH = 64
# Images seen in training: 16 passes over 10,000, more over fewer.
_SEEN = 160_000
_MOST_PASSES = 100
_SHIFT = 1 / 16
_RATE = 3e-3
_SMOOTHING = 0.1


class LabelJudge:
    """A trained classifier.

    Args:
        model: Maps float32 images [N, H, W, C] in 0..255 to the logits of all
            groups, side by side.
        groups: What they answer.
    """

    def __init__(self, model: keras.Model, groups: Sequence[LabelGroup]):
        self.model = model
        self.groups = groups

    def logits(self, images: np.ndarray, group: int) -> np.ndarray:
        """Logits of one group, the mean over an image and its mirror image.

        Args:
            images: Uint8 [N, H, W, C].
            group: Its position in `groups`.

        Returns:
            Float32 [N, K].
        """
        parts = []
        for start in range(0, len(images), 4 * _BATCH):
            batch = _fitted(images[start : start + 4 * _BATCH])
            both = [
                self.model(view, training=False)
                for view in (batch, batch[:, :, ::-1])
            ]
            mean = (both[0] + both[1]) / 2
            parts.append(_of_groups(mean, self.groups)[group].numpy())
        return np.concatenate(parts)


def trained_judge(
    images: np.ndarray,
    labels: np.ndarray,
    groups: Sequence[LabelGroup],
    *,
    seed: int = 0,
    seen: int = _SEEN,
    cache_dir: str | os.PathLike[str] | None = None,
    bars: Bars = NO_BARS,
) -> LabelJudge:
    """Trains the classifier, or reads the one trained on the same before.

    Args:
        images: Uint8 [N, H, W, C], 1 or 3 channels.
        labels: [N, L], 0 or 1.
        groups: What to learn; images without exactly one label of a group
            teach nothing about it.
        seed: Seed of weights, order and shifts.
        seen: Images to train on, counted with repetition.
        cache_dir: Where trained weights are kept; None for nowhere.
        bars: Shows how much of the training is done.

    Returns:
        The classifier.
    """
    sample = _fitted(images[:1])
    answers = sum(len(group.columns) for group in groups)
    model = _network(sample.shape[1:], answers, seed)
    judge = LabelJudge(model, groups)
    if cache_dir is None:
        _train(model, images, labels, groups, seed, seen, bars)
        return judge
    identity = (
        PROTOCOL,
        data_fingerprint(images),
        data_fingerprint(np.asarray(labels)),
        [group.columns for group in groups],
        (seed, seen),
    )
    key = hashlib.sha256(repr(identity).encode()).hexdigest()[:32]
    path = pathlib.Path(cache_dir) / f"judge-{key}.npz"
    if path.exists():
        with np.load(path, allow_pickle=False) as kept:
            model.set_weights([kept[name] for name in kept.files])
        return judge
    _train(model, images, labels, groups, seed, seen, bars)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    with draft.open("wb") as file:
        np.savez(file, *model.get_weights())
    draft.replace(path)
    return judge


def _fitted(images: np.ndarray) -> np.ndarray:
    """Float32 images of at most `LARGEST` pixels a side."""
    images = np.asarray(images, np.float32)
    if max(images.shape[1:3]) <= LARGEST:
        return images
    scale = LARGEST / max(images.shape[1:3])
    size = [max(8, round(side * scale)) for side in images.shape[1:3]]
    return tf.image.resize(images, size, antialias=True).numpy()


def _network(shape: Sequence[int], outputs: int, seed: int) -> keras.Model:
    """Residual stages at 1/2 and 1/4 of the side, after one full-size layer."""
    # Layers say their type, so that a policy of the process changes nothing.
    plain = {"dtype": "float32"}
    seeds = iter(range(seed * 1000, seed * 1000 + 1000))

    def convolved(x, width: int, size: int = 3, stride: int = 1):
        start = keras.initializers.HeNormal(next(seeds))
        x = keras.layers.Conv2D(
            width,
            size,
            stride,
            "same",
            use_bias=False,
            kernel_initializer=start,
            **plain,
        )(x)
        return keras.layers.BatchNormalization(momentum=0.9, **plain)(x)

    inputs = keras.Input(shape, dtype="float32")
    x = keras.layers.Rescaling(1 / 127.5, -1.0, **plain)(inputs)
    x = keras.layers.ReLU(**plain)(convolved(x, _WIDTH))
    for width in (2 * _WIDTH, 4 * _WIDTH):
        for stride in (2, 1):
            short = x
            if stride == 2:
                pooled = keras.layers.AveragePooling2D(
                    2, padding="same", **plain
                )(x)
                short = convolved(pooled, width, size=1)
            y = convolved(x, width, stride=stride)
            y = convolved(keras.layers.ReLU(**plain)(y), width)
            x = keras.layers.Add(**plain)([y, short])
            x = keras.layers.ReLU(**plain)(x)
    x = keras.layers.GlobalAveragePooling2D(**plain)(x)
    logits = keras.layers.Dense(
        outputs,
        kernel_initializer=keras.initializers.GlorotUniform(next(seeds)),
        **plain,
    )(x)
    return keras.Model(inputs, logits)


def _of_groups(
    logits: tf.Tensor, groups: Sequence[LabelGroup]
) -> list[tf.Tensor]:
    return tf.split(logits, [len(group.columns) for group in groups], axis=1)


def _train(
    model: keras.Model,
    images: np.ndarray,
    labels: np.ndarray,
    groups: Sequence[LabelGroup],
    seed: int,
    seen: int,
    bars: Bars = NO_BARS,
) -> None:
    rng = np.random.default_rng(seed)
    answers = [group.answers(labels) for group in groups]
    batch = min(_BATCH, len(images))
    steps = max(1, min(seen, _MOST_PASSES * len(images)) // batch)
    rate = keras.optimizers.schedules.CosineDecay(
        _RATE / 10, steps, warmup_target=_RATE, warmup_steps=steps // 10
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=0.02)
    optimizer.build(model.trainable_variables)
    loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=_SMOOTHING, reduction=None
    )

    @tf.function
    def step(batch, targets, weights):
        with tf.GradientTape() as tape:
            logits = _of_groups(model(batch, training=True), groups)
            losses = [
                tf.reduce_mean(weight * loss(target, output))
                for target, weight, output in zip(
                    targets, weights, logits, strict=True
                )
            ]
            total = tf.add_n(losses)
        gradients = tape.gradient(total, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)

    order = np.empty(0, np.int64)
    for _ in bars(range(steps), unit="step"):
        if len(order) < batch:
            order = rng.permutation(len(images))
        rows, order = order[:batch], order[batch:]
        step(
            _moved(_fitted(images[rows]), rng),
            [
                np.eye(len(group.columns), dtype=np.float32)[answer[rows]]
                for group, (_, answer) in zip(groups, answers, strict=True)
            ],
            [known[rows].astype(np.float32) for known, _ in answers],
        )


def _moved(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mirrors half of the images and shifts all by a few pixels."""
    height, width = images.shape[1:3]
    mirrored = rng.random(len(images)) < 0.5
    images = np.where(mirrored[:, None, None, None], images[:, :, ::-1], images)
    most = max(1, round(_SHIFT * min(height, width)))
    edges = [(0, 0), (most, most), (most, most), (0, 0)]
    padded = np.pad(images, edges, mode="edge")
    places = rng.integers(0, 2 * most + 1, (len(images), 2))
    return np.stack(
        [
            image[y : y + height, x : x + width]
            for image, (y, x) in zip(padded, places, strict=True)
        ]
    )
