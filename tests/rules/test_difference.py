"""What changed between two policies is told in words, each change once."""

from pathlib import Path

import pytest

from rules.difference import difference
from rules.policy import load_policy
from rules.shipped import find_policy, shipped_policies

POLICY = """policy: ours
title: Ours
clauses:
  A-1: {ref: "1", enforce: gateway, says: No mail to everyone.}
  A-2: {ref: "2", enforce: outside, why: laptops}
rules:
  - use: organization-wide
    cites: [A-1]
    directions: [internal]
    parameters: {listservs: [l@list.example], share: 0.4}
    except: [{senders: [mayor@city.example], because: b, by: c, until: 2027-06-30}]
  - use: organization-wide
    cites: [A-1]
    directions: [outbound]
"""


def changes(folder: Path, *turns: tuple[str, str], more: str = "") -> list[str]:
    after = POLICY
    for old, new in turns:
        assert old in after
        after = after.replace(old, new, 1)
    policies = []
    for name, text in (("before", POLICY), ("after", after + more)):
        (folder / name).mkdir()
        (folder / name / "policy.yaml").write_text(text)
        policies.append(load_policy(folder / name / "policy.yaml"))
    return [str(change) for change in difference(*policies)]


@pytest.mark.parametrize("name", shipped_policies())
def test_a_policy_does_not_differ_from_itself(name: str) -> None:
    policy = load_policy(find_policy(name))
    assert difference(policy, policy) == ()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("title: Ours", "title: Theirs", "policy ours: title Ours → Theirs"),
        ("title: Ours", "title: Ours\ntimezone: America/Chicago", "policy ours: time zone UTC → America/Chicago"),
        ("why: laptops", "why: phones", "clause A-2: why laptops → phones"),
        ('  A-2: {ref: "2", enforce: outside, why: laptops}\n', "", "clause A-2: removed"),
        (
            "rules:\n",
            "not_inspected: {action: tag, cites: [A-1]}\nrules:\n",
            "not_inspected : action quarantine → tag",
        ),
        ("share: 0.4", "share: 0.5", "rule organization-wide (internal): share 0.4 → 0.5"),
        (
            "l@list.example",
            "m@list.example",
            "rule organization-wide (internal): listservs: m@list.example added",
        ),
        (
            "    except",
            "    status: observe\n    except",
            "rule organization-wide (internal): status enforce → observe",
        ),
        (
            "    except",
            '    active: {days: [monday], begins: "08:00"}\n    except',
            "rule organization-wide (internal): active always → days monday, begins 08:00:00",
        ),
        (
            "2027-06-30",
            "2027-07-31",
            "rule organization-wide (internal): exemption added: mayor@city.example to everyone until 2027-07-31: "
            "b (by c)",
        ),
    ],
)
def test_each_change_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert told in changes(tmp_path, (old, new))


def test_lists_tell_what_was_taken_away_too(tmp_path: Path) -> None:
    assert changes(tmp_path, ("[l@list.example]", "[]")) == [
        "rule organization-wide (internal): listservs: l@list.example removed"
    ]


def test_rules_that_come_and_go(tmp_path: Path) -> None:
    more = "  - {use: advocacy, cites: [A-1], action: tag}\n"
    assert changes(tmp_path, more=more) == ["rule advocacy: added: tag, enforce, inbound, outbound, internal, for A-1"]
    second = POLICY[POLICY.index("  - use: organization-wide\n    cites: [A-1]\n    directions: [outbound]") :]
    (tmp_path / "again").mkdir()
    assert changes(tmp_path / "again", (second, "")) == [
        "rule organization-wide (outbound): removed: quarantine, enforce, outbound, for A-1"
    ]
