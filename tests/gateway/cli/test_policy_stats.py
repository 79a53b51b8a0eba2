"""`mailward policy stats`: the table, what is idle, and the JSON."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from quarantine.item import Entry, Outcome, Trial
from quarantine.quarantine import open_store

POLICY = """policy: ours
title: Ours
clauses: {C-1: {ref: "1", enforce: gateway, says: No.}}
rules:
  - use: advocacy
    cites: [C-1]
    except: [{senders: [a@city.example], because: speaks for us, by: council, until: 2099-06-30}]
  - use: chain-letter
    cites: [C-1]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "policy.yaml").write_text(POLICY)
    (tmp_path / "mailward.yaml").write_text(
        "domains: [city.example]\npolicy: .\nstate: state\n"
        "listeners: [{name: a, kind: internal, next_hop: b}]\nnext_hops: [{name: b, maildir: mail}]\n"
    )
    ledger = open_store(tmp_path / "state").ledger
    ledger.note(
        "t",
        [
            Entry(
                at=datetime.now(UTC),
                transaction="t",
                listener="a",
                reverse_path="",
                recipient="p@city.example",
                outcome=Outcome.RELAYED,
                observed=(Trial(rule="advocacy", cites=("C-1",)),),
            )
        ],
    )
    ledger.flush()
    return tmp_path / "mailward.yaml"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["policy", "stats", *map(str, arguments)])


def test_rules_that_spoke_are_rows_and_the_others_are_named(config: Path) -> None:
    result = run("-c", config)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].split()[:2] == ["rule", "held"]
    assert lines[1].split() == ["advocacy", "0", "0", "0", "0", "0", "0", "0", "1", "0"]
    assert lines[2] == "in 30 days no word of: chain-letter, not-inspected"
    assert lines[-1].endswith("speaks for us, council  was not used in 30 days")


def test_json_has_rules_and_then_exemptions(config: Path) -> None:
    rules = [json.loads(line) for line in run("-c", config, "--json", "--days", 1).stdout.splitlines()]
    assert [(item["rule"], item.get("idle"), item.get("exemption")) for item in rules] == [
        ("advocacy", False, None),
        ("chain-letter", True, None),
        ("not-inspected", True, None),
        ("advocacy", None, "speaks for us"),
    ]


def test_no_days_are_wrong_usage(config: Path) -> None:
    assert run("-c", config, "--days", 0).exit_code == 2
