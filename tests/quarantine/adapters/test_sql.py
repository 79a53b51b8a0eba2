"""The rows: schema, and the compare-and-set of states. Run for every database."""

import sqlite3
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quarantine.item import TRANSITIONS, Count, Entry, Outcome, Period, ReportState, State
from quarantine.ports import SchemaMismatch


def test_another_schema_is_refused_and_left_alone_h14(keeping, keep):
    keeping.hold("ann@city.example")
    path = keeping.state / "quarantine.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
    before = path.read_bytes()
    with pytest.raises(SchemaMismatch, match="schema 99"):
        keep()
    assert path.read_bytes() == before


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
