"""Samples of a checkpoint: the same for the same seed, in every form."""

import pathlib
import shlex
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.support.running import GENERATE
from tfgan_transfer import images
from tfgan_transfer.errors import UserError
from tfgan_transfer.trained import sampling, saved


@pytest.fixture(scope="module")
def found(unbroken):
    return saved.find(str(unbroken))


def sampler(found, ema=True, seed=0, truncation=1.0) -> sampling.Sampler:
    return sampling.Sampler(
        saved.generator(found, ema=ema),
        found.manifest["run"],
        seed=seed,
        truncation=truncation,
    )


def drawn(found, count: int, **options) -> np.ndarray:
    made = sampler(found, **options)
    return np.concatenate(list(made.render(made.latents(count))))


def test_an_image_does_not_depend_on_how_many_are_drawn(found):
    few, many = drawn(found, 3), drawn(found, 70)
    assert few.shape == (3, 8, 8, 1) and many.shape == (70, 8, 8, 1)
    np.testing.assert_array_equal(few, many[:3])
    assert len(np.unique(many, axis=0)) == 70


class Copying(keras.Model):
    """Shows its latents, and remembers the shapes for which it was traced."""

    def __init__(self, side=1):
        super().__init__()
        self.sizes, self.side = [], side
        self.output_shape = (None, side, side, 1)
        self.built = True

    def call(self, latents, training=False):
        self.sizes.append(latents.shape[0])
        return tf.tile(latents[:, :, None, None], [1, self.side, self.side, 1])


def copied(generator, latents):
    record = {"latent_prior": "normal", "generator": {"latent_size": 1}}
    made = sampling.Sampler(generator, record, seed=0)
    return np.concatenate(list(made.render(latents)))[:, 0, 0, 0]


@pytest.mark.parametrize("side", [1, 65])
def test_the_generator_sees_full_batches_only(side):
    """Kernels that are chosen by batch size may round differently."""
    generator = Copying(side)
    latents = np.linspace(-1, 1, 600, dtype=np.float32)[:, None]
    images = copied(generator, latents)
    assert generator.sizes == [64]
    # In their order, though several are under way.
    np.testing.assert_array_equal(images, np.rint((latents[:, 0] + 1) * 127.5))


def test_what_a_batch_raises_is_raised(monkeypatch):
    def fail(images):
        raise MemoryError("no room")

    monkeypatch.setattr(sampling.pixels, "to_uint8", fail)
    with pytest.raises(MemoryError, match="no room"):
        copied(Copying(), np.zeros((130, 1), np.float32))


def test_seeds_and_averages_differ(found):
    base = drawn(found, 4)
    assert (drawn(found, 4, seed=1) != base).any()
    assert (drawn(found, 4, ema=False) != base).any()
    np.testing.assert_array_equal(drawn(found, 4), base)


def test_truncation_scales_the_latents(found):
    whole, half = sampler(found), sampler(found, truncation=0.5)
    np.testing.assert_array_equal(half.latents(5), 0.5 * whole.latents(5))
    assert drawn(found, 40, truncation=0.1).std(axis=0).mean() < (
        0.5 * drawn(found, 40).std(axis=0).mean()
    )


def test_the_grid_of_a_run_shows_what_generate_draws(found, unbroken):
    """samples/ema-*.png and generate --seed have the same latents."""
    sheet = np.asarray(Image.open(unbroken / "samples" / "ema-00000030.png"))
    first = drawn(found, 1)[0, ..., 0]
    np.testing.assert_array_equal(sheet[: 8 * 8 : 8, : 8 * 8 : 8], first)


def test_slerp_closed_forms():
    x, y = np.eye(2, dtype=np.float32)
    half = np.sqrt(0.5)
    np.testing.assert_allclose(sampling.slerp(x, y, 0.5), [half, half], 1e-6)
    np.testing.assert_allclose(
        sampling.slerp(x, y, 1 / 3), [np.sqrt(0.75), 0.5], 1e-6
    )
    np.testing.assert_array_equal(sampling.slerp(x, y, 0), x)
    np.testing.assert_allclose(sampling.slerp(x, y, 1), y, atol=1e-7)
    np.testing.assert_allclose(
        sampling.slerp(3 * x, 3 * y, 0.5), [3 * half, 3 * half], 1e-6
    )


def test_slerp_keeps_the_norm_where_a_straight_line_does_not():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 64))
    y *= np.linalg.norm(x) / np.linalg.norm(y)
    for share in (0.2, 0.5, 0.9):
        norm = np.linalg.norm(sampling.slerp(x, y, share))
        np.testing.assert_allclose(norm, np.linalg.norm(x), 1e-6)
    assert np.linalg.norm((x + y) / 2) < 0.9 * np.linalg.norm(x)


