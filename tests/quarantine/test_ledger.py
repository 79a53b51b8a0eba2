"""The ledger: sums and rows that survive, and the proof that the books agree."""

import os
import sqlite3
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from quarantine import daybook, ledger
from quarantine.daybook import Begun
from quarantine.item import Entry, Outcome, Trial
from quarantine.ports import StoreUnavailable
from quarantine.release import Order


def away(*arguments):
    raise StoreUnavailable("locked")


def an_entry(keeping, outcome, recipient="ann@city.example"):
    return Entry(
        at=keeping.clock(), transaction="t", listener="edge", reverse_path="zoe@elsewhere.example",
        recipient=recipient, outcome=outcome, rules=("bulk-mail",), cites=("C-2",), subject="Sale", reply="250 OK",
    )  # fmt: skip


def relayed(keeping):
    now = keeping.clock()
    counts = keeping.store.ledger.book.counts(now - timedelta(days=1), now)
    return sum(count.number for count in counts if count.observed is None and count.outcome is Outcome.RELAYED)


TRIAL = Trial(rule="chain-letter", cites=("C-1", "C-3"))


def on_trial(keeping):
    now = keeping.clock()
    counts = keeping.store.ledger.book.counts(now - timedelta(days=1), now)
    return {count.outcome: count.number for count in counts if count.observed == TRIAL}


def test_relayed_mail_is_summed_and_the_rest_is_written_out(keeping):
    outcomes = [Outcome.RELAYED, Outcome.RELAYED, Outcome.TAGGED, Outcome.REFUSED, Outcome.DEFERRED, Outcome.HELD]
    keeping.store.ledger.note("t", [an_entry(keeping, outcome) for outcome in outcomes])
    keeping.store.ledger.flush()
    keeping.clock.pass_(minutes=1)
    now = keeping.clock()
    entries = keeping.store.ledger.book.entries(now - timedelta(days=1), now)
    assert [entry.outcome for entry in entries] == [Outcome.TAGGED, Outcome.REFUSED, Outcome.DEFERRED]
    assert relayed(keeping) == 2


def test_a_sum_is_written_by_itself_soon(keeping, monkeypatch):
    monkeypatch.setattr(ledger, "FLUSH_SECONDS", 0.05)
    keeping.store.ledger.note("t", [an_entry(keeping, Outcome.RELAYED)])
    keeping.clock.pass_(minutes=1)
    deadline = time.monotonic() + 5
    while relayed(keeping) == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert relayed(keeping) == 1


def test_a_sum_that_cannot_be_written_is_kept(keeping, monkeypatch):
    keeping.store.ledger.note("t", [an_entry(keeping, Outcome.RELAYED)])

    with monkeypatch.context() as patch:
        patch.setattr(type(keeping.store.ledger.book), "record", away)
        with pytest.raises(StoreUnavailable):
            keeping.store.ledger.flush()
    keeping.store.ledger.flush()
    keeping.clock.pass_(minutes=1)
    assert relayed(keeping) == 1


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_sum_whose_commit_failed_and_stands_counts_once(keeping, monkeypatch, meanwhile):
    """The sync of the folder failed, after the journal was removed from it: committed, and told as failed."""
    ledger = keeping.store.ledger
    record = type(ledger.book).record

    def failing(*arguments):
        record(*arguments)
        raise StoreUnavailable("disk I/O error")

    for _ in range(2):
        ledger.note("t", [an_entry(keeping, Outcome.RELAYED)])
        ledger.flush()
        ledger.note("u", [an_entry(keeping, Outcome.TAGGED)])
        with monkeypatch.context() as patch:
            patch.setattr(type(ledger.book), "record", failing)
            with pytest.raises(StoreUnavailable):
                ledger.flush()
        if meanwhile:
            ledger.note("v", [an_entry(keeping, Outcome.RELAYED)])
        ledger.flush()
    ledger.close()
    assert outcomes(keeping) == {Outcome.RELAYED: 4 if meanwhile else 2, Outcome.TAGGED: 2}


