"""Translates the images of a source: which, at what size, and where to."""

import itertools
import os
import pathlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import tqdm

from tfgan_transfer import images
from tfgan_transfer.data import decode, depth
from tfgan_transfer.data.file_names import looks_like_image
from tfgan_transfer.data.filling import quiet
from tfgan_transfer.data.source import printable
from tfgan_transfer.data.sources import lies_inside, open_source
from tfgan_transfer.errors import UserError
from tfgan_transfer.pixels import to_float, to_uint8
from tfgan_transfer.settings import config
from tfgan_transfer.trained import saved, tiles, videos, written_names
from tfgan_transfer.trained.translators import Translators
from tfgan_transfer.training.checkpoint import Checkpoint
from tfgan_transfer.training.translation_grid import sheet

OWN = "own"
# Of an image at its own size: 64 channels of it take 1 GiB in float32.
MOST_PIXELS = 2**22
SHEET_ROWS = 16


class Original(NamedTuple):
    """An image to translate.

    Attributes:
        name: Its name in the source.
        fetch: Returns the encoded file, or pixels; may raise.
        path: Where it lies, if it is a file of its own.
    """

    name: str
    fetch: Callable[[], bytes | np.ndarray]
    path: pathlib.Path | None = None


class Skipped(NamedTuple):
    """An image that cannot be used."""

    name: str
    reason: str


def run(given: Mapping) -> Iterator[str]:
    """Translates what `--images` names.

    Args:
        given: Flags of `translate`.

    Yields:
        Lines that say what was written, and what was not.

    Raises:
        UserError: If nothing can be translated, or a file is in the way;
            nothing has been written then.
    """
    if videos.is_video(given["images"]):
        yield from _run_video(given)
        return
    originals, skipped = listed(given["images"], given.get("num"))
    folder = given.get("out")
    if folder:
        originals, unfit = _nameable(originals, folder)
        skipped += unfit
    targets, picture = _destinations(given, originals)
    found = saved.find(given.get("checkpoint") or given["run_dir"])
    model = Translators.of(found, ema=given.get("ema", True))
    direction, in_tiles = given.get("direction", "a2b"), given.get("tiles")
    with quiet():
        read = _reader(found, given, originals)
    shown, made = [], {}
    done = 0
    # A sheet alone needs no more than its rows.
    for original in _shown(originals if folder else originals[:SHEET_ROWS]):
        try:
            with quiet():
                pixels = read(original.fetch())
        except Exception as error:  # A file can be broken in any way.
            skipped.append(Skipped(original.name, decode.reason(error)))
            continue
        if folder:
            path = targets[original.name]
            if twin := made.get(_file(path)):
                why = f"here its file is that of {printable(twin)}"
                skipped.append(Skipped(original.name, why))
                continue
            made_of_it = _translated(model, pixels, direction, in_tiles)
            _write(path, made_of_it, "--out")
            made[_file(path)] = original.name
        done += 1
        if len(shown) < SHEET_ROWS:
            shown.append(pixels)
    yield from (f"skipped   {printable(n)}: {why}" for n, why in skipped)
    if not done:
        raise UserError(
            f"--images={given['images']}: none of {len(skipped)} images can "
            f"be used, beginning with {printable(skipped[0].name)} "
            f"({skipped[0].reason})"
        )
    if picture:
        _write(picture, _sheet(model, direction, shown), "--cycles")
        yield str(picture)
    if folder:
        yield f"{done} images in {folder}, {len(skipped)} skipped"


def _shown(originals: Sequence[Original]) -> Iterable[Original]:
    """How far one has come, on a terminal, where there is more than one."""
    hidden = True if len(originals) == 1 else None
    return tqdm.tqdm(originals, unit="image", disable=hidden)


def _write(path: pathlib.Path, image: np.ndarray, flag: str) -> None:
    """Writes an image in the place of what is there."""
    try:
        # That goes first: a link must not be written through.
        path.unlink(missing_ok=True)
        images.save(path, image)
    except OSError as error:
        raise UserError(
            f"{flag}: cannot be written ({error}); give another place, or "
            "mend that and add --overwrite"
        ) from error


