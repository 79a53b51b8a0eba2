"""`mailward policy coverage`: the table, the JSON, and the exit code of a gap."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from gateway.cli import main

POLICY = """policy: ours
title: Ours
clauses:
  C-1: {ref: "1", enforce: gateway, says: No mail to everyone.}
  C-2: {ref: "2", enforce: %s}
rules:
  - use: organization-wide
    cites: [C-1]
    directions: [internal]
"""
NOBODY = "organization-wide holds until somebody permits it, and names no `approver`: whoever may release decides\n"


def run(folder: Path, enforce: str, *options: str) -> Result:
    (folder / "policy.yaml").write_text(POLICY % enforce)
    return CliRunner().invoke(main, ["policy", "coverage", *options, str(folder)])


def test_each_clause_is_a_line_with_its_rule_or_its_reason(tmp_path: Path) -> None:
    result = run(tmp_path, "outside, why: laptops")
    lines = result.stdout.splitlines()
    assert result.exit_code == 0, result.output
    assert lines[3].startswith("C-1     1    gateway  organization-wide (quarantine; internal; 2+")
    assert lines[4] == "C-2     2    outside  laptops"


def test_a_gap_fails_and_is_named(tmp_path: Path) -> None:
    result = run(tmp_path, "gateway")
    assert (result.exit_code, result.stderr) == (1, f"{NOBODY}C-2: no rule and no exemption cites it\n1 gap\n")
    assert "C-2     2    gateway  GAP: no rule and no exemption cites it" in result.stdout


def test_json_is_one_object_a_clause(tmp_path: Path) -> None:
    result = run(tmp_path, "support, served_by: the digest", "--json")
    first, second = map(json.loads, result.stdout.splitlines())
    assert (first["clause"], first["rules"][0]["rule"], first["gap"]) == ("C-1", "organization-wide", "")
    assert (second["enforce"], second["served_by"], second["rules"]) == ("support", "the digest", [])


def test_who_permits_mail_to_everybody_is_told(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY % "outside, why: laptops" + "    approver: manager@city.example\n")
    result = CliRunner().invoke(main, ["policy", "coverage", str(tmp_path)])
    assert (result.exit_code, result.stderr) == (0, "")
    assert "; approver manager@city.example)" in result.stdout
