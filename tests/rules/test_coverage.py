"""What serves each clause, and what is missing."""

from pathlib import Path

import pytest

from rules.coverage import Coverage, coverage_of
from rules.policy import load_policy
from rules.shipped import find_policy, library_rules, shipped_policies

POLICY = """policy: ours
title: Ours
clauses:
  A-1: {ref: "1", enforce: gateway, says: No mail to everyone.}
  A-2: {ref: "2", enforce: gateway, says: The mayor may.}
  A-3: {ref: "3", enforce: gateway, says: Nobody may.}
  A-4: {ref: "4", enforce: support, served_by: the digest}
  A-5: {ref: "5", enforce: support}
  A-6: {ref: "6", enforce: outside, why: laptops}
  A-7: {ref: "7", enforce: outside}
  A-8: {ref: "8", enforce: gateway}
not_inspected: {cites: [A-8]}
rules:
  - use: organization-wide
    cites: [A-1]
    except:
      - {senders: [mayor@city.example], because: speaks to all, by: council, until: 2099-01-01, cites: [A-2]}
"""


def cover(folder: Path, text: str) -> Coverage:
    (folder / "policy.yaml").write_text(text)
    return coverage_of(load_policy(folder / "policy.yaml", complete=False))


def test_each_clause_is_told_with_what_serves_it_or_what_is_missing(tmp_path: Path) -> None:
    gaps = {item.clause: item.gap for item in cover(tmp_path, POLICY).clauses}
    assert gaps == {
        "A-1": "",
        "A-2": "",
        "A-3": "no rule and no exemption cites it",
        "A-4": "",
        "A-5": "no feature is named that serves it (served_by)",
        "A-6": "",
        "A-7": "no reason is given why it lies outside mail (why)",
        "A-8": "",
    }


def test_an_exemption_that_cites_a_clause_is_named_with_its_reason(tmp_path: Path) -> None:
    (_, second, *_) = cover(tmp_path, POLICY).clauses
    assert [(item.rule, item.exemption) for item in second.rules] == [("organization-wide", "speaks to all")]


def test_a_rule_that_cites_nothing_is_a_gap(tmp_path: Path) -> None:
    found = cover(tmp_path, POLICY + "  - use: advocacy\n    cites: []\n")
    assert found.citing_nothing == ("advocacy",)
    assert "advocacy: the rule cites no clause" in found.gaps


def test_a_rule_without_samples_enforces_nothing_that_was_ever_tried(tmp_path: Path) -> None:
    folder = tmp_path / "rules" / "bare"
    folder.mkdir(parents=True)
    (folder / "rule.yaml").write_text("rule: bare\ntitle: Bare\ndetector: advocacy\naction: tag\n")
    found = cover(tmp_path, POLICY + "  - use: bare\n    cites: [A-3]\n")
    assert "A-3: no sample that matches, or none that passes: bare" in found.gaps


def test_rules_of_the_library_that_are_not_used_are_told(tmp_path: Path) -> None:
    assert set(cover(tmp_path, POLICY).unused) == set(library_rules()) - {"organization-wide"}


@pytest.mark.parametrize("name", shipped_policies())
def test_no_policy_that_ships_has_a_gap(name: str) -> None:
    assert coverage_of(load_policy(find_policy(name))).gaps == ()
