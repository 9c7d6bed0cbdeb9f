"""Freed tensors leave their pages with the process."""

import subprocess
import sys

import pytest

# Page faults of taking and giving back 64 MiB, again and again.
PROGRAM = """
import ctypes, resource, sys
from tfgan_transfer.training import devices
if sys.argv[1] == "kept":
    print(devices.keep_memory(), file=sys.stderr)
libc = ctypes.CDLL("libc.so.6")
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
size = 64 << 20
def use():
    block = libc.malloc(size)
    ctypes.memset(block, 1, size)
    libc.free(block)
use()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    use()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(mode):
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, mode],
        capture_output=True,
        text=True,
        check=True,
    )
    if mode == "kept" and "False" in result.stderr:
        pytest.skip("the C library is not glibc")
    return int(result.stdout.split()[-1])


def test_memory_is_not_handed_back_between_steps():
    assert faults("kept") < faults("given back") / 20
