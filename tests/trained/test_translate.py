"""The `translate` command: names, sizes, sheets, and what it refuses."""

import os
import zipfile

import numpy as np
import pytest
from PIL import Image

from tests.support.running import GENERATE, TRAIN
from tfgan_transfer.networks import cyclegan
from tfgan_transfer.pixels import to_uint8
from tfgan_transfer.trained import saved, translating, translators

TRANSLATE = "tfgan_transfer.translate"
SMOKE = "--flagfile=configs/smoke/cyclegan.flags"


@pytest.fixture(scope="module")
def run(commands, tmp_path_factory):
    path = tmp_path_factory.mktemp("translate") / "run"
    done = commands.run(TRAIN, SMOKE, f"--run_dir={path}", "--steps=3")
    assert done.code == 0, done.err
    return path


def picture(size=(16, 16), seed=0):
    """Blocks of colour, [H, W, 3]."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (size[0] // 4 + 1, size[1] // 4 + 1, 3))
    pixels = pixels.repeat(4, axis=0).repeat(4, axis=1)
    return pixels[: size[0], : size[1]].astype(np.uint8)


def put(path, pixels, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


def read(path):
    return np.asarray(Image.open(path))


def as_float(pixels):
    return pixels[None].astype(np.float32) / 127.5 - 1


def expected(run, pixels, direction="a2b", ema=True):
    model = translators.Translators.of(saved.find(str(run)), ema=ema)
    return to_uint8(model.translate(as_float(pixels), direction)[0])


def files(folder):
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file()
    )


def test_a_folder_keeps_its_names(commands, run, tmp_path):
    """Images beside folders of images."""
    photos, out = tmp_path / "photos", tmp_path / "out"
    put(photos / "one.png", picture(seed=1))
    put(photos / "deep" / "two.bmp", picture(seed=2))
    (photos / "broken.jpg").write_bytes(b"not an image")
    done = commands.run(
        TRANSLATE, f"--run_dir={run}", f"--images={photos}", f"--out={out}"
    )
    assert done.code == 0, done.err
    assert done.out == (
        "skipped   broken.jpg: not an image of a known format\n"
        f"2 images in {out}, 1 skipped\n"
    )
    assert files(out) == ["deep/two.png", "one.png"]
    for name, seed in (("one.png", 1), ("deep/two.png", 2)):
        np.testing.assert_array_equal(
            read(out / name), expected(run, picture(seed=seed))
        )
    assert not np.array_equal(read(out / "one.png"), picture(seed=1))


def test_the_other_way_from_a_zip_with_the_raw_weights(commands, run, tmp_path):
    put(tmp_path / "x.png", picture())
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.write(tmp_path / "x.png", "b/x.png")
        archive.writestr("a/y.png", b"")
    out = tmp_path / "out"
    done = commands.run(
        TRANSLATE,
        f"--run_dir={run}",
        f"--images=zip:{tmp_path / 'x.zip'}#b",
        "--direction=b2a",
        "--noema",
        f"--out={out}",
    )
    assert done.code == 0, done.err
    assert files(out) == ["x.png"]
    made = read(out / "x.png")
    np.testing.assert_array_equal(
        made, expected(run, picture(), "b2a", ema=False)
    )
    assert not np.array_equal(made, expected(run, picture(), "b2a"))


def test_an_archive_whose_name_is_in_capitals(tmp_path):
    with zipfile.ZipFile(tmp_path / "P.ZIP", "w") as archive:
        archive.write(put(tmp_path / "x.png", picture()), "in/x.png")
    originals, skipped = translating.listed(str(tmp_path / "P.ZIP"))
    assert [one.name for one in originals] == ["in/x.png"] and not skipped


def test_grey_of_twelve_bits_is_no_black(commands, run, tmp_path):
    """As in training, the largest value of all images says what is white."""
    grey = picture(seed=1)[..., 0].astype(np.uint16)
    for name, brightest in (("a", 255), ("b", 100)):
        deep = np.minimum(grey, brightest) * np.uint16(16)
        put(tmp_path / "in" / f"{name}.png", deep)
    done = commands.run(
        TRANSLATE,
        f"--run_dir={run}",
        f"--images={tmp_path}/in",
        f"--out={tmp_path}/out",
    )
    assert done.code == 0, done.err
    # 16 * 255 / 4095 is 0.996.
    pixels = np.rint(np.minimum(grey, 100) * (16 * 255 / 4095))
    pixels = np.repeat(pixels.astype(np.uint8)[..., None], 3, axis=-1)
    np.testing.assert_array_equal(
        read(tmp_path / "out" / "b.png"), expected(run, pixels)
    )


def test_other_sizes_are_brought_to_that_of_training(commands, run, tmp_path):
    """The left and right quarter are cut off, the rest is halved."""
    wide = np.full((32, 64, 3), 255, np.uint8)
    wide[:, 16:48] = picture().repeat(2, axis=0).repeat(2, axis=1)
    file = put(tmp_path / "in" / "wide.png", wide)
    for name, flags in (("crop", ()), ("squash", ("--fit=squash",))):
        done = commands.run(
            TRANSLATE,
            f"--run_dir={run}",
            f"--images={file}",
            f"--out={tmp_path / name}",
            *flags,
        )
        assert done.code == 0, done.err
    small = Image.fromarray(wide[:, 16:48])
    small = np.asarray(small.resize((16, 16), Image.Resampling.LANCZOS))
    made = read(tmp_path / "crop" / "wide.png")
    np.testing.assert_array_equal(made, expected(run, small))
    assert not np.array_equal(made, read(tmp_path / "squash" / "wide.png"))


def test_an_image_at_its_own_size(commands, run, tmp_path):
    pixels = picture((20, 27))
    file = put(tmp_path / "in" / "x.png", pixels)
    out = tmp_path / "out"
    done = commands.run(
        TRANSLATE,
        f"--run_dir={run}",
        f"--images={file}",
        "--size=own",
        f"--out={out}",
        f"--cycles={tmp_path / 'sheet.png'}",
    )
    assert done.code == 0, done.err
    made = read(out / "x.png")
    assert made.shape == (20, 27, 3)
    np.testing.assert_array_equal(made, expected(run, pixels))
    assert read(tmp_path / "sheet.png").shape == (21, 3 * 28, 3)


def trained(network, seed=0):
    """Weights with something to see."""
    rng = np.random.default_rng(seed)
    for weight in network.weights:
        weight.assign(rng.normal(size=weight.shape) * 0.2)
    return network


def build(name):
    made = object.__new__(translators.Translators)
    network = trained(cyclegan.TRANSLATORS[name]((16, 16, 3), width=2))
    made.networks = {"a2b": network}
    made.image_shape = (16, 16, 3)
    made._any_size = {}
    return made, network


@pytest.mark.parametrize("name", ["resnet_6", "hourglass"])
def test_any_size_is_the_network_built_for_that_size(name):
    made, network = build(name)
    assert made.multiple == {"resnet_6": 4, "hourglass": 8}[name]
    larger = cyclegan.TRANSLATORS[name]((24, 40, 3), width=2)
    larger.set_weights(network.get_weights())
    image = as_float(picture((24, 40)))
    np.testing.assert_allclose(
        made.translate(image, "a2b"), larger(image, training=False), atol=1e-5
    )
    # 21 and 38 are continued to 24 and 40 by what a mirror would show.
    part = image[:, :21, :38]
    mirrored = np.concatenate([part, part[:, -2:-5:-1]], axis=1)
    mirrored = np.concatenate([mirrored, mirrored[:, :, -2:-4:-1]], axis=2)
    np.testing.assert_allclose(
        made.translate(part, "a2b"),
        larger(mirrored, training=False)[:, :21, :38],
        atol=1e-5,
    )


def test_a_unet_takes_as_many_halvings_as_it_has():
    made, _ = build("unet")
    assert made.multiple == 16
    assert made.translate(as_float(picture((3, 33))), "a2b").shape == (
        1,
        3,
        33,
        3,
    )


def test_cycles_lie_beside_one_another(commands, run, tmp_path):
    photos = tmp_path / "photos"
    for i in range(18):
        put(photos / f"{i:02d}.png", picture(seed=i))
    sheet = tmp_path / "sheet.png"
    done = commands.run(
        TRANSLATE,
        f"--run_dir={run}",
        f"--images=folder:{photos}",
        f"--cycles={sheet}",
    )
    assert done.code == 0, done.err
    assert done.out == f"{sheet}\n"
    pixels = read(sheet)
    assert pixels.shape == (16 * 17, 3 * 17, 3)
    row = pixels[2 * 17 :][:16]
    np.testing.assert_array_equal(row[:, :16], picture(seed=2))
    np.testing.assert_array_equal(row[:, 17:33], expected(run, picture(seed=2)))
    model = translators.Translators.of(saved.find(str(run)))
    there = model.translate(as_float(picture(seed=2)), "a2b")
    np.testing.assert_array_equal(
        row[:, 34:50], to_uint8(model.translate(there, "b2a")[0])
    )


def refused(commands, run, *flags):
    done = commands.run(TRANSLATE, f"--run_dir={run}", *flags)
    assert done.code == 2, done
    assert done.err.count("\n") == 1 and done.err.startswith("error: ")
    return done.err


def test_nothing_is_overwritten_unasked(commands, run, tmp_path):
    file = put(tmp_path / "in" / "x.png", picture())
    other = put(tmp_path / "out" / "x.png", picture(seed=9))
    flags = (f"--images={file}", f"--out={tmp_path / 'out'}")
    assert "--out: " in refused(commands, run, *flags)
    np.testing.assert_array_equal(read(other), picture(seed=9))
    done = commands.run(TRANSLATE, f"--run_dir={run}", *flags, "--overwrite")
    assert done.code == 0, done.err
    np.testing.assert_array_equal(read(other), expected(run, picture()))


def test_an_input_is_never_overwritten(commands, run, tmp_path):
    photos, links = tmp_path / "photos", tmp_path / "links"
    file = put(photos / "x.png", picture())
    links.mkdir()
    os.symlink(file, links / "x.png")
    before = file.read_bytes()
    for images, flag in (
        (photos, f"--out={photos}"),
        (photos, f"--out={photos / 'below'}"),
        (photos, f"--cycles={photos / 'sheet.png'}"),
        (file, f"--out={photos}"),
        (links, f"--out={photos}"),
        (file, f"--out={links}"),
        (file, f"--cycles={file}"),
    ):
        message = refused(
            commands, run, f"--images={images}", flag, "--overwrite"
        )
        assert "lies among the images" in message, (images, flag)
    assert file.read_bytes() == before
    assert files(photos) == ["x.png"]


def test_two_images_do_not_become_one(commands, run, tmp_path):
    for name in ("x.png", "x.bmp"):
        put(tmp_path / "in" / name, picture())
    message = refused(
        commands, run, f"--images={tmp_path / 'in'}", f"--out={tmp_path / 'o'}"
    )
    assert "'x.bmp' and 'x.png' would both become" in message
    assert not (tmp_path / "o").exists()


def test_mistakes_end_in_one_line(commands, run, unbroken, tmp_path):
    file = put(tmp_path / "in" / "x.png", picture())
    images, out = f"--images={file}", f"--out={tmp_path / 'out'}"
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "x.png").write_bytes(b"")
    for flags, message in (
        ((images,), "--out: nothing to write"),
        ((out,), "--images: expected images to translate"),
        ((out, "--images=folder:nowhere"), "--images=folder:nowhere: no such"),
        ((out, f"--images={tmp_path / 'bad'}"), "none of 1 images can be used"),
        ((images, out, "--size=7"), "--size: expected a side"),
        ((images, out, "--direction=c2a"), "direction"),
        ((images, "--cycles=sheet.jpg"), "--cycles: expected FILE.png"),
    ):
        assert message in refused(commands, run, *flags)
    message = refused(commands, unbroken, images, out)
    assert "is of model=wgan_gp, which does not translate" in message
    assert not (tmp_path / "out").exists()
    drawn = commands.run(
        GENERATE, f"--run_dir={run}", f"--grid={tmp_path}/x.png"
    )
    assert drawn.code == 2 and drawn.err.startswith("error: --run_dir: ")
    assert "translates images and draws none; use translate" in drawn.err


def archive(path, names):
    """A zip file that holds a picture under each name, and may lie so."""
    content = put(path.with_suffix(".png"), picture()).read_bytes()
    with zipfile.ZipFile(path, "w") as file:
        for name in names:
            file.writestr(zipfile.ZipInfo(name), content)
    return path


def test_names_that_no_file_should_have_are_left_out(commands, run, tmp_path):
    """Nothing outside of --out, and the others are translated."""
    long, deep = "z" * 252 + ".png", "/".join(["d" * 200] * 25) + "/x.png"
    outside = ["../x.png", f"{tmp_path}/abs.png", "..\\y.png", "C:\\y.png"]
    unseen = ["a\nb.png", "c\x1b[31m.png", "\x7f/d.png"]
    fine = ["y" * 251 + ".png", "$(id) %s.png", "é/-rf.png", "A.png", "a.png"]
    images = archive(
        tmp_path / "in" / "x.zip", [*outside, long, deep, *unseen, *fine]
    )
    before = files(tmp_path)
    done = commands.run(
        TRANSLATE, f"--run_dir={run}", f"--images={images}",
        f"--out={tmp_path / 'out'}",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert done.out.count("its path leads outside the archive") == 4
    assert done.out.count("its name is too long for a file") == 2
    assert done.out.count("its name has control characters") == 3
    assert "skipped   c\\x1b[31m.png: " in done.out
    assert files(tmp_path / "out") == sorted(fine)
    assert len(files(tmp_path)) == len(before) + len(fine)


def test_a_file_is_no_folder(commands, run, tmp_path):
    images = archive(tmp_path / "x.zip", ["a.png", "a.png/b.png"])
    out = tmp_path / "out"
    message = refused(commands, run, f"--images={images}", f"--out={out}")
    assert "'a.png' would become a file where 'a.png/b.png' needs" in message
    assert not out.exists()


def test_names_that_are_one_file_here(commands, run, tmp_path):
    """A link stands in for a system that does not tell A from a."""
    out = tmp_path / "out"
    (out / "a").mkdir(parents=True)
    (out / "A").symlink_to("a")
    images = archive(tmp_path / "x.zip", ["A/x.png", "a/x.png"])
    done = commands.run(
        TRANSLATE, f"--run_dir={run}", f"--images={images}", f"--out={out}"
    )
    assert done.code == 0, done.err
    assert done.out == (
        "skipped   a/x.png: here its file is that of A/x.png\n"
        f"1 images in {out}, 1 skipped\n"
    )
    assert files(out) == ["a/x.png"]


def test_no_place_to_write(commands, run, tmp_path):
    (tmp_path / "file").write_text("mine")
    images = archive(tmp_path / "x.zip", ["a.png"])
    flag = f"--out={tmp_path / 'file' / 'out'}"
    assert "--out: cannot be written (" in refused(
        commands, run, f"--images={images}", flag
    )


def test_a_huge_image_is_not_taken_at_its_own_size(commands, run, tmp_path):
    photos = tmp_path / "in"
    put(photos / "big.png", np.zeros((2049, 2048, 3), np.uint8))
    put(photos / "x.png", picture())
    done = commands.run(
        TRANSLATE,
        f"--run_dir={run}",
        f"--images={photos}",
        "--size=own",
        f"--out={tmp_path / 'out'}",
    )
    assert done.code == 0, done.err
    assert done.out.startswith(
        "skipped   big.png: 2048x2049 are more than 4,194,304 pixels"
    )
    assert files(tmp_path / "out") == ["x.png"]
