"""More connections than a process may open files: who is in does not suffer, nothing spins, places come free again."""

import contextlib
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DESCRIPTORS = 64
LOOK_SECONDS = 2.0


@pytest.fixture(params=["asyncio", "uvloop"])
def starved(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    words = [sys.executable, "-m", "tests.gateway.smtp.starved", request.param, str(DESCRIPTORS), str(tmp_path)]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def told(process: "subprocess.Popen[str]") -> float:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def test_a_flood_beyond_the_descriptors_leaves_who_is_in_and_ends_h03(starved: "subprocess.Popen[str]") -> None:
    assert starved.stdout is not None
    port = int(starved.stdout.readline())
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client, contextlib.ExitStack() as flood:
        client.ehlo()
        for _ in range(3 * DESCRIPTORS):
            one = flood.enter_context(socket.socket())
            one.settimeout(5)
            one.connect(("127.0.0.1", port))
        before = told(starved)
        time.sleep(LOOK_SECONDS)
        assert told(starved) - before < 0.5 * LOOK_SECONDS, "it waits, it does not spin"
        assert client.sendmail("ada@elsewhere.example", ["pat@city.example"], b"Subject: x\r\n\r\nx\r\n") == {}
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        assert client.sendmail("ada@elsewhere.example", ["pat@city.example"], b"Subject: x\r\n\r\nx\r\n") == {}
