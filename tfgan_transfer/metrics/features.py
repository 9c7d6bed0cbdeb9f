"""Features of many images: extracted in small batches, once, then cached."""

import functools
import hashlib
import io
import json
import os
import pathlib
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import tqdm

from tfgan_transfer.metrics.inception import Extractor, load

Images = np.ndarray | Iterable[np.ndarray]
# Makes progress bars like `tqdm.tqdm`, or, as here, none.
Bars = Callable[..., tqdm.tqdm]
NO_BARS = functools.partial(tqdm.tqdm, disable=True)


def extract(
    extractor: Extractor,
    images: Images,
    layers: Sequence[str],
    batch_size: int = 32,
    bars: Bars = NO_BARS,
) -> dict[str, np.ndarray]:
    """Runs images through a feature network, a batch at a time.

    Args:
        extractor: The network.
        images: uint8 [N, H, W, C] with 1 or 3 channels, or batches of them of
            any lengths (they are cut to `batch_size`, never gathered).
        layers: Layers to keep, all from one pass.
        batch_size: Images per call; changes no feature beyond rounding.
        bars: Shows how many images are done.

    Returns:
        For each layer, float32 [N, D].

    Raises:
        ValueError: No images, or images that are not uint8.
    """
    found: dict[str, list[np.ndarray]] = {layer: [] for layer in layers}
    pending = None
    total = len(images) if hasattr(images, "__len__") else None
    with bars(total=total, unit="image") as bar:
        for batch in _batches(images, batch_size):
            outputs = extractor.run(batch)
            # An accelerator works on this while the last is copied back.
            _collect(found, pending)
            pending = outputs
            bar.update(len(batch))
        _collect(found, pending)
    if pending is None:
        raise ValueError("no images to extract features from")
    return {layer: np.concatenate(parts) for layer, parts in found.items()}


def inception_features(
    images: Images, inception: str | None = None, layer: str | None = None
) -> np.ndarray:
    """Features in which the distances of this package are taken.

    Args:
        images: uint8 [N, H, W, C] with 1 or 3 channels.
        inception: Directory of a SavedModel that is called like TF-GAN's
            Inception; that network, fetched once, when absent.
        layer: Its layer; the deepest one of a known network when absent.

    Returns:
        Float32 [N, D].

    Raises:
        ValueError: No images, or images that are not uint8.
        UserError: The network cannot be had, or has no such layer.

    Example:
        >>> import tfgan_transfer as tt
        >>> images = tt.load_images("digits", size=8, channels=1).images
        >>> tt.metrics.inception_features(images, inception="nowhere")
        Traceback (most recent call last):
        ...
        tfgan_transfer.errors.UserError: ...
    """
    network = load(inception)
    layer = network.layer(layer)
    return extract(network, images, [layer])[layer]


def cached_extract(
    directory: str | os.PathLike[str],
    data: str,
    extractor: Extractor,
    images: Images,
    layers: Sequence[str],
    batch_size: int = 32,
    bars: Bars = NO_BARS,
) -> dict[str, np.ndarray]:
    """Like `extract`, but looks on disk first and keeps the result there.

    Args:
        directory: Where the cache lies; made if it does not exist.
        data: Fingerprint of the images, e.g. from `data_fingerprint`.
        extractor: The network.
        images: As in `extract`; not touched if everything is cached.
        layers: Layers to return.
        batch_size: Images per call.
        bars: As in `extract`.

    Returns:
        For each layer, float32 [N, D].
    """
    folder = pathlib.Path(directory)
    paths = {
        layer: folder / f"{_key(data, extractor, layer)}.npz"
        for layer in layers
    }
    found = {layer: _read(path) for layer, path in paths.items()}
    missing = [layer for layer in layers if found[layer] is None]
    if missing:
        found |= extract(extractor, images, missing, batch_size, bars)
        for layer in missing:
            about = {"data": data, "layer": layer, **extractor.record()}
            content = io.BytesIO()
            np.savez(content, features=found[layer], about=json.dumps(about))
            keep(paths[layer], content.getvalue())
    return found


def data_fingerprint(images: np.ndarray) -> str:
    """sha256 of an image array: its shape, type, and bytes in order."""
    digest = hashlib.sha256(f"{images.dtype} {images.shape}".encode())
    for start in range(0, len(images), 1024):
        digest.update(np.ascontiguousarray(images[start : start + 1024]).data)
    return digest.hexdigest()


def _batches(images: Images, batch_size: int) -> Iterator[np.ndarray]:
    groups = [images] if isinstance(images, np.ndarray) else images
    for group in groups:
        group = np.asarray(group)
        if group.dtype != np.uint8 or group.ndim != 4:
            raise ValueError(
                f"expected uint8 [N, H, W, C], got {group.dtype} {group.shape}"
            )
        for start in range(0, len(group), batch_size):
            batch = group[start : start + batch_size]
            grey = batch.shape[-1] == 1
            yield np.repeat(batch, 3, axis=-1) if grey else batch


def _collect(found: dict[str, list[np.ndarray]], outputs) -> None:
    if outputs is not None:
        for layer, parts in found.items():
            parts.append(outputs[layer].numpy())


def _key(data: str, extractor: Extractor, layer: str) -> str:
    parts = [data, extractor.protocol(layer), extractor.weights]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _read(path: pathlib.Path) -> np.ndarray | None:
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as stored:
            return stored["features"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        warnings.warn(
            f"Feature cache {path} is damaged and will be made again.",
            stacklevel=3,
        )
        return None


def keep(path: pathlib.Path, content: bytes) -> None:
    """Writes to a temporary name first, so no reader sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
