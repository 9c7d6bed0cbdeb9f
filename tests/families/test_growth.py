"""The train command with a source of smaller images."""

import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.support.running import SMOKE, TRAIN
from tfgan_transfer import images, pixels
from tfgan_transfer.families import exporting
from tfgan_transfer.families.family import Plan
from tfgan_transfer.families.single import build, growth
from tfgan_transfer.serving import servable
from tfgan_transfer.trained import frozen, saved
from tfgan_transfer.training import checkpoint
from tfgan_transfer.training.checkpoint import Checkpoint


def train(commands, run_dir, *arguments):
    finished = commands.run(
        TRAIN, SMOKE, f"--run_dir={run_dir}", "--checkpoint_every=2", *arguments
    )
    assert finished.code == 0, finished.err
    return finished.out


@pytest.fixture(scope="module")
def grown(commands, unbroken, tmp_path_factory):
    """8 px grown to 16 px: the run directory, and what it said."""
    path = tmp_path_factory.mktemp("grown") / "run"
    options = ("--size=16", "--freeze=generator:1", "--steps=4")
    return path, train(commands, path, f"--source={unbroken}", *options)


def generator(path, step=None, *, ema=True):
    place = path if step is None else path / f"checkpoints/step-{step:08d}"
    return saved.generator(saved.find(str(place)), ema=ema)


def latents(count=6):
    random = np.random.default_rng(0)
    return random.normal(size=(count, 8)).astype("float32")


def test_all_of_the_source_is_taken_over(grown, unbroken):
    path, out = grown
    kept = json.loads((path / "transfer.json").read_text())
    for name, new in (
        ("generator", {"features", "conv", "norm", "features_norm"}),
        ("critic", {"conv"}),
    ):
        rows = kept[name]
        fresh = {r["path"]: r["note"] for r in rows if r["kind"] == "fresh"}
        assert {r["kind"] for r in rows} == {"copied", "fresh"}
        assert {p.split("/")[0] for p in fresh} == {
            f"grown16_{layer}" for layer in {*new, "correction"}
        }
        assert fresh["grown16_correction/kernel"] == "grown, zero at first"
    assert "grown16_correction/kernel: grown, zero at first" in out
    assert "generator: frozen output" in out
    record = json.loads((path / "config.json").read_text())
    for name in ("generator", "critic"):
        assert record[name]["grown_from"] == [[8, 8]]
        assert record[name]["image_shape"] == [16, 16, 1]


def test_its_first_pictures_are_the_source_enlarged(grown, unbroken):
    path, _ = grown
    record = json.loads((path / "config.json").read_text())
    settings = record["flags"]
    z = build.fixed_latents(settings, settings["sample_grid"])
    large = tf.image.resize(generator(unbroken)(z), (16, 16)).numpy()
    expected = images.grid(pixels.to_uint8(large), gap=1)
    shown = np.asarray(Image.open(path / "samples/fakes_init.png"), int)
    scale = len(shown) // len(expected)
    assert scale > 1 and np.ptp(expected) > 50
    difference = shown[::scale, ::scale].squeeze() - expected.squeeze()
    assert abs(difference).max() <= 1


def test_it_trains_and_goes_on_bit_for_bit(commands, grown, unbroken, tmp_path):
    path, _ = grown
    again = tmp_path / "run"
    for steps in ("--steps=2", "--steps=4"):
        options = ("--size=16", "--freeze=generator:1", steps)
        train(commands, again, f"--source={unbroken}", *options)
    first, last = (
        dict(np.load(path / f"checkpoints/step-0000000{n}/generator.npz"))
        for n in (2, 4)
    )
    other = dict(np.load(again / "checkpoints/step-00000004/generator.npz"))
    assert other.keys() == last.keys()
    for name, value in last.items():
        np.testing.assert_array_equal(value, other[name], err_msg=name)
    for name in ("grown16_correction/kernel", "grown16_conv/kernel"):
        assert np.any(last[name] != first[name]), name
    np.testing.assert_array_equal(last["output/kernel"], first["output/kernel"])
    assert np.any(last["input/kernel"] != first["input/kernel"])


def test_it_grows_again_and_is_a_source_at_its_own_size(
    commands, grown, tmp_path
):
    path, _ = grown
    for side, sizes in ((24, [[8, 8], [16, 16]]), (16, [[8, 8]])):
        run = tmp_path / str(side)
        train(commands, run, f"--source={path}", f"--size={side}", "--steps=2")
        record = json.loads((run / "config.json").read_text())
        assert record["generator"]["grown_from"] == sizes
        rows = json.loads((run / "transfer.json").read_text())["generator"]
        assert {r["kind"] for r in rows} <= {"copied", "fresh"}
        fresh = {r["path"] for r in rows if r["kind"] == "fresh"}
        assert bool(fresh) == (side == 24)
        assert all(name.startswith("grown24_") for name in fresh)
        assert generator(run)(latents()).shape == (6, side, side, 1)


def test_frozen_and_exported_it_draws_the_same(grown, tmp_path):
    path, _ = grown
    net = generator(path)
    expected = net(latents()).numpy()
    assert np.ptp(expected) > 0.01
    drawn = frozen.frozen(net)(latents())
    np.testing.assert_allclose(drawn, expected, rtol=0, atol=1e-5)
    followed = {norm.name for _, norm in frozen._followed(net)}
    assert {"grown16_features_norm", "grown16_norm"} <= followed
    version = exporting.export(str(path), str(tmp_path))
    loaded = servable.Servable(version, "test")
    answer = loaded.predict("latents", {"latent": latents()})["images"]
    loaded.close()
    np.testing.assert_allclose(answer, expected, rtol=0, atol=1e-5)


