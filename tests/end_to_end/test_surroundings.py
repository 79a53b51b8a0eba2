"""When what is around us fails: 451 and nothing lost; when the message is at fault: held; when a file is: refused."""

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port

HELLO = b"From: a@elsewhere.example\r\nTo: b@city.example\r\nSubject: hello\r\n\r\nA word.\r\n"
PROGRAM = HELLO.replace(b"\r\n\r\n", b'\r\nContent-Type: application/octet-stream; name="x.exe"\r\n\r\nMZ', 1)

EXECUTABLES = """policy: ours
title: Ours
clauses: {A: {ref: "1", enforce: gateway}}
rules: [{use: executable-attachment, cites: [A], action: quarantine}]
"""


def wait_for(log: Path, words: str) -> None:
    wait_for_count(log, words, 1)


def wait_for_count(log: Path, words: str, count: int) -> None:
    deadline = time.monotonic() + 20
    while log.read_text().count(words) < count:
        assert time.monotonic() < deadline, f"{words!r} not in the log:\n{log.read_text()}"
        time.sleep(0.05)


def test_an_unreachable_next_hop_is_451_at_rcpt(mailward: Callable[..., Any]) -> None:
    """Catalogue B01."""
    gateway = mailward(f"host: 127.0.0.1, port: {free_port()}")
    code, text = gateway.send("a@elsewhere.example", ["b@city.example"], HELLO)
    assert code == 451 and text.startswith("4.4.1")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """The state folder on a disk of its own that two megabytes fill."""
    state = tmp_path / "state"
    state.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(state)]
    if os.geteuid() or subprocess.run(command, check=False).returncode:
        pytest.skip("a disk that can be filled takes root and mount")
    yield state
    subprocess.run(["umount", "-l", str(state)], check=False)


def test_a_full_disk_is_4xx_for_mail_to_be_held_and_the_rest_flows(
    small_disk: Path, mailward: Callable[..., Any], delivered: Callable[[], list[bytes]]
) -> None:
    """Catalogue A10: no acknowledgement without a durable hold; recovery without restart."""
    gateway = mailward()
    filler = small_disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    code, text = gateway.send("a@elsewhere.example", ["b@city.example"], PROGRAM)
    assert code in (451, 452) and text.startswith("4.3.1")
    assert gateway.send("a@elsewhere.example", ["b@city.example"], HELLO)[0] == 250
    assert len(delivered()) == 1
    filler.unlink()
    assert gateway.send("a@elsewhere.example", ["b@city.example"], PROGRAM)[0] == 250
    assert len(gateway.held()) == 1
    assert gateway.stop() == 0
    told = json.loads(gateway.cli("ledger", "verify", "--json"))
    counts = {name: told["recipients"][name] for name in ("relayed", "held", "deferred")}
    assert (counts, told["noted"]) == ({"relayed": 1, "held": 1, "deferred": 1}, 0), "kept in memory meanwhile"


def test_a_store_that_does_not_answer_is_451_for_mail_to_be_held_and_the_rest_flows_h12(
    mailward: Callable[..., Any], tmp_path: Path, delivered: Callable[[], list[bytes]]
) -> None:
    """The only store is SQLite and files; as a server's would, it stops answering, and comes back."""
    gateway = mailward()
    sent = ("a@elsewhere.example", ["b@city.example"])
    other = sqlite3.connect(tmp_path / "state" / "quarantine.sqlite", isolation_level=None)
    with contextlib.closing(other), ThreadPoolExecutor(1) as client:
        other.execute("begin exclusive")
        held = client.submit(gateway.send, *sent, PROGRAM)
        assert gateway.send(*sent, HELLO)[0] == 250
        assert not held.done() and len(delivered()) == 1
        code, text = held.result()
        assert code == 451 and text.startswith("4.3.")
        other.execute("rollback")
        assert gateway.send(*sent, PROGRAM)[0] == 250
    assert len(gateway.held()) == 1
    gateway.cli("ledger", "verify")


