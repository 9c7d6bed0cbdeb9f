"""The way of evidence: packed here, unpacked there, taken, cut, taken up."""

import importlib
import json
import lzma
import math
import os
import pathlib
import signal
import subprocess
import sys
import time
import zipfile

import pytest

ROOT = pathlib.Path(__file__).parents[2]
GPU = ROOT / "benchmarks" / "gpu"
# In the place of TensorFlow's wheel: it has a card.
TENSORFLOW = """
class config:
    list_physical_devices = staticmethod(lambda kind: [kind])
    class experimental:
        get_device_details = staticmethod(
            lambda gpu: {"device_name": "made-up " + gpu})
__version__ = "0.1"
"""
WHEEL = {
    "tensorflow/__init__.py": TENSORFLOW,
    "tensorflow/include/big.h": "#" * 5000,
    "tensorflow/a/tests/test_a.py": "raise ImportError",
    "nvidia/cuda_runtime/lib/libcudart.so.12": "kept",
    "nvidia/cudnn/lib/libcudnn_ops.so.9": "borrowed",
    "nvidia/cublas/lib/libcublas.so.12": "borrowed",
    "nvidia/nccl/lib/libnccl.so.2": "borrowed",
    "nvidia/cusolver/lib/libcusolverMg.so.11": "left out",
    "nvidia/cuda_nvcc/bin/ptxas": "#!/bin/sh\necho assembled\n",
    "made-1.data/purelib/top.py": "VALUE = 7",
    "made-1.data/scripts/top": "left out",
    "made-1.data/platlib/clang/native/libclang.so": "left out",
    "made-1.dist-info/METADATA": "Name: made\nVersion: 1\n",
}
# What the other machine has: one of the same version, one of a later CUDA,
# none of the third.
LIBRARIES = ("libcudnn_ops.so.9", "libcublas.so.12.8", "libcublas.so.13")
# What divides a training into parts.
PARTS = ("steps", "critic_schedule", "grow")
# It waits where it is told to, once, and says what it found.
WAIT = (
    "import json, os, pathlib, sys, time; import top;"
    "begun = pathlib.Path(sys.argv[1]); first = not begun.exists();"
    "begun.write_text(str(os.getpid())); time.sleep(600 if first else 0);"
    "print(json.dumps(dict(value=top.VALUE, again=not first)))"
)


@pytest.fixture(scope="module")
def gpu_modules():
    sys.path.insert(0, str(GPU))
    yield importlib.import_module
    sys.path.remove(str(GPU))


def job(name, *commands, **more):
    row = {"name": name, "about": f"about {name}", "seconds": 0, "limit": 60}
    return {**row, "commands": list(commands), **more}


def say(values):
    return ["-c", f"import json; print(json.dumps(dict({values})))"]


