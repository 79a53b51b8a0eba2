"""What the service gives away of itself: nothing to other accounts, and no secret at all (catalogue H15)."""

import resource
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SECRET = "canary-4f1b-not-to-be-seen"
STAMPED = f"From: clerk@city.example\r\nX-Mailward-Exch-Auth: {SECRET}\r\nSubject: tool\r\n".encode()
HELD = STAMPED + b'Content-Type: application/octet-stream; name="x.exe"\r\n\r\nMZ\r\n'


def octets(path: Path) -> bytes:
    return zlib.decompress(path.read_bytes()) if path.suffix == ".z" else path.read_bytes()


@pytest.fixture
def cores() -> Iterator[None]:
    """Whoever crashes leaves a core file, unless he sees to it."""
    limit, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, (limit, most))


@pytest.mark.usefixtures("cores")
def test_a_secret_is_seen_nowhere_but_where_it_is_kept_h15(
    mailward: Callable[..., Any], tmp_path: Path, delivered: Callable[[], list[bytes]]
) -> None:
    stamp = tmp_path / "stamp"
    stamp.write_text(SECRET)
    stamp.chmod(0o600)
    gateway = mailward(extra=f"identity: {{stamp_files: [{stamp}]}}\n")
    clerk, friend = "clerk@city.example", "friend@elsewhere.example"
    for content in (HELD, STAMPED + b"\r\nA word.\r\n"):
        assert gateway.send(clerk, [friend], content, internal=True)[0] == 250
    # What shows the message to a person, and what makes our own programs fail with it in hand.
    shown = gateway.cli("quarantine", "show", gateway.held()[0]["id"]) + gateway.cli("config", "show")
    gateway.send(clerk, [friend], STAMPED + b"Content-Type: multipart/mixed; boundary=\r\n\r\n" * 40, internal=True)
    processes = [Path(f"/proc/{pid}") for pid in gateway.processes()]
    assert len(processes) > 3
    limits = [place / "limits" for place in processes]
    assert all(f"{'Max core file size':25} 0  " in limit.read_text() for limit in limits), "a core file holds all of it"
    assert all(SECRET not in (place / "cmdline").read_text() for place in processes)
    assert gateway.stop() == 0
    kept = [path for path in (tmp_path / "state").rglob("*") if "in-force" not in path.parts]
    seen = [path for path in kept if path.is_file() and SECRET.encode() in octets(path)]
    assert seen == []
    assert SECRET not in gateway.log.read_text() + shown
    assert SECRET.encode() not in b"".join(delivered()) and len(delivered()) >= 1
    assert [path for path in (tmp_path / "state").rglob("*") if path.stat().st_mode & 0o077] == []
