"""A backup as deploy/README.md says it, while mail is held: what was acknowledged before is in it (catalogue A15)."""

import itertools
import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import MAILWARD, ROOT
from tests.end_to_end.test_loss import Sender

BEFORE = 20  # held messages before the backup begins, and at least so many while it is made
MOMENTARY = re.compile(r"cp: cannot stat '\S*/new-\w+': No such file or directory")  # as the page says


def documented(backup: Path) -> str:
    """The commands of the page, for this folder."""
    page = (ROOT / "deploy" / "README.md").read_text()
    block = re.search(r"^ +umask 077\n(?: +\S.*\n)+", page, re.MULTILINE)
    assert block is not None
    return block[0].replace("/backup", str(backup))


def number(item: dict[str, Any]) -> int:
    return int(item["subject"].split()[1].strip(";"))


def acknowledged(senders: list[Sender]) -> set[int]:
    return set().union(*(sender.acknowledged for sender in senders))


def test_a_backup_while_mail_is_held_has_all_that_was_acknowledged_before_it_a15(
    mailward: Callable[..., Any], tmp_path: Path, delivered: Callable[[], list[bytes]]
) -> None:
    gateway = mailward()
    senders = [Sender(gateway.edge, itertools.count(first, 4)) for first in (1, 3)]  # all of them are held
    for sender in senders:
        sender.start()
    while len(acknowledged(senders)) < BEFORE and all(sender.is_alive() for sender in senders):
        time.sleep(0.01)
    before, backup = acknowledged(senders), tmp_path / "backup"
    backup.mkdir(mode=0o700)
    command = ["sh", "-c", documented(backup)]
    done = subprocess.run(command, cwd=tmp_path / "state", capture_output=True, text=True, timeout=60, check=False)
    assert [line for line in done.stderr.splitlines() if not MOMENTARY.fullmatch(line)] == []
    gateway.kill()
    for sender in senders:
        sender.join()
    assert len(before) >= BEFORE

    assert [path for path in backup.rglob("*") if path.stat().st_mode & 0o077] == []
    (tmp_path / "state").rename(tmp_path / "lost")
    backup.rename(tmp_path / "state")
    items = gateway.held()
    assert before <= {number(item) for item in items}
    check = [str(MAILWARD), "ledger", "verify", "--json", "-c", str(gateway.config)]
    told = json.loads(subprocess.run(check, capture_output=True, text=True, timeout=60, check=False).stdout)
    ids = [item["id"] for item in items if number(item) in before]
    assert [fault for fault in told["faults"] if any(id in fault for id in ids)] == []
    gateway.cli("quarantine", "release", ids[-1], "--reason", "restored", "--by", "ada")
    assert len(delivered()) == 1
