"""Images of any TensorFlow Datasets image data set, by name."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tfgan_transfer.data.source import Entry, Item, Source
from tfgan_transfer.errors import UserError

if TYPE_CHECKING:
    import tensorflow as tf
    import tensorflow_datasets as tfds


def open_tfds(spec: str, name: str, split: str, prepare: bool = True) -> Source:
    """Opens a data set by name, downloading it first if need be.

    The download goes where TFDS puts it (`TFDS_DATA_DIR`).

    Args:
        spec: The source as the user wrote it.
        name: A data set, with `/config` if it has several.
        split: A TFDS split such as `test` or `train[:10%]`; empty for `train`.
        prepare: Whether to download what is not there. If not, a data set
            that is not there has no list of entries.

    Raises:
        UserError: TFDS is not installed, does not know the name or split,
            cannot prepare the data set, or it holds no images.
    """
    try:
        import tensorflow_datasets as tfds
    except ImportError as error:
        raise UserError(
            f"--data={spec} needs tensorflow-datasets, which cannot be "
            f"imported ({_first_line(error)}); install it or use folder:PATH"
        ) from error
    try:
        # TFDS itself looks at the variable only when it is imported.
        place = os.environ.get("TFDS_DATA_DIR")
        builder = tfds.builder(name, data_dir=place)
    except Exception as error:
        known = tfds.list_builders(with_community_datasets=False)
        near = difflib.get_close_matches(name.split("/")[0], known, n=1)
        hint = f"; did you mean tfds:{near[0]}?" if near else ""
        raise UserError(
            f"--data={spec}: TFDS has no data set {name!r}{hint}"
        ) from error
    if not prepare and not list(builder.info.splits):
        _check_features(spec, builder)
        return _opened(spec, builder, split, entries=None)
    try:
        if prepare:
            builder.download_and_prepare()
    except Exception as error:
        raise UserError(
            f"--data={spec}: TFDS cannot download or prepare it: "
            f"{_first_line(error)}"
        ) from error
    return from_builder(spec, builder, split)


def from_builder(
    spec: str, builder: tfds.core.DatasetBuilder, split: str
) -> Source:
    """Opens one split of a prepared TFDS builder.

    Args:
        spec: The source as the user wrote it.
        builder: The data set.
        split: A split; empty for `train`, or the first if there is no such.

    Raises:
        UserError: No such split, or no feature called `image`.
    """
    _check_features(spec, builder)
    splits = list(builder.info.splits)
    default = splits[0] if splits and "train" not in splits else "train"
    split = split or default
    try:
        dataset = _encoded(builder, split)
    except Exception as error:
        raise UserError(
            f"--data={spec}: no split {split!r}; expected one of "
            f"{', '.join(splits)}, or a slice such as {default}[:10%]"
        ) from error
    found = int(dataset.cardinality())
    if found < 0:
        found = int(dataset.reduce(0, lambda count, _: count + 1))
    identity = f"{builder.info.full_name}-{found}"
    entries = tuple(
        Entry(f"{split}/{index:08d}", identity) for index in range(found)
    )
    return _opened(spec, builder, split, entries)


def _check_features(spec: str, builder: tfds.core.DatasetBuilder) -> None:
    features = builder.info.features
    if "image" not in features or len(features["image"].shape or ()) != 3:
        raise UserError(
            f"--data={spec}: expected a feature 'image' of one image, found "
            f"{', '.join(sorted(features))}"
        )


def _opened(
    spec: str,
    builder: tfds.core.DatasetBuilder,
    split: str,
    entries: tuple[Entry, ...] | None,
) -> Source:
    features = builder.info.features
    label = features["label"] if "label" in features else None
    vocabulary = tuple(getattr(label, "names", None) or ())

    def read(names: Sequence[str]) -> Iterator[Item]:
        # TFDS reads in its own order only, so this is one pass through it.
        wanted = {int(name.rpartition("/")[2]): name for name in names}
        last = max(wanted, default=-1)
        for index, example in enumerate(_encoded(builder, split)):
            if index in wanted:
                number = int(example["label"]) if vocabulary else -1
                active = (number,) if number >= 0 else ()
                yield Item(wanted[index], active, example["image"].numpy)
            if index >= last:
                break

    mode = "class" if vocabulary else "none"
    return Source(spec, entries, mode, vocabulary, read)


def _encoded(builder: tfds.core.DatasetBuilder, split: str) -> tf.data.Dataset:
    """The examples in their stored order, images as encoded bytes."""
    import tensorflow_datasets as tfds

    return builder.as_dataset(
        split=split,
        shuffle_files=False,
        decoders={"image": tfds.decode.SkipDecoding()},
    )


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split("\n\n")[0].split())[:160]
