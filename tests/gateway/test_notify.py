"""What systemd hears, on a socket of the tests' own, by path and by abstract name."""

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.notify import MAX_STATUS, Notifier


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """The value of NOTIFY_SOCKET, and who listens there."""
    name = (
        f"@mailward-test-{os.getpid()}-{time.monotonic_ns()}" if request.param == "abstract" else f"{tmp_path}/notify"
    )
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0" + name[1:] if name.startswith("@") else name)
        listening.settimeout(5)
        yield name, listening


def test_start_reload_and_end_are_told(systemd: tuple[str, socket.socket]) -> None:
    address, listening = systemd
    notifier = Notifier.of({"NOTIFY_SOCKET": address})
    before = time.monotonic_ns() // 1000
    notifier.ready("taking mail")
    notifier.reloading()
    notifier.stopping("finishing")
    ready, reloading, stopping = (listening.recv(4096).decode() for _ in range(3))
    assert (ready, stopping) == ("READY=1\nSTATUS=taking mail", "STOPPING=1\nSTATUS=finishing")
    first, _, moment = reloading.partition("\nMONOTONIC_USEC=")
    assert first == "RELOADING=1" and before <= int(moment) <= time.monotonic_ns() // 1000


def test_a_status_is_one_short_line(systemd: tuple[str, socket.socket]) -> None:
    address, listening = systemd
    Notifier(address).ready("a\nMAINPID=1\x1b[0m" + "x" * 500)
    _, _, told = listening.recv(4096).decode().partition("\n")
    assert told.startswith("STATUS=a?MAINPID=1?[0mx") and "\n" not in told
    assert len(told) == len("STATUS=") + MAX_STATUS


def test_the_watchdog_is_fed_twice_in_its_time(systemd: tuple[str, socket.socket]) -> None:
    address, listening = systemd
    notifier = Notifier.of({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "20000000", "WATCHDOG_PID": str(os.getpid())})
    notifier.alive()
    notifier.alive()
    assert listening.recv(100) == b"WATCHDOG=1"
    listening.setblocking(False)
    with pytest.raises(BlockingIOError):
        listening.recv(100)
    notifier._fed -= 10.1  # as if so many seconds had gone by
    notifier.alive()
    assert listening.recv(100) == b"WATCHDOG=1"


@pytest.mark.parametrize(
    "environment",
    [
        {"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "1"},  # another process is meant
        {"WATCHDOG_USEC": "soon"},
        {},
    ],
)
def test_no_watchdog_that_is_not_ours(environment: dict[str, str], systemd: tuple[str, socket.socket]) -> None:
    address, listening = systemd
    Notifier.of({"NOTIFY_SOCKET": address} | environment).alive()
    listening.setblocking(False)
    with pytest.raises(BlockingIOError):
        listening.recv(100)


@pytest.mark.parametrize("address", ["", "vsock:2:1234", "/nobody/listens/here", "@nobody-listens-here", "@"])
def test_where_nobody_listens_nothing_happens(address: str) -> None:
    Notifier(address).ready("taking mail")