def test_a_sum_is_kept_where_neither_books_nor_daybook_can_be_written(keeping, monkeypatch):
    ledger = keeping.store.ledger
    ledger.note("t", [an_entry(keeping, Outcome.RELAYED)])
    ledger.flush()
    with monkeypatch.context() as patch:
        patch.setattr("quarantine.daybook.os.write", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
        patch.setattr(type(ledger.book), "record", away)
        ledger.note("u", [an_entry(keeping, Outcome.RELAYED)])
        with pytest.raises(StoreUnavailable):
            ledger.flush()
    ledger.flush()
    assert outcomes(keeping) == {Outcome.RELAYED: 2}


def test_a_daybook_that_may_come_back_after_a_power_cut_keeps_its_position(keeping, monkeypatch):
    """Its name is gone, and its folder could not be synced."""
    ledger = keeping.store.ledger
    ledger.note("t", [an_entry(keeping, Outcome.RELAYED)])
    name = ledger.daybook.position.name
    with monkeypatch.context() as patch:
        patch.setattr("quarantine.ledger.sync_folder", lambda _: (_ for _ in ()).throw(OSError(5, "input/output")))
        ledger.close()
        assert list((keeping.state / "daybook").iterdir()) == []
        with pytest.raises(StoreUnavailable):
            ledger.recover()
        assert ledger.book.positions().keys() == {name}
    ledger.recover()
    assert ledger.book.positions() == {}
    assert outcomes(keeping) == {Outcome.RELAYED: 1}


def test_what_a_rule_on_trial_found_is_summed_but_not_for_mail_that_comes_again(keeping):
    outcomes = [Outcome.RELAYED, Outcome.RELAYED, Outcome.HELD, Outcome.TAGGED, Outcome.DEFERRED]
    entries = [replace(an_entry(keeping, outcome), observed=(TRIAL,)) for outcome in outcomes]
    keeping.store.ledger.note("t", entries)
    keeping.store.ledger.flush()
    keeping.clock.pass_(minutes=1)
    assert on_trial(keeping) == {Outcome.RELAYED: 2, Outcome.HELD: 1, Outcome.TAGGED: 1}
    assert relayed(keeping) == 2


def test_what_a_rule_on_trial_found_outlives_a_restart_and_adds_up(keeping, keep):
    for opened in (keeping, keep()):
        opened.store.ledger.note("t", [replace(an_entry(keeping, Outcome.RELAYED), observed=(TRIAL,))])
        opened.store.ledger.flush()
    keeping.clock.pass_(minutes=1)
    assert on_trial(keep()) == {Outcome.RELAYED: 2}


def begun(keeping, *recipients):
    return Begun(
        transaction="t", at=keeping.clock(), listener="edge", reverse_path="zoe@elsewhere.example",
        recipients=recipients or ("ann@city.example",),
    )  # fmt: skip


def killed(keeping):
    """Nothing more is done by this process: what it noted stands in its daybook only."""
    keeping.store.ledger._timer.cancel()
    os.close(keeping.store.ledger.daybook._descriptor)


def outcomes(keeping):
    return {outcome: number for outcome, number in keeping.store.verify().outcomes if number}


def test_what_a_killed_process_has_noted_is_brought_into_the_books_once(keeping, keep):
    keeping.store.ledger.begin(begun(keeping))
    keeping.store.ledger.note("t", [an_entry(keeping, Outcome.RELAYED)])
    keeping.store.ledger.flush()
    keeping.store.ledger.note("t", [an_entry(keeping, Outcome.RELAYED), an_entry(keeping, Outcome.TAGGED)])
    killed(keeping)
    expected = {Outcome.RELAYED: 2, Outcome.TAGGED: 1}
    assert outcomes(keeping) == expected, "not yet in the books, and told all the same"
    for opened in (keep(), keep()):
        assert opened.store.ledger.recover() == []
        assert outcomes(opened) == expected
    keeping.clock.pass_(minutes=1)
    now = keeping.clock()
    rows = opened.store.ledger.book.entries(now - timedelta(days=1), now)
    assert [row.outcome for row in rows] == [Outcome.TAGGED]
    assert list((keeping.state / "daybook").iterdir()) == []
    assert opened.store.ledger.book.positions() == {}


def damaged(keeping, octet=b"#"):
    """The daybook of a killed process with an unreadable first line of two."""
    keeping.store.ledger.note("t", [an_entry(keeping, Outcome.RELAYED)])
    path = keeping.state / "daybook" / keeping.store.ledger.daybook.position.name
    first = keeping.store.ledger.daybook.position.octets
    keeping.store.ledger.note("u", [an_entry(keeping, Outcome.TAGGED)])
    killed(keeping)
    octets = path.read_bytes()
    path.write_bytes(octet * (first - 1) + octets[first - 1 :])
    return path


def test_a_daybook_that_cannot_be_read_in_full_is_a_fault_and_kept(keeping, keep):
    path = damaged(keeping)
    (fault,) = keeping.store.verify().faults
    assert path.name in fault and fault.endswith("line 1")
    octets = path.read_bytes()
    for opened in (keep(), keep()):
        opened.store.ledger.recover()
        assert outcomes(opened) == {Outcome.TAGGED: 1}, "what stands behind the bad line counts, once"
        assert [one.name for one in path.parent.iterdir()] == [f"{path.name}.bad"]
        assert (path.parent / f"{path.name}.bad").read_bytes() == octets
        (fault,) = opened.store.verify().faults
        assert f"{path.name}.bad" in fault


def test_lines_that_a_power_cut_took_are_told_and_are_no_fault(keeping, keep):
    damaged(keeping, b"\0")
    assert (keeping.store.verify().unsynced, keeping.store.verify().faults) == (1, ())
    opened = keep()
    opened.store.ledger.recover()
    assert outcomes(opened) == {Outcome.TAGGED: 1}
    assert list((keeping.state / "daybook").iterdir()) == []


def test_a_recovery_that_is_cut_off_before_it_sets_a_bad_daybook_aside_keeps_it(keeping, keep, monkeypatch):
    path = damaged(keeping)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", lambda path, name: (_ for _ in ()).throw(OSError(30, "read-only")))
        keep().store.ledger.recover()
    opened = keep()
    opened.store.ledger.recover()
    assert [one.name for one in path.parent.iterdir()] == [f"{path.name}.bad"]
    assert outcomes(opened) == {Outcome.TAGGED: 1}


def test_what_was_being_sent_by_a_killed_process_is_in_doubt(keeping, keep):
    keeping.store.ledger.note("u", [an_entry(keeping, Outcome.RELAYED)])
    keeping.store.ledger.begin(begun(keeping, "ann@city.example", "bob@city.example"))
    assert keeping.store.verify().open == 2
    killed(keeping)
    opened = keep()
    found = opened.store.ledger.recover()
    assert [(row.outcome, row.recipient) for row in found] == [
        (Outcome.IN_DOUBT, "ann@city.example"), (Outcome.IN_DOUBT, "bob@city.example"),
    ]  # fmt: skip
    assert outcomes(opened) == {Outcome.RELAYED: 1, Outcome.IN_DOUBT: 2}
    assert opened.store.verify().open == 0


def test_a_recovery_that_is_cut_off_before_it_removes_the_daybook_counts_nothing_twice(keeping, keep, monkeypatch):
    keeping.store.ledger.note("t", [an_entry(keeping, Outcome.RELAYED)])
    keeping.store.ledger.begin(begun(keeping))
    killed(keeping)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda path: (_ for _ in ()).throw(OSError(30, "read-only")))
        assert len(keep().store.ledger.recover()) == 1
    assert keep().store.ledger.recover() == []
    assert outcomes(keep()) == {Outcome.RELAYED: 1, Outcome.IN_DOUBT: 1}


