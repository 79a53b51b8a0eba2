"""Stored facts give the verdicts that the mail was given, or those of another threshold; and they hold no text."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rules.address import Address
from rules.directory import Directory
from rules.document import from_json, to_json
from rules.facts import Reason, Unread
from rules.finding import Action
from rules.inspection import inspect
from rules.message import Message
from rules.policy import Policy, load_policy
from rules.samples import filled, samples_of
from rules.shipped import LIBRARY, find_policy
from rules.stored import Asked, Rejudging, Seen, StoredFact, asked_by, stored_fact, stored_probe
from rules.transaction import Client, Direction, Envelope, ListenerKind, Recipient, Transaction
from rules.verdict import Inspected, Judgement

CITY = Directory(domains=frozenset({"city.example"}))
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TO = (Address(local="bo", domain="elsewhere.example"), Address(local="cy", domain="city.example"))


@pytest.fixture(scope="module")
def baseline() -> Policy:
    return load_policy(find_policy("city-baseline"))


def transaction(octets: bytes) -> Transaction:
    return Transaction(
        id="t1",
        received=NOW,
        listener="l",
        kind=ListenerKind.INTERNAL,
        direction=None,
        client=Client(address="127.0.0.1", name="x"),
        envelope=Envelope(
            reverse_path=Address(local="ann.clerk", domain="city.example"),
            recipients=tuple(Recipient(address=address) for address in TO),
        ),
        message=Message(octets.replace(b"\n", b"\r\n")),
    )


def judged(octets: bytes, policy: Policy) -> tuple[Judgement, StoredFact]:
    one = transaction(octets)
    judgement = inspect(one, CITY, policy)
    fact = stored_fact(one, judgement)
    assert fact is not None
    return judgement, fact


def changed(folder: Path, *turns: tuple[str, str]) -> Policy:
    text = find_policy("city-baseline").read_text()
    for old, new in turns:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "policy.yaml").write_text(text)
    return load_policy(folder / "policy.yaml")


FUNDS = (  # what scores less than 1, so that a threshold fits above it
    b"From: ann.clerk@city.example\nSubject: Run\n\nPlease sponsor me for the charity run on Sunday.\n"
)


@pytest.mark.parametrize("rule", ["fundraising", "personal-information", "opinion-disclaimer", "executable-attachment"])
def test_the_same_policy_gives_the_same_verdicts(baseline: Policy, rule: str) -> None:
    used = next(item for item in baseline.rules if item.name == rule)
    for path, _ in samples_of(LIBRARY / rule):
        judgement, fact = judged(filled(path.read_bytes(), used), baseline)
        again = Rejudging(asked_by(baseline), baseline).judge(fact)
        assert [(item.recipient, item.action) for item in again.verdicts] == [
            (item.recipient, item.action) for item in judgement.verdicts
        ]
        assert [{f.rule for f in item.findings} for item in again.verdicts] == [
            {f.rule for f in item.findings} for item in judgement.verdicts
        ]


def test_no_word_of_the_message_is_kept(baseline: Policy) -> None:
    _, fact = judged(FUNDS, baseline)
    text = to_json(fact, StoredFact)
    assert b"bo@elsewhere.example" in text
    assert not any(word in text for word in (b"Run", b"charity", b"Sunday", b"sponsor"))


def test_another_threshold_can_be_told(baseline: Policy, tmp_path: Path) -> None:
    (tmp_path / "deaf").mkdir()
    _, fact = judged(FUNDS, baseline)
    score = max(seen.score for seen in fact.seen if baseline.probes[seen.probe].detector == "fundraising")
    lower = changed(tmp_path, ("sponsored: [] ", f"threshold: {score}\n      sponsored: [] "))
    above = changed(tmp_path / "deaf", ("sponsored: [] ", f"threshold: {score + 0.001}\n      sponsored: [] "))
    actions = [Rejudging(asked_by(baseline), policy).judge(fact).verdicts[0].action for policy in (lower, above)]
    assert actions == [Action.QUARANTINE, Action.PASS]


def test_what_is_asked_otherwise_cannot_be_told_and_is_named(baseline: Policy, tmp_path: Path) -> None:
    candidate = changed(tmp_path, ("sponsored: [] ", "sponsored: [The Run] "))
    _, fact = judged(FUNDS, baseline)
    rejudging = Rejudging(asked_by(baseline), candidate)
    assert rejudging.untold == {"fundraising"}
    assert rejudging.judge(fact).verdicts[0].action is Action.PASS
    assert (
        Rejudging(asked_by(baseline), baseline, without=frozenset({"fundraising"})).judge(fact).verdicts[0].action
        is Action.PASS
    )


def test_directions_actions_and_exemptions_are_the_candidates(baseline: Policy, tmp_path: Path) -> None:
    old = "  - use: fundraising\n    cites: [ATU-C5c]\n    directions: [outbound, internal]\n    action: quarantine\n"
    new = old.replace("outbound, internal", "internal").replace("action: quarantine", "action: tag")
    _, fact = judged(FUNDS, baseline)
    judgement = Rejudging(asked_by(baseline), changed(tmp_path, (old, new))).judge(fact)
    assert [item.action for item in judgement.verdicts] == [Action.PASS, Action.TAG]


def test_a_candidate_that_asks_in_more_directions_cannot_be_told(baseline: Policy, tmp_path: Path) -> None:
    old = "  - use: fundraising\n    cites: [ATU-C5c]\n    directions: [outbound, internal]\n"
    wider = changed(tmp_path, (old, old.replace("outbound, internal", "inbound, outbound, internal")))
    assert Rejudging(asked_by(baseline), wider).untold == {"fundraising"}
    assert Rejudging(asked_by(wider), baseline).untold == frozenset()


def test_facts_stored_before_directions_were_told_tell_of_all(baseline: Policy) -> None:
    head = json.loads(to_json(asked_by(baseline), Asked))
    for probe in head["probes"]:
        del probe["directions"]
    older = from_json(json.dumps(head).encode(), Asked)
    assert all(probe.directions == frozenset(Direction) for probe in older.probes)
    assert Rejudging(older, baseline).untold == frozenset()


def test_what_another_reason_than_the_score_decided_stays_decided() -> None:
    policy = load_policy(find_policy("city-baseline"))
    threshold = stored_probe(policy.probes[0], policy.asked_for[0])
    assert threshold.threshold is None  # programs are not a matter of degree
    index = next(n for n, item in enumerate(policy.probes) if item.detector == "fundraising")
    asked = asked_by(policy)
    lower = replace(
        asked,
        probes=tuple(replace(item, threshold=0.9) if n == index else item for n, item in enumerate(asked.probes)),
    )

    def action(seen: Seen) -> Action:
        fact = StoredFact(
            id="t", at=NOW, sender="", copies=(("bo@elsewhere.example", Direction.OUTBOUND),), seen=(seen,)
        )
        return Rejudging(lower, policy).judge(fact).verdicts[0].action

    assert action(Seen(probe=index, detected=False, score=0.7)) is Action.QUARANTINE  # 0.5 now, 0.9 then
    assert action(Seen(probe=index, detected=False, score=0.95)) is Action.PASS  # a sponsored campaign
    assert action(Seen(probe=index, detected=False, score=0.49)) is Action.PASS


def test_unread_parts_are_held_as_they_were(baseline: Policy) -> None:
    fact = StoredFact(
        id="t",
        at=NOW,
        sender="ann@city.example",
        copies=(("bo@elsewhere.example", Direction.OUTBOUND),),
        unread=(Reason.LIMIT,),
    )
    assert Rejudging(asked_by(baseline), baseline).judge(fact).verdicts[0].action is Action.QUARANTINE


@pytest.mark.parametrize("uninspected", [True, False])
def test_nothing_is_kept_of_what_failed(baseline: Policy, uninspected: bool) -> None:
    one = transaction(FUNDS)
    judgement = inspect(one, CITY, baseline)
    failed = (Unread(part="", reason=Reason.FAILED, detail="x"),)
    bad = (
        replace(judgement, inspected=Inspected.NOT)
        if uninspected
        else replace(judgement, inspected=Inspected.PARTLY, not_inspected=failed)
    )
    assert stored_fact(one, bad) is None


def test_facts_that_were_asked_nothing_tell_nothing(baseline: Policy) -> None:
    rejudging = Rejudging(Asked(policy="p", hash="", probes=()), baseline)
    assert rejudging.untold == {rule.name for rule in baseline.rules}
