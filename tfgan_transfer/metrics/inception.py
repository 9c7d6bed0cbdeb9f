"""The feature network: TF-GAN's Inception, or any SavedModel called like it.

Convention: called on float32 images [N, S, S, 3] in [-1, 1], returns a dict of
outputs ("layers"). S is taken from the model's signature, 299 where it leaves
the size open. This is the only file that knows TF-GAN.
"""

import dataclasses
import functools
import hashlib
import importlib
import importlib.machinery
import importlib.util
import pathlib
import sys
import tarfile
import types
import warnings
from collections.abc import Callable
from typing import Any

import packaging.version
import tensorflow as tf

from tfgan_transfer.errors import UserError, choices
from tfgan_transfer.metrics.fingerprint import (
    FAMILY,
    describe,
    fingerprint_images,
    hash_files,
    recognise,
)

HUB_HANDLE = "https://tfhub.dev/tensorflow/tfgan/eval/inception/1"
POOL = "pool_3"
# Layers of the known networks whose features are compared, the deepest first.
KNOWN_LAYERS = (POOL, "mixed_7", "avg_pool", "pool_192", "pool_64")
LOGITS = "logits"
_SIZE = 299
_CACHE_NAME = hashlib.sha1(HUB_HANDLE.encode()).hexdigest()
_BROKEN = (ImportError, OSError, ValueError, RuntimeError, tarfile.TarError)


@dataclasses.dataclass(frozen=True)
class Extractor:
    """A feature network and its identity.

    Attributes:
        run: Maps uint8 images [N, H, W, 3] to a dict of float32 [N, D].
        family: The known network it is, or `"user:NAME"`.
        size: Side of its input in pixels.
        weights: sha256 of the files it was loaded from.
        fingerprint: For each layer, root mean square feature of eight fixed
            images: tells networks apart whose files cannot be compared.
        seen: Whether a critic has judged the generator by this network, so
            that its values are not independent.
    """

    run: Callable[[tf.Tensor], dict[str, tf.Tensor]]
    family: str
    size: int
    weights: str
    fingerprint: dict[str, tuple[float, ...]]
    seen: bool = False

    @property
    def preprocessing(self) -> str:
        """How uint8 images become the network's input."""
        return f"uint8, legacy bilinear to {self.size}, (x - 128) / 128"

    def layer(self, name: str | None) -> str:
        """Resolves the layer asked for.

        Args:
            name: A layer, or `None` for the only one, or else the deepest of
                those that the known networks have: `pool_3` where it is.
                Names and protocols of the metrics say which it was.

        Returns:
            The name of a layer the network has.

        Raises:
            UserError: It has no such layer, or none that is known.
        """
        if name and name not in self.fingerprint:
            raise UserError(
                choices("--inception_layer", name, self.fingerprint)
            )
        if name or len(self.fingerprint) == 1:
            return name or next(iter(self.fingerprint))
        for known in KNOWN_LAYERS:
            if known in self.fingerprint:
                return known
        raise UserError(
            "--inception_layer: expected the layer to compare, received none; "
            f"this network has {', '.join(self.fingerprint)} and none of the "
            f"known {', '.join(KNOWN_LAYERS)}: choose one of its own"
        )

    def metric_name(self, metric: str, layer: str) -> str:
        """Names a metric so that its name says which features it is of.

        Only the 2015-12-05 Inception at its standard layer earns the bare
        name: `fid`, else `fid@mixed_7`, else `fd[NAME@LAYER]`.

        Args:
            metric: `"fid"`, `"kid"`, `"is"`, `"precision"` ...
            layer: Layer of the features.

        Returns:
            The full name.
        """
        standard = LOGITS if metric == "is" else POOL
        if self.family == FAMILY:
            return metric if layer == standard else f"{metric}@{layer}"
        base = metric.replace("fid", "fd")
        return f"{base}[{self.family.removeprefix('user:')}@{layer}]"

    def protocol(self, layer: str) -> str:
        """One line that fixes the features; part of every score's protocol."""
        known = not self.family.startswith("user:")
        network = self.family if known else f"{self.family} {self.weights[:12]}"
        seen = ", the critic has seen this network" if self.seen else ""
        return f"{network} {layer}, {self.preprocessing}{seen}"

    def record(self) -> dict[str, Any]:
        """The identity as a dict of JSON types, to be kept with results."""
        return {
            "family": self.family,
            "weights_sha256": self.weights,
            "preprocessing": self.preprocessing,
            "dtype": "float32",
            "fingerprint": {k: list(v) for k, v in self.fingerprint.items()},
        }

    def classifier_fn(self, layer: str) -> Callable[[tf.Tensor], tf.Tensor]:
        """Returns what TF-GAN's evaluation functions take.

        Args:
            layer: The output to return.

        Returns:
            A function from float images in [-1, 1], as TF-GAN has them, to
            that layer [N, D].
        """

        def run(images: tf.Tensor) -> tf.Tensor:
            levels = tf.clip_by_value(tf.round(images * 128 + 128), 0, 255)
            return self.run(tf.cast(levels, tf.uint8))[layer]

        return run


def load(path: str | None = None) -> Extractor:
    """Loads TF-GAN's Inception from TensorFlow Hub, or a SavedModel.

    Args:
        path: Directory of a SavedModel; `None` for TF-GAN's hub module, which
            is taken from the hub's cache (`TFHUB_CACHE_DIR`) if it is there
            and else fetched.

    Returns:
        The extractor.

    Raises:
        UserError: It cannot be had, or is not called like TF-GAN's module.
    """
    if path is None:
        module, directory = _from_hub()
    else:
        directory = pathlib.Path(path)
        module = _from_directory(directory)
    # A copied cache entry keeps the name that the hub derives from its URL.
    provenance = FAMILY if directory.resolve().name == _CACHE_NAME else None
    return from_function(
        module,
        directory.resolve().name,
        _input_size(module),
        hash_files(directory),
        provenance,
    )


