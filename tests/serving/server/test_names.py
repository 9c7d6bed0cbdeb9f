"""No page of another site makes a browser use this server."""

import pytest

from tests.support.hand_made import NAME
from tfgan_transfer.serving.server.names import Names

BODY = {"instances": [{"seed": 1, "label": 2}]}
PATH = f"/v1/models/{NAME}:predict"


def port(server):
    return server.server.rest_port


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{}", "127.0.0.1.evil.example", "", "[::2]"],
)
def test_other_names_are_refused(server, host):
    headers = {"Host": host.format(port(server))}
    for answer in (
        server.get("/", headers=headers),
        server.get("/v1/models/gan", headers=headers),
        server.post(PATH, BODY, headers=headers),
    ):
        assert answer.status_code == 403
        assert "is not a name of this server" in answer.text


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost:{}", "LOCALHOST", "[::1]:{}", "localhost."]
)
def test_its_own_names_are_known(server, host):
    headers = {"Host": host.format(port(server))}
    assert server.post(PATH, BODY, headers=headers).status_code == 200
    assert server.get("/", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"],
)
def test_pages_of_others_may_not_post(server, origin):
    """As `text/plain`, which browsers send without asking first."""
    headers = {"Origin": origin, "Content-Type": "text/plain"}
    answer = server.post(PATH, BODY, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["error"] == (
        f"a page of {origin!r} may not send requests to this server"
    )


def test_its_own_page_may(server):
    headers = {"Origin": server.server.url}
    assert server.post(PATH, BODY, headers=headers).status_code == 200


def test_addresses_are_names_where_others_may_connect():
    """Nobody can point an address elsewhere; a name of his own he can."""
    names = Names("0.0.0.0", ["gan.example"])
    for host in ("192.168.1.7:8501", "[fe80::1]", "gan.example", "localhost"):
        assert names.refusal("GET", {"host": host}) is None
    assert "add others with --host_names" in names.refusal(
        "GET", {"host": "evil.example"}
    )
    alone = Names("127.0.0.1")
    assert alone.refusal("GET", {"host": "192.168.1.7"}) is not None
    # HTTP/1.0 has no names, and no browser speaks it.
    assert alone.refusal("POST", {}) is None
    assert alone.refusal("POST", {"origin": "http://x"}) is not None