def test_a_large_daybook_gives_way_also_when_the_books_are_away_for_a_while(keeping, keep, monkeypatch):
    monkeypatch.setattr(daybook, "LARGEST", 1)
    keeping.store.ledger.begin(begun(keeping))
    for _ in range(3):
        keeping.store.ledger.note("u", [an_entry(keeping, Outcome.RELAYED)])
        with monkeypatch.context() as patch:
            patch.setattr(type(keeping.store.ledger.book), "record", away)
            with pytest.raises(StoreUnavailable):
                keeping.store.ledger.flush()
    assert len(daybook.names(keeping.state / "daybook")) > 2
    keeping.store.ledger.flush()
    assert len(daybook.names(keeping.state / "daybook")) == 1
    killed(keeping)
    assert len(keep().store.ledger.recover()) == 1
    assert outcomes(keep()) == {Outcome.RELAYED: 3, Outcome.IN_DOUBT: 1}
    assert keep().store.ledger.book.positions() == {}


def test_a_process_that_ends_leaves_no_daybook(keeping):
    keeping.store.ledger.note("t", [an_entry(keeping, Outcome.RELAYED)])
    keeping.store.ledger.close()
    assert list((keeping.state / "daybook").iterdir()) == []
    assert outcomes(keeping) == {Outcome.RELAYED: 1}


def test_an_acknowledged_hold_that_no_one_recorded_is_found(keeping):
    keeping.hold("ann@city.example")
    keeping.store.ledger.note("t", [an_entry(keeping, Outcome.HELD)])
    assert keeping.store.verify().faults == ()
    keeping.store.ledger.note("t", [an_entry(keeping, Outcome.HELD)])
    assert keeping.store.verify().faults == ("2 recipients were acknowledged as held, the audit record names 1",)


@pytest.mark.parametrize(
    ("statements", "fault"),
    [
        (("DELETE FROM keys", "DELETE FROM recipients", "DELETE FROM items"), "is not there"),
        (("UPDATE recipients SET address = 'bob@city.example'",), "no copy for ann@city.example"),
    ],
)
def test_a_recorded_hold_that_is_gone_is_found(keeping, statements, fault):
    keeping.hold("ann@city.example")
    with sqlite3.connect(keeping.state / "quarantine.sqlite") as connection:
        for statement in statements:
            connection.execute(statement)
    assert any(fault in line for line in keeping.store.verify().faults)


def told(keeping):
    return keeping.store.verify()


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
