"""Whom mailings have reached, in an SQLite database of its own, which may be lost: then sums begin anew.

Not synced. A power cut can therefore leave a damaged file, and no message may wait for someone to remove it.
"""

import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import Column, Connection, Engine, Table, Text, delete, func, insert, select

from quarantine.adapters import rows
from quarantine.adapters.sql_engine import batches, sqlite_engine, write
from quarantine.ports import StoreUnavailable
from rules.mailing import PRINTS
from rules.verdict import Mailing

T = TypeVar("T")

KEPT = timedelta(days=7)  # several rules may ask with windows of their own; longer than any sensible one
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

_tables = sa.MetaData()

REACHED = Table(
    "reached",
    _tables,
    Column("mailing", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("at", Text, nullable=False, index=True),
)

_log = logging.getLogger("mailward.store")


@dataclass(frozen=True, slots=True)
class SqlReach:
    engine: Engine

    def add(self, mailing: Mailing, at: datetime, window_seconds: int) -> int:
        prints = mailing.prints[:PRINTS]
        since = rows.text(at - timedelta(seconds=window_seconds))
        forgotten = rows.text(at - KEPT)

        def work(connection: Connection) -> int:
            for part in batches(mailing.reaches):
                connection.execute(delete(REACHED).where(REACHED.c.mailing.in_(prints), REACHED.c.person.in_(part)))
            copies = product(set(prints), set(mailing.reaches))
            people = [{"mailing": name, "person": person, "at": rows.text(at)} for name, person in copies]
            if people:
                connection.execute(insert(REACHED), people)
            connection.execute(delete(REACHED).where(REACHED.c.at < min(since, forgotten)))
            query = select(func.count(REACHED.c.person.distinct())).where(
                REACHED.c.mailing.in_(prints), REACHED.c.at >= since
            )
            return connection.scalar(query) or 0

        return _write(self.engine, work)


def open_reach(path: Path) -> Engine:
    """The database of mailings' reach, made when absent or damaged. Raises StoreUnavailable."""
    engine = sqlite_engine(path, synchronous="OFF", journal="TRUNCATE")
    _write(engine, _tables.create_all)
    return engine


def _write(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Run and commit, on a new database where this one turns out to be damaged."""
    try:
        return write(engine, work)
    except StoreUnavailable as error:
        if not _is_damage(error):
            raise
        _log.error("the sums of mailings were damaged and begin anew: %s", error)
    _forget(engine)
    write(engine, _tables.create_all)
    return write(engine, work)


def _is_damage(error: StoreUnavailable) -> bool:
    cause = error.__cause__
    original = getattr(cause, "orig", cause)
    # The low eight bits are the kind of error, the others say more of it (sqlite.org/rescode.html).
    return isinstance(original, sqlite3.Error) and getattr(original, "sqlite_errorcode", 0) & 0xFF in DAMAGED


def _forget(engine: Engine) -> None:
    assert engine.url.database is not None
    engine.dispose()
    for suffix in ("", "-journal"):  # the journal would be played back into the new file
        Path(engine.url.database + suffix).unlink(missing_ok=True)
