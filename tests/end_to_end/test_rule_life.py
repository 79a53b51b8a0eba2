"""The life of a rule in a running gateway: what it saw is kept without text, tried on a candidate, and counted."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rules.shipped import find_policy

CLERK, OUTSIDE = "dora.pennington@city.example", "someone@elsewhere.example"
FUNDS = (
    b"From: dora.pennington@city.example\r\nTo: someone@elsewhere.example\r\nSubject: my run\r\n\r\n"
    b"Please sponsor me in the charity run, every donation helps. You can donate at my page, any amount is welcome.\r\n"
)
PERMIT = FUNDS.replace(FUNDS[FUNDS.index(b"Please") :], b"Your permit is ready at the front desk.\r\n")
USE = "  - use: fundraising\n    cites: [ATU-C5c]\n    directions: [outbound, internal]\n    action: quarantine\n"
EXEMPT = "    except: [{senders: [%s], because: runs for us, by: council, until: 2099-01-01}]\n"


def policy(folder: Path, name: str, use: str) -> Path:
    text = find_policy("city-baseline").read_text()
    assert USE in text
    (folder / name).mkdir()
    (folder / name / "policy.yaml").write_text(text.replace(USE, use))
    return folder / name


def test_what_was_seen_is_replayed_and_counted(mailward: Callable[..., Any], tmp_path: Path) -> None:
    exempt = USE + EXEMPT % "grace.whitfield@city.example"
    running = mailward(extra=f"policy: {policy(tmp_path, 'running', exempt)}\n")
    assert running.send(CLERK, [OUTSIDE], FUNDS, internal=True)[0] == 250
    assert running.send(CLERK, [OUTSIDE], PERMIT, internal=True)[0] == 250
    assert running.send("grace.whitfield@city.example", [OUTSIDE], FUNDS, internal=True)[0] == 250
    running.stop()
    (facts,) = (running.folder / "state" / "facts").iterdir()
    octets = facts.read_bytes()
    assert octets.count(b"\n") == 4  # what was asked, and three messages
    assert b"sponsor" not in octets and b"permit" not in octets and b"my run" not in octets
    mild = policy(tmp_path, "mild", exempt.replace("action: quarantine", "action: tag"))
    told = running.cli("policy", "replay", "--json", "--facts", "--candidate", str(mild))
    changes = [json.loads(line) for line in told.splitlines()]
    assert [(item["before"], item["after"]) for item in changes if "recipient" in item] == [("quarantine", "tag")]
    assert (changes[-1]["messages"], changes[-1]["changed"]) == (3, 1)
    strict = ("policy", "replay", "--facts", "--candidate", str(mild), "--fail-above", "1%")
    running.cli(*strict, expect=1)


def test_holds_and_exemptions_are_counted(mailward: Callable[..., Any], tmp_path: Path) -> None:
    running = mailward(extra=f"policy: {policy(tmp_path, 'running', USE + EXEMPT % CLERK)}\n")
    assert running.send(CLERK, [OUTSIDE], FUNDS, internal=True)[0] == 250
    assert running.send("grace.whitfield@city.example", [OUTSIDE], FUNDS, internal=True)[0] == 250
    (item,) = running.held()
    running.cli("quarantine", "release", item["id"], "--reason", "it is ours", "--by", "it")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        lines = [json.loads(line) for line in running.cli("policy", "stats", "--json").splitlines()]
        found = next(line for line in lines if line["rule"] == "fundraising" and "held" in line)
        if found["let_off"]:
            break
        time.sleep(0.2)
    assert (found["held"], found["released"], found["let_off"], found["false_alarms"]) == (1, 1, 1, 1.0)
    (exemption,) = [line for line in lines if "exemption" in line]
    assert (exemption["let_off"], exemption["note"]) == (1, "")