def listed(
    spec: str, count: int | None = None
) -> tuple[list[Original], list[Skipped]]:
    """What a source holds, by name, wherever it lies and whatever its labels.

    Args:
        spec: A source as in `--data`, or the path of a folder, a zip file or
            one image.
        count: Only the first ones.

    Returns:
        The images that may be read, and those that are known not to be.

    Raises:
        UserError: If there is none.
    """
    path = pathlib.Path(os.path.expanduser(spec))
    if path.is_file() and path.suffix.lower() != ".zip":
        return [Original(path.name, path.read_bytes, path)], []
    if path.exists():
        spec = f"{'folder' if path.is_dir() else 'zip'}:{spec}"
    try:
        source = open_source(spec, labels=False)
    except UserError as error:
        raise error.about("data", "images") from error
    if not source.entries:
        raise UserError(
            f"--images={spec} holds no images; expected files ending in .png, "
            ".jpg, .webp, .bmp, .gif or .tif"
        )
    root = _folder(spec)
    chosen = source.entries[:count]
    bad = [Skipped(e.name, e.problem) for e in chosen if e.problem]
    good = [e.name for e in chosen if not e.problem]
    return [
        Original(x.name, x.fetch, root and root / x.name)
        for x in source.read(good)
    ], bad


def _folder(spec: str) -> pathlib.Path | None:
    """The folder that a source reads, if it reads one."""
    scheme, _, path = spec.partition(":")
    if scheme != "folder":
        return None
    root, _, part = path.rpartition("#") if "#" in path else (path, "", "")
    whole = pathlib.Path(os.path.expanduser(path))
    return (
        whole
        if whole.is_dir()
        else pathlib.Path(os.path.expanduser(root)) / part
    )


def _destinations(
    given: Mapping, originals: Sequence[Original]
) -> tuple[dict[str, pathlib.Path], pathlib.Path | None]:
    """Where each image goes, and the sheet; nothing lies in the way there."""
    targets = _targets(originals, given["out"]) if given.get("out") else {}
    written = {path: "--out" for path in targets.values()}
    picture = None
    if given.get("cycles"):
        picture = pathlib.Path(given["cycles"])
        if picture.suffix != ".png" or picture in written:
            raise UserError(
                "--cycles: expected FILE.png that is none of the images in "
                f"--out, received {str(picture)!r}"
            )
        written[picture] = "--cycles"
    _refuse_inputs(given["images"], originals, written)
    if not given.get("overwrite"):
        _refuse_existing(written)
    return targets, picture


def _nameable(
    originals: Sequence[Original], folder: str
) -> tuple[list[Original], list[Skipped]]:
    """Those for which a file can be written, and the others."""
    why = {
        x.name: written_names.problem(_target(x.name, folder), x.name)
        for x in originals
    }
    skipped = [Skipped(name, reason) for name, reason in why.items() if reason]
    return [x for x in originals if not why[x.name]], skipped


def _target(name: str, folder: str) -> pathlib.Path:
    stem = os.path.splitext(name)[0] if looks_like_image(name) else name
    return pathlib.Path(folder) / f"{stem}.png"


def _targets(
    originals: Sequence[Original], folder: str
) -> dict[str, pathlib.Path]:
    """The file for each name: the same one, as PNG."""
    targets, taken = {}, {}
    for original in originals:
        name = original.name
        path = _target(name, folder)
        if path in taken:
            raise UserError(
                f"--images: {taken[path]!r} and {name!r} would both become "
                f"{str(path)!r}; rename one of them"
            )
        targets[name], taken[path] = path, name
    for path, name in taken.items():
        if folders := taken.keys() & set(path.parents):
            raise UserError(
                f"--images: {taken[folders.pop()]!r} would become a file where "
                f"{name!r} needs a folder; rename one of them"
            )
    return targets


def _refuse_inputs(
    spec: str,
    originals: Sequence[Original],
    written: Mapping[pathlib.Path, str],
) -> None:
    """Refuses to write over an image to be translated, or to become one."""
    spec = f"folder:{spec}" if os.path.isdir(spec) else spec
    files = {_file(x.path) for x in originals if x.path} - {None}
    for path, flag in written.items():
        if lies_inside(str(path), spec) or _file(path) in files:
            raise UserError(
                f"{flag}: {str(path)!r} lies among the images of --images="
                f"{spec}; choose another place"
            )


