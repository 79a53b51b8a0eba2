"""`mailward policy`: lists, shows, checks and tests, with every fault at its place."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from rules.shipped import find_policy, library_rules, shipped_policies

POLICY = """policy: ours
title: Ours
clauses:
  C-1: {ref: "1", enforce: gateway, says: No mail to everyone.}
rules:
  - use: organization-wide
    cites: [C-1]
"""
EXCEPT = "    except: [{because: b, by: c, until: %s%s}]\n"
MAYOR = ", senders: [mayor@city.example]"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["policy", *map(str, arguments)])


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    (tmp_path / "policy.yaml").write_text(POLICY)
    return tmp_path


def test_the_shipped_policies_are_listed() -> None:
    assert [json.loads(line)["policy"] for line in run("list", "--json").stdout.splitlines()] == list(
        shipped_policies()
    )
    assert "city-baseline" in run("list").stdout


def test_the_rules_of_the_library_are_listed() -> None:
    lines = run("list", "--rules", "--json").stdout.splitlines()
    assert [json.loads(line)["rule"] for line in lines] == list(library_rules())


def test_a_policy_is_shown_with_its_clauses_and_exemptions(ours: Path) -> None:
    with (ours / "policy.yaml").open("a") as file:
        file.write("    directions: [internal]\n    status: observe\n" + EXCEPT % ("2999-01-01", MAYOR))
    lines = run("show", ours).stdout.splitlines()
    assert lines[2:] == [
        "organization-wide: quarantine (observe); internal",
        "    C-1 (clause 1): No mail to everyone.",
        "    except mayor@city.example to everyone until 2999-01-01: b (by c)",
    ]
    (rule,) = [json.loads(line) for line in run("show", ours, "--json").stdout.splitlines()]
    assert (rule["rule"], rule["cites"], rule["status"], rule["exemptions"]) == (
        "organization-wide",
        ["C-1"],
        "observe",
        1,
    )


def test_who_decides_and_what_was_set_is_shown(ours: Path) -> None:
    with (ours / "policy.yaml").open("a") as file:
        file.write("    approver: clerk@city.example\n    parameters: {share: 0.2, minimum: 20}\n")
    lines = run("show", ours).stdout.splitlines()
    assert lines[2].endswith("; clerk@city.example decides") and lines[4:] == ["    with share: 0.2"]
    (rule,) = [json.loads(line) for line in run("show", ours, "--json").stdout.splitlines()]
    assert (rule["approver"], rule["parameters"]) == ("clerk@city.example", ["share: 0.2"])


def test_the_hours_of_a_rule_are_shown(ours: Path) -> None:
    with (ours / "policy.yaml").open("a") as file:
        file.write('    active: {days: [monday], begins: "08:00"}\n')
    assert "; active days monday, begins 08:00:00" in run("show", ours).stdout
    assert json.loads(run("show", "--json", ours).stdout)["active"] == "days monday, begins 08:00:00"


def test_without_a_path_the_policy_in_force_is_shown(ours: Path) -> None:
    (ours / "mailward.yaml").write_text(
        "domains: [city.example]\npolicy: .\nlisteners: [{name: a, kind: internal, next_hop: b}]\n"
        "next_hops: [{name: b, maildir: mail}]\n"
    )
    assert run("show", "-c", ours / "mailward.yaml").stdout.startswith("Ours (ours), ")
    assert run("show").stdout.startswith("City baseline (city-baseline), ")


def test_a_sound_policy_is_checked_without_a_word_of_complaint(ours: Path) -> None:
    result = run("check", "--strict", ours)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(f"{ours}/policy.yaml: ours, 1 rule, ")


def test_without_a_path_every_shipped_policy_is_checked() -> None:
    result = run("check", "--strict")
    assert (result.exit_code, result.stdout.count("\n")) == (0, len(shipped_policies()))


def test_every_fault_is_told_with_its_place(ours: Path) -> None:
    (ours / "policy.yaml").write_text(POLICY.replace("[C-1]", "[C-2]"))
    result = run("check", ours)
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"{ours}/policy.yaml:4:8: clauses.C-1: a rule that cites it, for the gateway is to enforce it",
        f"{ours}/policy.yaml:7:13: rules.0.cites.0: a clause of this policy, not 'C-2'",
        "2 faults",
    ]


@pytest.mark.parametrize(
    ("more", "warning"),
    [
        (EXCEPT % ("2020-06-30", MAYOR), "8:41: rules.0.except.0.until: a day to come; it ended on 2020-06-30"),
        (
            "not_inspected:\n  cites: [C-1]\n" + EXCEPT[2:] % ("2020-06-30", MAYOR),
            "10:39: not_inspected.except.0.until: a day to come; it ended on 2020-06-30",
        ),
        (EXCEPT % ("2999-06-30", ""), "8:14: rules.0.except.0: senders or recipients; this lets everybody off"),
    ],
)
def test_what_is_seldom_meant_is_a_warning_and_a_fault_under_strict(ours: Path, more: str, warning: str) -> None:
    with (ours / "policy.yaml").open("a") as file:
        file.write(more)
    lenient, strict = run("check", ours), run("check", "--strict", ours)
    assert lenient.exit_code == 0 and strict.exit_code == 1
    assert f"{ours}/policy.yaml:{warning} (warning)" in lenient.stderr.splitlines()
    assert lenient.stderr in strict.stderr


def test_clauses_should_say_something(ours: Path) -> None:
    silent = POLICY.replace(", says: No mail to everyone.", "")
    (ours / "policy.yaml").write_text(silent.replace("rules:", '  C-2: {ref: "2", enforce: outside}\nrules:'))
    warnings = run("check", ours).stderr
    assert "clauses.C-1: says: what a finding is to show (warning)" in warnings
    assert "clauses.C-2: why: the reason that mail does not show it (warning)" in warnings


@pytest.mark.parametrize("command", ["check", "show", "test"])
def test_a_path_that_leads_nowhere_is_wrong_usage(command: str) -> None:
    result = run(command, "nowhere")
    assert (result.exit_code, result.stderr) == (2, "nowhere: no shipped policy, and no folder with policy.yaml\n")


def test_the_samples_of_a_policy_are_run_with_its_parameters(ours: Path) -> None:
    result = run("test", ours)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("1 rule, ")
    with (ours / "policy.yaml").open("a") as file:
        file.write("    parameters: {all_staff: [], minimum: 100000, minimum_without_staff_list: 100000}\n")
    deaf = run("test", ours)
    assert deaf.exit_code == 1
    assert "expected organization-wide to fire, but it did not" in deaf.stderr
    assert deaf.stderr.splitlines()[-1].endswith("faults")


def test_the_shipped_policy_with_ones_own_disclaimer_keeps_its_samples(ours: Path) -> None:
    text = find_policy("city-baseline").read_text()
    first = text.index("The opinions expressed")
    end = text.index("City of Stamford.", first) + len("City of Stamford.")
    words = "What I write here is my own view and not that of the Town of Harlow or its council."
    (ours / "policy.yaml").write_text(text[:first] + words + text[end:])
    result = run("test", ours)
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_fault_of_a_sample_is_told_once_however_often_its_rule_is_used(ours: Path) -> None:
    folder = ours / "rules" / "bare"
    folder.mkdir(parents=True)
    (folder / "rule.yaml").write_text("rule: bare\ntitle: Bare\ndetector: organization_wide\naction: tag\n")
    with (ours / "policy.yaml").open("a") as file:
        file.write("  - {use: bare, cites: [C-1]}\n  - {use: bare, cites: [C-1]}\n")
    result = run("test", ours)
    assert result.stderr.splitlines() == [
        f"{folder}:1:1: bare: at least one sample quarantine-*.eml or tag-*.eml",
        f"{folder}:1:1: bare: at least one sample pass-*.eml",
        "2 faults",
    ]


def test_check_tells_scripts_each_policy_with_its_faults(ours: Path) -> None:
    sound = run("check", "--json", ours)
    found = json.loads(sound.stdout)
    assert (sound.exit_code, found["policy"], found["rules"], found["faults"]) == (0, "ours", 1, [])
    (ours / "policy.yaml").write_text(POLICY.replace("cites: [C-1]", "cites: [C-2]"))
    bad = run("check", "--json", ours)
    found = json.loads(bad.stdout)
    assert (bad.exit_code, found["policy"], [one["line"] for one in found["faults"]]) == (1, None, [4, 7])


def test_test_tells_scripts_each_rule_with_its_faults(ours: Path) -> None:
    sound = run("test", "--json", ours)
    found = json.loads(sound.stdout)
    assert (sound.exit_code, found["rule"], found["samples"] > 2, found["faults"]) == (0, "organization-wide", True, [])
    with (ours / "policy.yaml").open("a") as file:
        file.write("    parameters: {all_staff: [], minimum: 100000, minimum_without_staff_list: 100000}\n")
    deaf = run("test", "--json", ours)
    assert deaf.exit_code == 1
    assert json.loads(deaf.stdout)["faults"][0]["expected"] == "expected organization-wide to fire, but it did not"
