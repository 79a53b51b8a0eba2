"""`mailward inspect`: what an administrator and what a script read about a message."""

import hashlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main

ROOT = Path(__file__).parents[3]
KEYS = [
    "path",
    "sha256",
    "policy",
    "policy_hash",
    "milliseconds",
    "direction",
    "observations",
    "verdicts",
    "inspected",
    "not_inspected",
    "near",
]

TO_ALL = b"From: ann.clerk@city.example\nTo: all-staff@city.example\nSubject: Cake\n\nThere is cake.\n"
TO_ONE = TO_ALL.replace(b"all-staff", b"bo.baker")


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """A policy of one rule, so that these tests do not hang on what ships."""
    folder = tmp_path / "policy"
    folder.mkdir()
    (folder / "policy.yaml").write_text(
        "policy: cake\ntitle: Cake\nclauses:\n  C-1: {ref: '1', enforce: gateway, says: No mail to everyone.}\n"
        "rules:\n  - use: organization-wide\n    cites: [C-1]\n"
    )
    return folder


def run(*arguments: object, given: bytes = b"") -> Result:
    return CliRunner().invoke(main, ["inspect", *map(str, arguments)], input=given)


def objects(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_json_has_the_keys_of_the_interface_and_no_others(tmp_path: Path, policy: Path) -> None:
    (tmp_path / "a.eml").write_bytes(TO_ALL)
    (found,) = objects(run("--policy", policy, "--json", tmp_path / "a.eml"))
    assert list(found) == KEYS
    assert found["path"] == str(tmp_path / "a.eml")
    assert found["sha256"] == hashlib.sha256(TO_ALL).hexdigest()
    assert (found["policy"], len(found["policy_hash"])) == ("cake", 64)
    assert found["direction"] == {"all-staff@city.example": "internal"}
    assert (found["inspected"], found["not_inspected"]) == ("fully", [])
    assert found["milliseconds"] > 0
    (verdict,) = found["verdicts"]
    assert list(verdict) == ["recipient", "direction", "action", "findings", "observed", "let_off"]
    assert (verdict["recipient"], verdict["action"]) == ("all-staff@city.example", "quarantine")
    (finding,) = verdict["findings"]
    assert finding | {"observation": 0} == {
        "rule": "organization-wide",
        "cites": ["C-1"],
        "action": "quarantine",
        "observation": 0,
    }
    observation = found["observations"][finding["observation"]]
    assert list(observation) == ["detector", "detected", "score", "summary", "evidence"]
    assert observation["detector"] == "organization_wide"
    assert list(observation["evidence"][0]) == ["part", "start", "end", "text", "mark", "signal", "octets"]


def test_json_names_what_a_rule_on_trial_found(tmp_path: Path, policy: Path) -> None:
    file = policy / "policy.yaml"
    file.write_text(file.read_text() + "    status: observe\n")
    (tmp_path / "a.eml").write_bytes(TO_ALL)
    (found,) = objects(run("--policy", policy, "--json", tmp_path / "a.eml"))
    (verdict,) = found["verdicts"]
    assert (verdict["action"], verdict["findings"]) == ("pass", [])
    (finding,) = verdict["observed"]
    assert (finding["rule"], finding["cites"]) == ("organization-wide", ["C-1"])
    assert found["observations"][finding["observation"]]["detector"] == "organization_wide"


def test_people_read_the_action_the_rule_the_clause_and_the_evidence(tmp_path: Path, policy: Path) -> None:
    (tmp_path / "a.eml").write_bytes(TO_ALL)
    result = run("--policy", policy, tmp_path / "a.eml")
    assert result.exit_code == 0
    assert "a.eml: quarantine, under cake" in result.stdout
    for line in (
        "  quarantine  all-staff@city.example (internal)",
        "  organization-wide: quarantine",
        "    C-1 (clause 1): No mail to everyone.",
    ):
        assert line in result.stdout.splitlines()


def test_what_cannot_be_read_is_held_and_named(tmp_path: Path, policy: Path) -> None:
    partial = TO_ONE.replace(b"\n\n", b"\nContent-Type: message/partial; id=x; number=1; total=2\n\n")
    (tmp_path / "a.eml").write_bytes(partial)
    (found,) = objects(run("--policy", policy, "--json", tmp_path / "a.eml"))
    assert found["inspected"] == "partly"
    assert list(found["not_inspected"][0]) == ["part", "reason", "detail"]
    assert found["verdicts"][0]["action"] == "quarantine"
    assert found["verdicts"][0]["findings"][0]["rule"] == "not-inspected"


def test_results_come_in_the_order_of_the_paths_for_every_kind_of_path(tmp_path: Path, policy: Path) -> None:
    postmark = b"From ann.clerk@city.example Mon Mar  2 10:15:00 2026\n"
    (tmp_path / "box").write_bytes(postmark + TO_ONE + b"\n" + postmark + TO_ALL)
    for place in ("maildir/cur/z", "maildir/new/y", "folder/b.eml", "folder/a.eml"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(TO_ONE)
    paths = [tmp_path / name for name in ("maildir", "box", "folder")]
    found = objects(run("--policy", policy, "--json", *paths, "-", given=TO_ALL))
    assert [item["path"].removeprefix(f"{tmp_path}/") for item in found] == [
        "maildir/cur/z",
        "maildir/new/y",
        "box#1",
        "box#2",
        "folder/a.eml",
        "folder/b.eml",
        "-",
    ]
    assert [item["verdicts"][0]["action"] for item in found].count("quarantine") == 2


def test_the_command_line_says_who_sent_it_to_whom_and_which_way(tmp_path: Path, policy: Path) -> None:
    (tmp_path / "a.eml").write_bytes(TO_ALL)
    sent = ("--direction", "outbound", "--mail-from", "x@city.example")
    to = ("--rcpt-to", "y@elsewhere.example", "--rcpt-to", "z@city.example")
    (found,) = objects(run("--policy", policy, "--json", *sent, *to, tmp_path / "a.eml"))
    assert found["direction"] == {"y@elsewhere.example": "outbound", "z@city.example": "internal"}


def test_a_bounce_has_no_sender_whoever_wrote_it(tmp_path: Path) -> None:
    """Told from the addresses, what nobody of ours sent to one of ours would be inbound."""
    outside = TO_ONE.replace(b"ann.clerk@city.example", b"ann@elsewhere.example")
    (written,) = objects(run("--json", "-", given=outside))
    (bounced,) = objects(run("--json", "--mail-from", "<>", "-", given=outside))
    assert written["direction"] == {"bo.baker@city.example": "inbound"}
    assert bounced["direction"] == {"bo.baker@city.example": "internal"}


@pytest.mark.parametrize(
    ("direction", "recipient"),
    [("inbound", "postmaster@city.example"), ("outbound", "someone@elsewhere.example")],
)
def test_a_message_that_names_nobody_goes_to_somebody(
    tmp_path: Path, policy: Path, direction: str, recipient: str
) -> None:
    (found,) = objects(run("--policy", policy, "--json", "--direction", direction, "-", given=b"Subject: x\n\ny\n"))
    assert found["direction"] == {recipient: direction}


def test_a_configuration_brings_its_domains_policy_and_directory(tmp_path: Path, policy: Path) -> None:
    (tmp_path / "staff.csv").write_text("address,groups\nbo@town.example,crew@town.example\n")
    (tmp_path / "mailward.yaml").write_text(
        "domains: [town.example]\npolicy: policy\ndirectory: staff.csv\nworkers: 1\n"
        "listeners: [{name: a, kind: internal, next_hop: b}]\nnext_hops: [{name: b, maildir: mail}]\n"
    )
    sent = ("--mail-from", "ann@town.example", "--rcpt-to", "crew@town.example")
    (found,) = objects(run("-c", tmp_path / "mailward.yaml", "--json", *sent, "-", given=TO_ONE))
    assert (found["policy"], found["direction"]) == ("cake", {"crew@town.example": "internal"})


def test_it_runs_before_anything_is_configured() -> None:
    (found,) = objects(run("--json", "-", given=TO_ONE))
    assert found["policy"] == "city-baseline"
    assert found["direction"] == {"bo.baker@city.example": "internal"}


@pytest.mark.parametrize(
    "arguments",
    [("none.eml",), (), ("--rcpt-to", "nobody", "-"), ("--mail-from", "x", "-"), ("--direction", "up", "-")],
)
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")


def test_a_bad_policy_ends_with_1_and_its_fault(policy: Path) -> None:
    (policy / "policy.yaml").write_text("policy: cake\n")
    result = run("--policy", policy, "-", given=TO_ONE)
    assert result.exit_code == 1
    assert f"{policy}/policy.yaml:1:1: title: required, and missing" in result.stderr


def test_a_name_cannot_act_on_the_terminal(tmp_path: Path, policy: Path) -> None:
    path = tmp_path / "a\x1b]0;x\x07.eml"
    path.write_bytes(TO_ONE)
    result = run("--policy", policy, path)
    assert "\x1b" not in result.output and r"a\x1b]0;x\x07.eml" in result.stdout


@pytest.mark.parametrize("terminal", [True, False])
def test_the_bar_stands_on_standard_error_and_only_on_a_terminal(tmp_path: Path, policy: Path, terminal: bool) -> None:
    (tmp_path / "a.eml").write_bytes(TO_ONE)
    ours, theirs = pty.openpty()
    program = "from gateway.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", program, "inspect", "--json", "--policy", policy, tmp_path / "a.eml"],
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=theirs if terminal else subprocess.PIPE,
        check=True,
    )
    os.close(theirs)
    assert ended.stdout.startswith(b'{"path"') and ended.stdout.count(b"\n") == 1
    if terminal:
        assert b"judging" in os.read(ours, 4_096)
    else:
        assert ended.stderr == b""
    os.close(ours)


def test_a_folder_without_a_message_is_said(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.exit_code == 2 and "no message in" in result.output
