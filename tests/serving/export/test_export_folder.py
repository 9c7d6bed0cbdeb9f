"""`export/` against the contract, and its examples against a server."""

import importlib.util
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import numpy as np
import pytest
import yaml
from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
    wrappers_pb2,
)
from PIL import Image
from tensorflow_serving.config import model_server_config_pb2

EXPORT = pathlib.Path(__file__).parents[3] / "export"
README = (EXPORT / "README.md").read_text()


def batching_parameters():
    """The server's message, which its Python package does not have."""
    file = descriptor_pb2.FileDescriptorProto(
        name="batching.proto",
        syntax="proto3",
        dependency=["google/protobuf/wrappers.proto"],
    )
    message = file.message_type.add(name="BatchingParameters")
    fields = {
        "max_batch_size": "Int64Value",
        "batch_timeout_micros": "Int64Value",
        "max_enqueued_batches": "Int64Value",
        "num_batch_threads": "Int64Value",
        "thread_pool_name": "StringValue",
        "pad_variable_length_inputs": "BoolValue",
    }
    field = descriptor_pb2.FieldDescriptorProto
    for number, (name, wrapper) in enumerate(fields.items(), 1):
        message.field.add(
            name=name,
            number=number,
            type=field.TYPE_MESSAGE,
            label=field.LABEL_OPTIONAL,
            type_name=f".google.protobuf.{wrapper}",
        )
    message.field.add(
        name="allowed_batch_sizes",
        number=9,
        type=field.TYPE_INT64,
        label=field.LABEL_REPEATED,
    )
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    found = pool.FindMessageTypeByName("BatchingParameters")
    return message_factory.GetMessageClass(found)


def check_batching(text: str) -> None:
    """Raises as the server would refuse to load."""
    found = text_format.Parse(text, batching_parameters()())
    sizes = list(found.allowed_batch_sizes)
    assert sizes == sorted(set(sizes)), "sizes must ascend"
    assert sizes[-1] == found.max_batch_size.value, "the last is the largest"
    assert found.num_batch_threads.value > 0
    assert found.max_enqueued_batches.value > 0


def test_batching_config():
    text = (EXPORT / "batching.config").read_text()
    check_batching(text)
    for old, new, said in (
        ("value: 32", "value: 64", "the last is the largest"),
        ("sizes: 8", "sizes: 17", "must ascend"),
    ):
        assert old in text
        with pytest.raises(AssertionError, match=said):
            check_batching(text.replace(old, new, 1))
    with pytest.raises(text_format.ParseError):
        check_batching("max_batch_size: 32")


def models():
    return text_format.Parse(
        (EXPORT / "models.config").read_text(),
        model_server_config_pb2.ModelServerConfig(),
    ).model_config_list.config


def compose():
    text = (EXPORT / "compose.yaml").read_text()
    return yaml.safe_load(text)["services"]["serving"]


def test_models_config():
    (model,) = models()
    assert model.name == "gan"
    assert model.base_path == "/models/gan"
    assert model.model_platform == "tensorflow"
    assert model.model_version_policy.latest.num_versions == 1


def test_compose_refers_to_what_is_there():
    service = compose()
    mounted = {}
    for volume in service["volumes"]:
        source, target, mode = re.fullmatch(
            r"(\$\{\w+:-[^}]+\}|[^:]+):([^:]+):(\w+)", volume
        ).groups()
        assert mode == "ro"
        mounted[target] = source
    # The models are the user's; the rest is in the folder.
    assert mounted.pop("/models") == "${MODELS:-./models}"
    for source in mounted.values():
        assert (EXPORT / source).is_file()
    flags = dict(
        word.removeprefix("--").partition("=")[::2]
        for word in service["command"]
    )
    assert flags["model_config_file"] in mounted
    assert flags["batching_parameters_file"] in mounted
    assert flags["enable_batching"] == ""
    assert flags["enable_model_warmup"] == "true"
    assert service["entrypoint"] == ["tensorflow_model_server"]
    ports = {
        f"127.0.0.1:{flags[x]}:{flags[x]}" for x in ("port", "rest_api_port")
    }
    assert set(service["ports"]) == ports
    for model in models():
        assert model.base_path.startswith("/models/")


