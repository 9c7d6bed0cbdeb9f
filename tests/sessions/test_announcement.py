"""What a run says when it is done."""

import shlex
import types

from tfgan_transfer import families
from tfgan_transfer.families.family import Plan
from tfgan_transfer.sessions import announcement
from tfgan_transfer.settings import recipes
from tfgan_transfer.settings.config import DEFAULTS
from tfgan_transfer.training.run_directory import RunDirectory
from tfgan_transfer.transfer import freeze


def said(folder, capsys, **flags):
    run = RunDirectory(folder)
    run.create()
    announcement.show_results(run, {**DEFAULTS, **flags})
    return [shlex.split(line) for line in capsys.readouterr().out.splitlines()]


def test_what_to_type_next_can_be_typed(tmp_path, capsys):
    """A shell makes one word of what a run is called, whatever that is."""
    folder = tmp_path / "my best (é) run"
    lines = said(folder, capsys, model="wgan_gp")
    assert f"--run_dir={folder}" in lines[-1]
    assert str(folder / "tensorboard") in next(
        words for words in lines if words[:1] == ["TensorBoard"]
    )
    lines = said(folder, capsys, model="cyclegan", data_a="folder:a b")
    assert {f"--run_dir={folder}", "--images=folder:a b"} <= {*lines[-1]}


def test_a_run_that_has_hardly_begun_says_so(tmp_path, capsys):
    first = said(tmp_path / "a", capsys, recipe="few_images")[1]
    words = (
        "done: 0 steps, of 830 of the recipe few_images: it has hardly begun"
    )
    assert first == words.split()
    assert said(tmp_path / "b", capsys)[1] == "done: 0 steps".split()
    few = {"recipe": "few_images"}
    assert (recipes.begun(few, 207), recipes.begun(few, 208)) == (830, 0)
    assert not recipes.begun({"recipe": "plain"}, 0)


def announced(monkeypatch, frozen, **flags):
    family = families.of({})._replace(announce=lambda *_: ["data"])
    monkeypatch.setattr(families, "of", lambda _: family)
    config = {**DEFAULTS, "adversarial_loss": "hinge", "n_critic": 1, **flags}
    config |= {"batch_size": 8, "transfer": "both"}
    model = types.SimpleNamespace(frozen=frozen)
    return announcement.lines(Plan(config), (), model, "1 x float32")


def test_what_is_not_frozen_is_not_spoken_of(monkeypatch):
    assert announced(monkeypatch, [], steps=1) == [
        "data",
        "training  hinge, 1 critic iteration, batch 8, 1 step",
        "devices   1 x float32",
    ]
    part = freeze.Coverage("critic", ("down1",), ("down1_conv",), 7, 100)
    lines = announced(monkeypatch, [part], steps=30)
    assert lines[1].endswith(", 30 steps")
    assert lines[2] == f"freezing  {part}" and "down1" in lines[2]
