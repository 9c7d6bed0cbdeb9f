"""From a run directory to an answered request: what the page says, run."""

import base64
import importlib.util
import pathlib
import re
import shlex

import pytest
import requests

from tests.support.running import GENERATE
from tests.support.served import serving

ROOT = pathlib.Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "serving.md").read_text()


@pytest.mark.skipif(
    not importlib.util.find_spec("tfgan_transfer.export"),
    reason="this version of the library has no export command",
)
def test_two_commands_and_a_request(commands, unbroken, tmp_path):
    export, serve, curl = re.findall(r"^(?:python|curl) .*", PAGE, re.M)[:3]
    base = tmp_path / "gan"

    def words(line):
        line = line.replace("runs/photos", str(unbroken))
        return shlex.split(line.replace("export/models/gan", str(base)))

    _, _, module, *flags = words(export)
    finished = commands.run(module, *flags)
    assert finished.code == 0, finished.err
    _, _, module, *flags = words(serve)
    assert module == "tfgan_transfer.serve"
    _, _, body, url = words(curl)
    with serving(commands, *flags) as (address, _):
        url = url.replace("http://127.0.0.1:8501", address)
        answer = requests.post(url, data=body, timeout=60)
        assert answer.status_code == 200, answer.text
    (found,) = answer.json()["predictions"]
    finished = commands.run(
        GENERATE,
        f"--run_dir={unbroken}",
        "--seed=1",
        "--num=1",
        f"--out={tmp_path / 'drawn'}",
    )
    assert finished.code == 0, finished.err
    (drawn,) = (tmp_path / "drawn").iterdir()
    assert base64.b64decode(found["b64"]) == drawn.read_bytes()
