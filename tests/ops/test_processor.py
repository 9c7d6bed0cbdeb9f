"""What is read off the names of instruction sets."""

import pytest

from tfgan_transfer.ops import processor


@pytest.mark.parametrize(
    ("names", "narrow", "bfloat16"),
    [
        ("sse2 avx avx2 fma", True, False),
        ("avx2 avx512f avx512bw", False, False),
        ("avx2 avx512f avx512_bf16", False, True),
        ("avx2 avx512f amx_bf16", False, True),
        ("asimd fp", False, False),
        ("", False, False),
    ],
)
def test_abilities(names, narrow, bfloat16, monkeypatch):
    monkeypatch.setattr(
        processor, "abilities", lambda: frozenset(names.split())
    )
    assert processor.is_narrow() == narrow
    assert processor.multiplies_bfloat16() == bfloat16