def test_the_old_rule_by_its_name_and_runs_that_know_no_other(
    commands, unbroken, tmp_path
):
    run = tmp_path / "run"
    train(
        commands,
        run,
        f"--source={unbroken}",
        "--size=12",
        "--growth=latent_end",
        "--steps=2",
    )
    rows = json.loads((run / "transfer.json").read_text())["generator"]
    assert {r["note"] for r in rows} == {"", "map 4x4 to 6x6"}
    record = json.loads((run / "config.json").read_text())
    assert "grown_from" not in record["generator"]
    # As a run that was begun before there was a choice.
    del record["flags"]["growth"]
    (run / "config.json").write_text(json.dumps(record))
    for place in checkpoint.steps(run / "checkpoints"):
        manifest = checkpoint.verify(place).manifest
        del manifest["flags"]["growth"], manifest["run"]["flags"]["growth"]
        checkpoint.annotate(
            run / "checkpoints",
            manifest["step"],
            flags=manifest["flags"],
            run=manifest["run"],
        )
    finished = commands.run(TRAIN, f"--run_dir={run}", "--steps=4")
    assert finished.code == 0, finished.err
    assert "grown12_conv/kernel" not in [v.path for v in generator(run).weights]
    larger = tmp_path / "larger"
    train(commands, larger, f"--source={run}", "--size=24", "--steps=1")
    kinds = json.loads((larger / "transfer.json").read_text())["generator"]
    assert {r["kind"] for r in kinds} == {"copied", "fresh"}


def test_a_blurred_growth_stays_so_wherever_it_goes(
    commands, grown, unbroken, tmp_path
):
    smooth = tmp_path / "smooth"
    options = (f"--source={unbroken}", "--size=16", "--growth=smooth")
    train(commands, smooth, *options, "--steps=2")
    train(commands, smooth, *options, "--steps=4")
    record = json.loads((smooth / "config.json").read_text())
    assert record["generator"]["grown_from"] == [[8, 8, "blurred"]]
    assert record["critic"]["grown_from"] == [[8, 8]]
    names = [layer.name for layer in generator(smooth).layers]
    assert "grown16_blurred" in names
    # Another run grows it by the other rule, and keeps what it is.
    larger = tmp_path / "larger"
    train(commands, larger, f"--source={smooth}", "--size=24", "--steps=1")
    record = json.loads((larger / "config.json").read_text())
    assert record["generator"]["grown_from"] == [[8, 8, "blurred"], [16, 16]]
    names = [layer.name for layer in generator(larger).layers]
    assert "grown16_blurred" in names and "grown24_blurred" not in names
    expected = tf.image.resize(generator(smooth)(latents()), (24, 24))
    first = generator(larger)(latents())
    assert abs(first - expected).numpy().mean() < 0.05
    # And a run that was grown before goes on without.
    path, _ = grown
    names = [layer.name for layer in generator(path).layers]
    assert "grown16_blurred" not in names


def test_a_run_that_grows_by_itself_blurs_too(commands, tmp_path):
    run = tmp_path / "run"
    options = ("--grow=8:2,16:2", "--growth=smooth")
    train(commands, run, *options)
    record = json.loads((run / "config.json").read_text())
    assert record["generator"]["grown_from"] == [[8, 8, "blurred"]]
    first, last = (
        dict(np.load(run / f"checkpoints/step-0000000{n}/generator.npz"))
        for n in (2, 4)
    )
    assert first.keys() < last.keys()
    assert np.any(last["grown16_correction/kernel"] != 0)


def plan(source, **flags):
    settings = {"transfer": "both", "growth": "pixel_end", **flags}
    run = {"generator": source, "critic": source}
    return Plan(settings, source=Checkpoint(None, {"run": run}))


@pytest.mark.parametrize(
    ("flags", "sizes"),
    [
        ({"size": "32"}, ["generator", "critic"]),
        ({"size": "24", "transfer": "generator"}, ["generator"]),
        ({"size": "32", "transfer": "critic"}, ["critic"]),
        ({"size": "32", "growth": "latent_end"}, []),
        ({"size": "32", "growth": "smooth"}, ["generator", "critic"]),
        ({"size": "16"}, []),
        ({"size": "16x32"}, []),
        ({"size": "8"}, []),
    ],
)
def test_what_grows(flags, sizes):
    found = growth.found(plan({"image_shape": [16, 16, 3]}, **flags), None)
    blurred = ("blurred",) if flags.get("growth") == "smooth" else ()
    before = {"generator": (16, 16, *blurred), "critic": (16, 16)}
    assert found == {name: [before[name]] for name in sizes}


def test_what_has_grown_stays_so():
    source = {"image_shape": [32, 32, 3], "grown_from": [[16, 16], [24, 24]]}
    assert growth.first_shape(source) == (16, 16, 3)
    blurred = {**source, "grown_from": [[16, 16, "blurred"]]}
    assert growth.first_shape(blurred) == (16, 16, 3)
    assert growth.first_shape({"image_shape": [32, 48, 3]}) == (32, 48, 3)
    kept = [(16, 16), (24, 24)]
    found = growth.found(plan(source, size="32"), None)
    assert found == {"generator": kept, "critic": kept}
    found = growth.found(plan(source, size="64"), None)
    assert found["critic"] == [*kept, (32, 32)]
    stored = {"generator": source, "critic": {"image_shape": [32, 32, 3]}}
    assert growth.found(plan({}), stored) == {"generator": kept}
