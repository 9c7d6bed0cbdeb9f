"""What this machine's processor computes with."""

import functools
import pathlib


@functools.cache
def abilities() -> frozenset[str]:
    """Names of its instruction sets, as Linux has them; none if unknown."""
    try:
        return frozenset(pathlib.Path("/proc/cpuinfo").read_text().split())
    except OSError:
        return frozenset()


def multiplies_bfloat16() -> bool:
    """Whether it has products of bfloat16 of its own."""
    return not {"avx512_bf16", "amx_bf16"}.isdisjoint(abilities())


def is_narrow() -> bool:
    """Whether it is known to have vectors of 256 bits and no wider ones."""
    return "avx2" in abilities() and "avx512f" not in abilities()
