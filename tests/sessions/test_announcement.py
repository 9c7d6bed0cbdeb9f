"""What a run says when it is done."""

import shlex

from tfgan_transfer.sessions import announcement
from tfgan_transfer.settings.config import DEFAULTS
from tfgan_transfer.training.run_directory import RunDirectory


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