def running(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return state.rpartition(") ")[2][0] != "Z"


def python(*words, **more):
    return subprocess.run(
        [sys.executable, *map(str, words)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        **more,
    )


@pytest.fixture(scope="module")
def payload(tmp_path_factory):
    folder = tmp_path_factory.mktemp("payload")
    (folder / "wheels").mkdir()
    (folder / "shared" / "data").mkdir(parents=True)
    (folder / "shared" / "data" / "photos.zip").write_bytes(os.urandom(9000))
    with zipfile.ZipFile(folder / "wheels" / "made-1-py3.whl", "w") as wheel:
        for name, text in WHEEL.items():
            wheel.writestr(name, text)
    packed = python(
        GPU / "pack.py",
        f"--out={folder / 'parts'}",
        f"--wheels={folder / 'wheels'}",
        f"--shared={folder / 'shared'}",
        "--take=data/photos.zip",
        "--part_mb=4",
        "--preset=0",
    )
    assert packed.returncode == 0, packed.stderr
    return folder


def unpack(payload, into):
    script = payload / "parts" / "unpack.sh"
    (payload / "cuda libraries").mkdir(exist_ok=True)
    for name in LIBRARIES:
        (payload / "cuda libraries" / name).touch()
    environment = {
        **os.environ,
        "PATH": f"{sys.prefix}/bin:{os.defpath}",
        "LD_LIBRARY_PATH": str(payload / "cuda libraries"),
    }
    return subprocess.run(
        ["sh", str(script), str(into)],
        capture_output=True,
        text=True,
        env=environment,
    )


@pytest.fixture(scope="module")
def machine(payload, tmp_path_factory):
    """A folder on the other machine."""
    into = tmp_path_factory.mktemp("machine") / "evidence"
    done = unpack(payload, into)
    assert done.returncode == 0, done.stderr
    assert "not on this machine: libnccl.so.2; without" in done.stdout
    return into


def test_parts_are_one_stream_and_none_is_too_large(payload):
    manifest = json.loads((payload / "parts" / "manifest.json").read_text())
    parts = [payload / "parts" / part["name"] for part in manifest["parts"]]
    assert len(parts) > 2
    assert max(path.stat().st_size for path in parts) <= 4e6
    whole = lzma.decompress(b"".join(path.read_bytes() for path in parts))
    assert len(whole) == manifest["bytes"]


def test_what_is_used_is_there_and_nothing_else(payload, machine):
    site = machine / "site"
    files = [
        path
        for path in site.rglob("*")
        if path.is_file() and not path.is_symlink()
    ]
    assert {path.relative_to(site).as_posix() for path in files} == {
        "tensorflow/__init__.py",
        "nvidia/cuda_runtime/lib/libcudart.so.12",
        "nvidia/cuda_nvcc/bin/ptxas",
        "top.py",
        "made-1.dist-info/METADATA",
    }
    photos = "shared/data/photos.zip"
    assert (machine / photos).read_bytes() == (payload / photos).read_bytes()
    said = subprocess.run(
        [machine / "run", "-c", "import os; os.system('ptxas')"],
        capture_output=True,
        text=True,
    )
    assert said.stdout == "assembled\n"


def test_large_libraries_are_those_of_the_machine(payload, machine):
    theirs = payload / "cuda libraries"
    links = machine / "site" / "nvidia" / "borrowed" / "lib"
    assert {link.name: link.readlink() for link in links.iterdir()} == {
        "libcudnn_ops.so.9": theirs / "libcudnn_ops.so.9",
        "libcublas.so.12": theirs / "libcublas.so.13",
    }
    ask = "import os; print(os.environ['LD_LIBRARY_PATH'])"
    said = subprocess.run(
        [machine / "run", "-c", ask], capture_output=True, text=True, env={}
    )
    # What lies beside a library is found, and no folder is the present one.
    assert said.stdout.strip().split(":") == [
        str(machine / "site" / "nvidia" / "cuda_runtime" / "lib"),
        str(links),
        str(theirs),
    ]


def test_a_package_that_is_there_is_left_out_and_two_are_an_error(
    gpu_modules, payload, tmp_path
):
    wheels = gpu_modules("wheels")
    folder = payload / "wheels"
    assert [*wheels.files(folder)] and not [*wheels.files(folder, ["made"])]
    for name in ("made-1-py3.whl", "made-2-py3.whl", "other-1-py3.whl"):
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match="made-1-py3.whl and made-2-py3.whl"):
        wheels.once(tmp_path)


def test_the_number_of_parts_is_said_before_they_are_made(payload, tmp_path):
    said = python(
        GPU / "pack.py",
        f"--out={tmp_path / 'parts'}",
        f"--wheels={payload / 'wheels'}",
        f"--shared={payload / 'shared'}",
        "--take=data/photos.zip",
        "--part_mb=4",
        "--count",
    )
    *rows, last = said.stdout.splitlines()
    size = {row.split()[2]: float(row.split()[1]) for row in rows}
    assert size["shared"] == 0.0 and size["all"] == max(size.values())
    most = math.ceil(size["all"] / 4)
    assert last == f"at most {most} parts of 4 MB, fewer by xz"
    assert not (tmp_path / "parts").exists()
    assert len([*(payload / "parts").glob("payload.*")]) <= most


@pytest.mark.parametrize("harm", ["missing", "damaged"])
def test_a_part_that_is_not_there_or_not_whole_is_named(
    payload, tmp_path, harm
):
    part = payload / "parts" / "payload.001"
    data = part.read_bytes()
    part.unlink()
    if harm == "damaged":
        part.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    try:
        done = unpack(payload, tmp_path / "evidence")
    finally:
        part.write_bytes(data)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ") and "payload.001" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "evidence").exists()


def start(machine, jobs, out):
    return subprocess.Popen(
        [
            machine / "run",
            machine / "repository" / "benchmarks" / "gpu" / "evidence.py",
            f"--jobs={jobs}",
            f"--out={out}",
            "--minutes=1",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )


def until(condition):
    """Waits for what another process does, in its own time."""
    for _ in range(6000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_cut_loses_nothing_and_the_same_command_goes_on(
    machine, tmp_path, number
):
    waits = ["-c", WAIT, "{work}/begun"]
    jobs = [
        job("first", say("speed=3"), say("speed=4")),
        job("waits", waits, goes_on=True),
        job("fails", ["-c", "raise SystemExit(1)"]),
        job("long", ["-c", "pass"], seconds=3600),
        job("lacks", ["-c", "pass", "zip:{shared}/data/none.zip#a"]),
        job("has", ["-c", "pass", "zip:{shared}/data/photos.zip#a"]),
        job("slow", ["-c", "import time; time.sleep(600)"], limit=0.1),
        job("last", say("evaluation=[dict(name='kid', value=0.5)]")),
    ]
    path, out = tmp_path / "jobs.json", tmp_path / "out"
    path.write_text(json.dumps(jobs))
    begun = out / "work" / "waits" / "begun"
    first = start(machine, path, out)
    until(lambda: begun.exists() and begun.read_text())
    first.send_signal(number)
    first.communicate(timeout=60)
    assert first.returncode == (3 if number == signal.SIGTERM else -number)
    until(lambda: not running(begun.read_text()))
    kept = json.loads((out / "evidence.json").read_text())["jobs"]
    assert list(kept) == ["first"]
    assert kept["first"]["rows"] == [{"speed": 3}, {"speed": 4}]

    second = start(machine, path, out)
    said, _ = second.communicate(timeout=60)
    assert second.returncode == 0
    found = json.loads((out / "evidence.json").read_text())
    assert found["machine"]["cards"] == ["made-up GPU"]
    assert {name: row["state"] for name, row in found["jobs"].items()} == {
        "first": "done",
        "waits": "done",
        "fails": "failed",
        "long": "did not fit",
        "lacks": "no data",
        "has": "done",
        "slow": "out of time",
        "last": "done",
    }
    assert "first:" not in said and "long: needs 3600 s" in said
    assert "lacks: data/none.zip not in --shared" in said
    assert found["jobs"]["first"] == kept["first"]
    assert found["jobs"]["waits"]["rows"] == [{"value": 7, "again": True}]
    page = python(GPU / "tables.py", out).stdout
    assert "made-up GPU" in page
    assert "| speed |\n|---|\n| 3 |\n| 4 |" in page
    assert "| kid |\n|---|\n| 0.5 |" in page


def test_every_job_names_flags_and_files_that_are_there(gpu_modules):
    from tfgan_transfer.settings import recipes, schedule, table

    jobs = gpu_modules("jobs")
    for path in (GPU / "jobs.json", GPU / "jobs_tiny.json"):
        for command in (c for job in jobs.read(path) for c in job.commands):
            if command[0].endswith(".py"):
                assert (ROOT / command[0]).exists()
            if command[0].endswith("training.py"):
                words = [w.lstrip("-").split("=", 1) for w in command[2:]]
                given = {name: rest for name, *rest in words}
                flagfile = given.pop("flagfile", None)
                assert flagfile is None or (ROOT / flagfile[0]).exists()
                assert "run_dir" in given and "noreport" in given
                assert {"noreport", *table.BY_NAME} >= set(given)
                # An unknown recipe, or parts that do not agree, raise here.
                settled = {"recipe": "plain"}
                settled |= {
                    name: rest[0] for name, rest in given.items() if rest
                }
                settled = recipes.under(settled)
                parts = schedule.of({n: settled.get(n) for n in PARTS})
                assert ("grow" in given) <= len(parts)


def test_requirements_are_those_of_the_package():
    wanted = (GPU / "requirements.txt").read_text().splitlines()
    package = (ROOT / "setup.py").read_text()
    named = [line for line in wanted if line and not line.startswith("#")]
    assert len(named) > 8
    for line in named:
        assert f'"{line}"' in package, line
