"""Wheels: how they are fetched, and which of their files are worth carrying."""

import collections
import fnmatch
import pathlib
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence

REQUIREMENTS = pathlib.Path(__file__).parent / "requirements.txt"
# pip takes a wheel only if its very platform is named: glibc 2.34 and older.
PLATFORMS = [
    *(f"manylinux_2_{minor}_x86_64" for minor in range(34, 4, -1)),
    "manylinux2014_x86_64",
    "manylinux2010_x86_64",
    "manylinux1_x86_64",
]
# Nothing of these is imported by what the jobs run.
LEFT_OUT = (
    "*.pyc",
    "*.pyi",
    "*.a",
    "*.h",
    "*.hpp",
    "*.cuh",
    "*/tests/*",
    "*/include/*",
    "*.dist-info/RECORD",
    "*.data/scripts/*",
    "*.data/data/*",
    "*.data/headers/*",
    "tensorboard_data_server/*",
    "tensorboard/webfiles.zip",
    "clang/*",
)
# Of NVIDIA's wheels. TensorFlow opens the first row by name and registers no
# GPU where one of them is missing (`dlopen_checker.cc`); it opens the second
# when collectives or the profiler are asked for, and XLA the third. The rest
# is what the libraries of those rows say they need, as strings in them.
NVIDIA = """
cudart cublas cublasLt cufft cusolver cusparse cudnn
nccl cupti
nvJitLink
cudnn_adv cudnn_cnn cudnn_engines_precompiled cudnn_engines_runtime_compiled
cudnn_engines_tensor_ir cudnn_ext cudnn_graph cudnn_heuristic cudnn_ops
nvrtc nvrtc-builtins nvperf_host
""".split()
# What PyTorch has brought where it runs on a GPU, be it of a later CUDA: 96 %
# of what is kept of NVIDIA's wheels. Not the runtime, the profiler and
# nvJitLink, whose functions change their names with the version.
BORROWED = "cublas* cufft cusolver cusparse cudnn* nccl nvrtc*".split()
# What XLA's compiler runs and links, wherever it lies.
TOOLS = ("*/bin/ptxas", "*/bin/nvlink", "*/libdevice/*.bc")
_LIBRARY = re.compile(r"/lib([\w-]+)\.so[\d.]*$")
# Where a wheel keeps what goes to the top: `NAME.data/purelib/`.
_DATA = re.compile(r"^[^/]+\.data/(?:purelib|platlib)/")


def download(folder: pathlib.Path, python: str, platforms: Sequence[str]):
    """Fetches wheels for another Python and platform, with pip.

    Args:
        folder: Where they go.
        python: Version, such as 3.12.
        platforms: pip's names of the platforms whose wheels will do.
    """
    words = [sys.executable, "-m", "pip", "download", "--quiet"]
    words += ["--disable-pip-version-check", "--only-binary=:all:"]
    words += ["--implementation=cp", f"--python-version={python}"]
    words += [f"--platform={platform}" for platform in platforms]
    words += [f"--dest={folder}", f"--requirement={REQUIREMENTS}"]
    subprocess.run(words, check=True)


def kept(name: str, without: Sequence[str] = ()) -> bool:
    """Whether a file of a wheel is carried.

    Args:
        name: Its path in `site-packages`.
        without: Libraries that are there already, such as cudnn*.
    """
    if name.endswith("/"):
        return False
    if name.startswith("nvidia/"):
        library = _LIBRARY.search(name)
        if library is None:
            return _any(name, TOOLS) or name.endswith(".py")
        return library[1] in NVIDIA and not _any(library[1], without)
    return not _any(name, LEFT_OUT)


def package(wheel: pathlib.Path) -> str:
    """What a wheel installs, such as scikit_learn."""
    return wheel.name.partition("-")[0].lower()


def once(folder: pathlib.Path) -> list[pathlib.Path]:
    """The wheels of a folder, one of each package.

    Raises:
        ValueError: If there are two versions of one.
    """
    found = collections.defaultdict(list)
    for wheel in sorted(folder.glob("*.whl")):
        found[package(wheel)].append(wheel)
    for name, wheels in found.items():
        if len(wheels) > 1:
            versions = " and ".join(wheel.name for wheel in wheels)
            raise ValueError(
                f"{str(folder)!r} has {name} more than once: {versions}; "
                "remove all but one"
            )
    return [wheel for (wheel,) in found.values()]


def files(
    folder: pathlib.Path, without: Sequence[str] = ()
) -> Iterator[tuple[str, zipfile.ZipFile, zipfile.ZipInfo]]:
    """The files of all wheels in a folder, as they would be installed.

    Args:
        folder: Where the wheels are.
        without: Libraries and packages that are there already.

    Yields:
        Path in `site-packages`, the open wheel, and the member.
    """
    for wheel in once(folder):
        if _any(package(wheel), without):
            continue
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.infolist():
                name = _DATA.sub("", member.filename)
                if kept(name, without):
                    yield name, archive, member


def borrowed(folder: pathlib.Path, without: Sequence[str]) -> list[str]:
    """Names of the libraries that are left to the machine, as they are opened.

    Args:
        folder: Where the wheels are.
        without: As for `files`.
    """
    names = [name for name, _, _ in files(folder) if _LIBRARY.search(name)]
    return sorted(
        pathlib.PurePath(name).name
        for name in names
        if name.startswith("nvidia/") and not kept(name, without)
    )


def _any(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
