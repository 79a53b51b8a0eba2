"""Checks of what is kept already: the database, the audit record, the held contents. Opens nothing for writing."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from gateway.config import Config
from gateway.doctor.note import Note, good, unsafe
from quarantine.audit import folder_of, verify

DATABASE = "quarantine.sqlite"
STRONG = "delete"  # the rollback journal, which quarantine.adapters.sql asks for (reliability section 0, 6)


def check_database(config: Config) -> Iterator[Note]:
    path = config.state / DATABASE
    if not path.exists():
        yield good("no database yet; the first start makes it")
        return
    mode, faults = examined(path)
    if mode != STRONG:
        yield unsafe(f"{path} is in journal mode {mode}", "stop the service; something else has opened that file")
    if faults:
        yield unsafe(f"{path}: {faults}", "stop the service, keep a copy, and restore the last backup")
    if mode == STRONG and not faults:
        yield good(f"{path} is sound")


def examined(path: Path) -> tuple[str, str]:
    """Journal mode and the first fault, empty when there is none."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)) as connection:
            mode = str(connection.execute("PRAGMA journal_mode").fetchone()[0])
            found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return STRONG, f"{error}"
    return mode, "" if found == "ok" else found


def check_audit(config: Config) -> Iterator[Note]:
    """Every act on held mail stands in it, and without it none is done."""
    standing = verify(folder_of(config.state))
    yield from (unsafe(fault, "keep a copy, and compare with the heads in the digests") for fault in standing.faults)
    if not standing.faults:
        yield good(f"{standing.count} records in {len(standing.chains)} chains, unbroken")
