"""Rules that came near are told with their score, their threshold and the passages that counted."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.cli.near import evidence_line
from rules.finding import Evidence

POLICY = """policy: ours
title: Ours
clauses: {C-1: {ref: "1", enforce: gateway, says: No.}}
rules:
  - use: fundraising
    cites: [C-1]
    directions: [%s]
    parameters: {threshold: %s}
%s"""
MAIL = (
    "From: ann@city.example\nTo: bo@elsewhere.example\nSubject: my run\n\n"
    "Please sponsor me in the charity run, every donation helps. You can donate at my page, any amount is welcome.\n"
)


def inspect(
    folder: Path, *options: str, direction: str = "outbound", threshold: float = 0.9999, more: str = ""
) -> Result:
    (folder / "policy.yaml").write_text(POLICY % (direction, threshold, more))
    (folder / "a.eml").write_text(MAIL)
    return CliRunner().invoke(main, ["inspect", "--policy", str(folder), *options, str(folder / "a.eml")])


def test_a_near_rule_is_told_with_its_score_its_threshold_and_what_counted(tmp_path: Path) -> None:
    output = inspect(tmp_path).stdout
    (line,) = [line for line in output.splitlines() if "near: fundraising" in line]
    assert " of 0.9999: " in line and "asks for" in line
    assert "»" in output and "+" in output.partition("near: fundraising")[2].partition("[")[2]


def test_a_rule_that_fires_is_not_near(tmp_path: Path) -> None:
    output = inspect(tmp_path, threshold=0.5).stdout
    assert "fundraising: quarantine" in output and "near: fundraising" not in output
    assert "[asks for a gift +" in output and " of 0.5 needed" in output


def test_a_rule_that_needs_more_of_them_says_how_many(tmp_path: Path) -> None:
    policy = POLICY.replace("fundraising", "personal-information").replace("threshold: %s", "minimum: 3")
    (tmp_path / "policy.yaml").write_text(policy % ("outbound", ""))
    (tmp_path / "a.eml").write_text(MAIL + "My social security number is 219-09-9998.\n")
    result = CliRunner().invoke(main, ["inspect", "--policy", str(tmp_path), str(tmp_path / "a.eml")])
    assert "near: personal-information: fewer than 3: 1 × social security number" in result.stdout


def test_a_rule_that_no_copy_concerns_is_not_near(tmp_path: Path) -> None:
    assert "near: fundraising" not in inspect(tmp_path, direction="inbound").stdout


def test_json_has_near_rules_signals_and_who_was_let_off(tmp_path: Path) -> None:
    near = json.loads(inspect(tmp_path, "--json").stdout)
    (item,) = near["near"]
    assert (item["rule"], item["threshold"]) == ("fundraising", 0.9999)
    evidence = near["observations"][item["observation"]]["evidence"]
    assert any(piece["signal"] and piece["mark"] for piece in evidence)
    exempt = "    except: [{senders: [ann@city.example], because: b, by: c, until: 2099-01-01}]\n"
    off = json.loads(inspect(tmp_path, "--json", threshold=0.5, more=exempt).stdout)
    (let_off,) = off["verdicts"][0]["let_off"]
    assert (let_off["rule"], let_off["because"], let_off["until"]) == ("fundraising", "b", "2099-01-01")


@pytest.mark.parametrize(
    ("evidence", "line"),
    [
        (Evidence(part="1", text="a gift", mark=(2, 6), signal="asks +3.0"), "1: a »gift«  [asks +3.0]"),
        (Evidence(part="", text="a\x1b"), "a\\x1b"),
    ],
)
def test_a_passage_is_marked_and_escaped(evidence: Evidence, line: str) -> None:
    assert evidence_line(evidence, terminal=False) == line
