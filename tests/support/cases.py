"""The models that go through every conformance test, one line each.

They are built from flags, by the code that the train command uses. A model of
another family joins by a line in `CASES`.
"""

import atexit
import functools
import pathlib
import shutil
import tempfile
import types
from typing import NamedTuple
from unittest import mock

import keras
import numpy as np
import tensorflow as tf

from tfgan_transfer import families
from tfgan_transfer.families.family import Plan
from tfgan_transfer.families.single import build, growth
from tfgan_transfer.networks import NETWORKS, dcgan
from tfgan_transfer.settings import choices, config
from tfgan_transfer.trained import saved
from tfgan_transfer.training import checkpoint, devices

STEPS = 3
# Stands for the run of stage 1, which is made where it is asked for.
STAGE_1 = "stage 1"


class Case(NamedTuple):
    """A model to test.

    Attributes:
        name: What the tests are called after.
        flags: Flags of the train command that differ from `FLAGS`.
    """

    name: str
    flags: dict


# 10 px is the smallest size at which every network has a single stage.
FLAGS = {
    "data": "digits",
    "limit": 40,
    "channels": "1",
    "size": "10",
    "width": 2,
    "latent_size": 4,
    "batch_size": 8,
    "generator_lr": 0.01,
    "steps": STEPS,
}
ACGAN = {"model": "acgan", "network": "dcgan", "label_smoothing": 0.1}
# What a classifier sees of a few pixels. Rounding grows on its way back through
# dozens of layers, so that three steps of SGD have to be short to be compared.
ON_FEATURES = {
    **ACGAN,
    "n_critic": 1,
    "feature_size": 32,
    "generator_lr": 2e-4,
    "feature_lr": 2e-4,
}
CASES = (
    Case("dcgan", {"network": "dcgan", "n_critic": 2}),
    Case("resnet", {"network": "resnet", "n_critic": 1}),
    Case("resnet_cifar", {"network": "resnet_cifar", "n_critic": 1}),
    Case("wasserstein_gp", {"network": "plain", "n_critic": 2}),
    Case(
        "limited_data",
        {
            "network": "plain",
            "n_critic": 2,
            "augment": "diff",
            "freeze": "critic:0",
        },
    ),
    *(
        Case(loss, {"network": "plain", "adversarial_loss": loss, **more})
        for loss, more in {
            "wasserstein_clip": {"n_critic": 2, "clip": 0.02},
            "non_saturating": {"r1": 2.0},
            "least_squares": {},
            "hinge": {"spectral_norm": True},
            "relativistic": {"r1": 0.5, "r2": 2.0, "penalty_every": 3},
        }.items()
    ),
    Case(
        "spectrum", {"network": "dcgan", "n_critic": 1, "spectrum_weight": 0.5}
    ),
    Case(
        "equal_phases",
        {"network": "dcgan", "n_critic": 1, "equal_phases": True},
    ),
    Case(
        "feature_matching",
        {
            "network": "dcgan",
            "n_critic": 1,
            "critic": "both",
            "feature_size": 32,
            "feature_norm": "batch",
            "feature_matching": 5.0,
            "adversarial_loss": "relativistic",
            "r1": 0.5,
            "generator_lr": 2e-4,
            "feature_lr": 2e-4,
        },
    ),
    Case("acgan_concat", {**ACGAN, "n_critic": 2}),
    Case(
        "acgan_batch_norm",
        {
            **ACGAN,
            "network": "resnet",
            "n_critic": 1,
            "conditioning": "batch_norm",
        },
    ),
    Case(
        "acgan_paper",
        {
            **ACGAN,
            "network": "acgan",
            "width": 12,
            "n_critic": 1,
            "adversarial_loss": "non_saturating",
            "r1": 0.0,
            "critic_norm": "batch",
            "activation_noise": 0.1,
            "critic_lr": 0.001,
        },
    ),
    Case(
        "acgan_noisy_critic",
        {
            **ACGAN,
            "network": "acgan",
            "width": 12,
            "n_critic": 2,
            "conditioning": "embedding",
            "critic_norm": "none",
            "dropout": 0.3,
            "r1": 0.5,
            "critic_lr": 0.001,
        },
    ),
    Case(
        "stack_gan",
        {"model": "stack_gan", "source": STAGE_1, "n_critic": 2},
    ),
    Case(
        "stack_gan_labels",
        {
            **ACGAN,
            "model": "stack_gan",
            "source": STAGE_1,
            "conditioning": "batch_norm",
            "adversarial_loss": "non_saturating",
            "r1": 1.0,
        },
    ),
    Case("grown", {"source": STAGE_1, "network": "dcgan", "n_critic": 2}),
    Case(
        "grown_labels",
        {
            **ACGAN,
            "source": STAGE_1,
            "conditioning": "batch_norm",
            "adversarial_loss": "hinge",
            "spectral_norm": True,
        },
    ),
    Case(
        "acgan_projected",
        {
            **ON_FEATURES,
            "critic": "projected",
            "class_taps": "16,32",
            "adversarial_loss": "hinge",
        },
    ),
    Case(
        "acgan_both",
        {
            **ON_FEATURES,
            "critic": "both",
            "class_critic": "projected",
            "feature_augment": "translation",
            "adversarial_loss": "relativistic",
            "r1": 0.5,
            "r2": 0.0,
        },
    ),
    Case(
        "acgan_projection",
        {
            **ON_FEATURES,
            "critic": "both",
            "class_critic": "both",
            "class_head": "projection",
            "label_smoothing": 0.0,
            "conditioning": "batch_norm",
            "adversarial_loss": "non_saturating",
            "r1": 1.0,
        },
    ),
    Case(
        "acgan_limited_data",
        {**ACGAN, "augment": "diff", "class_on_fake": False, "r1": 1.0},
    ),
)


