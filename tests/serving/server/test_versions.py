"""Versions come and go while requests are answered."""

import base64
import io
import shutil
import threading
import time

import numpy as np
import pytest
import requests
from PIL import Image

from tests.support.hand_made import NAME, good_record, record
from tfgan_transfer.errors import UserError
from tfgan_transfer.serving import records as recorded
from tfgan_transfer.serving import status
from tfgan_transfer.serving.server import versions
from tfgan_transfer.serving.server.dev_server import DevServer

BODY = {"instances": [{"seed": 1, "label": 0}]}


def pixel(answer) -> int:
    """Version N of these tests adds N - 1 to the 10 of the seed."""
    (found,) = answer.json()["predictions"]
    image = Image.open(io.BytesIO(base64.b64decode(found["b64"])))
    return int(np.asarray(image)[0, 0])


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


@pytest.fixture
def watched(model_base):
    """A model's versions, looked at when a test says so."""
    base, put = model_base
    told = []
    made = versions.Versions(
        base, NAME, retries=1, retry_seconds=0.0, say=told.append
    )
    made.poll()
    yield made, base, put, told
    made.stop()


def seen(watched) -> dict[int, str]:
    return {version.number: version.state for version in watched.states()}


def test_only_integers_are_versions(tmp_path):
    for name in ("1", "007", "7", ".tmp-3", "latest", "8x", "-1", str(2**63)):
        (tmp_path / name).mkdir()
    (tmp_path / "9").write_text("a file")
    found = versions.find(tmp_path)
    assert found == {1: tmp_path / "1", 7: tmp_path / "7"}


def test_a_request_keeps_the_version_that_it_began_with(watched):
    served, _, put, _ = watched
    with served.lease() as first:
        put(2, shift=1)
        served.poll()
        assert seen(served) == {2: "AVAILABLE", 1: "UNLOADING"}
        with served.lease() as second:
            assert second.number == 2
        with pytest.raises(status.ServingError, match=r"Specific\(gan, 1\)"):
            with served.lease(1):
                pass
        inputs = {key: np.array([1]) for key in ("seed", "label")}
        assert first.servable.predict("", inputs)
    assert seen(served) == {2: "AVAILABLE", 1: "END"}
    assert served.states(1)[0].servable is None


def test_rolling_back_is_removing_the_newest(watched):
    served, base, put, _ = watched
    put(2, shift=1)
    served.poll()
    shutil.rmtree(base / "2")
    served.poll()
    assert seen(served) == {2: "END", 1: "AVAILABLE"}
    put(2, shift=1)
    served.poll()
    assert seen(served) == {2: "AVAILABLE", 1: "END"}


def test_no_version_left_is_no_version_served(watched):
    served, base, _, _ = watched
    shutil.rmtree(base / "1")
    served.poll()
    assert seen(served) == {1: "END"}
    with pytest.raises(status.ServingError, match=r"Latest\(gan\)") as caught:
        with served.lease():
            pass
    assert caught.value.http_status == 404


def refused(watched, said):
    """Version 2 does not load, after the retries, and 1 goes on."""
    served, _, _, told = watched
    served.poll()
    assert seen(served) == {2: "LOADING", 1: "AVAILABLE"}
    served.poll()
    assert seen(served) == {2: "END", 1: "AVAILABLE"}
    before = len(told)
    served.poll()
    assert len(told) == before, "a version at its end is left alone"
    error = served.states(2)[0].error
    assert said in error.message
    with served.lease() as version:
        assert version.number == 1
    return error


@pytest.mark.parametrize(
    "records, code, said",
    [
        (
            [good_record(), record(seed=np.array([1]), label=np.array([9]))],
            status.INVALID_ARGUMENT,
            "= 9 is not in [0, 3)",
        ),
        (
            [record("x", seed=np.array([1]))],
            status.FAILED_PRECONDITION,
            'Serving signature key "x" not found.',
        ),
        ([b""], status.UNIMPLEMENTED, "Unsupported log_type for warmup"),
        (
            [good_record()] * 6,
            status.INVALID_ARGUMENT,
            "Number of warmup records exceeds the maximum (5)",
        ),
    ],
    ids=["failing", "signature", "kind", "number"],
)
def test_a_version_that_fails_its_warm_up_is_refused(
    watched, records, code, said, monkeypatch
):
    assert recorded.MOST_WARM_UP_RECORDS == 1000
    monkeypatch.setattr(recorded, "MOST_WARM_UP_RECORDS", 5)
    watched[2](2, records=records)
    assert refused(watched, said).code == code


