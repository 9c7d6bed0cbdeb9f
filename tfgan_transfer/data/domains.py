"""One source that holds two sets: trainA, trainB, and perhaps testA, testB."""

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
        "and train/B) with images inside, found none; give --data_a and "
        "--data_b instead"
    )


def _holds_images(spec: str) -> bool:
    try:
        return bool(open_source(spec, prepare=False, labels=False).entries)
    except UserError:
        return False
