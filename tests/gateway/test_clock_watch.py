"""A step of the clock is noticed, lasts a day, and a note that cannot be read is as bad as one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.clock_watch import FILE, STEP, Seen, note, seen, stepped

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_the_first_turn_knows_no_step() -> None:
    assert seen(None, NOON) == Seen(last=NOON)


@pytest.mark.parametrize("way", [1, -1], ids=["on", "back"])
@pytest.mark.parametrize(("by", "noticed"), [(STEP, False), (STEP + SECOND, True), (timedelta(days=400), True)])
def test_more_than_a_day_is_a_step(way: int, by: timedelta, noticed: bool) -> None:
    found = seen(Seen(last=NOON), NOON + way * by)
    assert (found.stepped is not None) is noticed


def test_a_step_is_over_after_a_day_of_turns() -> None:
    found = seen(Seen(last=NOON - timedelta(days=3)), NOON)
    for hours in range(1, 24):
        found = seen(found, NOON + timedelta(hours=hours))
        assert found.stepped == NOON
    assert seen(found, NOON + STEP).stepped is None


def test_it_is_remembered_in_a_private_file(tmp_path: Path) -> None:
    assert not stepped(tmp_path, NOON)
    note(tmp_path, NOON)
    assert not stepped(tmp_path, NOON + STEP)
    assert stepped(tmp_path, NOON + STEP + SECOND)
    note(tmp_path, NOON + STEP + SECOND)
    assert stepped(tmp_path, NOON + STEP + 2 * SECOND)
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_damaged_note_is_as_bad_as_a_step(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xff")
    assert stepped(tmp_path, NOON)
    assert note(tmp_path, NOON).stepped == NOON
