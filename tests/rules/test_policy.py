"""A policy file compiled: what it says is what is judged, and what it should not say is refused with its place."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rules.detectors import BY_NAME, DETECTORS
from rules.finding import Action
from rules.policy import Policy, load_policy, load_rule, policy_of_rule
from rules.policy_file import RuleClass, Status
from rules.shipped import LIBRARY, find_policy, library_rules, shipped_policies
from rules.transaction import Direction
from rules.yaml_nodes import DocumentError

BAD = Path(__file__).parents[1] / "bad_configs"

POLICY = """
policy: example
title: An example
clauses:
  A-1: {ref: "1", enforce: gateway}
rules:
  - use: organization-wide
    cites: [A-1]
"""


def load(folder: Path, text: str) -> Policy:
    (folder / "policy.yaml").write_text(text)
    return load_policy(folder / "policy.yaml")


def own_rule(folder: Path, text: str, name: str = "own") -> None:
    (folder / "rules" / name).mkdir(parents=True)
    (folder / "rules" / name / "rule.yaml").write_text(text)


@pytest.mark.parametrize("path", sorted(BAD.glob("policy-*.yaml")), ids=lambda path: path.stem)
def test_a_bad_policy_is_refused_with_place_and_what_was_expected(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    with pytest.raises(DocumentError) as refused:
        load_policy(Path(path.name))
    expected = path.with_suffix(".expected").read_text().rstrip("\n")
    assert str(refused.value).startswith(expected.removesuffix("…"))
    assert expected.endswith("…") or str(refused.value) == expected


@pytest.mark.parametrize("name", shipped_policies())
def test_every_shipped_policy_loads(name: str) -> None:
    policy = load_policy(find_policy(name))
    assert policy.name == name
    assert policy.not_inspected.action is Action.QUARANTINE
    assert all(clause.says for clause in policy.clauses.values() if clause.enforce == "gateway")


@pytest.mark.parametrize("name", library_rules())
def test_every_rule_of_the_library_loads(name: str) -> None:
    rule = load_rule(LIBRARY / name)
    assert (rule.name, rule.directions, rule.status) == (name, tuple(Direction), Status.ENFORCE)
    assert policy_of_rule(rule).probes


def test_what_a_use_leaves_out_is_the_rules_own(tmp_path: Path) -> None:
    rule = load(tmp_path, POLICY).rules[0]
    assert (rule.action, rule.kind, rule.status) == (Action.QUARANTINE, RuleClass.SECURITY, Status.ENFORCE)
    assert rule.directions == tuple(Direction)
    assert rule.cites == ("A-1",)


def test_a_use_writes_over_the_rule(tmp_path: Path) -> None:
    text = POLICY + "    action: tag\n    status: observe\n    directions: [internal]\n    parameters: {share: 0.9}\n"
    rule = load(tmp_path, text).rules[0]
    assert (rule.action, rule.status, rule.directions) == (Action.TAG, Status.OBSERVE, (Direction.INTERNAL,))
    assert rule.when.parameters.share == 0.9


def test_a_rule_beside_the_policy_stands_before_the_library(tmp_path: Path) -> None:
    own_rule(
        tmp_path,
        "rule: organization-wide\ntitle: Ours\ndetector: organization_wide\naction: tag\nparameters: {minimum: 5}\n",
        "organization-wide",
    )
    rule = load(tmp_path, POLICY).rules[0]
    assert (rule.title, rule.action, rule.kind) == ("Ours", Action.TAG, RuleClass.SECURITY)
    assert rule.when.parameters.minimum == 5
    assert load(tmp_path, POLICY + "    parameters: {minimum: 7}\n").rules[0].when.parameters.minimum == 7


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("detector: organisation_wide\naction: tag\n", "3:11: detector: a detector, not 'organisation_wide'"),
        ("detector: organization_wide\naction: tag\nparameters: {minimum: x}\n", "5:23: parameters.minimum: a valid"),
        ("detector: organization_wide\naction: tag\nparameters: {mini: 1}\n", "5:14: parameters.mini: unknown param"),
        ("detector: organization_wide\naction: tag\nunless: nothing\n", "5:9: unless: a detector, not 'nothing'"),
        ("detector: organization_wide\naction: tag\nclass: strict\n", "5:8: class: 'security' or 'conduct', not"),
        ("detector: organization_wide\n", "1:1: action: required, and missing"),
    ],
)
def test_a_fault_of_a_rule_file_names_the_rule_file(tmp_path: Path, line: str, expected: str) -> None:
    own_rule(tmp_path, f"rule: own\ntitle: Ours\n{line}")
    with pytest.raises(DocumentError) as refused:
        load(tmp_path, POLICY.replace("organization-wide", "own"))
    assert str(refused.value).startswith(f"{tmp_path}/rules/own/rule.yaml:{expected}")


def test_a_rule_is_named_as_its_folder(tmp_path: Path) -> None:
    own_rule(tmp_path, "rule: other\ntitle: Ours\ndetector: organization_wide\naction: tag\n")
    with pytest.raises(DocumentError, match="rule: own, the name of its folder"):
        load(tmp_path, POLICY.replace("organization-wide", "own"))


@pytest.mark.parametrize(("value", "refused"), [("7", True), ("-1", True), ("0", True), ("0.01", False), ("1", False)])
@pytest.mark.parametrize("rule", ["chain-letter", "impersonation"])
def test_a_threshold_that_switches_the_rule_off_is_refused(
    rule: str, value: str, refused: bool, tmp_path: Path
) -> None:
    text = POLICY.replace("organization-wide", rule) + f"    parameters: {{threshold: {value}}}\n"
    if not refused:
        load(tmp_path, text)
        return
    with pytest.raises(DocumentError, match=r"threshold: (greater|less) than"):
        load(tmp_path, text)


@pytest.mark.parametrize("value", [".5", ".nan", "0x1", "1e"])
def test_a_parameter_that_looks_like_a_number_is_answered_with_one(value: str, tmp_path: Path) -> None:
    text = POLICY.replace("organization-wide", "chain-letter") + f"    parameters: {{threshold: {value}}}\n"
    with pytest.raises(DocumentError) as refused:
        load(tmp_path, text)
    assert ("threshold: a number such as 0.5" in str(refused.value)) is (value != "1e")


def test_the_faults_of_all_rules_are_told_at_once(tmp_path: Path) -> None:
    text = POLICY + "  - use: none\n    cites: [A-1]\n  - use: nothing\n    cites: [A-3]\n"
    with pytest.raises(DocumentError) as refused:
        load(tmp_path, text)
    assert [fault.line for fault in refused.value.faults] == [9, 11, 12]


def test_every_detector_runs_whether_a_rule_uses_it_or_not(tmp_path: Path) -> None:
    policy = load(tmp_path, POLICY + POLICY.split("rules:\n")[1])
    assert sorted(probe.detector for probe in policy.probes) == sorted(BY_NAME)


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.name)
def test_every_detector_can_do_without_parameters_and_refuses_those_it_does_not_know(
    tmp_path: Path, detector: object
) -> None:
    name = detector.name  # type: ignore[attr-defined]
    own_rule(tmp_path, f"rule: own\ntitle: Ours\ndetector: {name}\naction: tag\n")
    policy = load(tmp_path, POLICY.replace("organization-wide", "own"))
    assert policy.rules[0].when.parameters == detector.parameters()  # type: ignore[attr-defined]
    with pytest.raises(DocumentError, match="unknown parameter"):
        load(tmp_path, POLICY.replace("organization-wide", "own") + "    parameters: {no_such_thing: 1}\n")


# The hash names everything that can change a verdict


@pytest.mark.parametrize(
    "more", ["    action: tag\n", "    directions: [internal]\n", "    parameters: {share: 0.9}\n"]
)
def test_a_change_of_the_policy_changes_its_hash(tmp_path: Path, more: str) -> None:
    assert load(tmp_path, POLICY).hash != load(tmp_path, POLICY + more).hash


def test_a_change_of_a_rule_file_changes_the_hash(tmp_path: Path) -> None:
    text = "rule: own\ntitle: Ours\ndetector: organization_wide\naction: tag\n"
    own_rule(tmp_path, text)
    before = load(tmp_path, POLICY.replace("organization-wide", "own")).hash
    (tmp_path / "rules" / "own" / "rule.yaml").write_text(text + "parameters: {minimum: 3}\n")
    assert load(tmp_path, POLICY.replace("organization-wide", "own")).hash != before


def test_a_changed_weight_of_a_detector_changes_the_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    detector = BY_NAME["fundraising"]
    assert detector.data is not None
    weights = tmp_path / "weights.yaml"
    weights.write_bytes(detector.data.read_bytes())
    monkeypatch.setitem(BY_NAME, "fundraising", replace(detector, data=weights))
    policy = find_policy("city-baseline")
    before = load_policy(policy).hash
    weights.write_text(re.sub(r"weight: [\d.]+", "weight: 99.5", weights.read_text(), count=1))
    assert load_policy(policy).hash != before


def test_a_comment_does_not_change_the_hash(tmp_path: Path) -> None:
    assert load(tmp_path, POLICY).hash == load(tmp_path, "# reviewed\n" + POLICY).hash


def test_the_hash_is_the_same_in_every_process() -> None:
    """Sets would be printed in an order of their own in each."""
    program = """from rules.policy import load_policy
from rules.shipped import find_policy
print(load_policy(find_policy('city-baseline')).hash)"""
    hashes = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(hashes) == 1


# Where a policy is looked for


def test_a_policy_is_found_by_name_by_folder_and_by_file(tmp_path: Path) -> None:
    load(tmp_path, POLICY)
    assert find_policy("city-baseline").is_file()
    assert find_policy(str(tmp_path)) == tmp_path / "policy.yaml"
    assert find_policy(tmp_path.name, tmp_path.parent) == tmp_path / "policy.yaml"
    assert find_policy(str(tmp_path / "policy.yaml")) == tmp_path / "policy.yaml"


def test_who_has_to_approve_is_an_address(tmp_path: Path) -> None:
    policy = load(tmp_path, POLICY + "    approver: Manager@city.example\n")
    assert policy.rules[0].approver == "Manager@city.example"
    with pytest.raises(DocumentError, match=r"policy\.yaml:9:15: rules\.0\.approver: an address such as"):
        load(tmp_path, POLICY + "    approver: the manager\n")