def test_a_damaged_warm_up_file_is_refused(watched):
    path = watched[2](2) / "assets.extra" / "tf_serving_warmup_requests"
    path.write_bytes(path.read_bytes()[:-3])
    assert refused(watched, "truncated record at 0").code == status.DATA_LOSS


def test_a_version_without_its_graph_or_weights_is_refused(watched):
    served, base, put, _ = watched
    (base / "2").mkdir()
    refused(watched, "SavedModel")
    path = put(3)
    shutil.rmtree(path / "variables")
    served.poll()
    assert seen(served)[3] == "LOADING"
    # Complete in time for the second attempt, as after a slow copy.
    shutil.copytree(base / "1" / "variables", path / "variables")
    served.poll()
    assert seen(served) == {3: "AVAILABLE", 2: "END", 1: "END"}


@pytest.fixture
def live(model_base):
    base, put = model_base
    told = []
    started = DevServer(
        base, rest_port=0, grpc_port=0, poll_seconds=0.05, say=told.append
    )
    started.start()
    yield started, put, told
    started.stop()


def test_hot_swap_under_load_loses_no_request(live):
    """Four clients ask all the time, while five versions come."""
    server, put, _ = live
    url = f"{server.url}/v1/models/{NAME}:predict"
    stop = threading.Event()
    pixels, faults = [], []

    def client():
        mine = []
        pixels.append(mine)
        with requests.Session() as session:
            while not stop.is_set():
                answer = session.post(url, json=BODY, timeout=20)
                if answer.status_code != 200:
                    faults.append(answer.text)
                else:
                    mine.append(pixel(answer))

    clients = [threading.Thread(target=client) for _ in range(4)]
    for one in clients:
        one.start()
    for number in range(2, 7):
        put(number, shift=number - 1)
        until(lambda n=number: seen(server.versions).get(n) == "AVAILABLE")
        time.sleep(0.1)
    stop.set()
    for one in clients:
        one.join()
    assert faults == []
    for mine in pixels:
        assert len(mine) > 20
        assert mine == sorted(mine), "nobody goes back to an older version"
        assert mine[-1] == 15
    until(lambda: list(seen(server.versions).values()).count("END") == 5)


def test_a_bad_version_is_reported_and_the_old_one_serves(live):
    server, put, told = live
    put(2, records=[record("x")])
    until(lambda: server.versions.states()[0].error)
    url = f"{server.url}/v1/models/{NAME}"
    rows = requests.get(url, timeout=20).json()["model_version_status"]
    assert [row["state"] for row in rows] == ["LOADING", "AVAILABLE"]
    assert rows[0]["status"] == {
        "error_code": "FAILED_PRECONDITION",
        "error_message": 'Serving signature key "x" not found.',
    }
    assert pixel(requests.post(url + ":predict", json=BODY, timeout=20)) == 10
    assert any("version 2 refused" in line for line in told)


def test_the_directory_may_vanish_for_a_moment(live, tmp_path):
    server, put, told = live
    server.versions.base.rename(tmp_path / "away")
    until(lambda: any("warning" in line for line in told))
    url = f"{server.url}/v1/models/{NAME}:predict"
    assert pixel(requests.post(url, json=BODY, timeout=20)) == 10
    (tmp_path / "away").rename(server.versions.base)
    put(2, shift=1)
    until(lambda: server.versions.states()[0].state == "AVAILABLE")


def start(*arguments, **options):
    options = {"rest_port": 0, "grpc_port": 0, **options}
    return DevServer(*arguments, **options).start()


def test_nothing_to_serve_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="model_base: no directory"):
        start(tmp_path / "nowhere")
    with pytest.raises(UserError, match="received none at all; give the"):
        start(tmp_path)
    (tmp_path / "latest").mkdir()
    with pytest.raises(UserError, match="named 1, 2, ..., received latest"):
        start(tmp_path)
    (tmp_path / "3").mkdir()
    with pytest.raises(UserError, match="version 3 cannot be served: .*Saved"):
        start(tmp_path)


def test_a_port_that_is_taken_is_one_sentence(live):
    server, _, _ = live
    base = server.versions.base
    with pytest.raises(UserError, match="rest_port: 127.0.0.1:.* in use"):
        start(base, rest_port=server.rest_port)
    with pytest.raises(UserError, match="grpc_port: 127.0.0.1:"):
        start(base, grpc_port=server.grpc_port)


def test_addresses_of_other_machines_get_a_warning(model_base):
    base, _ = model_base
    server = DevServer(base, host="0.0.0.0", rest_port=0, grpc_port=0)
    assert "nobody is asked for a password" in server.notice()
    server = DevServer(base, rest_port=0, grpc_port=0)
    assert "warning" not in server.notice()
    assert "stand-in for TensorFlow Serving" in server.notice()
