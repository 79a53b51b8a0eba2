"""Whether the clock can be believed for what cannot be undone.

The keeper notes the time at each turn. Where it has gone on or back by more than a day, by a wrong clock or because the
service stood still so long, nothing expires by itself for a day, in which somebody reads the log.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from rules.document import from_json, to_json

STEP = timedelta(hours=24)
FILE = "clock.json"  # below the state folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The time of the last turn, and of the first after a step that is not a day old yet."""

    last: datetime
    stepped: datetime | None = None


def seen(before: Seen | None, now: datetime) -> Seen:
    """What is known after a turn now; `before` is None at the very first."""
    if before is None:
        return Seen(last=now)
    if abs(now - before.last) > STEP:
        return Seen(last=now, stepped=now)
    over = before.stepped is None or now - before.stepped >= STEP
    return Seen(last=now, stepped=None if over else before.stepped)


def note(state: Path, now: datetime) -> Seen:
    """Remember this turn. Raises OSError."""
    found = seen(_read(state / FILE, now), now)
    new = state / f"{FILE}.new"
    new.touch(mode=0o600)
    new.write_bytes(to_json(found, Seen))
    new.replace(state / FILE)
    return found


def stepped(state: Path, now: datetime) -> bool:
    """Whether the clock has made a step of late, as far as the keeper's last turn and now tell."""
    return seen(_read(state / FILE, now), now).stepped is not None


def _read(path: Path, now: datetime) -> Seen | None:
    """What was noted; a note that cannot be read is as bad as a step."""
    try:
        return from_json(path.read_bytes(), Seen)
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return Seen(last=now, stepped=now)
