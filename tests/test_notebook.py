"""The notebook of the documentation, run by Jupyter on fewer steps."""

import pathlib

import nbclient
import nbformat
import pytest

ROOT = pathlib.Path(__file__).parents[1]
PATH = ROOT / "docs/notebooks/few_images.ipynb"
FEW = {
    "SIZE = 64": "SIZE = 32",
    "STEPS, EPOCHS, BATCH = 200, 5, 64": "STEPS, EPOCHS, BATCH = 1, 2, 2",
    'METRICS = ["swd", "precision_recall"]': 'METRICS = ["swd"]',
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Folder that it ran in, and name of a cell -> its outputs."""
    folder = tmp_path_factory.mktemp("notebook")
    notebook = nbformat.read(PATH, as_version=4)
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", ())
        if "install" in tags:
            cell.source = f"import sys; sys.path.insert(0, {str(ROOT)!r})"
        if "settings" in tags:
            for much, little in FEW.items():
                assert much in cell.source
                cell.source = cell.source.replace(much, little)
    nbclient.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(folder)}}
    ).execute()
    return folder, {
        cell.id: cell.outputs
        for cell in notebook.cells
        if cell.cell_type == "code"
    }


def printed(outputs):
    return "".join(one.text for one in outputs if one.get("name") == "stdout")


def pictures(outputs):
    return sum("image/png" in one.get("data", {}) for one in outputs)


def test_training_shows_a_bar_and_a_grid_for_each_epoch(run):
    folder, outputs = run
    assert "Epoch 2/2" in printed(outputs["fit"])
    assert "wasserstein" in printed(outputs["fit"])
    assert pictures(outputs["fit"]) == 3
    assert len([*(folder / "samples").iterdir()]) == 3


def test_it_tells_draws_measures_and_keeps(run):
    folder, outputs = run
    assert "copied" in printed(outputs["adapt"])
    assert pictures(outputs["generate"]) == 1
    assert "swd" in printed(outputs["evaluate"])
    assert (folder / "my_gan").is_dir()
    assert (folder / "models/photos/1/saved_model.pb").is_file()


def test_it_is_kept_without_what_it_printed():
    notebook = nbformat.read(PATH, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs and cell.execution_count is None
