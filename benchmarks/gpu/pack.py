"""Packs what a bare machine needs to take evidence: no network is asked there.

    python benchmarks/gpu/pack.py --out=build/payload --python_version=3.12 \
        --wheels=build/wheels --download --shared=../shared \
        --take=data/flowers102_64.zip,inception/inception_v3_fid_768

Written are `payload.000` and so on, none larger than `--part_mb`, a
`manifest.json` with the sums of each and of the whole, and `unpack.sh`, which
puts it together where it has been brought. In it are the files of the wheels
that something imports or opens (`wheels.py` says which), the files that this
repository tracks, and what is taken of `--shared`. CUDA's large libraries are
left to the machine, where `unpack.sh` looks for them; `--without=` carries
them too. `--count` says beforehand how many parts there will be at most.
"""

import collections
import json
import math
import pathlib
import platform
import shutil
import subprocess
import tarfile

import wheels
from absl import app, flags
from parts import OVERHEAD, Parts

FLAGS = flags.FLAGS
HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
PYTHON = ".".join(platform.python_version_tuple()[:2])
flags.DEFINE_string("out", None, "New folder for the parts.", required=True)
flags.DEFINE_string("wheels", None, "Folder of wheels.", required=True)
flags.DEFINE_bool("download", False, "Let pip fetch wheels into it first.")
flags.DEFINE_string("python_version", PYTHON, "Python of that machine.")
flags.DEFINE_list("platform", wheels.PLATFORMS, "Platforms, as pip has them.")
flags.DEFINE_list(
    "without",
    wheels.BORROWED,
    "CUDA libraries and packages that are there, such as cudnn*,scipy.",
)
flags.DEFINE_string("shared", "../shared", "Folder of data sets.")
flags.DEFINE_list("take", [], "Files and folders of it.")
# A machine that takes 64 MiB at a time takes it with this repository's files.
flags.DEFINE_float("part_mb", 45.0, "MB of the largest part.", OVERHEAD / 5e5)
flags.DEFINE_integer("preset", 6, "Of xz, 0 for fast.", 0, 9)
flags.DEFINE_integer("threads", 2, "Blocks compressed at a time.", 1)
flags.DEFINE_bool(
    "count", False, "Only say what is kept of each wheel, and how many parts."
)


def tracked() -> list[str]:
    """Files of the repository, relative to its root."""
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True
    ).stdout.decode()
    return [name for name in names.split("\0") if (ROOT / name).is_file()]


def taken(shared: pathlib.Path) -> list[pathlib.Path]:
    """Files that `--take` names."""
    found = []
    for name in FLAGS.take:
        path = shared / name
        if not path.exists():
            raise app.UsageError(
                f"--take: {name!r} is not in {str(shared)!r}; change --take "
                "or --shared"
            )
        inside = sorted(p for p in path.rglob("*") if p.is_file())
        found += inside if path.is_dir() else [path]
    return found


def member(name: str, size: int, executable: bool) -> tarfile.TarInfo:
    """A tar header that is the same whenever and by whomever it is made."""
    header = tarfile.TarInfo(name)
    header.size, header.mode = size, 0o755 if executable else 0o644
    return header


def add(archive: tarfile.TarFile, name: str, path: pathlib.Path) -> int:
    size = path.stat().st_size
    runs = bool(path.stat().st_mode & 0o100)
    with path.open("rb") as file:
        archive.addfile(member(name, size, runs), file)
    return size


def fill(archive: tarfile.TarFile) -> dict[str, int]:
    """Writes all files.

    Returns:
        Bytes of each kind.
    """
    size = {"wheels": 0, "repository": 0, "shared": 0}
    folder = pathlib.Path(FLAGS.wheels)
    for name, wheel, inside in wheels.files(folder, FLAGS.without):
        header = member(f"site/{name}", inside.file_size, "/bin/" in name)
        with wheel.open(inside) as file:
            archive.addfile(header, file)
        size["wheels"] += inside.file_size
    for name in tracked():
        size["repository"] += add(archive, f"repository/{name}", ROOT / name)
    shared = pathlib.Path(FLAGS.shared)
    for path in taken(shared):
        name = path.relative_to(shared).as_posix()
        size["shared"] += add(archive, f"shared/{name}", path)
    return size


def count(folder: pathlib.Path) -> None:
    """Prints the MB that are kept of each wheel, and as they lie in it.

    Below it stand files that hardly get smaller, and the parts of all.
    """
    kept = collections.defaultdict(lambda: [0, 0])
    for _, wheel, inside in wheels.files(folder, FLAGS.without):
        row = kept[pathlib.Path(wheel.filename).name]
        row[0] += inside.file_size
        row[1] += inside.compress_size
    for name, paths in (
        ("repository", [ROOT / name for name in tracked()]),
        ("shared", taken(pathlib.Path(FLAGS.shared))),
    ):
        kept[name] = [sum(path.stat().st_size for path in paths)] * 2
    kept["all"] = [sum(column) for column in zip(*kept.values(), strict=True)]
    for name, sizes in sorted(kept.items(), key=lambda row: row[1]):
        print("{:9,.1f} {:9,.1f}  {}".format(*(s / 1e6 for s in sizes), name))
    most = math.ceil(kept["all"][1] / (FLAGS.part_mb * 1e6))
    print(f"at most {most} parts of {FLAGS.part_mb:g} MB, fewer by xz")


def main(argv):
    del argv
    folder, out = pathlib.Path(FLAGS.wheels), pathlib.Path(FLAGS.out)
    taken(pathlib.Path(FLAGS.shared))
    if FLAGS.download:
        wheels.download(folder, FLAGS.python_version, FLAGS.platform)
    try:
        some = wheels.once(folder)
    except ValueError as error:
        raise app.UsageError(f"--wheels: {error}") from error
    if not some:
        raise app.UsageError(
            f"--wheels: no wheel in {str(folder)!r}; add --download"
        )
    if FLAGS.count:
        return count(folder)
    if out.exists() and any(out.iterdir()):
        raise app.UsageError(
            f"--out: {str(out)!r} is not empty; name a new one"
        )
    out.mkdir(parents=True, exist_ok=True)
    size = int(FLAGS.part_mb * 1e6)
    parts = Parts(out, "payload", size, FLAGS.preset, FLAGS.threads)
    with tarfile.open(fileobj=parts, mode="w|") as archive:
        contents = fill(archive)
    manifest = {
        "python": FLAGS.python_version,
        "contents": contents,
        "borrowed": wheels.borrowed(folder, FLAGS.without),
        **parts.close(),
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1))
    for name in ("unpack.sh", "unpack.py"):
        shutil.copy(HERE / name, out)
    packed = sum(part["bytes"] for part in manifest["parts"])
    print(
        f"{len(manifest['parts'])} parts, {packed / 1e6:,.0f} MB of "
        f"{manifest['bytes'] / 1e6:,.0f}:",
        *(f"{name} {size / 1e6:,.0f} MB" for name, size in contents.items()),
    )


if __name__ == "__main__":
    app.run(main)