def test_images_are_pinned_and_ports_are_loopback_everywhere():
    for text in (README, (EXPORT / "compose.yaml").read_text()):
        tags = set(re.findall(r"tensorflow/serving\S*", text))
        assert tags == {compose()["image"]} == {"tensorflow/serving:2.21.0"}
    (line,) = re.findall(r"^docker run.*", README, re.M)
    words = shlex.split(line)
    published = [b for a, b in zip(words, words[1:], strict=False) if a == "-p"]
    assert published == ["127.0.0.1:8500:8500", "127.0.0.1:8501:8501"]
    assert "MODEL_NAME=gan" in words
    assert "$PWD/models/gan:/models/gan:ro" in words


def examples(start: str) -> list[str]:
    found = re.findall(rf"^(?:{start}).*", README, re.M)
    assert found
    return found


@pytest.fixture
def folder(tmp_path):
    Image.new("RGB", (5, 7), (17, 0, 0)).save(tmp_path / "photo.jpg")
    shutil.copy(EXPORT / "client.py", tmp_path)
    return tmp_path


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_curl_examples(server, folder):
    for line in examples("curl|echo"):
        line = line.replace("http://127.0.0.1:8501", server.server.url)
        line = line.replace("| python", f"| {sys.executable}")
        done = subprocess.run(
            line, shell=True, cwd=folder, capture_output=True, check=True
        )
        assert b'"error":' not in done.stdout, done.stdout
        if ":predict" in line and ">" not in line:
            assert done.stdout.startswith(b'{"predictions":[{"b64":"iVBOR')
    with Image.open(folder / "one.png") as image:
        assert np.unique(np.asarray(image)).tolist() == [12]


def client(folder):
    spec = importlib.util.spec_from_file_location(
        "client", folder / "client.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_client_examples(server, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    ask = client(folder)
    ports = {False: server.server.rest_port, True: server.server.grpc_port}
    lines = examples("python client.py")
    for line in lines:
        _, _, *words = shlex.split(line)
        port = ports["--grpc" in words]
        ask.main([*words, f"--server=127.0.0.1:{port}"])
    written = capsys.readouterr().out.split()
    assert len(written) == 10
    values = {}
    for path in map(pathlib.Path, written):
        with Image.open(path) as image:
            (value,) = np.unique(np.asarray(image))
        values.setdefault(path.parent.name, []).append(int(value))
    near = values.pop("translated")
    assert abs(near[0] - 17) <= 2, "JPEG is not exact"
    assert values == {
        "four": [12, 22, 32, 42],
        "four_by_grpc": [12, 22, 32, 42],
        "red": [2],
    }
    four, other = folder / "four", folder / "four_by_grpc"
    for path in four.iterdir():
        assert path.read_bytes() == (other / path.name).read_bytes()
    with pytest.raises(FileExistsError):
        ask.main(["seed=1", "label=2", "--out=four", rest(server)])


def rest(server) -> str:
    return f"--server=127.0.0.1:{server.server.rest_port}"


def test_client_tries_again_when_it_may_help(server, folder, monkeypatch):
    ask = client(folder)
    waits = []
    monkeypatch.setattr(ask.time, "sleep", waits.append)
    nobody = "--server=127.0.0.1:1"
    with pytest.raises(SystemExit, match="refused"):
        ask.main(["seed=1", nobody, "--attempts=4"])
    assert waits == [0.5, 1.0, 2.0]
    with pytest.raises(SystemExit, match="UNAVAILABLE"):
        ask.main(["seed=1", nobody, "--grpc", "--attempts=2"])
    assert waits == [0.5, 1.0, 2.0, 0.5]
    # A wrong request is wrong the next time as well.
    with pytest.raises(SystemExit, match="error 400: .*keys must be equal to"):
        ask.main(["seed=1", rest(server)])
    port = server.server.grpc_port
    with pytest.raises(SystemExit, match="INVALID_ARGUMENT: input size"):
        ask.main(["seed=1", "--grpc", f"--server=127.0.0.1:{port}"])
    assert len(waits) == 4
