"""The digest: periods without gap or overlap, and totals that agree with the store."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarantine.digest import MAX_LISTED, boundary, collect, due_periods
from quarantine.item import Entry, Outcome, Period, State, Trial
from quarantine.quarantine import open_store
from quarantine.release import Order

CHICAGO = ZoneInfo("America/Chicago")
ZONES = [
    ZoneInfo(name) for name in ("America/Chicago", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
]


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def test_a_day_is_due_when_it_is_over():
    start = utc(2026, 11, 23, 12)
    assert due_periods(start, utc(2026, 11, 24, 11, 59), time(6), CHICAGO) == ()
    assert due_periods(start, utc(2026, 11, 24, 12), time(6), CHICAGO) == (
        Period(start=start, end=utc(2026, 11, 24, 12)),
    )


def test_missed_days_come_oldest_first_and_touch():
    periods = due_periods(utc(2026, 11, 20, 12), utc(2026, 11, 24, 13), time(6), CHICAGO)
    assert [period.start for period in periods] == [utc(2026, 11, day, 12) for day in (20, 21, 22, 23)]


def test_the_first_period_begins_in_the_middle_of_a_day():
    (period,) = due_periods(utc(2026, 11, 24, 1, 30), utc(2026, 11, 24, 12), time(6), CHICAGO)
    assert period == Period(start=utc(2026, 11, 24, 1, 30), end=utc(2026, 11, 24, 12))


def test_summer_time_makes_days_of_23_and_25_hours():
    spring = due_periods(utc(2026, 3, 7, 12), utc(2026, 3, 9, 12), time(6), CHICAGO)
    autumn = due_periods(utc(2026, 10, 31, 11), utc(2026, 11, 2, 12), time(6), CHICAGO)
    assert [(period.end - period.start) / timedelta(hours=1) for period in spring] == [23, 24]
    assert [(period.end - period.start) / timedelta(hours=1) for period in autumn] == [25, 24]


def test_an_hour_that_is_left_out_or_comes_twice_ends_one_day_only():
    left_out = [boundary(datetime(2026, 3, day).date(), time(2, 30), CHICAGO) for day in (7, 8, 9)]
    assert left_out == [utc(2026, 3, 7, 8, 30), utc(2026, 3, 8, 8, 30), utc(2026, 3, 9, 7, 30)]
    twice = due_periods(utc(2026, 10, 31, 6, 30), utc(2026, 11, 2, 12), time(1, 30), CHICAGO)
    assert [period.end for period in twice] == [utc(2026, 11, 1, 6, 30), utc(2026, 11, 2, 7, 30)]


@given(
    start=st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),
    days=st.integers(0, 400),
    at=st.times(),
    zone=st.sampled_from(ZONES),
)
def test_periods_never_leave_a_gap_or_overlap(start, days, at, zone):
    now = start + timedelta(days=days)
    periods = due_periods(start, now, at, zone)
    assert all(one.end == two.start for one, two in pairwise(periods))
    assert all(one.start < one.end <= now for one in periods)
    assert not periods or periods[0].start == start
    assert len(periods) in (days - 1, days, days + 1)
    end = periods[-1].end if periods else start
    assert due_periods(end, now, at, zone) == ()


def test_another_hour_in_the_configuration_loses_nothing():
    before = due_periods(utc(2026, 11, 22, 12), utc(2026, 11, 23, 12), time(6), CHICAGO)
    after = due_periods(before[-1].end, utc(2026, 11, 24, 15), time(8), CHICAGO)
    assert after[0] == Period(start=before[-1].end, end=utc(2026, 11, 23, 14))


def the_day(keeping):
    return Period(start=keeping.clock() - timedelta(hours=12), end=keeping.clock() + timedelta(hours=12))


def an_entry(keeping, outcome, number=0):
    return Entry(
        at=keeping.clock(), transaction="t", listener="edge", reverse_path="zoe@elsewhere.example",
        recipient=f"p{number}@city.example", outcome=outcome, rules=("bulk-mail",), cites=("C-2",), subject="Sale",
        reply="250 OK",
    )  # fmt: skip


@pytest.fixture
def busy(keeping, release, courier):
    """A day on which everything happened."""
    one = keeping.hold("ann@city.example", "bob@city.example", body=b"1\r\n")
    two = keeping.hold("ann@city.example", body=b"2\r\n")
    keeping.hold(*(f"p{number}@city.example" for number in range(30)), body=b"3\r\n")
    release.release(one.id, Order(by="carl", reason="asked for", recipients=("bob@city.example",)))
    keeping.store.quarantine.delete([two.id], by="dora", reason="advertising")
    outcomes = [Outcome.RELAYED] * 7 + [Outcome.TAGGED] * 3 + [Outcome.REFUSED] * 2 + [Outcome.DEFERRED]
    keeping.store.ledger.note("t", [an_entry(keeping, outcome) for outcome in outcomes])
    keeping.store.ledger.flush()
    return keeping


def test_totals_agree_with_the_store(busy):
    """Counted a second time, from the items and their histories one by one."""
    digest = collect(busy.store, the_day(busy))
    items = busy.store.quarantine.list()
    copies = Counter(copy.state for item in items for copy in item.recipients)
    assert digest.totals.messages == len(items) == 3
    assert digest.totals.held == sum(copies.values()) == 33
    assert digest.totals.released == copies[State.RELEASED] == 1
    assert digest.totals.deleted == copies[State.DELETED] == 1
    assert digest.totals.expired == copies[State.EXPIRED] == 0
    assert digest.totals.waiting == copies[State.HELD] == 31
    assert (digest.totals.relayed, digest.totals.tagged) == (7, 3)
    assert (digest.totals.refused, digest.totals.deferred) == (2, 1)
    assert sum(len(line.copies) for line in digest.held) == digest.totals.held
    assert Counter(event.what for event in digest.events) == {"released": 1, "deleted": 1}


def test_every_recipient_of_a_held_message_appears(busy):
    told = {copy.recipient for line in collect(busy.store, the_day(busy)).held for copy in line.copies}
    assert {f"p{number}@city.example" for number in range(30)} <= told


def test_who_did_it_and_why(busy):
    done = {(event.what, event.by, event.reason) for event in collect(busy.store, the_day(busy)).events}
    assert done == {("released", "carl", "asked for"), ("deleted", "dora", "advertising")}


def test_by_rule_and_clause(busy):
    rules = {line.rule: (line.cites, line.held, line.tagged) for line in collect(busy.store, the_day(busy)).rules}
    assert rules == {"chain-letter": ("C-1", 33, 0), "bulk-mail": ("C-2", 0, 3)}


def test_what_rules_on_trial_found_is_counted_and_changes_no_total(busy):
    before = collect(busy.store, the_day(busy))
    trial = Trial(rule="organization-wide", cites=("C-9",))
    outcomes = (Outcome.RELAYED, Outcome.RELAYED, Outcome.HELD)
    busy.store.ledger.note("t", [replace(an_entry(busy, outcome), observed=(trial,)) for outcome in outcomes])
    busy.store.ledger.flush()
    after = collect(busy.store, the_day(busy))
    assert before.observed == ()
    assert [(line.rule, line.cites, line.copies) for line in after.observed] == [("organization-wide", "C-9", 3)]
    assert after.totals == replace(before.totals, relayed=before.totals.relayed + 2)
    assert after.rules == before.rules


def test_an_address_that_folds_to_another_keeps_its_findings(keeping):
    """Domains are not folded: ß and ss are two hosts."""
    keeping.hold("ann@straße.example")
    (line,) = collect(keeping.store, the_day(keeping)).held
    assert [finding.rule for finding in line.findings] == ["chain-letter"]


def test_two_neighbouring_periods_count_everything_once(busy):
    day = the_day(busy)
    middle = busy.clock()
    halves = [collect(busy.store, Period(start=day.start, end=middle)), collect(busy.store, replace(day, start=middle))]
    whole = collect(busy.store, day)
    for name in ("held", "tagged", "relayed", "refused", "deferred", "released", "deleted"):
        assert sum(getattr(half.totals, name) for half in halves) == getattr(whole.totals, name), name


def test_a_slow_upload_is_reported_on_the_day_it_is_held(keeping):
    """Its transaction began yesterday; yesterday's report is out already."""
    began = keeping.clock()
    keeping.clock.pass_(hours=3)
    keeping.hold("ann@city.example")
    late = Period(start=began + timedelta(hours=1), end=began + timedelta(hours=5))
    assert collect(keeping.store, late).totals.held == 1


