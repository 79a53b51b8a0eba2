"""A whole Mailward for end-to-end tests: the real program with a configuration of its own, and what one asks of it."""

import json
import os
import re
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
MAILWARD = Path(sys.executable).with_name("mailward")
START_SECONDS = 90.0  # on a machine that is busy with much else; only one that does not start waits so long


class Running:
    """`mailward serve` as an administrator starts it. `edge` and `internal` are the ports of its two listeners."""

    def __init__(self, folder: Path, next_hop: str, extra: str = "", directory: Path | None = None) -> None:
        self.folder = folder
        self.config = folder / "mailward.yaml"
        self.log = folder / "mailward.log"
        self.directory = directory or ROOT / "rules" / "library" / "directory.csv"
        self.configure(next_hop, extra)
        self.process = self._start()

    def configure(self, next_hop: str, extra: str = "") -> None:
        self.config.write_text(
            f"""domains: [city.example]
hostname: mx.city.example
state: state
directory: {self.directory}
next_hops: [{{name: onward, {next_hop}}}]
listeners:
  - {{name: edge, kind: edge, direction: inbound, port: 0, next_hop: onward}}
  - {{name: inside, kind: internal, port: 0, next_hop: onward}}
{extra}"""
        )

    def _start(self) -> "subprocess.Popen[bytes]":
        with self.log.open("wb") as log:
            process = subprocess.Popen([str(MAILWARD), "serve", "-c", str(self.config)], stderr=log, cwd=self.folder)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            # Of several processes each has ports of its own, and two may have begun between two looks.
            listening = re.search(r"edge 127\.0\.0\.1:(\d+), inside 127\.0\.0\.1:(\d+)", self.log.read_text())
            if listening is not None:
                self.edge, self.internal = map(int, listening.groups())
                return process
            time.sleep(0.05)
        process.kill()
        raise AssertionError(f"Mailward did not start:\n{self.log.read_text()}")

    def restart(self) -> None:
        self.process = self._start()

    def processes(self) -> list[int]:
        """The supervisor and everything below it."""
        found, waiting = [], [self.process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            try:
                waiting += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
            except OSError:
                continue
        return found

    def kill(self) -> None:
        """Everything at once, as a power cut would."""
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(90)

    def send(self, sender: str, recipients: list[str], octets: bytes, *, internal: bool = False) -> tuple[int, str]:
        """One message by SMTP; the reply to its final dot, or to the command before that was refused."""
        with smtplib.SMTP("127.0.0.1", self.internal if internal else self.edge, timeout=120) as client:
            client.ehlo("client.example")
            for code, text in [client.mail(sender), *(client.rcpt(recipient) for recipient in recipients)]:
                if code >= 300:
                    return code, text.decode()
            code, text = client.data(octets)
            return code, text.decode()

    def cli(self, *words: str, expect: int = 0) -> str:
        done = subprocess.run(
            [str(MAILWARD), words[0], *words[1:], "-c", str(self.config)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == expect, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def held(self, *options: str) -> list[dict[str, Any]]:
        listing = self.cli("quarantine", "list", "--json", *options)
        return [json.loads(line) for line in listing.splitlines()]

    def transactions(self) -> list[dict[str, Any]]:
        lines = (json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{"))
        return [line for line in lines if line["event"] == "transaction"]


@pytest.fixture
def mailward(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """`mailward(next_hop, extra, directory)` starts one; the first two as its file has them."""
    started: list[Running] = []

    def start(next_hop: str | None = None, extra: str = "", directory: Path | None = None) -> Running:
        started.append(Running(tmp_path, next_hop or f"maildir: {tmp_path / 'delivered'}", extra, directory))
        return started[-1]

    yield start
    for running in started:
        running.kill()


@pytest.fixture
def delivered(tmp_path: Path) -> Callable[[], list[bytes]]:
    """What lies in the built-in Maildir next hop."""
    return lambda: [path.read_bytes() for path in sorted((tmp_path / "delivered" / "new").glob("*"))]
