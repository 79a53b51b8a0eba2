"""A benchmark that is stopped leaves no process behind, whichever way it is stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks.systems import ROOT

MARK = "MAILWARD_TEST_OF_ENDING"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_benchmark_that_is_ended_leaves_nothing(number: signal.Signals) -> None:
    mark = f"{MARK}={os.getpid()}-{number}"
    command = [sys.executable, str(ROOT / "tests/benchmarks/bench.py"), "--only", "stock aiosmtpd and aiosmtplib"]
    name, _, value = mark.partition("=")
    bench = subprocess.Popen(command, env={**os.environ, name: value}, stderr=subprocess.DEVNULL)
    assert _until(lambda: len(_marked(mark)) >= 3, 30), "the benchmark, its sink and one system"
    bench.send_signal(number)
    bench.wait(30)
    assert _until(lambda: not _marked(mark), 15), _marked(mark)


def _marked(mark: str) -> list[str]:
    """What runs with this in its environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (path / "environ").read_bytes():
                found.append((path / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def _until(holds: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
