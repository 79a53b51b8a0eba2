"""What is asked of the monitor over HTTP, and what it answers."""

import http.client
import json
import socket
from collections.abc import Iterator
from http import HTTPStatus

import pytest

from gateway.config import Monitor
from gateway.metrics import HELD, Sample
from gateway.monitor import MAX_OPEN, MonitorServer, answer
from gateway.reports import Board, Report, channel, send
from tests.ports import free_port


@pytest.fixture
def board() -> Iterator[tuple[Board, socket.socket]]:
    """With one process, and its end of the channel."""
    board, (ours, theirs) = Board(), channel()
    board.expect("gateway-0", ours)
    yield board, theirs
    ours.close()
    theirs.close()


def report(board: tuple[Board, socket.socket], *, ready: bool, says: str = "") -> None:
    send(board[1], Report(ready=ready, says=says, samples=(Sample(metric=HELD.name, value=4),)))
    board[0].listen()


def test_ready_and_alive(board: tuple[Board, socket.socket]) -> None:
    assert answer("/livez", board[0])[0] is HTTPStatus.OK
    assert answer("/readyz", board[0])[0] is HTTPStatus.SERVICE_UNAVAILABLE
    report(board, ready=True)
    assert answer("/readyz", board[0])[0] is HTTPStatus.OK
    report(board, ready=False, says="disk full")
    status, kind, body = answer("/readyz?verbose", board[0])
    assert (status, kind) == (HTTPStatus.SERVICE_UNAVAILABLE, "application/json")
    assert json.loads(body) == {"ok": False, "not_ready": ["gateway-0: disk full"]}
    assert answer("/livez", board[0])[0] is HTTPStatus.OK


def test_other_paths_are_not_found(board: tuple[Board, socket.socket]) -> None:
    assert answer("/", board[0])[0] is HTTPStatus.NOT_FOUND


def test_over_http(board: tuple[Board, socket.socket]) -> None:
    report(board, ready=True)
    server = MonitorServer(Monitor(port=free_port()), board[0])
    try:
        client = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
        client.request("GET", "/metrics")
        reply = client.getresponse()
        text = reply.read().decode()
        assert (reply.status, reply.getheader("Content-Type")) == (200, "text/plain; version=0.0.4; charset=utf-8")
        assert "mailward_held_messages 4\n" in text and 'mailward_build_info{version="' in text
        client.request("HEAD", "/livez")
        assert client.getresponse().read() == b""
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
            # Catalogue I06: the one thing here that a browser reaches takes no order, whoever's page sends it.
            client = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
            client.request(method, "/metrics", body=b"{}", headers={"Origin": "http://evil.example"})
            assert client.getresponse().status == 501
    finally:
        server.end()


def test_those_who_only_sit_there_keep_nobody_out_for_long(
    board: tuple[Board, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.monitor._Handler.timeout", 0.2)
    server = MonitorServer(Monitor(port=free_port()), board[0])
    address = ("127.0.0.1", server.server_address[1])
    idle = [socket.create_connection(address, timeout=10) for _ in range(MAX_OPEN + 4)]
    try:
        assert all(one.recv(1) == b"" for one in idle)  # each is hung up on
        client = http.client.HTTPConnection(*address, timeout=10)
        client.request("GET", "/livez")
        assert client.getresponse().status == 200
    finally:
        server.end()
        for one in idle:
            one.close()


def test_a_place_that_is_taken_is_an_error(board: tuple[Board, socket.socket]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        with pytest.raises(OSError):
            MonitorServer(Monitor(port=taken.getsockname()[1]), board[0])
