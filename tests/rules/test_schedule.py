"""When a rule is active: days, hours and dates as the city's clocks show them, each to the minute."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from rules.schedule import Schedule, Weekday, end_of, moment_of

CHICAGO = ZoneInfo("America/Chicago")
OFFICE = Schedule(
    days=tuple(day for day in Weekday if day not in (Weekday.SATURDAY, Weekday.SUNDAY)), begins=time(8), ends=time(17)
)
NIGHT = Schedule(days=(Weekday.FRIDAY,), begins=time(22), ends=time(6))


def covers(schedule: Schedule, local: str) -> bool:
    return schedule.covers(datetime.fromisoformat(local).replace(tzinfo=CHICAGO).astimezone(UTC), CHICAGO)


def test_what_says_nothing_is_always_active() -> None:
    assert covers(Schedule(), "2027-03-06T03:00")


@pytest.mark.parametrize(
    ("local", "active"),
    [
        ("2027-03-05T07:59:59", False),  # a Friday
        ("2027-03-05T08:00:00", True),
        ("2027-03-05T16:59:59", True),
        ("2027-03-05T17:00:00", False),
        ("2027-03-06T12:00:00", False),
        ("2027-03-08T12:00:00", True),
    ],
)
def test_hours_and_days_of_the_week(local: str, active: bool) -> None:
    assert covers(OFFICE, local) == active


@pytest.mark.parametrize(
    ("local", "active"),
    [
        ("2027-03-05T21:59:59", False),
        ("2027-03-05T22:00:00", True),
        ("2027-03-06T05:59:59", True),
        ("2027-03-06T06:00:00", False),
        ("2027-03-05T03:00:00", False),  # the night before belongs to Thursday
        ("2027-03-06T23:00:00", False),
    ],
)
def test_hours_that_go_past_midnight_belong_to_the_day_they_began_on(local: str, active: bool) -> None:
    assert covers(NIGHT, local) == active


def test_hours_with_one_end_only() -> None:
    assert covers(Schedule(begins=time(8)), "2027-03-05T23:59:59") and not covers(
        Schedule(begins=time(8)), "2027-03-05T07:59"
    )
    assert covers(Schedule(ends=time(8)), "2027-03-05T00:00") and not covers(Schedule(ends=time(8)), "2027-03-05T08:00")


def test_dates_count_as_whole_days() -> None:
    campaign = Schedule(since=date(2027, 9, 1), until=date(2027, 11, 2))
    assert not covers(campaign, "2027-08-31T23:59:59")
    assert covers(campaign, "2027-09-01T00:00:00")
    assert covers(campaign, "2027-11-02T23:59:59")
    assert not covers(campaign, "2027-11-03T00:00:00")


def test_a_moment_is_a_moment_and_a_date_its_midnight() -> None:
    assert moment_of(date(2027, 7, 1), CHICAGO) == datetime(2027, 7, 1, 5, tzinfo=UTC)
    assert end_of(datetime(2027, 7, 1, 12), CHICAGO) == datetime(2027, 7, 1, 17, tzinfo=UTC)
    assert end_of(date(2027, 7, 1), CHICAGO) == datetime(2027, 7, 2, 5, tzinfo=UTC)
