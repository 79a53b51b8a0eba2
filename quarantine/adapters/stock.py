"""What waits in the database, in numbers, and whether its file is sound: for monitors and the doctor.

Opens it for reading only, and waits BUSY_SECONDS at most for a writer. Knows that it is SQLite.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from quarantine.item import OPEN
from quarantine.ports import StoreUnavailable

BUSY_SECONDS = 5.0  # a monitor asks again
DATABASE = "quarantine.sqlite"  # below the state folder

_WAITING = """
SELECT count(*), min(held) FROM items
WHERE id IN (SELECT item FROM recipients WHERE state IN ({marks}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Items with a copy that nobody has decided on yet, and when the oldest was held."""

    items: int
    oldest: datetime | None


def waiting(path: Path) -> Waiting:
    """Raises StoreUnavailable."""
    states = [state.value for state in OPEN]
    query = _WAITING.format(marks=",".join("?" * len(states)))
    try:
        with closing(_opened(path)) as connection:
            items, oldest = connection.execute(query, states).fetchone()
    except sqlite3.Error as error:
        raise StoreUnavailable(f"database: {error}") from error
    return Waiting(items=items, oldest=None if oldest is None else datetime.fromisoformat(oldest).astimezone(UTC))


def soundness(path: Path) -> tuple[str, str]:
    """The journal mode, and the first thing wrong with the file; empty when nothing is. Raises StoreUnavailable."""
    try:
        with closing(_opened(path)) as connection:
            mode = str(connection.execute("PRAGMA journal_mode").fetchone()[0])
            found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        raise StoreUnavailable(f"database: {error}") from error
    return mode, "" if found == "ok" else found


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
