"""What a command loads before it has anything to do."""

import subprocess
import sys

import pytest

COMMANDS = (
    "train evaluate generate translate rank_sources study report export serve"
).split()
HEAVY = {"tensorflow", "keras", "numpy", "scipy", "PIL"}


def loaded(program):
    result = subprocess.run(
        [sys.executable, "-c", program + "\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.split(".")[0] for name in result.stdout.split()}


@pytest.mark.parametrize("command", COMMANDS)
def test_help_loads_nothing_heavy(command):
    found = loaded(f"import sys, tfgan_transfer.{command}")
    assert not found & HEAVY


def test_a_wrong_recipe_is_refused_before_anything_heavy_is_loaded():
    found = loaded(
        "import sys\n"
        "import tfgan_transfer.train as train\n"
        "from tfgan_transfer.commands import app\n"
        "try:\n"
        "    app.run(train.main, ['train', '--recipe=few_image'])\n"
        "except SystemExit as error:\n"
        "    assert error.code == 2"
    )
    assert "tfgan_transfer" in found and not found & HEAVY


def test_keras_does_not_drag_in_what_it_has_no_use_for():
    found = loaded(
        "import sys\n"
        "from tfgan_transfer.commands import app\n"
        "app.start_tensorflow()\n"
        "early = {m.split('.')[0] for m in sys.modules}\n"
        "assert 'keras' in early\n"
        "assert not {'matplotlib', 'sklearn'} & early, early\n"
        "import sklearn.datasets, matplotlib"
    )
    assert {"tensorflow", "sklearn", "matplotlib"} <= found