def test_slerp_between_parallel_vectors_is_straight():
    x = np.array([1.0, 2.0], np.float32)
    np.testing.assert_allclose(sampling.slerp(x, 2 * x, 0.5), 1.5 * x, 1e-6)
    assert sampling.slerp(x, x, 0.3).dtype == np.float32


def test_a_walk_is_closed_and_passes_every_latent():
    latents = np.eye(3, dtype=np.float32)
    path = sampling.walk(latents, 4)
    assert path.shape == (12, 3)
    np.testing.assert_array_equal(path[::4], latents)
    steps = np.linalg.norm(path - np.roll(path, -1, axis=0), axis=1)
    # Equal steps, the one from the last picture to the first among them.
    np.testing.assert_allclose(steps, 2 * np.sin(np.pi / 16), 1e-5)


def test_folder_and_grid(commands, unbroken, found, tmp_path):
    finished = commands.run(
        GENERATE,
        f"--run_dir={unbroken}",
        "--num=5",
        f"--out={tmp_path}/new",
        f"--grid={tmp_path}/sheets/sheet.png",
    )
    assert finished.code == 0, finished.err
    assert finished.out.split() == [
        f"{tmp_path}/new", f"{tmp_path}/sheets/sheet.png"
    ]  # fmt: skip
    files = sorted((tmp_path / "new").iterdir())
    assert [file.name for file in files] == [f"{i:06d}.png" for i in range(5)]
    images = np.stack([np.asarray(Image.open(file)) for file in files])
    np.testing.assert_array_equal(images, drawn(found, 5)[..., 0])
    # Five of 8 px are enlarged 16 times, to 128 px, with 8 px between them.
    sheet = np.asarray(Image.open(tmp_path / "sheets" / "sheet.png"))
    assert sheet.shape == (2 * 136, 3 * 136)
    np.testing.assert_array_equal(sheet[4:128:16, 4:128:16], images[0])
    np.testing.assert_array_equal(sheet[4:128:16, 140:264:16], images[1])


def test_old_and_new_pictures_are_not_mixed_unasked(found, tmp_path):
    old = tmp_path / "holiday.JPG"
    old.write_bytes(b"mine")
    given = {"out": str(tmp_path), "num": 2}
    with pytest.raises(UserError) as caught:
        list(sampling.write(sampler(found), given))
    for part in ("--out", "holds 1 pictures", "'holiday.JPG'", "--overwrite"):
        assert part in caught.value.command_line
    assert list(tmp_path.iterdir()) == [old]
    list(sampling.write(sampler(found), {**given, "overwrite": True}))
    assert len(list(tmp_path.iterdir())) == 3 and old.read_bytes() == b"mine"


def test_a_folder_without_pictures_needs_no_leave(found, tmp_path):
    (tmp_path / "notes.txt").touch()
    list(sampling.write(sampler(found), {"out": str(tmp_path), "num": 2}))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["000000.png", "000001.png", "notes.txt"]


def test_a_folder_may_be_called_after_a_version(found, tmp_path):
    given = {"out": str(tmp_path / "samples_0.1"), "num": 1}
    list(sampling.write(sampler(found), given))
    assert (tmp_path / "samples_0.1" / "000000.png").is_file()


PATHS = {
    "a file": "file",
    "a picture that is there": "old.png",
    "a sheet": "new.png",
    "an animation": "new.gif",
    "an archive": "new.zip",
}


def refused(found, **given):
    with pytest.raises(UserError) as caught:
        list(sampling.write(sampler(found), {"num": 1, **given}))
    return caught.value.command_line


def advised(sentence):
    """Settings that a sentence advises, each alone."""
    words = [w.rstrip(",;") for w in shlex.split(sentence.split(";")[-1])]
    for word in words:
        if word.startswith(("--out=", "--grid=")):
            name, _, value = word.removeprefix("--").partition("=")
            yield {name: value, "num": 1}


@pytest.mark.parametrize("kind", PATHS)
def test_what_is_no_folder_is_refused_with_a_way_out(found, tmp_path, kind):
    for name in ("file", "old.png"):
        (tmp_path / name).write_bytes(b"mine")
    path = tmp_path / PATHS[kind]
    sentence = refused(found, out=str(path))
    assert sentence.startswith("--out: ") and str(path) in sentence
    assert "is a file, expected a folder" in sentence or not path.exists()
    assert "--grid=" not in sentence or kind == "a sheet"
    assert ("--interpolate=8" in sentence) == (kind == "an animation")
    ways = list(advised(sentence))
    assert len(ways) == 1 + (kind == "a sheet")
    for way in ways:
        (written,) = sampling.write(sampler(found), way)
        assert written.exists() and written.name != "file"
    for name in ("file", "old.png"):
        assert (tmp_path / name).read_bytes() == b"mine"


