"""From a `--data` value to decoded images."""

import dataclasses
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from tfgan_transfer.data import cache, decode, depth, selection, subset
from tfgan_transfer.data.filling import Decoder, fill, quiet
from tfgan_transfer.data.image_set import (
    BadFile,
    Description,
    ImageSet,
    Split,
)
from tfgan_transfer.data.source import Source, printable
from tfgan_transfer.data.sources import open_source
from tfgan_transfer.errors import UserError


def load(
    spec: str,
    *,
    size: tuple[int, int],
    channels: int = 3,
    fit: str = "crop",
    max_value: int | None = None,
    classes: Sequence[str] = (),
    limit: int | None = None,
    holdout: int | float = 0,
    seed: int = 0,
    max_bad_files: float = 0.01,
    cache_dir: str | os.PathLike | None = None,
    memory_limit: int = 2 * 2**30,
    on_bad_files: Callable[[tuple[BadFile, ...]], None] | None = None,
) -> Split:
    """Selects images of a source by seed and decodes them, once.

    All names are put in an order that depends on the seed only. The training
    set is the first `limit` of it, the held-out set the last `holdout`; a file
    that cannot be used gives its place to the next name (if none is left, the
    set is smaller by one). Both sets stay in that order, so they do not depend
    on how a file system lists files or on the number of threads.

    Args:
        spec: `folder:PATH`, `zip:PATH` (both with an optional `#sub/folder`),
            `tfds:NAME[/config][#split]`, `digits`, `shapes[#outline]`.
        size: (height, width).
        channels: 1 or 3; `decode` states the conversions.
        fit: `"crop"`, `"squash"` or `"pad"`.
        max_value: What is white in images of more than 8 bits; None for what
            the largest value of all of them suggests, see `depth`.
        classes: The classes to keep, and no other images; none for all.
        limit: Images to train on; None for all.
        holdout: Images to hold out: a count, or a share below 1.
        seed: Seed of the selection.
        max_bad_files: How many examined files may be unusable: a share below
            1, or a count.
        cache_dir: Where decoded sets larger than `memory_limit` are kept; None
            for the user's cache folder.
        memory_limit: Bytes of pixels up to which a set is held in memory.
        on_bad_files: Is given all unusable files before their number is
            judged.

    Returns:
        Both sets, the unusable files, and how many files there are.

    Raises:
        UserError: Anything wrong with the source or the values; too many
            unusable files; no usable one.
    """
    decode.check(size, channels, fit)
    if max_bad_files < 0:
        raise UserError(
            "--max_bad_files must be a share below 1 or a count, received "
            f"{max_bad_files}"
        )
    if max_value is not None and max_value < 1:
        raise UserError(f"--max_value must be at least 1, received {max_value}")
    whole = open_source(spec)
    source = subset.keep(whole, classes)
    found = len(source.entries)
    _check_found(source)
    counts = selection.counts(found, limit, holdout)
    ranked = selection.order((e.name for e in source.entries), seed)
    shape = (sum(counts), *size, channels)
    decoder = partial(decode.decode, size=size, channels=channels, fit=fit)
    decode_into = partial(_decode_into, source, ranked, counts[0])
    decode_into = partial(
        _decode_to_depth, whole, decode_into, decoder, max_value
    )
    if np.prod(shape, dtype=np.int64) <= memory_limit:
        images = np.empty(shape, np.uint8)
        keep, record = decode_into(images)
        images = images if len(keep) == len(images) else images[keep]
        images.flags.writeable = False
    else:
        identity = sorted((e.name, e.identity) for e in source.entries)
        key = [identity, shape, fit, limit, holdout, seed, max_value]
        folder = cache.directory(cache_dir, key)
        images, record = _on_disk(folder, shape, decode_into)
    bad = tuple(BadFile(*pair) for pair in record["bad"])
    source, record = _without_lost_labels(source, record)
    train, held = _sets(source, images, record)
    if on_bad_files:
        on_bad_files(bad)
    _check_bad(spec, bad, len(images), max_bad_files)
    if not len(train):
        raise UserError(
            f"--data={spec}: no usable image is left to train on; lower "
            f"--holdout={holdout}"
        )
    remarks = (record["remark"],) if record["remark"] else ()
    return Split(train, held, bad, found, remarks)


def describe(spec: str, classes: Sequence[str] = ()) -> Description:
    """Tells what a source holds without decoding or writing anything.

    Args:
        spec: See `load`.
        classes: The classes to keep; none for all.

    Raises:
        UserError: Anything wrong with the source; no image in it, or none
            that is not known to be unusable.
    """
    source = subset.keep(open_source(spec, prepare=False), classes)
    entries = source.entries
    if entries is None:
        return Description(None, source.label_mode, source.vocabulary, (), None)
    _check_found(source)
    bad = tuple(
        BadFile(printable(e.name), e.problem) for e in entries if e.problem
    )
    if len(bad) == len(entries):
        raise UserError(_cannot_be_used(spec, bad, len(bad)))
    good = [entry.name for entry in entries if not entry.problem]
    sizes = []
    with quiet():
        for item in source.read(good[:5]):
            try:
                sizes.append(decode.header_size(item.fetch()))
            except Exception:  # noqa: S112
                continue
    return Description(
        images=len(good),
        label_mode=source.label_mode,
        vocabulary=source.vocabulary,
        sizes=tuple(sizes),
        num_bytes=sum(entry.num_bytes for entry in entries) or None,
        bad_files=bad,
        unlabelled=source.unlabelled,
    )


