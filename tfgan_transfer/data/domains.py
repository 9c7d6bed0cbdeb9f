"""One source that holds two sets: trainA, trainB, and perhaps testA, testB."""

from collections.abc import Collection

from tfgan_transfer.data.sources import open_source
from tfgan_transfer.errors import UserError

# How others lay such a source out: parts to train on, and to test with.
_LAYOUTS = (
    ("trainA", "trainB", "testA", "testB"),
    ("train/A", "train/B", "test/A", "test/B"),
)


def domains(spec: str) -> dict[str, str]:
    """Finds the parts of a folder or zip file that hold two sets.

    Args:
        spec: `folder:PATH` or `zip:PATH`, either with `#sub/folder`.

    Returns:
        `data_a` and `data_b`, and `test_a` and `test_b` where there are
        both: sources of images.

    Raises:
        UserError: If the source is not laid out in a known way.
    """
    join = "/" if "#" in spec else "#"
    for layout in _LAYOUTS:
        parts = [f"{spec}{join}{part}" for part in layout]
        there = [_holds_images(part) for part in parts]
        if all(there[:2]):
            names = ("data_a", "data_b", "test_a", "test_b")
            return dict(zip(names[: 2 + 2 * all(there)], parts, strict=False))
    raise UserError(
        f"--data={spec}: expected the folders trainA and trainB (or train/A "
        f"and train/B) with images inside, {_found(spec, join)}; give "
        "--data_a and --data_b instead"
    )


def _holds_images(spec: str) -> bool:
    try:
        entries = open_source(spec, prepare=False, labels=False).entries
    except UserError:
        return False
    return any(not entry.problem for entry in entries)


def _found(spec: str, join: str) -> str:
    """What is there instead of two folders to train on."""
    entries = open_source(spec, prepare=False, labels=False).entries or ()
    folders = {
        entry.name.rsplit("/", depth)[0]
        for entry in entries
        for depth in range(1, entry.name.count("/") + 1)
    }
    for layout in _LAYOUTS:
        near = {part: _alike(part, folders) for part in layout[:2]}
        there = [p for p in layout[:2] if _holds_images(f"{spec}{join}{p}")]
        for part, other in near.items():
            if other:
                return f"found {other!r}, which has to be named {part}"
            if there and part not in there:
                return f"found no image that can be read in {part}"
    return "found none"


def _alike(part: str, folders: Collection[str]) -> str:
    """A folder whose name differs from that of a part in case only."""
    if part in folders:
        return ""
    return next((f for f in sorted(folders) if f.lower() == part.lower()), "")