def test_files_with_errors_stop_no_process_that_is_started_again(
    mailward: Callable[..., Any], tmp_path: Path, delivered: Callable[[], list[bytes]]
) -> None:
    """The service goes on under the policy it had when a process dies meanwhile."""
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "policy.yaml").write_text(EXECUTABLES)
    (tmp_path / "stamp").write_text("a secret of some length")
    (tmp_path / "stamp").chmod(0o600)
    gateway = mailward(None, "policy: ours\nidentity: {stamp_files: [stamp]}\n")
    (tmp_path / "ours" / "policy.yaml").write_text(EXECUTABLES.replace("quarantine", "burn"))
    (tmp_path / "stamp").write_text("short")
    gateway.config.write_text(gateway.config.read_text() + "unknown: 1\n")
    known = gateway.edge
    for pid in gateway.processes()[1:]:
        if b"gateway-0" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
    wait_for(gateway.log, "gateway-0 ended with -9 and is started again")
    deadline = time.monotonic() + 20
    while gateway.log.read_text().count("listening on") < 2:
        assert time.monotonic() < deadline, gateway.log.read_text()
        time.sleep(0.05)
    gateway.edge = int(re.findall(r"edge 127\.0\.0\.1:(\d+)", gateway.log.read_text())[-1])
    assert gateway.edge != known
    assert gateway.send("a@elsewhere.example", ["b@city.example"], HELLO)[0] == 250
    assert gateway.send("a@elsewhere.example", ["b@city.example"], PROGRAM)[0] == 250
    assert len(delivered()) == 1
    os.kill(gateway.process.pid, signal.SIGHUP)
    wait_for(gateway.log, "reload refused, the old configuration stays")


def test_what_needs_a_restart_is_said_at_reload(mailward: Callable[..., Any]) -> None:
    gateway = mailward()
    gateway.config.write_text(gateway.config.read_text() + "limits: {recipients: 500, inspection_seconds: 20}\n")
    os.kill(gateway.process.pid, signal.SIGHUP)
    wait_for(gateway.log, "changed, and in force only after a restart: limits")
    wait_for(gateway.log, "is in force")


def test_a_message_that_cannot_be_read_is_held_as_not_inspected(mailward: Callable[..., Any]) -> None:
    gateway = mailward()
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(60))
    assert gateway.send("a@elsewhere.example", ["b@city.example"], b"Subject: deep\r\n" + nested)[0] == 250
    (item,) = gateway.held()
    assert "not-inspected" in {finding["rule"] for finding in item["findings"]}
    assert gateway.send("a@elsewhere.example", ["b@city.example"], HELLO)[0] == 250, "still alive"


