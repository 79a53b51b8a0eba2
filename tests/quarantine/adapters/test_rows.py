"""Values to columns and back: nothing lost, and moments that sort as text."""

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from quarantine.adapters import rows
from quarantine.item import Count, Event, Outcome, Period, Report, ReportState, State, Trial

MOMENTS = st.datetimes(
    datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=-6))])
)


@given(MOMENTS, MOMENTS)
def test_moments_sort_as_text_and_come_back(one, two):
    assert (rows.text(one) < rows.text(two)) == (one < two)
    assert rows.moment(rows.text(one)) == one


@given(MOMENTS, st.text(), st.sampled_from([None, *State]))
def test_an_event_comes_back_as_it_was(moment, text, state):
    event = Event(
        at=moment, item="x", recipient=text, before=state, after=state, by=text, reason=text, reply=text
    )  # fmt: skip
    assert rows.event(SimpleNamespace(**rows.event_row(event))) == event


@given(MOMENTS, st.sampled_from(ReportState))
def test_a_report_comes_back_as_it_was(moment, state):
    period = Period(start=moment, end=moment + timedelta(days=1))
    report = Report(period=period, state=state, changed=moment, by="gateway")
    assert rows.report(SimpleNamespace(**rows.report_row(report))) == report


TRIALS = st.builds(Trial, rule=st.text(), cites=st.lists(st.text()).map(tuple))


@given(MOMENTS, st.sampled_from(Outcome), st.none() | TRIALS)
def test_a_count_comes_back_as_it_was(moment, outcome, observed):
    count = Count(start=moment, listener="edge", outcome=outcome, number=3, observed=observed)
    assert rows.count(SimpleNamespace(**rows.count_key(count), number=3)) == count


def test_an_item_comes_back_as_it_was_and_a_list_leaves_its_preview_out(keeping):
    item = keeping.hold("Ann@city.example", '"b@home"@city.example')
    row, copies = rows.item_row(item), [SimpleNamespace(**copy) for copy in rows.recipient_rows(item)]
    assert rows.items([SimpleNamespace(**row)], copies) == [item]
    del row["preview"]
    (listed,) = rows.items([SimpleNamespace(**row)], copies)
    assert listed.judgement.preview == ""
