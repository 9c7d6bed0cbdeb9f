"""Frozen feature networks: images in, maps by stride out.

What a classifier of a million photographs has learned to see, as the start of
a critic (`projected`). The weights never change and belong to no checkpoint;
their sha256 does, which `fingerprint` returns.
"""

import functools
import hashlib
import math
import pathlib
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tfgan_transfer.errors import UserError, choices
from tfgan_transfer.layers.bilinear import scaled
from tfgan_transfer.networks import lite0, lite0_weights

LITE0 = "lite0"
# Strides of the maps that say what is where in an image, not what it is.
EARLY = (4, 8)
KERAS = "keras:"
SAVED_MODEL = "savedmodel:"
# Side of the images that strides, channels and spreads are read off at.
_PROBE = 224

Maps = Callable[[tf.Tensor, Sequence[int]], dict[int, tf.Tensor]]


class FeatureNetwork(NamedTuple):
    """A frozen network.

    Attributes:
        maps: Maps images [B, H, W, 3] in [-1, 1], sides multiples of 32, and
            some strides to the deepest map of each, [B, h, w, channels], h
            about H / stride.
        channels: Channels of these maps, by stride.
        spreads: Typical standard deviation of a channel, by stride.
        fingerprint: sha256 of its weights.
    """

    maps: Maps
    channels: Mapping[int, int]
    spreads: Mapping[int, float]
    fingerprint: str


@functools.cache
def load(name: str) -> FeatureNetwork:
    """Loads a network, once.

    Args:
        name: `lite0` (EfficientNet-Lite0, in a package of its own),
            `keras:NAME` for one of `keras.applications`, or `savedmodel:PATH`
            for a SavedModel that maps such images to maps by name;
            `savedmodel:PATH#NAME,NAME` takes some of these.

    Raises:
        UserError: If it is unknown, or its weights cannot be had.
    """
    if name == LITE0:
        return FeatureNetwork(
            lite0.maps,
            lite0.CHANNELS,
            lite0.SPREADS,
            lite0_weights.fingerprint(),
        )
    if name.startswith(KERAS):
        return from_keras(name.removeprefix(KERAS))
    if name.startswith(SAVED_MODEL):
        return _from_saved_model(name.removeprefix(SAVED_MODEL))
    raise UserError(
        choices("features", name, [LITE0, KERAS + "NAME", SAVED_MODEL + "PATH"])
    )


def fingerprint(name: str) -> str:
    """The sha256 of a network's weights, for the record of a run."""
    return load(name).fingerprint


def check_fingerprint(name: str, recorded: str) -> None:
    """Refuses to go on with other weights than a run began with.

    Args:
        name: As for `load`.
        recorded: What `fingerprint` returned when the run began.

    Raises:
        UserError: If the network is another one now.
    """
    found = fingerprint(name)
    if found != recorded:
        raise UserError(
            f"features: {name} has the sha256 {found[:12]}, expected "
            f"{recorded[:12]}, with which the run began; install the network "
            "that it began with, or begin a new run"
        )


def download(name: str) -> str | None:
    """A sentence on what loading this network may download, or None."""
    if not name.startswith(KERAS):
        return None
    return (
        f"{name}: Keras downloads the network's ImageNet weights, unless they "
        "are in its cache already (KERAS_HOME, ~/.keras by default)"
    )


