"""The unit: systemd reads it whole, it confines the service, and its times fit the service's own."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.processes import DRAIN_SECONDS
from gateway.reports import SILENT_SECONDS

UNIT = Path(__file__).parents[2] / "deploy" / "systemd" / "mailward.service"
TEXT = UNIT.read_text()
# Tenths, of ten. What is left: it talks to the network, and workers make name spaces of their own.
MAX_EXPOSURE = 22

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze")


def value(key: str) -> str:
    found = re.findall(rf"^{key}=(.*)$", TEXT, re.MULTILINE)
    assert len(found) == 1
    return str(found[0])


def test_a_process_that_hangs_is_ended_by_the_service_before_systemd_ends_all_of_it() -> None:
    assert float(value("WatchdogSec")) > SILENT_SECONDS


def test_the_mail_in_hand_may_be_finished() -> None:
    assert float(value("TimeoutStopSec")) > DRAIN_SECONDS + 5


def test_systemd_is_told_when_it_is_ready() -> None:
    assert value("Type") == "notify"
    assert value("ExecReload") == "/bin/kill -HUP $MAINPID"


@needs_systemd
@pytest.mark.real
def test_systemd_takes_every_line(tmp_path: Path) -> None:
    path = tmp_path / "mailward.service"
    path.write_text(TEXT.replace("/opt/mailward/.venv/bin/mailward", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if str(path) in line] == []


@needs_systemd
@pytest.mark.real
def test_the_service_is_confined() -> None:
    words = ["systemd-analyze", "security", "--offline=yes", f"--threshold={MAX_EXPOSURE}", "--no-pager", str(UNIT)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-300:]