@pytest.mark.parametrize("name", ["new.d", "v1.2.final", "faces.jan"])
def test_a_folder_may_have_a_dot_in_its_name(found, tmp_path, name):
    given = {"out": str(tmp_path / name), "num": 1}
    list(sampling.write(sampler(found), given))
    assert (tmp_path / name / "000000.png").is_file()


@pytest.mark.parametrize("name", ["sheet", "sheet.d", "there"])
def test_what_is_no_sheet_is_refused_with_a_way_out(found, tmp_path, name):
    (tmp_path / "there").mkdir()
    sentence = refused(found, grid=str(tmp_path / name))
    assert sentence.startswith("--grid: ") and "FILE.png" in sentence
    assert ("is a folder" in sentence) == (name == "there")
    (way,) = advised(sentence)
    (written,) = sampling.write(sampler(found), way)
    assert Image.open(written).format == "PNG"


def test_nothing_is_drawn_for_a_place_that_cannot_be(found, tmp_path):
    made = sampler(found)
    made.draw = None
    for given in ({"out": f"{tmp_path}/x.png"}, {"grid": f"{tmp_path}/x"}):
        with pytest.raises(UserError, match="expected"):
            list(sampling.write(made, given))
    assert not list(tmp_path.iterdir())


def archived(commands, folder, *arguments):
    """What the command puts into an archive."""
    path = folder / "images.npz"
    finished = commands.run(GENERATE, *arguments, f"--out={path}")
    assert finished.code == 0, finished.err
    with np.load(path, allow_pickle=False) as archive:
        return archive["images"]


def test_archive_of_one_checkpoint(commands, unbroken, tmp_path):
    """The untrained one, without its average, under another seed."""
    older = unbroken / "checkpoints" / "step-00000021"
    flags = f"--checkpoint={older}", "--noema", "--seed=3", "--truncation=0.7"
    images = archived(commands, tmp_path, *flags)
    expected = drawn(
        saved.find(str(older)), 16, ema=False, seed=3, truncation=0.7
    )
    np.testing.assert_array_equal(images, expected)


def test_precision(commands, unbroken, found, tmp_path):
    flags = f"--run_dir={unbroken}", "--precision=mixed_bfloat16"
    images = archived(commands, tmp_path, *flags).astype(int)
    difference = np.abs(images - drawn(found, 16))
    assert 0 < difference.mean() < 1 and difference.max() < 12


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_animation(commands, unbroken, tmp_path, suffix):
    path = pathlib.Path(tmp_path, f"walk.{suffix}")
    finished = commands.run(
        GENERATE,
        f"--run_dir={unbroken}",
        "--num=3",
        "--interpolate=4",
        f"--out={path}",
    )
    assert finished.code == 0, finished.err
    with Image.open(path) as animation:
        # Frames that look alike are shown as one, for longer.
        assert 3 <= animation.n_frames <= 12
        assert animation.info["loop"] == 0
        assert animation.size == (128, 128)


SHEETS = ["sheet.png", "sheet.jpg", "sheet.webp", "sheet.gif", "sheet.tiff"]
WALKS = ["walk.gif", "walk.webp"]
WAYS = {
    **{f"grid {name}": ("grid", name, {}) for name in SHEETS},
    **{f"walk {name}": ("out", name, {"interpolate": 2}) for name in WALKS},
    "walk as a sheet": ("grid", "walk.gif", {"interpolate": 2}),
    "archive": ("out", "some.npz", {}),
}


@pytest.mark.parametrize("way", WAYS)
def test_only_its_own_files_are_written_over(found, tmp_path, way):
    flag, name, more = WAYS[way]
    path = tmp_path / name
    given = {flag: str(path), "num": 2, **more}
    path.write_bytes(b"mine")
    sentence = refused(found, **given)
    assert sentence.startswith(f"--{flag}: ") and "--overwrite" in sentence
    assert path.read_bytes() == b"mine"
    list(sampling.write(sampler(found), {**given, "overwrite": True}))
    first = path.read_bytes()
    assert first != b"mine"
    # The same command once more, as somebody types it with another seed.
    list(sampling.write(sampler(found, seed=1), given))
    assert path.read_bytes() != first


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not here")
def test_a_film_of_its_own_is_written_over(found, tmp_path):
    given = {"out": str(tmp_path / "walk.mp4"), "num": 2, "interpolate": 2}
    for _ in range(2):
        list(sampling.write(sampler(found), given))


def test_a_sheet_is_marked_and_otherwise_unchanged(tmp_path):
    sheet = np.arange(27, dtype=np.uint8).reshape(3, 3, 3)
    images.save_sheet(tmp_path / "a" / "sheet.png", sheet)
    with Image.open(tmp_path / "a" / "sheet.png") as read:
        np.testing.assert_array_equal(np.asarray(read), sheet)
        assert read.getexif()[0x0131] == "made with tfgan_transfer"