def named(name):
    """The case of this name."""
    return next(case for case in CASES if case.name == name)


def plain_generator(image_shape, latent_size, width):
    """A generator without batch norm, whose examples are independent."""
    height, width_px, channels = image_shape
    latent = keras.Input((latent_size,), name="latent")
    x = keras.layers.Dense(height * width_px * width // 4, name="input")(latent)
    x = keras.layers.Reshape(
        (height // 2, width_px // 2, width), name="input_map"
    )(x)
    x = keras.layers.LeakyReLU(0.2, name="input_relu")(x)
    x = keras.layers.Conv2DTranspose(
        channels,
        4,
        strides=2,
        padding="same",
        activation="tanh",
        dtype="float32",
        name="output",
    )(x)
    return keras.Model(latent, x, name="generator")


PLAIN = types.SimpleNamespace(
    generator=plain_generator,
    critic=dcgan.critic,
    DEFAULT_WIDTH=dcgan.DEFAULT_WIDTH,
    DEFAULT_NORM=dcgan.DEFAULT_NORM,
)


def resolve(case, **flags):
    """The configuration of a case, as the train command would settle it."""
    given = {**FLAGS, **case.flags, **flags}
    plain = choices.NETWORKS["dcgan"]
    with (
        mock.patch.dict(NETWORKS, plain=PLAIN),
        mock.patch.dict(choices.NETWORKS, plain=plain),
    ):
        if given.get("source") == STAGE_1:
            labelled = "conditioning" in case.flags
            given["source"] = first_stage(labelled)
            given["size"] = "12"
        return config.resolve(given, None, side=8, count=40)


@functools.cache
def first_stage(labelled):
    """A checkpoint of an untrained stage 1: its path."""
    settings = resolve(named("acgan_concat" if labelled else "dcgan"))
    keras.utils.set_random_seed(0)
    split = build.load_data(settings)
    family = families.of(settings)
    state = family.build(Plan(settings), split.train, xla=False).state
    folder = pathlib.Path(tempfile.mkdtemp())
    record = build.record(Plan(settings), split)
    kept = checkpoint.save(folder, 1, checkpoint.gather(state), run=record)
    atexit.register(shutil.rmtree, folder)
    return str(kept.path)


def planned(settings):
    """What is settled of a case before it is built."""
    if not settings["source"]:
        return Plan(settings)
    run = saved.find(settings["source"], "--source").manifest["run"]
    if settings["model"] != "stack_gan":
        size = tuple(run["generator"]["image_shape"][:2])
        return Plan(settings, grown_from={n: [size] for n in growth.NETWORKS})
    below = {"network": run["network"], "generator": run["generator"]}
    return Plan(settings, stage1=below)


@functools.cache
def images(size=FLAGS["size"]):
    """A few real digits."""
    return build.load_data({**resolve(named("dcgan")), "size": size}).train


def inputs(settings, count):
    """What a case's generator takes: latents, and labels if it has them."""
    latents = build.fixed_latents(settings, count)
    labels = build.fixed_labels(settings, images(settings["size"]), count)
    return latents, labels


def sgd(settings, network, lr_scale=1.0, updates=1):
    """An optimizer for comparisons.

    Adam divides a gradient by its own size. One that is zero but for rounding
    (the bias in front of a batch norm, the last bias of a Wasserstein critic)
    makes it go a full learning rate in a random direction.
    """
    return keras.optimizers.SGD(settings[f"{network}_lr"], momentum=0.9)


def make(settings, optimizer=build.optimizer, xla=False, strategy=None):
    """Builds the model; the same one each time, as in a new process."""
    keras.backend.clear_session()
    devices.prepare(settings)
    with (
        (strategy or tf.distribute.get_strategy()).scope(),
        mock.patch.dict(NETWORKS, plain=PLAIN),
        mock.patch.object(build, "optimizer", optimizer),
    ):
        model = families.of(settings).build(
            planned(settings), images(settings["size"]), xla=xla
        )
        # DCGAN's first weights are so small that penalties hardly count; those
        # of heads on features are not.
        own = [] if settings["critic"] == "projected" else [model.critic]
        for weight in [w for one in own for w in one.trainable_variables]:
            # A correction's kernel of zeros has no size to change.
            if weight.name == "kernel" and np.any(weight):
                weight.assign(weight * 0.2 / np.std(weight))
        return model


def run_eagerly(model, settings, start=0, stop=STEPS):
    """Trains one replica without a graph: the plainest reading of the code.

    Returns:
        The logs of every step, as floats.
    """
    stream = build.batches(
        settings,
        images(settings["size"]),
        tf.distribute.get_strategy(),
        start,
    )
    return [
        {name: float(value) for name, value in model.train_step(batch).items()}
        for batch in stream.take(stop - start)
    ]


def fit(settings, replicas, optimizer=sgd, xla=False):
    """Trains as the train command does: its strategy, stream and `fit`.

    Returns:
        All weights, and the logs of the last step.
    """
    strategy = tf.distribute.MirroredStrategy(
        [f"CPU:{i}" for i in range(replicas)]
    )
    model = make(settings, optimizer, xla, strategy)
    history = model.fit(
        build.batches(settings, images(settings["size"]), strategy, 0),
        epochs=1,
        steps_per_epoch=settings["steps"],
        shuffle=False,
        verbose=0,
    ).history
    return checkpoint.gather(model.state), {
        k: v[-1] for k, v in history.items()
    }


@functools.cache
def reference(name):
    """What every other way of training a case is compared with.

    Returns:
        All weights after `STEPS` eager steps of SGD, and the last logs.
    """
    settings = resolve(named(name))
    model = make(settings, sgd)
    logs = run_eagerly(model, settings)
    return checkpoint.gather(model.state), logs[-1]


def differences(groups, others, rtol, atol):
    """Names of the weights in which two models differ, and by how much."""
    assert {g: {*w} for g, w in groups.items()} == {
        g: {*w} for g, w in others.items()
    }
    return {
        f"{group}/{path}": float(np.abs(value - others[group][path]).max())
        for group, weights in groups.items()
        for path, value in weights.items()
        if not np.allclose(value, others[group][path], rtol, atol)
    }
