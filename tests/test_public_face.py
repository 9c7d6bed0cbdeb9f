"""`import tfgan_transfer as tt`: every name, and the programs it is for."""

import ast
import doctest
import importlib
import json
import pathlib
import pkgutil
import re
import subprocess
import sys
import textwrap
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import tfgan_transfer as tt
from tests.support.mean_colours import MeanColours
from tfgan_transfer.settings import choices

ROOT = pathlib.Path(__file__).parents[1]
NAMES = [
    *tt.__all__,
    *(f"metrics.{name}" for name in tt.metrics.__all__),
]
# 32 px is what the models of the zoo have.
SIZE = 32


def named(name):
    found = tt
    for part in name.split("."):
        found = getattr(found, part)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pictures of a user's: files of several sizes, all discs."""
    made = tmp_path_factory.mktemp("photos")
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[-1:1:48j, -1:1:40j]
    for number in range(40):
        x, y, radius = random.uniform([-0.3, -0.3, 0.3], [0.3, 0.3, 0.6])
        inside = (rows - y) ** 2 + (columns - x) ** 2 < radius**2
        colours = random.integers(0, 256, (2, 3))
        pixels = np.where(inside[..., None], *colours).astype(np.uint8)
        Image.fromarray(pixels).save(made / f"{number}.png")
    return made


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A feature network on disk."""
    path = tmp_path_factory.mktemp("network") / "means"
    tf.saved_model.save(MeanColours(), str(path))
    return str(path)


def test_the_program_of_the_documentation(folder, network, tmp_path):
    photos = tt.load_images(f"folder:{folder}", size=SIZE, holdout=0.25)
    source = tt.from_preset("zoo:tiny_imagenet_32")
    gan = tt.adapt(source, photos)
    assert "copied" in str(gan.transfer_report)
    np.testing.assert_array_equal(gan.generate(3), source.generate(3))
    before = gan.generate(16, seed=1)

    grid = tt.SampleGrid(tmp_path / "samples")
    history = gan.fit(
        photos.batches(gan, batch_size=4),
        steps_per_epoch=2,
        epochs=2,
        callbacks=[grid],
        verbose=0,
    ).history
    assert len(history["wasserstein"]) == 2 and "data_wait" not in history
    assert np.isfinite([*history.values()]).all()
    files = sorted(path.name for path in (tmp_path / "samples").iterdir())
    assert files == ["00000.png", "00001.png", "00002.png"]

    images = gan.generate(16, seed=1)
    assert images.shape == (16, SIZE, SIZE, 3) and images.dtype == np.uint8
    assert (images != before).any()
    np.testing.assert_array_equal(gan.generate(2, seed=1), images[:2])

    metrics = ["swd", "precision_recall"]
    options = {"inception": network, "sampling_seeds": 1, "num_images": 10}
    scores = tt.evaluate(gan, photos, metrics, **options)
    assert {"swd", "precision[means@pool_3]"} <= scores.keys()
    assert all(name in str(scores) for name in scores)
    assert scores["swd"] > 0

    gan.save_to_preset(tmp_path / "my_gan")
    kept = tt.from_preset(tmp_path / "my_gan")
    np.testing.assert_array_equal(kept.generate(16, seed=1), images)
    assert kept.record["source"]["source"] == "zoo:tiny_imagenet_32"
    assert str(folder.parent) not in json.dumps(kept.record["flags"]["run_dir"])
    version = tt.export(gan, tmp_path / "models" / "photos")
    assert version == tmp_path / "models" / "photos" / "1"
    assert (version / "saved_model.pb").exists()


def test_the_documentation_runs(folder, network, tmp_path, monkeypatch):
    """Its blocks as they stand, but for less of everything."""
    text = (ROOT / "docs/python.md").read_text()
    program, own = re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)
    for much, little in {
        '"folder:photos"': repr(f"folder:{folder}"),
        "batch_size=64": "batch_size=2",
        "steps_per_epoch=200": "steps_per_epoch=1",
        "epochs=5": "epochs=1",
        '"precision_recall"]': f'"precision_recall"], inception={network!r}',
        "holdout=0.1": "holdout=0.25",
    }.items():
        assert much in program
        program = program.replace(much, little)
    monkeypatch.chdir(tmp_path)
    space = {}
    exec(program, space)  # noqa: S102
    assert space["images"].shape == (16, 64, 64, 3)
    assert (tmp_path / "models/photos/1/saved_model.pb").exists()
    exec(own, space)  # noqa: S102
    assert space["gan"].generate(2).shape == (2, 64, 64, 3)


def test_on_two_devices(folder):
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    photos = tt.load_images(f"folder:{folder}", size=SIZE, holdout=10)
    source = "zoo:tiny_imagenet_32"
    with strategy.scope():
        gan = tt.adapt(source, photos, sync_batch_norm=True)
    first = gan.generate(4)
    batches = photos.batches(gan, batch_size=4)
    assert isinstance(batches, tf.distribute.DistributedDataset)
    gan.fit(batches, steps_per_epoch=2, epochs=2, verbose=0)
    assert gan.steps_done == 4
    assert (gan.generate(4) != first).any()
    scores = tt.evaluate(gan, photos, ["swd"], sampling_seeds=1, num_images=10)
    assert scores["swd"] > 0
    with pytest.raises(tt.UserError, match="^batch_size: expected a multiple"):
        photos.batches(gan, batch_size=3)

    # As one device would have trained with the same batches.
    alone = tt.adapt(source, photos)
    alone.fit(photos.batches(alone, batch_size=4), steps_per_epoch=4, verbose=0)
    difference = np.abs(alone.generate(4) - gan.generate(4).astype(int))
    assert difference.mean() < 0.5

    # Optimizers by name are made where the model was.
    gan.compile("adam", n_critic=1, gradient_penalty=0)
    again = photos.batches(gan, batch_size=4)
    gan.fit(again, steps_per_epoch=1, verbose=0)
    assert gan.steps_done == 1


def test_only_keras_trains_and_loads(folder, tmp_path):
    photos = tt.load_images(f"folder:{folder}", size=16)
    gan = tt.build(photos, width=2, latent_size=4)
    gan.compile("adam", n_critic=2)
    last = tmp_path / "last.keras"
    weights = tmp_path / "last.weights.h5"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # TensorFlow's own, at every conversion of its numbers.
        warnings.filterwarnings("ignore", message="__array__")
        gan.fit(
            photos.batches(gan, batch_size=4),
            steps_per_epoch=2,
            epochs=3,
            verbose=0,
            callbacks=[
                keras.callbacks.ModelCheckpoint(last),
                keras.callbacks.ModelCheckpoint(
                    weights, save_weights_only=True
                ),
                keras.callbacks.TensorBoard(tmp_path / "tensorboard"),
                keras.callbacks.EarlyStopping(
                    "wasserstein", mode="min", patience=9
                ),
            ],
        )
        loaded = keras.saving.load_model(last)
    assert list((tmp_path / "tensorboard").rglob("events*"))
    np.testing.assert_array_equal(loaded.generate(9), gan.generate(9))
    assert loaded.record == gan.record

    # Moments of Adam and the place in the stream came back as well.
    assert loaded.steps_done == gan.steps_done == 6
    stream = photos.batches(loaded, batch_size=4, start_step=0)
    [seventh] = stream.skip(6).take(1)
    batch = next(iter(photos.batches(loaded, batch_size=4)))
    for name, values in batch.items():
        np.testing.assert_array_equal(values, seventh[name])
    assert batch["image"].shape == (4, 2, 16, 16, 3)
    assert batch["latent"].shape == (4, 3, 4)
    for model in (gan, loaded):
        model.fit(
            photos.batches(model, batch_size=4), steps_per_epoch=2, verbose=0
        )
    np.testing.assert_array_equal(loaded.generate(9), gan.generate(9))

    other = tt.build(photos, width=2, latent_size=4)
    other.compile("adam", n_critic=2)
    other.load_weights(weights)
    assert other.steps_done == 6


def test_a_new_process_loads_and_draws_the_same(tmp_path):
    digits = tt.load_images("digits", size=8, channels=1, limit=20)
    gan = tt.build(digits, model="acgan", width=2, latent_size=4)
    gan.save(tmp_path / "gan.keras")
    program = textwrap.dedent(f"""
        import warnings
        warnings.simplefilter("error", UserWarning)
        import keras, numpy
        import tfgan_transfer
        gan = keras.saving.load_model({str(tmp_path / "gan.keras")!r})
        numpy.save({str(tmp_path / "drawn.npy")!r}, gan.generate(5, labels="7"))
    """)
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
    drawn = np.load(tmp_path / "drawn.npy")
    np.testing.assert_array_equal(drawn, gan.generate(5, labels="7"))


@pytest.mark.parametrize("name", NAMES)
def test_every_name_has_an_example_that_runs(name):
    finder = doctest.DocTestFinder(recurse=False)
    [example] = finder.find(named(name), name)
    assert example.examples, f"{name} has no example"
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    said = []
    assert not runner.run(example, out=said.append).failed, "".join(said)


@pytest.mark.parametrize("name", NAMES)
def test_every_argument_is_described(name):
    """Of functions; classes and rooms describe themselves in their way."""
    function = named(name)
    if not callable(function) or isinstance(function, type):
        return
    code = function.__code__
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & 8)
    for argument in code.co_varnames[:count]:
        assert re.search(rf"^ +\**{argument}: ", function.__doc__, re.M)
    if name != "presets":
        assert "Raises:" in function.__doc__
    if function.__annotations__["return"] is not None:
        assert "Returns:" in function.__doc__


def test_the_stub_for_type_checkers_names_the_same():
    text = (ROOT / "tfgan_transfer/__init__.pyi").read_text()
    assert sorted(re.findall(r" as (\w+)$", text, re.M)) == sorted(tt.__all__)
    for module, name in re.findall(r"^from (\S+) import (\w+)", text, re.M):
        if module != "tfgan_transfer":
            found = getattr(importlib.import_module(module), name)
            assert found is getattr(tt, name)
    assert (ROOT / "tfgan_transfer/py.typed").exists()
    for room in (tt.metrics, tt.networks):
        stub = pathlib.Path(room.__file__).with_suffix(".pyi").read_text()
        rows = [
            (f"{node.module}.{alias.name}", alias.asname)
            for node in ast.parse(stub).body
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
            if alias.asname
        ]
        for path, public in rows:
            assert pkgutil.resolve_name(path) is getattr(room, public)
        known = getattr(room, "__all__", choices.NETWORKS)
        assert sorted(known) == sorted(public for _, public in rows)


def test_the_reference_has_every_name():
    text = (ROOT / "docs/api.md").read_text()
    blocks = re.findall(
        r"^::: (\S+)\n    options:\n +heading: tt\.(\S+)", text, re.M
    )
    assert len(blocks) == text.count(":::")
    for path, name in blocks:
        assert pkgutil.resolve_name(path) is named(name), name
    assert {*NAMES} <= {name for _, name in blocks}
    builders = {f"networks.{name}" for name in choices.NETWORKS}
    assert {f"{one}.generator" for one in builders} <= {n for _, n in blocks}


def test_unknown_names_are_errors():
    with pytest.raises(AttributeError, match="no attribute 'from_presets'"):
        tt.from_presets  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute 'fjd'"):
        tt.metrics.fjd  # noqa: B018
    assert {*tt.__all__} <= {*dir(tt)}
    assert {*tt.metrics.__all__} <= {*dir(tt.metrics)}


def test_commands_do_not_take_the_place_of_functions():
    program = (
        "import tfgan_transfer.export\n"
        "import tfgan_transfer as tt\n"
        "print(tt.export.__module__)"
    )
    found = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert found == ["tfgan_transfer.library.publishing"]


def test_import_is_cheap():
    """Without Keras nothing of ours is loaded, nor numpy."""
    program = (
        "import sys; before = {*sys.modules}; import tfgan_transfer\n"
        "print(*({*sys.modules} - before))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert {m for m in found if m.startswith("tfgan")} == {"tfgan_transfer"}
    assert not {"numpy", "tensorflow", "keras", "absl"} & {*found}