def test_a_bad_configuration_is_refused_at_the_start_with_file_and_line(tmp_path: Path) -> None:
    config = tmp_path / "mailward.yaml"
    config.write_text("domains: [city.example]\nlisteners: []\nnext_hops: []\nnext_hop: x\n")
    done = subprocess.run(
        [str(Path(sys.executable).with_name("mailward")), "serve", "-c", str(config)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert f"{config}:4:" in done.stderr


def test_a_running_service_keeps_the_old_policy_when_the_new_one_has_an_error(mailward: Callable[..., Any]) -> None:
    """Catalogue H08."""
    gateway = mailward()
    good = gateway.config.read_text()
    gateway.config.write_text(good + "policy: no-such-policy\n")
    gateway.process.send_signal(signal.SIGHUP)
    wait_for(gateway.log, "reload refused")
    assert gateway.send("a@elsewhere.example", ["b@city.example"], PROGRAM)[0] == 250
    assert gateway.transactions()[-1]["policy"] == "city-baseline"
    gateway.config.write_text(good + 'directory: "a\\0"\nhostname: !!int abc\n')
    refused = gateway.log.read_text().count("reload refused")
    gateway.process.send_signal(signal.SIGHUP)
    wait_for_count(gateway.log, "reload refused", refused + 1)
    gateway.config.write_text(good + 'directory: "a\\0"\n')
    gateway.process.send_signal(signal.SIGHUP)
    wait_for_count(gateway.log, "reload refused", refused + 2)
    assert gateway.send("a@elsewhere.example", ["b@city.example"], HELLO)[0] == 250
    gateway.config.write_text(good)
    assert len(gateway.held()) == 1


def test_a_reload_puts_the_new_policy_in_force(mailward: Callable[..., Any], tmp_path: Path) -> None:
    gateway = mailward()
    policy = tmp_path / "ours"
    policy.mkdir()
    (policy / "policy.yaml").write_text(
        "policy: ours\ntitle: Ours\nclauses: {A1: {ref: '1', enforce: gateway}}\n"
        "rules: [{use: executable-attachment, cites: [A1], action: tag}]\n"
    )
    gateway.config.write_text(gateway.config.read_text() + "policy: ours\n")
    gateway.process.send_signal(signal.SIGHUP)
    wait_for(gateway.log, "policy ours")
    assert gateway.send("a@elsewhere.example", ["b@city.example"], PROGRAM)[0] == 250
    (recipient,) = gateway.transactions()[-1]["recipients"]
    assert (recipient["outcome"], recipient["rules"], recipient["clauses"]) == (
        "tagged",
        ["executable-attachment"],
        ["A1"],
    )
    # Catalogue I13: one record of each policy that came into force, by whichever way.
    acts = [json.loads(line) for line in gateway.cli("audit", "show", "--json").splitlines()]
    told = [act["reason"].split(", before: ") for act in acts if act["act"] == "policy"]
    assert [(now.split()[0], before.split()[0]) for now, before in told] == [
        ("city-baseline", "none"),
        ("ours", "city-baseline"),
    ]
    gateway.cli("audit", "verify")


def test_a_start_without_most_of_the_people_keeps_the_list_before(mailward: Callable[..., Any], tmp_path: Path) -> None:
    """Nobody is there who meant it when a machine starts again by itself; who does mean it says so."""
    staff = tmp_path / "staff.csv"
    staff.write_text("address\n" + "".join(f"p{number}@city.example\n" for number in range(10)))
    gateway = mailward()
    settings = [line for line in gateway.config.read_text().splitlines() if not line.startswith("directory:")]
    gateway.config.write_text("\n".join([*settings, "directory: staff.csv"]))
    gateway.stop()
    gateway.restart()
    gateway.stop()
    staff.write_text("address\np0@city.example\n")
    gateway.restart()
    wait_for(gateway.log, "the staff list of before stays in force")
    gateway.cli("directory", "accept", "--reason", "it is so")
    gateway.process.send_signal(signal.SIGHUP)
    wait_for(gateway.log, "is in force")
    assert "reload refused" not in gateway.log.read_text()


def test_a_gateway_process_that_dies_is_started_again(mailward: Callable[..., Any]) -> None:
    gateway = mailward(extra="processes: 1\n")
    serving = next(pid for pid in gateway.processes() if b"gateway-0" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(serving, signal.SIGKILL)
    wait_for(gateway.log, "started again")


def test_a_process_that_cannot_be_started_again_at_once_is_tried_until_it_can(mailward: Callable[..., Any]) -> None:
    """A crash while the disk is full or the database is locked must not end the service."""
    gateway = mailward()
    in_force = gateway.folder / "state" / "in-force" / "now" / "mailward.yaml"
    good = in_force.read_text()
    in_force.write_text("nonsense")
    serving = next(pid for pid in gateway.processes() if b"gateway-0" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(serving, signal.SIGKILL)
    wait_for(gateway.log, "gateway-0 ended with 78")
    in_force.write_text(good)
    deadline = time.monotonic() + 20
    while gateway.log.read_text().count("listening on") < 2:
        assert gateway.process.poll() is None, "the service ended"
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("words", [("quarantine", "show"), ("quarantine", "delete", "--reason", "x")])
def test_a_wrong_id_is_exit_2(mailward: Callable[..., Any], words: tuple[str, ...]) -> None:
    mailward().cli(*words, "0000000000000000", expect=2)
