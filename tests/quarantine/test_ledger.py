"""The ledger: sums and rows that survive, and the proof that the books agree."""

import sqlite3
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from quarantine import ledger
from quarantine.item import Entry, Outcome, Trial
from quarantine.ledger import verify
from quarantine.ports import StoreUnavailable
from quarantine.release import Order


def an_entry(keeping, outcome, recipient="ann@city.example"):
    return Entry(
        at=keeping.clock(), transaction="t", listener="edge", reverse_path="zoe@elsewhere.example",
        recipient=recipient, outcome=outcome, rules=("bulk-mail",), cites=("C-2",), subject="Sale", reply="250 OK",
    )  # fmt: skip


def relayed(keeping):
    now = keeping.clock()
    counts = keeping.store.ledger.book.counts(now - timedelta(days=1), now)
    return sum(count.number for count in counts if count.observed is None)


TRIAL = Trial(rule="chain-letter", cites=("C-1", "C-3"))


def on_trial(keeping):
    now = keeping.clock()
    counts = keeping.store.ledger.book.counts(now - timedelta(days=1), now)
    return {count.outcome: count.number for count in counts if count.observed == TRIAL}


def test_relayed_mail_is_summed_and_the_rest_is_written_out(keeping):
    outcomes = [Outcome.RELAYED, Outcome.RELAYED, Outcome.TAGGED, Outcome.REFUSED, Outcome.DEFERRED, Outcome.HELD]
    keeping.store.ledger.record([an_entry(keeping, outcome) for outcome in outcomes])
    keeping.clock.pass_(minutes=1)
    now = keeping.clock()
    entries = keeping.store.ledger.book.entries(now - timedelta(days=1), now)
    assert [entry.outcome for entry in entries] == [Outcome.TAGGED, Outcome.REFUSED, Outcome.DEFERRED]
    assert relayed(keeping) == 2


def test_a_sum_is_written_by_itself_soon(keeping, monkeypatch):
    monkeypatch.setattr(ledger, "FLUSH_SECONDS", 0.05)
    keeping.store.ledger.record([an_entry(keeping, Outcome.RELAYED)])
    keeping.clock.pass_(minutes=1)
    deadline = time.monotonic() + 5
    while relayed(keeping) == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert relayed(keeping) == 1


def test_a_sum_that_cannot_be_written_is_kept(keeping, monkeypatch):
    keeping.store.ledger.record([an_entry(keeping, Outcome.RELAYED)])

    def away(*arguments):
        raise StoreUnavailable("locked")

    with monkeypatch.context() as patch:
        patch.setattr(type(keeping.store.ledger.book), "record", away)
        with pytest.raises(StoreUnavailable):
            keeping.store.ledger.flush()
    keeping.store.ledger.flush()
    keeping.clock.pass_(minutes=1)
    assert relayed(keeping) == 1


def test_what_a_rule_on_trial_found_is_summed_but_not_for_mail_that_comes_again(keeping):
    outcomes = [Outcome.RELAYED, Outcome.RELAYED, Outcome.HELD, Outcome.TAGGED, Outcome.DEFERRED]
    entries = [replace(an_entry(keeping, outcome), observed=(TRIAL,)) for outcome in outcomes]
    keeping.store.ledger.record(entries)
    keeping.clock.pass_(minutes=1)
    assert on_trial(keeping) == {Outcome.RELAYED: 2, Outcome.HELD: 1, Outcome.TAGGED: 1}
    assert relayed(keeping) == 2


def test_what_a_rule_on_trial_found_outlives_a_restart_and_adds_up(keeping, keep):
    for opened in (keeping, keep()):
        opened.store.ledger.record([replace(an_entry(keeping, Outcome.RELAYED), observed=(TRIAL,))])
        opened.store.ledger.flush()
    keeping.clock.pass_(minutes=1)
    assert on_trial(keep()) == {Outcome.RELAYED: 2}


def told(keeping):
    return verify(keeping.store.quarantine.index, keeping.store.quarantine.contents)


def test_the_books_agree_after_everything_that_may_happen(keeping, release, courier):
    one = keeping.hold("ann@city.example", "bob@city.example", body=b"1\r\n")
    two = keeping.hold("ann@city.example", body=b"2\r\n")
    keeping.hold("ann@city.example", body=b"3\r\n")
    release.release(one.id, Order(by="carl", reason="asked for", recipients=("bob@city.example",)))
    courier.says = 451
    release.release(one.id, Order(by="carl", reason="asked for"))
    keeping.store.quarantine.delete([two.id], by="carl", reason="advertising")
    found = told(keeping)
    assert found.faults == ()
    assert (found.items, found.copies) == (3, 4)
    assert {state.value: number for state, number in found.totals} == {
        "held": 2, "releasing": 0, "released": 1, "deleted": 1, "expired": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE recipients SET state = 'released'", "its history ends with held"),
        ("UPDATE recipients SET state = 'released', reply = '451 later'", "without the next hop's acceptance"),
        ("DELETE FROM recipients", "no recipient"),
        ("UPDATE items SET size = 3", "3 were received"),
        ("UPDATE items SET sha256 = 'abcdef'", "content missing"),
    ],
)
def test_a_hand_in_the_books_is_found(keeping, statement, fault):
    item = keeping.hold("ann@city.example")
    with sqlite3.connect(keeping.state / "quarantine.sqlite") as connection:
        connection.execute(statement)
    assert any(item.id in line and fault in line for line in told(keeping).faults)
