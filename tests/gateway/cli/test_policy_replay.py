"""`mailward policy replay` and `diff`: the difference in words, in JSON, and as a gate."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from quarantine.fact_files import FactFiles
from rules.policy import load_policy
from rules.stored import Seen, StoredFact, asked_by
from rules.transaction import Direction

POLICY = """policy: %s
title: Ours
clauses:
  C-1: {ref: "1", enforce: gateway, says: No mail to everyone.}
rules:
  - use: organization-wide
    cites: [C-1]
    action: %s
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["policy", *map(str, arguments)])


@pytest.fixture
def policies(tmp_path: Path) -> tuple[Path, Path]:
    for name, action in (("old", "tag"), ("new", "quarantine")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "policy.yaml").write_text(POLICY % (name, action))
    return tmp_path / "old", tmp_path / "new"


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    folder = tmp_path / "mail"
    folder.mkdir()
    for name, to in (("1", "all-staff@city.example"), ("2", "bo@city.example"), ("3", "cy@city.example, di@x.example")):
        (folder / f"{name}.eml").write_text(f"From: ann@city.example\nTo: {to}\nSubject: x\n\nCake.\n")
    return folder


def test_diff_tells_each_change(policies: tuple[Path, Path]) -> None:
    result = run("diff", *policies)
    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        ["policy new: name old → new", "rule organization-wide: action tag → quarantine"],
    )
    assert [json.loads(line)["part"] for line in run("diff", "--json", *policies).stdout.splitlines()] == [
        "policy",
        "rule",
    ]
    assert run("diff", policies[0], policies[0]).stdout == "no difference\n"


def test_replay_tells_each_copy_and_each_rule(policies: tuple[Path, Path], mail: Path) -> None:
    result = run("replay", "--policy", policies[0], "--candidate", policies[1], mail)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == f"{mail}/1.eml: all-staff@city.example: tag → quarantine ()"
    assert lines[2].split() == ["organization-wide", "1", "1", "+0", "-0", "0", "→", "0"]
    assert lines[-4:] == [
        "pass: 3 → 3 copies",
        "tag: 1 → 0 copies",
        "quarantine: 0 → 1 copies",
        "3 messages, 4 copies, 1 meet another action (25.00%)",
    ]


@pytest.mark.parametrize(("allowed", "code"), [("25%", 0), ("24.9", 1), ("0%", 1), ("100%", 0)])
def test_the_gate_fails_above_its_share_and_not_at_it(
    policies: tuple[Path, Path], mail: Path, allowed: str, code: int
) -> None:
    result = run("replay", "--policy", policies[0], "--candidate", policies[1], "--fail-above", allowed, mail)
    assert result.exit_code == code
    assert ("25.00% of the copies meet another action, more than" in result.stderr) == bool(code)


def test_replay_tells_scripts_copies_rules_and_the_sum(policies: tuple[Path, Path], mail: Path) -> None:
    result = run("replay", "--json", "--policy", policies[0], "--candidate", policies[1], mail)
    copy, rule, total = map(json.loads, result.stdout.splitlines())
    assert (copy["recipient"], copy["before"], copy["after"]) == ("all-staff@city.example", "tag", "quarantine")
    assert (rule["rule"], rule["before"], rule["after"]) == ("organization-wide", 1, 1)
    assert (total["messages"], total["changed"], total["share"]) == (3, 1, 0.25)


@pytest.mark.parametrize("share", ["-1%", "101%", "much"])
def test_a_share_that_is_none_is_wrong_usage(policies: tuple[Path, Path], mail: Path, share: str) -> None:
    result = run("replay", "--candidate", policies[1], "--fail-above", share, mail)
    assert result.exit_code == 2
    assert f"{share}: a share from 0% to 100%" in result.stderr


def test_a_candidate_or_mail_that_is_not_there_is_wrong_usage(policies: tuple[Path, Path], mail: Path) -> None:
    assert run("replay", "--candidate", "nowhere", mail).exit_code == 2
    assert run("replay", "--candidate", policies[1], mail / "nothing").exit_code == 2


def test_stored_facts_are_replayed_without_any_message(policies: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "mailward.yaml").write_text(
        f"domains: [city.example]\npolicy: {policies[0]}\nstate: state\n"
        "listeners: [{name: a, kind: internal, next_hop: b}]\nnext_hops: [{name: b, maildir: mail}]\n"
    )
    arguments = ("replay", "-c", tmp_path / "mailward.yaml", "--candidate", policies[1], "--facts")
    assert (run(*arguments).exit_code, "no stored facts" in run(*arguments).stderr) == (2, True)
    policy = load_policy(policies[0] / "policy.yaml")
    probe = next(number for number, item in enumerate(policy.probes) if item.detector == "organization_wide")
    files = FactFiles(folder=tmp_path / "state" / "facts", limit=10**6)
    files.keep(
        asked_by(policy),
        StoredFact(
            id="t1",
            at=datetime(2026, 3, 2, tzinfo=UTC),
            sender="ann@city.example",
            copies=(("all-staff@city.example", Direction.INTERNAL),),
            seen=(Seen(probe=probe, detected=True, score=1.0),),
        ),
    )
    files.close()
    result = run(*arguments, "--fail-above", "0%")
    assert result.stdout.splitlines()[0] == "t1: all-staff@city.example: tag → quarantine ()"
    assert result.exit_code == 1
    assert "staff list" not in result.stderr
    (tmp_path / "staff.csv").write_text("address,groups\nann@city.example,works@city.example\n")
    with (tmp_path / "mailward.yaml").open("a") as config:
        config.write("directory: staff.csv\n")
    with (policies[1] / "policy.yaml").open("a") as candidate:
        candidate.write(
            "    except: [{senders: [Works@city.example, bo@city.example], because: b, by: c, until: 2099-01-01}]\n"
        )
    let_off = run(*arguments)
    assert "tag → pass" in let_off.stdout
    assert let_off.stderr.splitlines() == [
        "works@city.example is a group that an exemption names; its members are those of today's staff list, "
        "not of that time"
    ]


def test_facts_and_paths_exclude_each_other(policies: tuple[Path, Path], mail: Path) -> None:
    assert run("replay", "--candidate", policies[1], "--facts", mail).exit_code == 2
    assert run("replay", "--candidate", policies[1]).exit_code == 2
