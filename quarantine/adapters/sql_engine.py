"""SQLite as an engine of SQLAlchemy: opened in safe modes, and what runs in one transaction. Knows no table.

Used by several processes at once: writers take SQLite's one write lock at their beginning and wait for it at most
BUSY_SECONDS. SQLAlchemy is imported here, in sql and in sql_reach alone.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from quarantine.ports import StoreUnavailable

T = TypeVar("T")

BUSY_SECONDS = 10  # one durable write takes milliseconds; after this something is wrong, and the sender waits
BATCH = 500  # values in one IN (…): SQLite before 3.32 took 999


def sqlite_engine(path: Path, *, synchronous: str, journal: str) -> Engine:
    """Connections to the file, made when absent, in these modes of SQLite. Raises StoreUnavailable."""
    _create_file(path)
    engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS, "isolation_level": None})

    @sa.event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, record: object) -> None:  # noqa: ARG001 (SQLAlchemy's signature)
        mode = connection.execute(f"PRAGMA journal_mode={journal}").fetchone()[0]
        if mode != journal.lower():
            raise sqlite3.OperationalError(f"journal mode is {mode}, not {journal}")
        connection.execute(f"PRAGMA synchronous={synchronous}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA secure_delete=ON")  # what is purged is overwritten

    @sa.event.listens_for(engine, "handle_error")
    def _abandon(context: sa.engine.ExceptionContext) -> None:
        # SQLite opens a file for reading alone when it cannot otherwise, and that connection would stay so after the
        # disk has come back; nor is a descriptor trusted whose write or sync has failed.
        code = getattr(context.original_exception, "sqlite_errorcode", 0) & 0xFF
        context.is_disconnect = code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR)
        if context.is_disconnect and context.execution_context is not None:
            context.execution_context.cursor.close()  # else the file stays locked as long as somebody has the traceback

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A reader that turns writer can meet SQLITE_BUSY that no waiting cures; writers say so at once.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _create_file(path: Path) -> None:
    """Private from its first moment; SQLite gives its journals the same mode."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StoreUnavailable(f"{path}: {error.strerror}") from error


def read(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Run in a transaction that changes nothing."""
    with _available(), engine.connect() as connection, connection.begin():
        return work(connection)


def write(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Run and commit. Two writers that met on a unique key: the second runs again and sees what the first wrote."""
    with _available():
        try:
            return _commit(engine, work)
        except IntegrityError:
            return _commit(engine, work)


def _commit(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        return work(connection)


@contextmanager
def _available() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise StoreUnavailable(f"database: {getattr(error, 'orig', None) or error}") from error


def batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """The names by BATCH."""
    for start in range(0, len(names), BATCH):
        yield names[start : start + BATCH]