def _file(path: pathlib.Path) -> tuple[int, int] | None:
    """What a path leads to, by whatever name."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _refuse_existing(written: Mapping[pathlib.Path, str]) -> None:
    there = [path for path in written if os.path.lexists(path)]
    if there:
        raise UserError(
            f"{written[there[0]]}: {str(there[0])!r} exists ({len(there)} of "
            f"{len(written)} files do); choose another place, or add "
            "--overwrite"
        )


def _reader(
    found: Checkpoint, given: Mapping, originals: Sequence[Original]
) -> Callable[[bytes | np.ndarray], np.ndarray]:
    """What brings a file to the size at which it is translated."""
    flags = found.manifest["run"]["flags"]
    wanted = given.get("size", flags["size"])
    size = None if wanted == OWN else config.parse_size(wanted)
    channels = int(flags["channels"])
    fit = given.get("fit", flags["fit"])
    # As in training: what all of them together suggest, unless it was said.
    white = flags.get("max_value") or depth.white(
        depth.peak_of(original.fetch for original in originals)
    )

    def read(content: bytes | np.ndarray) -> np.ndarray:
        if size is None and not isinstance(content, np.ndarray):
            height, width = decode.header_size(content)
            if height * width > MOST_PIXELS and not given.get("tiles"):
                raise decode.DamagedImageError(
                    f"{width}x{height} are more than {MOST_PIXELS:,} pixels; "
                    "give --size, or --tiles"
                )
        return decode.decode(content, size, channels, fit, white)

    return read


def _translated(
    model: Translators,
    pixels: np.ndarray,
    direction: str,
    in_tiles: bool | None = False,
) -> np.ndarray:
    # One by one: the answer for an image depends on nothing but the image.
    batch = to_float(pixels[np.newaxis])
    tile = tuple(model.image_shape[:2])
    if in_tiles and tiles.fits(pixels.shape[:2], tile):

        def translate(pieces: np.ndarray) -> np.ndarray:
            return np.asarray(model.translate(pieces, direction), np.float32)

        return to_uint8(tiles.translated(translate, batch[0], tile))
    return to_uint8(model.translate(batch, direction)[0])


def _run_video(given: Mapping) -> Iterator[str]:
    """Translates a video frame by frame."""
    path = pathlib.Path(os.path.expanduser(given["images"]))
    if not path.is_file():
        raise UserError(
            f"--images: there is no file {str(path)!r}; give the path of a "
            "video, a folder or a zip file"
        )
    if not given.get("out") or given.get("cycles"):
        raise UserError(
            "--out: a video becomes a video, expected --out=FOLDER and no "
            "--cycles; add or leave out"
        )
    target = pathlib.Path(given["out"]) / f"{path.stem}.mp4"
    original = Original(path.name, path.read_bytes, path)
    _refuse_inputs(given["images"], [original], {target: "--out"})
    if not given.get("overwrite"):
        _refuse_existing({target: "--out"})
    per_second = videos.rate(path)
    found = saved.find(given.get("checkpoint") or given["run_dir"])
    model = Translators.of(found, ema=given.get("ema", True))
    direction = given.get("direction", "a2b")
    # Frames have 8 bits and are no files.
    read = _reader(found, {**given, "max_value": 255}, [])
    shots = itertools.islice(videos.frames(path, per_second), given.get("num"))
    bar = tqdm.tqdm(map(read, shots), unit="frame", disable=None)
    flicker = videos.Flicker()

    def translate(pixels: np.ndarray) -> np.ndarray:
        return _translated(model, pixels, direction, given.get("tiles", False))

    videos.write(target, flicker.watched(bar, translate), per_second, path)
    yield str(target)
    yield str(flicker)


def _sheet(
    model: Translators, direction: str, shown: Sequence[np.ndarray]
) -> np.ndarray:
    """A row for each image: itself, translated, and back again."""
    rows = [sheet(model, direction, pixels[np.newaxis]) for pixels in shown]
    wide = max(row.shape[1] for row in rows)
    return np.concatenate(
        [
            np.pad(
                row,
                [(0, 0), (0, wide - row.shape[1]), (0, 0)],
                constant_values=255,
            )
            for row in rows
        ]
    )
