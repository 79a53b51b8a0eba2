"""When something of a policy counts: from a day to a day, on some days of the week, at some hours, where the city is.

Knows no rule and asks no clock.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from rules.document import STRICT


class Weekday(StrEnum):
    """In the order of `date.weekday()`."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a rule is active; what is left out does not narrow.

    A date counts as that whole day. Hours end before `ends`; where that is not after `begins` they go on past midnight,
    and belong to the day on which they began.
    """

    __pydantic_config__ = STRICT
    since: date | datetime | None = None
    until: date | datetime | None = None
    days: tuple[Weekday, ...] = ()
    begins: time | None = None
    ends: time | None = None

    def covers(self, now: datetime, zone: ZoneInfo) -> bool:
        """Whether it is active at `now`, which is aware."""
        if self.since is not None and now < moment_of(self.since, zone):
            return False
        if self.until is not None and now >= end_of(self.until, zone):
            return False
        day = self._day_of(now.astimezone(zone))
        return day is not None and (not self.days or tuple(Weekday)[day.weekday()] in self.days)

    def _day_of(self, local: datetime) -> date | None:
        """The day whose hours `local` lies in; None outside of them."""
        begins, ends = self.begins or time.min, self.ends
        clock = local.timetz().replace(tzinfo=None)
        if ends is None or begins < ends:
            return local.date() if clock >= begins and (ends is None or clock < ends) else None
        if clock >= begins:
            return local.date()
        return local.date() - timedelta(days=1) if clock < ends else None


def moment_of(moment: date | datetime, zone: ZoneInfo) -> datetime:
    """When it begins. A date begins at its midnight, which daylight saving may shift: so it is placed in the zone
    first."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def end_of(until: date | datetime, zone: ZoneInfo) -> datetime:
    """The first moment after it: of an `until` without a time of day, the next day's beginning."""
    return moment_of(until if isinstance(until, datetime) else until + timedelta(days=1), zone)