def _check_found(source: Source) -> None:
    if not source.entries:
        raise UserError(
            f"--data={source.spec} holds no images; expected files ending in "
            ".png, .jpg, .webp, .bmp, .gif or .tif"
        )


def _decode_to_depth(
    whole: Source,
    decode_into: Callable[[Decoder, np.ndarray], tuple[list[int], dict]],
    decoder: Decoder,
    max_value: int | None,
    images: np.ndarray,
) -> tuple[list[int], dict]:
    """Decodes with a given white, or with that of all classes of the source.

    Only when a deep image has been met is it worth reading them all for it.
    """
    peaks = []
    first = partial(decoder, peaks=peaks)
    if max_value is not None:
        first = partial(decoder, max_value=max_value)
    keep, record = decode_into(first, images)
    if not peaks:
        return keep, {**record, "remark": ""}
    with quiet():
        peak = depth.peak(whole)
    white = depth.white(peak)
    again = partial(decoder, max_value=white)
    keep, record = decode_into(again, images)
    remark = (
        f"the values of grey images of more than 8 bits reach {peak}, so "
        f"{white} was taken for white"
    )
    return keep, {**record, "remark": remark}


def _decode_into(
    source: Source,
    ranked: list[str],
    train: int,
    decoder: Decoder,
    images: np.ndarray,
) -> tuple[list[int], dict]:
    """Fills rows [train | holdout]; says which were, and with what."""
    names = deque(ranked)
    with quiet():
        # The held-out images come first, so that the limit cannot change them.
        last = fill(images[train:], source, _taken(names, names.pop), decoder)
        first = fill(
            images[:train], source, _taken(names, names.popleft), decoder
        )
    rows = first.names + last.names
    active = first.active + last.active
    keep = [row for row, name in enumerate(rows) if name is not None]
    bad = sorted((printable(b.name), b.reason) for b in first.bad + last.bad)
    record = {
        "train": sum(name is not None for name in first.names),
        "names": [printable(rows[row]) for row in keep],
        "active": [list(active[row]) for row in keep],
        "bad": bad,
    }
    return keep, record


def _taken(names: deque[str], take: Callable[[], str]) -> Iterator[str]:
    while names:
        yield take()


def _on_disk(
    folder: Path,
    shape: tuple[int, ...],
    decode_into: Callable[[np.ndarray], tuple[list[int], dict]],
) -> tuple[np.memmap, dict]:
    cached = cache.read(folder)
    if cached is None:
        with cache.building(folder) as temporary:
            images = cache.allocate(temporary, shape)
            keep, record = decode_into(images)
            if len(keep) < len(images):
                images = cache.compact(images, keep)
            cache.write_index(temporary, images, record)
        cached = cache.read(folder)
    if cached is None:
        raise UserError(
            f"the image cache {folder} cannot be read back; name another "
            "place with --cache_dir"
        )
    return cached


def tolerated(max_bad_files: float, examined: int) -> float:
    """How many unreadable files are left out, and not refused.

    Args:
        max_bad_files: A share below 1, a count from 1 on.
        examined: Files there are, readable or not.
    """
    return max_bad_files * (examined if max_bad_files < 1 else 1)


def _check_bad(
    spec: str, bad: tuple[BadFile, ...], good: int, max_bad_files: float
) -> None:
    examined = good + len(bad)
    if good and len(bad) <= tolerated(max_bad_files, examined):
        return
    raise UserError(
        f"{_cannot_be_used(spec, bad, examined)}, or allow more than "
        f"--max_bad_files={max_bad_files:g}"
    )


def _cannot_be_used(spec: str, bad: tuple[BadFile, ...], of: int) -> str:
    listed = ", ".join(f"{b.name} ({b.reason})" for b in bad[:3])
    return (
        f"--data={spec}: {len(bad)} of {of} examined files "
        f"({len(bad) / of:.1%}) cannot be used, beginning with {listed}; "
        "repair or remove them"
    )


def _without_lost_labels(source: Source, record: dict) -> tuple[Source, dict]:
    """Drops the labels of which every image has turned out to be unusable."""
    held = {label for active in record["active"] for label in active}
    lost = set(range(len(source.vocabulary))) - held
    if not lost or not record["bad"]:
        return source, record
    # An image that was not asked for may yet hold.
    examined = {*record["names"], *(name for name, _ in record["bad"])}
    left = [e.name for e in source.entries if not e.problem]
    left = [name for name in left if printable(name) not in examined]
    lost -= {label for item in source.read(left) for label in item.active}
    kept = [i for i in range(len(source.vocabulary)) if i not in lost]
    column = {old: new for new, old in enumerate(kept)}
    vocabulary = tuple(source.vocabulary[i] for i in kept)
    mode = source.label_mode if vocabulary else "none"
    active = [[column[i] for i in row] for row in record["active"]]
    return (
        dataclasses.replace(source, vocabulary=vocabulary, label_mode=mode),
        {**record, "active": active},
    )


def _sets(
    source: Source, images: np.ndarray, record: dict
) -> tuple[ImageSet, ImageSet]:
    labels = np.zeros((len(images), len(source.vocabulary)), np.float32)
    for row, active in enumerate(record["active"]):
        labels[row, active] = 1
    names, train = tuple(record["names"]), record["train"]
    return tuple(
        ImageSet(
            images[rows],
            labels[rows],
            source.vocabulary,
            source.label_mode,
            names[rows],
        )
        for rows in (slice(train), slice(train, None))
    )
