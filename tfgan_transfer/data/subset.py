"""Some classes of a labelled source, as a source of its own."""

import csv
import dataclasses
import difflib
from collections.abc import Iterator, Sequence

import numpy as np
import scipy.linalg

from tfgan_transfer.data import selection
from tfgan_transfer.data.image_set import ImageSet, Split
from tfgan_transfer.data.source import Item, Source, some
from tfgan_transfer.errors import UserError


def names(text: str | None) -> tuple[str, ...]:
    """Splits a `--classes` value; a name with a comma stands in quotes."""
    row = next(csv.reader([text or ""], skipinitialspace=True), [])
    return tuple(name.strip() for name in row if name.strip())


def text(classes: Sequence[str]) -> str:
    """The `--classes` value that `names` reads back."""
    return ",".join(
        '"' + name.replace('"', '""') + '"' if set(name) & {",", '"'} else name
        for name in classes
    )


def keep(source: Source, classes: Sequence[str]) -> Source:
    """Keeps the images of some classes.

    A file whose class is unknown, because it cannot be read, stays listed
    with its problem. The labels of a TFDS data set are known after one pass
    through it.

    Args:
        source: A source in which each image has one class.
        classes: Their names, in any order; none for the source as it is.

    Returns:
        A source whose vocabulary is the chosen classes in the order of
        `source`.

    Raises:
        UserError: The source has no classes, or not this one.
    """
    if not classes:
        return source
    if source.label_mode != "class":
        has = "tags" if source.label_mode == "tags" else "no labels"
        if source.unlabelled:
            has += f" ({source.unlabelled})"
        raise UserError(
            f"--classes: expected images with a class each, --data="
            f"{source.spec} has {has}; leave --classes out"
        )
    for name in classes:
        _check(source, name)
    kept = [i for i, name in enumerate(source.vocabulary) if name in classes]
    column = {old: new for new, old in enumerate(kept)}

    def read(names: Sequence[str]) -> Iterator[Item]:
        for item in source.read(names):
            active = tuple(column[i] for i in item.active if i in column)
            yield item._replace(active=active)

    return dataclasses.replace(
        source,
        entries=_entries(source, column),
        vocabulary=tuple(source.vocabulary[i] for i in kept),
        read=read,
    )


def join(parts: Sequence[Split], seed: int) -> Split:
    """Puts different classes of one source together, as if loaded at once.

    Args:
        parts: What was loaded of each choice of classes.
        seed: The seed of their selection.

    Returns:
        Images in the order that `load` would give them; each image is held
        out if it was held out of its part. They are copied into memory.
    """
    return Split(
        _joined([part.train for part in parts], seed),
        _joined([part.holdout for part in parts], seed),
        tuple({bad.name: bad for p in parts for bad in p.bad_files}.values()),
        sum(part.found for part in parts),
        tuple(dict.fromkeys(r for part in parts for r in part.remarks)),
    )


def _joined(sets: Sequence[ImageSet], seed: int) -> ImageSet:
    names = [name for part in sets for name in part.names]
    row = {name: i for i, name in enumerate(names)}
    rows = [row[name] for name in selection.order(names, seed)]
    return ImageSet(
        images=np.concatenate([part.images for part in sets])[rows],
        labels=scipy.linalg.block_diag(*(part.labels for part in sets))[rows],
        vocabulary=tuple(name for part in sets for name in part.vocabulary),
        label_mode=sets[0].label_mode,
        names=tuple(names[i] for i in rows),
    )


def _entries(source: Source, column: dict[int, int]) -> tuple | None:
    if source.entries is None:
        return None
    readable = [entry.name for entry in source.entries if not entry.problem]
    active = {item.name: item.active for item in source.read(readable)}
    kept = []
    for entry in source.entries:
        if entry.problem:
            kept.append(entry)
        elif new := [column[i] for i in active[entry.name] if i in column]:
            # The label is another one now, and with it what is decoded.
            identity = f"{entry.identity}-{new}"
            kept.append(dataclasses.replace(entry, identity=identity))
    return tuple(kept)


def _check(source: Source, name: str) -> None:
    if name in source.vocabulary:
        return
    near = difflib.get_close_matches(name, source.vocabulary, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise UserError(
        f"--classes: --data={source.spec} has no class {name!r}, it has "
        f"{some(source.vocabulary)}{hint}"
    )
