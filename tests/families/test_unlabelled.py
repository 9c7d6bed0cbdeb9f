"""A model that needs labels says why images have none."""

import types

import numpy as np
import pytest
from PIL import Image

from tfgan_transfer import data
from tfgan_transfer.errors import UserError
from tfgan_transfer.families.single import plan


def planned(folder, conditioning="concat"):
    spec = f"folder:{folder}"
    flags = {"conditioning": conditioning, "model": "acgan", "data": spec}
    return types.SimpleNamespace(config=flags, description=data.describe(spec))


@pytest.mark.parametrize(
    "names, table, reason",
    [
        (["1.png"], "", "expected a folder for each class, a tags.csv"),
        (["1.png", "cat/2.png"], "", "1 images lie beside the folders cat"),
        (["a/x/1.png", "b/x/2.png"], "", "the folders a, b hold only folders"),
        (["1.png"], "file,tags\n1.png,\n", "tags.csv gives no image a tag"),
    ],
)
def test_layouts_without_labels(tmp_path, names, table, reason):
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / name)
    if table:
        (tmp_path / "tags.csv").write_text(table)
    with pytest.raises(UserError, match=f"has no labels; {reason}"):
        plan.require_labels(planned(tmp_path))
    plan.require_labels(planned(tmp_path, "none"))
