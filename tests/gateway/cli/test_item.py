"""A held item as a row and as lines: everything told, nothing of an attacker's acting on the terminal."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.cli.item import item_lines, item_object, item_row, shown_object
from quarantine.item import Cause, Event, HeldMessage, HeldRecipient, State
from quarantine.retention import tombstone
from rules.address import parse_address
from rules.facts import Reason, Unread
from rules.finding import Action, Evidence, Finding, Observation
from rules.policy import Clause, load_policy
from rules.shipped import find_policy
from rules.transaction import Client, Direction, Recipient
from rules.verdict import Inspected, Judgement, Verdict

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
ZONE = ZoneInfo("America/Chicago")


@pytest.fixture
def item():
    seen = Observation(
        detector="chain_letter", detected=True, score=1.0, summary="asks to be passed on",
        evidence=(Evidence(part="1", text="forward this", start=0, end=7, mark=(0, 7)),),
    )  # fmt: skip
    finding = Finding(rule="chain-letter", cites=("C-1",), action=Action.QUARANTINE, observation=0)
    names = ("ann@city.example", "bob@city.example")
    verdicts = tuple(
        Verdict(recipient=name, direction=Direction.INBOUND, action=Action.QUARANTINE, findings=(finding,))
        for name in names
    )
    return HeldMessage(
        id="4k2p6w1mzt9c3hxn", key="k", transaction="t", received=NOW, held=NOW, listener="edge", next_hop="exchange",
        client=Client(address="192.0.2.7", name="mx"), reverse_path=None, body=None, ret=None, envid=None,
        smtputf8=False,
        recipients=tuple(HeldRecipient(recipient=Recipient(address=parse_address(name))) for name in names),
        size=100, sha256="a" * 64, cause=Cause.POLICY,
        judgement=Judgement(
            policy="city", policy_hash="f" * 64, observations=(seen,), verdicts=verdicts, inspected=Inspected.FULLY,
            not_inspected=(), subject="Luck\x1b[2J", preview="forward this\x07",
        ),
    )  # fmt: skip


def policy_of(**changes):
    clause = Clause(ref="4", enforce="gateway", says="no chain letters")
    return replace(load_policy(find_policy("city-baseline")), clauses={"C-1": clause}, **changes)


def lines_of(item, history=(), missing=False, policy=None):
    return "\n".join(item_lines(item, history, policy or policy_of(), ZONE, missing=missing))


def test_a_row_names_one_recipient_and_counts_the_others(item):
    assert item_row(item, ZONE)[:6] == (
        "4k2p6w1mzt9c3hxn", "2026-11-23 21:00", "held", "chain-letter", "<>", "ann@city.example +1",
    )  # fmt: skip


def test_lines_tell_the_clause_and_every_recipient(item):
    told = lines_of(item)
    for words in ("no chain letters", "»forward« this", "ann@city.example: held", "bob@city.example: held"):
        assert words in told


def test_a_row_writes_out_what_is_not_seen(item):
    assert item_row(item, ZONE)[6] == r"Luck\x1b[2J"


def test_lines_are_escaped(item):
    assert "\x1b" not in lines_of(item)
    assert "\x07" not in lines_of(item)


def test_what_was_given_up_is_said_and_not_left_empty(item):
    unread = (Unread(part="2", reason=Reason.ENCRYPTED, detail="a.zip"),)
    judgement = tombstone(replace(item.judgement, not_inspected=unread, inspected=Inspected.PARTLY))
    gone = replace(item, purged=NOW, judgement=judgement)
    lines = lines_of(gone).split("\n")
    assert "  subject   (given up)" in lines
    assert "    (given up)" in lines
    assert f"    not inspected: message: {Reason.ENCRYPTED.value}: (given up)" in lines
    assert not any(line and not line.strip() for line in lines)
    assert item_row(gone, ZONE)[6] == "(given up)"
    assert item_object(gone)["subject"] == ""


def test_lines_tell_legal_hold_missing_content_and_history(item):
    event = Event(
        at=NOW, item=item.id, recipient="bob@city.example", before=State.RELEASING, after=State.HELD, by="carl",
        reason="not sent", reply="451 later\x1b",
    )  # fmt: skip
    told = lines_of(replace(item, legal_hold="case 114", expires=NOW), [event], missing=True)
    for words in ("case 114", "expires", "content missing", r"bob@city.example held by carl: not sent (451 later\x1b)"):
        assert words in told


def test_a_null_reverse_path_is_an_empty_mail_from(item):
    assert item_object(item)["mail_from"] == ""
    assert item_object(item)["findings"] == [
        {"rule": "chain-letter", "cites": ["C-1"], "action": "quarantine", "summary": "asks to be passed on"}
    ]


def test_the_shown_object_has_the_verdict_of_each_recipient(item):
    assert [verdict["recipient"] for verdict in shown_object(item, [], {})["verdicts"]] == [
        "ann@city.example",
        "bob@city.example",
    ]


def test_the_shown_object_names_what_a_rule_on_trial_found(item):
    first, second = item.judgement.verdicts
    tried = replace(second, observed=second.findings, findings=())
    shown = shown_object(replace(item, judgement=replace(item.judgement, verdicts=(first, tried))), [], {})
    told = [([f["rule"] for f in one["findings"]], [f["rule"] for f in one["observed"]]) for one in shown["verdicts"]]
    assert told == [(["chain-letter"], []), ([], ["chain-letter"])]


def test_rules_that_were_near_are_told_as_long_as_the_same_policy_is_in_force(item):
    letter = replace(item.judgement.observations[0], detected=False, score=0.3)
    passed = tuple(replace(one, findings=()) for one in item.judgement.verdicts)
    near = replace(item, judgement=replace(item.judgement, observations=(letter,), verdicts=passed))
    assert "near: chain-letter: 0.3 of 0.5" in lines_of(near, policy=policy_of(hash="f" * 64))
    assert "near: " not in lines_of(near, policy=policy_of(hash="e" * 64))