def test_a_long_list_of_tagged_mail_is_cut_and_says_so(keeping):
    keeping.store.ledger.note("t", [an_entry(keeping, Outcome.TAGGED, number) for number in range(MAX_LISTED + 5)])
    keeping.store.ledger.flush()
    digest = collect(keeping.store, the_day(keeping))
    assert (len(digest.tagged), digest.unlisted, digest.totals.tagged) == (MAX_LISTED, 5, MAX_LISTED + 5)


def test_what_was_given_up_is_said_and_not_left_empty(keeping):
    item = keeping.hold("ann@city.example")
    keeping.store.quarantine.delete([item.id], by="dora", reason="advertising")
    (line,) = collect(keeping.store, the_day(keeping)).held
    assert line.subject == "(given up)"
    assert [finding.summary for finding in line.findings] == ["(given up)"]


def test_a_missing_content_and_a_damaged_record_are_alerts_a05(keeping):
    item = keeping.hold("ann@city.example")
    next((keeping.state / "content").rglob(f"{item.sha256}*")).unlink()
    chain = next((keeping.state / "audit").iterdir())
    chain.write_bytes(chain.read_bytes()[:-2])
    alerts = collect(keeping.store, the_day(keeping)).alerts
    assert any(item.id in alert and "content missing" in alert for alert in alerts)
    assert any("torn" in alert for alert in alerts)


def test_the_first_report_counts_the_mail_of_the_stores_first_minute(tmp_path):
    """Counts are kept by the minute: a period that began within one would miss it."""
    store = open_store(tmp_path)
    relayed = Entry(
        at=datetime.now(UTC),
        transaction="t",
        listener="edge",
        reverse_path="",
        recipient="b@city.example",
        outcome=Outcome.RELAYED,
    )
    store.ledger.note("t", [relayed])
    store.ledger.flush()
    start = store.reports.start()
    assert collect(store, Period(start=start, end=start + timedelta(days=1))).totals.relayed == 1
