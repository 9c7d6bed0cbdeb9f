"""Puts the parts beside it together again; `unpack.sh` runs it.

Standard library only, of any Python from 3.8 on.
"""

import collections
import concurrent.futures
import ctypes
import hashlib
import json
import lzma
import os
import pathlib
import shlex
import shutil
import sys
import tarfile

RUN = """#!/bin/sh
# A Python that has the repository and its libraries.
here=$(cd "$(dirname "$0")" && pwd)
# What a peer with libraries of its own should see instead.
export BARE_LD_LIBRARY_PATH="$LD_LIBRARY_PATH"
export PYTHONPATH="$here/repository:$here/site"
export PYTHONNOUSERSITE=1
for folder in @BORROWED@ "$here"/site/nvidia/*/lib; do
    LD_LIBRARY_PATH="$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
done
export LD_LIBRARY_PATH
cuda="$here/site/nvidia/cuda_nvcc"
export PATH="$cuda/bin:$PATH"
export XLA_FLAGS="--xla_gpu_cuda_data_dir=$cuda${XLA_FLAGS:+ $XLA_FLAGS}"
exec "@PYTHON@" "$@"
"""


def whole(folder, part):
    """A part's bytes, or None if they are not those that were packed."""
    data = (folder / part["name"]).read_bytes()
    right = hashlib.sha256(data).hexdigest() == part["sha256"]
    return lzma.decompress(data) if right else None


class Stream:
    """The tar, to read from; parts are unpacked ahead of the reader."""

    def __init__(self, folder, parts):
        self.pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1)
        self.folder, self.left = folder, collections.deque(parts)
        self.ahead = collections.deque()
        self.rest = memoryview(b"")
        self.sum = hashlib.sha256()

    def read(self, size):
        while self.left and len(self.ahead) < 2 * (os.cpu_count() or 1):
            part = self.left.popleft()
            work = self.pool.submit(whole, self.folder, part)
            self.ahead.append((part["name"], work))
        if not self.rest and self.ahead:
            name, work = self.ahead.popleft()
            data = work.result()
            if data is None:
                stop(f"{name} is damaged; bring it again")
            self.sum.update(data)
            self.rest = memoryview(data)
        given, self.rest = bytes(self.rest[:size]), self.rest[size:]
        return given


def places():
    """Folders in which a machine may have CUDA libraries."""
    paths = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    found = [pathlib.Path(path) for path in paths if path]
    for path in map(pathlib.Path, sys.path):
        # Those of PyTorch and JAX, newer and older.
        found += sorted(path.glob("nvidia/*/lib"))
    found += sorted(pathlib.Path("/usr/local").glob("cuda*/lib64"))
    found.append(pathlib.Path("/usr/lib/x86_64-linux-gnu"))
    return [path for path in found if path.is_dir()]


def numbers(path):
    """(12,) of libcublas.so.12."""
    words = path.name.partition(".so.")[2].split(".")
    return tuple(int(word) for word in words if word.isdigit())


def library(name, folders):
    """Where this machine has a library, of another version if need be."""
    stem = name.partition(".so.")[0]
    for folder in folders:
        if (folder / name).exists():
            return folder / name
    others = [p for folder in folders for p in folder.glob(stem + ".so.*")]
    return max(others, key=numbers, default=None)


def borrow(names, new):
    """Links the machine's libraries under the names by which they are opened.

    What they need themselves lies beside them.

    Returns:
        Folders of the machine in which they are, and names of those that it
        does not have.
    """
    links = new / "site" / "nvidia" / "borrowed" / "lib"
    links.mkdir(parents=True)
    used, missing, folders = [], [], places()
    for name in names:
        path = library(name, folders)
        if path is None:
            missing.append(name)
            continue
        (links / name).symlink_to(path)
        if str(path.parent) not in used:
            used.append(str(path.parent))
    return used, missing


def stop(message):
    print("error: " + message, file=sys.stderr)
    sys.stderr.flush()
    # Threads may still be unpacking what comes after.
    os._exit(2)


def interpreter(version):
    """Path of a Python of the version that the wheels are for."""
    here = "{}.{}".format(*sys.version_info)
    if here == version:
        return sys.executable
    found = shutil.which(f"python{version}")
    if not found:
        stop(
            f"the wheels are for Python {version}, here is {here}; pack again "
            f"with --python_version={here}"
        )
    return found


def main(folder, into):
    manifest = json.loads((folder / "manifest.json").read_text())
    parts = manifest["parts"]
    missing = [p["name"] for p in parts if not (folder / p["name"]).exists()]
    if missing:
        stop(
            f"{len(missing)} of {len(parts)} parts are missing: "
            f"{', '.join(missing[:8])}; bring them into {folder}"
        )
    python = interpreter(manifest["python"])
    if into.exists():
        stop(f"{into} is there already; name another folder")
    new = into.with_name(into.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    if shutil.disk_usage(str(new)).free < manifest["bytes"]:
        stop(f"{manifest['bytes'] // 10**6} MB of disk are needed")
    stream = Stream(folder, parts)
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            archive.extract(member, str(new))
    while stream.read(2**20):
        pass
    if stream.sum.hexdigest() != manifest["sha256"]:
        stop("the parts are not of one payload; bring all of them again")
    used, missing = borrow(manifest["borrowed"], new)
    words = " ".join(map(shlex.quote, used))
    script = RUN.replace("@PYTHON@", python).replace("@BORROWED@", words)
    (new / "run").write_text(script)
    (new / "run").chmod(0o755)
    new.rename(into)
    if missing:
        print(
            f"not on this machine: {', '.join(missing)}; without them "
            "everything may run on CPU; pack again with --without="
        )
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        print("no NVIDIA driver (libcuda.so.1): everything will run on CPU")
    print(f"done: {into}/run is Python {manifest['python']}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).absolute())