@keras.saving.register_keras_serializable(package="tfgan_transfer")
class FrozenFeatures(keras.layers.Layer):
    """Enlarges images and returns a frozen network's maps of them.

    Has no weights that Keras knows of: none are trained, none are saved.

    Call arguments:
        inputs: Float32 `[B, H, W, C]` in [-1, 1], C of 1 or 3; grey images
            are repeated to three channels.

    Returns a list of maps `[B, h, w, channels]`, one for each stride, in the
    precision of the layer.

    Args:
        network: As for `load`.
        strides: Of the maps, e.g. `(4, 8, 16, 32)`.
        size: Side in pixels to which the shorter side of an image is scaled;
            both sides are then rounded to multiples of 32.
        **kwargs: Those of `keras.layers.Layer`.

    Raises:
        UserError: If the network has no map of a stride.
    """

    def __init__(
        self, network: str, strides: Sequence[int], size: int, **kwargs
    ):
        # Images stay float32 until they have been enlarged.
        super().__init__(autocast=False, **kwargs)
        self.network = network
        self.strides = tuple(strides)
        self.size = size
        for stride in self.strides:
            if stride not in load(network).channels:
                raise UserError(choices("taps", stride, load(network).channels))

    def sides(self, shape: Sequence[int]) -> tuple[int, int]:
        """`(height, width)` of what the network sees of such images."""
        factor = self.size / min(shape[1:3])
        return tuple(max(1, round(n * factor / 32)) * 32 for n in shape[1:3])

    def call(self, inputs):
        """Returns the maps."""
        images = tf.cast(inputs, tf.float32)
        if images.shape[-1] == 1:
            images = tf.repeat(images, 3, axis=-1)
        images = scaled(images, self.sides(images.shape))
        images = tf.cast(images, self.compute_dtype)
        found = load(self.network).maps(images, self.strides)
        return [tf.cast(found[s], self.compute_dtype) for s in self.strides]

    def compute_output_shape(self, input_shape):
        """One shape for each map."""
        height, width = self.sides(input_shape)
        channels = load(self.network).channels
        return [
            (input_shape[0], -(-height // s), -(-width // s), channels[s])
            for s in self.strides
        ]

    def get_config(self):
        """Returns the constructor's arguments."""
        own = {
            "network": self.network,
            "strides": self.strides,
            "size": self.size,
        }
        return {**super().get_config(), **own}


def maps_of(
    image_shape: Sequence[int], network: str, strides: Sequence[int], size: int
) -> keras.Model:
    """A model from images to frozen maps of them, without weights.

    Args:
        image_shape: `(height, width, channels)`, one channel or three.
        network: As for `load`.
        strides: Of the maps.
        size: Side of what the network sees, as in `FrozenFeatures`.
    """
    image = keras.Input(tuple(image_shape), name="image", dtype="float32")
    layer = FrozenFeatures(network, strides, size, name="features")
    return keras.Model(image, layer(image), name="frozen_maps")


def from_keras(name: str, weights: str | None = "imagenet") -> FeatureNetwork:
    """One of `keras.applications`, without its head.

    Args:
        name: E.g. `"EfficientNetV2B0"`.
        weights: As `keras.applications` has it; None for random ones.

    Raises:
        UserError: If there is none of this name, or it cannot be downloaded.
    """
    modules = _applications()
    if name not in modules:
        known = sorted(KERAS + key for key in modules)
        raise UserError(choices("features", KERAS + name, known))
    try:
        base = getattr(modules[name], name)(
            include_top=False, weights=weights, input_shape=(None, None, 3)
        )
    except Exception as error:
        raise UserError(
            f"features: the weights of {KERAS}{name} cannot be had "
            f"({type(error).__name__}); connect once, copy them into Keras' "
            f"cache, or use {LITE0}, which needs no download"
        ) from error
    outputs = {
        layer.name: layer.output
        for layer in base.layers
        if isinstance(layer.output, keras.KerasTensor)
        and len(layer.output.shape) == 4
        and not isinstance(layer, keras.layers.ZeroPadding2D)
    }
    every = keras.Model(base.inputs, outputs)
    shapes = every.compute_output_spec(
        keras.KerasTensor((1, _PROBE, _PROBE, 3))
    )
    deepest = _deepest({key: value.shape for key, value in shapes.items()})
    chosen = keras.Model(
        base.inputs, {str(s): outputs[key] for s, key in deepest.items()}
    )

    def run(images: tf.Tensor) -> dict[int, tf.Tensor]:
        pixels = 127.5 * (tf.cast(images, tf.float32) + 1)
        prepared = modules[name].preprocess_input(pixels)
        found = chosen(prepared, training=False)
        return {int(stride): value for stride, value in found.items()}

    digest = hashlib.sha256()
    for weight in base.weights:
        digest.update(np.ascontiguousarray(weight.numpy()).tobytes())
    return _described(run, digest.hexdigest())


def _applications() -> dict[str, ModuleType]:
    """The module of each network of `keras.applications`, by its name."""
    return {
        key: module
        for module in vars(keras.applications).values()
        if hasattr(module, "preprocess_input")
        for key, value in vars(module).items()
        if key[:1].isupper() and callable(value)
    }


def _from_saved_model(text: str) -> FeatureNetwork:
    path, _, part = text.partition("#")
    directory = pathlib.Path(path).expanduser()
    try:
        module = tf.saved_model.load(str(directory))
    except (OSError, ValueError, tf.errors.OpError) as error:
        raise UserError(
            f"features: {SAVED_MODEL}{path}: expected the directory of a "
            "SavedModel, none can be read there; give another path"
        ) from error
    maps = _maps_of(module)
    if not maps:
        raise UserError(
            f"features: {SAVED_MODEL}{path}: expected a SavedModel that can "
            "be called on images [B, H, W, 3] of any size and returns a dict "
            "of maps [B, h, w, channels], received another; export one"
        )
    names = part.split(",") if part else [*maps]
    for key in names:
        if key not in maps:
            raise UserError(
                choices(f"features: {SAVED_MODEL}{path}", key, maps)
            )
    deepest = _deepest({key: maps[key] for key in names})

    def run(images: tf.Tensor) -> dict[int, tf.Tensor]:
        found = module(tf.cast(images, tf.float32))
        return {stride: found[key] for stride, key in deepest.items()}

    digest = hashlib.sha256()
    for file in sorted(directory.rglob("*")):
        if file.is_file():
            digest.update(str(file.relative_to(directory)).encode())
            digest.update(file.read_bytes())
    return _described(run, digest.hexdigest())


def _maps_of(module: Any) -> dict[str, Sequence[int]]:
    """Shapes of the maps that a SavedModel returns, by name."""
    try:
        probe = module(tf.zeros([1, _PROBE, _PROBE, 3]))
        return {
            key: value.shape
            for key, value in probe.items()
            if len(value.shape) == 4
        }
    except (AttributeError, TypeError, ValueError, tf.errors.OpError):
        return {}


def _deepest(shapes: Mapping[str, Sequence[int]]) -> dict[int, str]:
    """The last name of each stride, for maps of an image of `_PROBE` px.

    Networks whose convolutions are not padded have maps a little smaller
    than the image divided by the stride.
    """
    return {
        2 ** round(math.log2(_PROBE / shape[1])): name
        for name, shape in shapes.items()
        if 1 < shape[1] < _PROBE
    }


def _described(
    run: Callable[[tf.Tensor], dict[int, tf.Tensor]], digest: str
) -> FeatureNetwork:
    found = run(_textures())

    def maps(images: tf.Tensor, strides: Sequence[int]) -> dict[int, tf.Tensor]:
        found = run(images)
        return {stride: found[stride] for stride in strides}

    values = {
        s: tf.cast(value, tf.float32).numpy() for s, value in found.items()
    }
    return FeatureNetwork(
        maps,
        {stride: value.shape[-1] for stride, value in values.items()},
        # A map that none of the textures excites keeps its scale.
        {s: float(value.std()) or 1.0 for s, value in values.items()},
        digest,
    )


def _textures() -> tf.Tensor:
    """Eight images whose spectra fall off as photographs' do, 1 / f."""
    noise = np.random.default_rng(0).normal(size=(8, _PROBE, _PROBE, 3))
    down, right = (np.fft.fftfreq(_PROBE)[:, None], np.fft.fftfreq(_PROBE))
    frequency = np.maximum(np.hypot(down, right), 1 / _PROBE)
    spectra = np.fft.fft2(noise, axes=(1, 2)) / frequency[:, :, None]
    images = np.fft.ifft2(spectra, axes=(1, 2)).real
    images *= 0.5 / images.std()
    return tf.constant(np.clip(images, -1, 1), tf.float32)
