"""What each rule did and what became of it, and exemptions that somebody should look at."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from quarantine.digest import collect
from quarantine.item import Entry, Outcome, Period, Trial
from quarantine.release import Order
from quarantine.statistics import USED_WITHIN, RuleStatistics, exemption_statistics, rule_statistics
from rules.policy import Policy, load_policy

POLICY = """policy: ours
title: Ours
clauses: {C-1: {ref: "1", enforce: gateway, says: No.}}
rules:
  - use: chain-letter
    cites: [C-1]
    except:
      - {senders: [a@city.example], because: used, by: it, until: 2027-06-30}
      - {senders: [b@city.example], because: idle, by: it, until: 2027-06-30}
      - {senders: [c@city.example], because: ending, by: it, until: 2026-12-10}
      - {senders: [d@city.example], because: over, by: it, until: 2026-11-01}
  - use: advocacy
    cites: [C-1]
"""


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    (tmp_path / "policy.yaml").write_text(POLICY)
    return load_policy(tmp_path / "policy.yaml")


def a_trial(keeping, trial, outcome=Outcome.RELAYED):
    return Entry(
        at=keeping.clock(), transaction="t", listener="edge", reverse_path="", recipient="p@city.example",
        outcome=outcome, observed=(trial,),
    )  # fmt: skip


def statistics(keeping, policy) -> dict[str, RuleStatistics]:
    period = Period(start=keeping.clock() - timedelta(days=1), end=keeping.clock() + timedelta(days=1))
    return {item.rule: item for item in rule_statistics(keeping.store, period, policy)}


def test_held_copies_are_told_by_what_became_of_them(keeping, release, policy):
    item = keeping.hold("ann@city.example", "bob@city.example", "cy@city.example", body=b"1\r\n")
    other = keeping.hold("ann@city.example", body=b"2\r\n")
    release.release(item.id, Order(by="carl", reason="asked for", recipients=("bob@city.example",)))
    keeping.store.quarantine.delete([other.id], by="dora", reason="advertising")
    found = statistics(keeping, policy)["chain-letter"]
    assert (found.held, found.released, found.deleted, found.expired, found.waiting) == (4, 1, 1, 0, 2)
    assert found.false_alarms == 0.5 and not found.idle


def test_what_an_approver_let_go_is_no_false_alarm(keeping, release, policy, judgement_of):
    judged = judgement_of("ann@city.example")
    verdicts = tuple(
        replace(one, findings=tuple(replace(found, approver="clerk@city.example") for found in one.findings))
        for one in judged.verdicts
    )
    asked = keeping.hold("ann@city.example", judgement=replace(judged, verdicts=verdicts))
    release.release(asked.id, Order(by="carl", reason="by telephone", approved_by="clerk@city.example"))
    found = statistics(keeping, policy)["chain-letter"]
    assert (found.released, found.approved, found.false_alarms) == (1, 1, None)
    other = keeping.hold("ann@city.example", body=b"2\r\n")
    release.release(other.id, Order(by="carl", reason="asked for"))
    found = statistics(keeping, policy)["chain-letter"]
    assert (found.released, found.approved, found.false_alarms) == (2, 1, 1.0)


def test_nobody_decided_is_no_measure(keeping, policy):
    keeping.hold("ann@city.example")
    assert statistics(keeping, policy)["chain-letter"].false_alarms is None


def test_tagged_observed_and_let_off_copies_are_told_apart(keeping, policy):
    key = policy.rules[0].exemptions[0].key
    tagged = replace(a_trial(keeping, None, Outcome.TAGGED), observed=(), rules=("advocacy",))
    keeping.store.ledger.note(
        "t",
        [
            tagged,
            a_trial(keeping, Trial(rule="advocacy", cites=("C-1",))),
            a_trial(keeping, Trial(rule="chain-letter", cites=(), exemption=key)),
            a_trial(keeping, Trial(rule="chain-letter", cites=(), exemption=key), Outcome.DEFERRED),  # comes again
        ],
    )
    keeping.store.ledger.flush()
    found = statistics(keeping, policy)
    assert (found["advocacy"].tagged, found["advocacy"].observed, found["advocacy"].let_off) == (1, 1, 0)
    assert (found["chain-letter"].observed, found["chain-letter"].let_off) == (0, 1)


def test_rules_that_never_spoke_and_those_that_are_gone_are_there(keeping, policy):
    keeping.hold("ann@city.example", judgement=None)
    bare = replace(policy, rules=policy.rules[1:])
    found = statistics(keeping, bare)
    assert found["advocacy"].idle and not found["chain-letter"].idle
    assert next(iter(found)) == "advocacy"


def test_exemptions_are_told_by_what_they_were_good_for(keeping, policy):
    used = Trial(rule="chain-letter", cites=(), exemption=policy.rules[0].exemptions[0].key)
    keeping.store.ledger.note("t", [a_trial(keeping, used), a_trial(keeping, used)])
    keeping.store.ledger.flush()
    now = keeping.clock() + timedelta(minutes=1)
    found = {item.because: item for item in exemption_statistics(keeping.store, now, policy)}
    assert (found["used"].let_off, found["used"].note) == (2, "")
    assert found["used"].whom == "a@city.example to everyone"
    assert found["idle"].note == "was not used in 30 days"
    assert found["ending"].note == "is about to end, and was not used in 30 days"
    assert found["over"].note == "is over"
    later = {item.because: item for item in exemption_statistics(keeping.store, now + USED_WITHIN, policy)}
    assert later["used"].let_off == 0


def test_the_digest_names_exemptions_to_look_after(keeping, policy):
    period = Period(start=keeping.clock() - timedelta(days=1), end=keeping.clock())
    assert [line.because for line in collect(keeping.store, period, policy).exemptions] == [
        "used",
        "idle",
        "ending",
        "over",
    ]
    assert collect(keeping.store, period).exemptions == ()


def test_an_exemption_is_not_counted_as_a_rule_on_trial(keeping, policy):
    key = policy.rules[0].exemptions[0].key
    keeping.store.ledger.note("t", [a_trial(keeping, Trial(rule="chain-letter", cites=(), exemption=key))])
    keeping.store.ledger.flush()
    period = Period(start=keeping.clock() - timedelta(days=1), end=keeping.clock() + timedelta(days=1))
    digest = collect(keeping.store, period)
    assert (digest.observed, digest.totals.relayed) == ((), 1)