def from_function(
    classifier_fn: Callable[[tf.Tensor], Any],
    name: str,
    size: int = _SIZE,
    weights: str = "",
    family: str | None = None,
) -> Extractor:
    """Makes an extractor of any function of images, e.g. a Keras model.

    Args:
        classifier_fn: Maps float32 images [N, size, size, 3] in [-1, 1] to a
            dict of outputs, or to one output, which is called `"output"`.
        name: Used in the names of metrics.
        size: Side of its input.
        weights: Anything that identifies its weights; by default the
            fingerprint does.
        family: Known origin; found from the fingerprint if `None`.

    Returns:
        The extractor.
    """

    @tf.function(
        input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8)]
    )
    def run(images: tf.Tensor) -> dict[str, tf.Tensor]:
        images = (tf.cast(images, tf.float32) - 128) / 128
        # TF 1's sampling grid: FID's reference values are defined by it, and
        # the modern grid changes them by whole per cents.
        resized = tf.raw_ops.ResizeBilinear(
            images=images, size=[size, size], half_pixel_centers=False
        )
        outputs = classifier_fn(tf.ensure_shape(resized, [None, size, size, 3]))
        if not isinstance(outputs, dict):
            outputs = {"output": outputs}
        rows = tf.shape(images)[0]
        return {
            layer: tf.cast(tf.reshape(value, [rows, -1]), tf.float32)
            for layer, value in outputs.items()
        }

    outputs = run(fingerprint_images())
    fingerprint = {layer: describe(outputs[layer]) for layer in sorted(outputs)}
    family = family or recognise(fingerprint) or f"user:{name}"
    digest = hashlib.sha256(repr(fingerprint).encode()).hexdigest()
    return Extractor(run, family, size, weights or digest, fingerprint)


@functools.cache
def tfgan_module(name: str) -> types.ModuleType:
    """Imports one of TF-GAN's evaluation modules.

    Its packages import the removed `tf.estimator`, so bare namespace modules
    stand in for them, and only the module asked for runs.

    Args:
        name: E.g. `"classifier_metrics"` or `"sliced_wasserstein"`.

    Returns:
        The module `tensorflow_gan.python.eval.NAME`.

    Raises:
        UserError: TF-GAN is not installed.
    """
    found = importlib.util.find_spec("tensorflow_gan")
    if found is None or not found.submodule_search_locations:
        raise UserError(
            "This metric is TF-GAN's: expected the package tensorflow-gan, "
            "which is not installed; run `pip install tensorflow-gan==2.1.0`, "
            "or leave the metric out of --metrics."
        )
    root = pathlib.Path(found.submodule_search_locations[0])
    for package in ("", ".python", ".python.eval"):
        full = "tensorflow_gan" + package
        if full not in sys.modules:
            spec = importlib.machinery.ModuleSpec(full, None, is_package=True)
            folder = root.joinpath(*package.split("."))
            spec.submodule_search_locations = [str(folder)]
            sys.modules[full] = importlib.util.module_from_spec(spec)
    return importlib.import_module(f"tensorflow_gan.python.eval.{name}")


def _from_hub() -> tuple[Any, pathlib.Path]:
    try:
        hub = _tensorflow_hub()
        return hub.load(HUB_HANDLE), pathlib.Path(hub.resolve(HUB_HANDLE))
    except (*_BROKEN, tf.errors.OpError) as error:
        raise UserError(
            f"TF-GAN's Inception cannot be had from {HUB_HANDLE} "
            f"({type(error).__name__}): run this once with a connection, or "
            f"set TFHUB_CACHE_DIR (or --inception) to a copy of the module "
            f"({_CACHE_NAME}) from a machine that has it, or use metrics that "
            f"need no network (--metrics=swd,iw,ms_ssim)."
        ) from error


def _tensorflow_hub() -> types.ModuleType:
    """Imports it, also where setuptools no longer brings `pkg_resources`."""
    missing = importlib.util.find_spec("pkg_resources") is None
    if missing:
        stand_in = types.ModuleType("pkg_resources")
        stand_in.parse_version = packaging.version.parse
        sys.modules["pkg_resources"] = stand_in
    try:
        with warnings.catch_warnings():
            # It still asks setuptools, which says at length that it should not.
            warnings.filterwarnings("ignore", message="pkg_resources")
            return importlib.import_module("tensorflow_hub")
    finally:
        if missing:
            del sys.modules["pkg_resources"]


def _from_directory(directory: pathlib.Path) -> Any:
    try:
        module = tf.saved_model.load(str(directory))
    except (*_BROKEN, tf.errors.OpError) as error:
        raise UserError(
            f"--inception={directory}: expected the directory of a SavedModel, "
            f"none can be read there; give one, or leave the flag out."
        ) from error
    if not callable(module):
        raise UserError(
            f"--inception={directory}: expected a SavedModel to call on images "
            f"in [-1, 1], received one without a __call__ function; export one."
        )
    return module


def _input_size(module: Any) -> int:
    for function in getattr(module.__call__, "concrete_functions", []):
        for spec in tf.nest.flatten(function.structured_input_signature):
            shape = getattr(spec, "shape", tf.TensorShape(None))
            if shape.rank == 4 and shape[1]:
                return int(shape[1])
    return _SIZE
