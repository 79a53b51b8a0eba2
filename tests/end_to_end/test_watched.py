"""What watches the service: systemd by its socket, monitors by HTTP; and a process that hangs."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port

MAILDIR = "maildir: delivered"
CONTENT = b"From: a@elsewhere.example\r\nTo: dana@city.example\r\nSubject: hello\r\n\r\nSee you at ten.\r\n"
SECONDS = 60.0  # for anything on a busy machine


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """`systemd(word)`: the next datagram that begins with the word, of those sent to systemd."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(SECONDS)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))

        def heard(word: str) -> str:
            while not (told := listening.recv(4096).decode()).startswith(word):
                continue
            return told

        yield heard


def asked(port: int, path: str) -> tuple[int, str]:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    client.request("GET", path)
    answer = client.getresponse()
    return answer.status, answer.read().decode()


def test_systemd_hears_of_start_reload_refusal_and_end(
    mailward: Callable[..., Any], systemd: Callable[[str], str]
) -> None:
    running = mailward(MAILDIR)
    assert systemd("READY") == "READY=1\nSTATUS=taking mail"
    running.process.send_signal(signal.SIGHUP)
    assert "MONOTONIC_USEC=" in systemd("RELOADING")
    assert systemd("READY") == "READY=1\nSTATUS=taking mail"
    running.configure(MAILDIR, "no_such_key: 1\n")
    running.process.send_signal(signal.SIGHUP)
    systemd("RELOADING")
    assert "STATUS=reload refused: " in systemd("READY")
    running.process.terminate()
    assert systemd("STOPPING").startswith("STOPPING=1")
    assert running.process.wait(90) == 0


def test_monitors_see_counts_of_all_processes_and_who_is_ready(mailward: Callable[..., Any]) -> None:
    port = free_port()
    running = mailward(MAILDIR, f"processes: 2\nmonitor: {{port: {port}}}\n")
    deadline = time.monotonic() + SECONDS
    while asked(port, "/readyz")[0] != 200 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert json.loads(asked(port, "/readyz")[1]) == {"ok": True, "not_ready": []}
    for _ in range(6):
        assert running.send("a@elsewhere.example", ["dana@city.example"], CONTENT)[0] == 250
    wanted = 'mailward_recipients_total{listener="edge",outcome="relayed"} 6\n'
    while wanted not in asked(port, "/metrics")[1] and time.monotonic() < deadline:
        time.sleep(0.2)
    text = asked(port, "/metrics")[1]
    assert wanted in text and 'mailward_process_up{process="gateway-1"} 1\n' in text
    assert "elsewhere.example" not in text and "hello" not in text
    assert asked(port, "/livez")[0] == 200


def test_a_process_that_hangs_is_ended_and_started_again(tmp_path: Path, mailward: Callable[..., Any]) -> None:
    running = mailward(MAILDIR)
    running.stop()
    program = (
        "import sys, gateway.reports; from pathlib import Path; gateway.reports.SILENT_SECONDS = 4.0\n"
        "from gateway.supervisor import supervise\nsys.exit(supervise(Path(sys.argv[1])))"
    )
    with running.log.open("wb") as log:
        words = [sys.executable, "-c", program, str(running.config)]
        supervisor = subprocess.Popen(words, stderr=log, cwd=tmp_path)
    try:
        hung = _gateway(supervisor.pid)
        _wait(lambda: "listening on" in running.log.read_text())
        time.sleep(2.5)  # it has spoken by then
        os.kill(hung, signal.SIGSTOP)
        _wait(lambda: "has said nothing" in running.log.read_text())
        _wait(lambda: running.log.read_text().count("listening on") == 2)
        assert _gateway(supervisor.pid) != hung
    finally:
        supervisor.terminate()
        assert supervisor.wait(90) == 0


def _wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _gateway(supervisor: int) -> int:
    """The process id of the one gateway process."""

    def found() -> list[int]:
        children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
        return [int(pid) for pid in children if b"gateway-0" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    _wait(lambda: bool(found()))
    return found()[0]
