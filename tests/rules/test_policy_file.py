"""Who is let off a rule, and from when until when, to the minute."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from rules.address import Address, parse_address
from rules.document import read_document
from rules.policy_file import Exemption, is_timezone

CHICAGO = ZoneInfo("America/Chicago")
MAYOR = parse_address("mayor@city.example")


def covers(exemption: Exemption, moment: str, *, sender: Address | None = MAYOR, to: str = "x@press.example") -> bool:
    return exemption.covers(sender, to, datetime.fromisoformat(moment).replace(tzinfo=UTC), CHICAGO)


def exempt(until: date, since: date | None = None, **listed: tuple[str, ...]) -> Exemption:
    return Exemption(because="speaks for the city", by="IT", until=until, since=since, **listed)


def test_a_day_ends_at_midnight_where_the_city_is() -> None:
    june = exempt(date(2027, 6, 30))
    assert covers(june, "2027-07-01T04:59:59")
    assert not covers(june, "2027-07-01T05:00:00")


def test_a_day_on_which_the_clocks_change_ends_at_midnight_too() -> None:
    march, november = exempt(date(2027, 3, 14)), exempt(date(2027, 11, 7))
    assert covers(march, "2027-03-15T04:59:59") and not covers(march, "2027-03-15T05:00:00")
    assert covers(november, "2027-11-08T05:59:59") and not covers(november, "2027-11-08T06:00:00")


def test_a_time_of_day_ends_at_that_time() -> None:
    noon, midnight = exempt(datetime(2027, 6, 30, 12, 0)), exempt(datetime(2027, 6, 30, 0, 0))
    assert covers(noon, "2027-06-30T16:59:59") and not covers(noon, "2027-06-30T17:00:00")
    assert not covers(midnight, "2027-06-30T05:00:00")


def test_an_offset_is_believed() -> None:
    assert not covers(exempt(datetime(2027, 6, 30, 12, 0, tzinfo=UTC)), "2027-06-30T12:00:00")


def test_it_does_not_begin_before_its_day() -> None:
    later = exempt(date(2027, 6, 30), since=date(2027, 6, 1))
    assert not covers(later, "2027-06-01T04:59:59")
    assert covers(later, "2027-06-01T05:00:00")


@pytest.mark.parametrize(
    ("senders", "recipients", "let_off"),
    [
        ((), (), True),
        (("mayor@city.example",), (), True),
        (("Mayor@City.Example",), (), True),
        (("@city.example",), (), True),
        (("@CITY.example",), ("@press.example",), True),
        (("clerk@city.example",), (), False),
        (("@city.example",), ("@radio.example",), False),
        (("@ity.example",), (), False),
        (("@example",), (), False),
        (("yor@city.example",), (), False),
    ],
)
def test_who_is_let_off(senders: tuple[str, ...], recipients: tuple[str, ...], let_off: bool) -> None:
    assert covers(exempt(date(2027, 6, 30), senders=senders, recipients=recipients), "2027-06-01T12:00:00") == let_off


def test_a_bounce_is_nobodys_mail() -> None:
    assert not covers(exempt(date(2027, 6, 30), senders=("@city.example",)), "2027-06-01T12:00:00", sender=None)


def test_dates_of_a_file_are_days_and_moments_are_moments(tmp_path: Path) -> None:
    path = tmp_path / "exemption.yaml"
    path.write_text("{because: b, by: c, since: 2027-01-01, until: 2027-06-30T12:00:00}")
    item = read_document(path, Exemption)
    assert (item.since, item.until) == (date(2027, 1, 1), datetime(2027, 6, 30, 12))


@pytest.mark.parametrize(
    ("name", "known"),
    [("UTC", True), ("America/Chicago", True), ("America", False), ("../../etc/passwd", False), ("", False)],
)
def test_time_zones(name: str, known: bool) -> None:
    assert is_timezone(name) == known
