"""The rows: schema, modes, several processes at once, and the compare-and-set of states. Run for every database."""

import gc
import os
import sqlite3
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quarantine.adapters.sql import open_sqlite
from quarantine.item import TRANSITIONS, Count, Entry, Outcome, Period, ReportState, State
from quarantine.ports import SchemaMismatch, StoreUnavailable


def test_the_database_is_private_and_in_its_safest_mode(keeping):
    keeping.hold("ann@city.example")
    path = keeping.state / "quarantine.sqlite"
    assert path.stat().st_mode & 0o777 == 0o600
    with keeping.store.quarantine.index.engine.connect() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert pragma == {"journal_mode": "delete", "synchronous": 3, "foreign_keys": 1, "secure_delete": 1}


def test_another_schema_is_refused_and_left_alone(keeping, keep):
    keeping.hold("ann@city.example")
    path = keeping.state / "quarantine.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
    before = path.read_bytes()
    with pytest.raises(SchemaMismatch, match="schema 99"):
        keep()
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_store_unavailable(tmp_path):
    (tmp_path / "quarantine.sqlite").write_bytes(b"not a database at all, but long enough to be looked at" * 20)
    with pytest.raises(StoreUnavailable):
        open_sqlite(tmp_path / "quarantine.sqlite")


def test_a_locked_database_is_store_unavailable(keeping, monkeypatch):
    monkeypatch.setattr("quarantine.adapters.sql.BUSY_SECONDS", 0.05)
    keeping.store.quarantine.index.engine.dispose()
    other = sqlite3.connect(keeping.state / "quarantine.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    engine = open_sqlite  # a fresh engine takes the shorter waiting time
    with pytest.raises(StoreUnavailable, match="locked"):
        engine(keeping.state / "quarantine.sqlite")
    other.execute("ROLLBACK")
    assert keeping.hold("ann@city.example")


def test_a_connection_that_can_only_read_is_given_up_with_its_lock(keeping):
    """SQLite makes one where the file could not be opened for writing, were it only for that moment."""
    engine, path = keeping.store.quarantine.index.engine, keeping.state / "quarantine.sqlite"
    engine.dispose()
    once = [lambda: sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)]
    sa.event.listen(engine, "do_connect", lambda *_: once.pop()() if once else None)
    gc.disable()  # what keeps the traceback keeps the connection
    try:
        with pytest.raises(StoreUnavailable, match="readonly") as failed:
            keeping.hold("ann@city.example")
        assert keeping.hold("ann@city.example")
    finally:
        gc.enable()
    assert failed.value


def test_several_processes_write_at_once(keeping, keep):
    keeping.hold("warm@city.example")
    children = []
    for number in range(4):
        child = os.fork()
        if child == 0:
            mine = keep()
            for turn in range(5):
                mine.hold(f"p{number}@city.example", body=b"%d %d\r\n" % (number, turn))
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0, 0]
    assert len(keep().store.quarantine.list()) == 21


def test_one_retry_from_two_processes_is_one_item(keeping, keep):
    keeping.hold("warm@city.example")
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            keep().hold("ann@city.example", body=b"the same\r\n")
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    assert len(keep().store.quarantine.list()) == 2


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wishes=st.lists(st.tuples(st.integers(0, 1), st.sampled_from(State)), max_size=8), number=st.integers(0, 10**9))
def test_states_follow_the_table_whatever_is_asked(keeping, wishes, number):
    names = ["ann@city.example", "bob@city.example"]
    item = keeping.hold(*names, body=b"%d %d\r\n" % (number, hash(tuple(wishes))))
    expected = [copy.state for copy in keeping.get(item.id).recipients]
    for who, wish in wishes:
        moved = keeping.store.quarantine.index.change(
            item.id, [names[who]], wish, at=keeping.clock(), by="test", reason=""
        )
        allowed = wish in TRANSITIONS[expected[who]]
        assert moved == ([names[who]] if allowed else [])
        if allowed:
            expected[who] = wish
    assert [copy.state for copy in keeping.get(item.id).recipients] == expected
    history = keeping.store.quarantine.index.history(item.id)
    assert all(event.after in TRANSITIONS[event.before] for event in history)


def test_a_quoted_local_part_with_an_at_sign_survives(keeping):
    item = keeping.hold('"ann@home"@city.example')
    assert keeping.get(item.id).recipients == item.recipients


def test_lists_are_by_the_time_of_the_hold(keeping):
    first = keeping.hold("ann@city.example", body=b"1\r\n")
    keeping.clock.pass_(hours=1)
    second = keeping.hold("ann@city.example", body=b"2\r\n")
    listed = keeping.store.quarantine.index.list
    assert [item.id for item in listed(since=second.held)] == [second.id]
    assert [item.id for item in listed(until=second.held)] == [first.id]
    assert listed()[0].judgement.preview == ""


def test_a_prefix_with_sql_wildcards_finds_nothing(keeping):
    keeping.hold("ann@city.example")
    assert keeping.store.quarantine.index.find("%") == []
    assert keeping.store.quarantine.index.find("____") == []


def test_counts_add_up_over_processes(keeping, keep):
    now = keeping.clock()
    count = Count(start=now, listener="edge", outcome=Outcome.RELAYED, number=3)
    keeping.store.ledger.book.record([], [count], now)
    keep().store.ledger.book.record([], [count], now)
    assert [one.number for one in keeping.store.ledger.book.counts(now, now + timedelta(minutes=1))] == [6]


def test_entries_come_back_as_they_were(keeping):
    now = keeping.clock()
    entry = Entry(
        at=now, transaction="t", listener="edge", reverse_path="", recipient="ann@city.example",
        outcome=Outcome.TAGGED, rules=("a", "b"), cites=("C-1",), subject="Ünïcode \u202e", reply="250 OK",
    )  # fmt: skip
    keeping.store.ledger.book.record([entry], [], now)
    assert keeping.store.ledger.book.entries(now, now + timedelta(seconds=1)) == [entry]
    assert keeping.store.ledger.book.entries(now + timedelta(seconds=1), now + timedelta(days=1)) == []


def test_a_period_is_claimed_once_and_only_where_the_last_one_ended(keeping):
    reports, now = keeping.store.reports, keeping.clock()
    start = reports.start()
    first = Period(start=start, end=start + timedelta(days=1))
    assert not reports.claim(Period(start=start + timedelta(hours=1), end=first.end), at=now, by="a")
    assert reports.claim(first, at=now, by="a")
    assert not reports.claim(first, at=now, by="b")
    assert reports.start() == first.end
    assert not reports.mark(first, ReportState.SENT, at=now, before=ReportState.SENDING)
    assert reports.mark(first, ReportState.SENDING, at=now, before=ReportState.CLAIMED)
    reports.give_back(first, ReportState.CLAIMED)
    assert reports.start() == first.end
    reports.give_back(first, ReportState.SENDING)
    assert reports.start() == start
