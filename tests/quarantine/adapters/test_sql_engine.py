"""The database as a file: its modes, what is not one, and several processes at once."""

import gc
import os
import sqlite3

import pytest
import sqlalchemy as sa

from quarantine.adapters.sql import open_sqlite
from quarantine.adapters.sql_engine import BATCH, batches
from quarantine.ports import StoreUnavailable


def test_the_database_is_private_and_in_its_safest_mode(keeping):
    keeping.hold("ann@city.example")
    path = keeping.state / "quarantine.sqlite"
    assert path.stat().st_mode & 0o777 == 0o600
    with keeping.store.quarantine.index.engine.connect() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert pragma == {"journal_mode": "delete", "synchronous": 3, "foreign_keys": 1, "secure_delete": 1}


def test_a_file_that_is_no_database_is_store_unavailable(tmp_path):
    (tmp_path / "quarantine.sqlite").write_bytes(b"not a database at all, but long enough to be looked at" * 20)
    with pytest.raises(StoreUnavailable):
        open_sqlite(tmp_path / "quarantine.sqlite")


def test_a_locked_database_is_store_unavailable(keeping, monkeypatch):
    monkeypatch.setattr("quarantine.adapters.sql_engine.BUSY_SECONDS", 0.05)
    keeping.store.quarantine.index.engine.dispose()
    other = sqlite3.connect(keeping.state / "quarantine.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    engine = open_sqlite  # a fresh engine takes the shorter waiting time
    with pytest.raises(StoreUnavailable, match="locked"):
        engine(keeping.state / "quarantine.sqlite")
    other.execute("ROLLBACK")
    assert keeping.hold("ann@city.example")


def test_a_connection_that_can_only_read_is_given_up_with_its_lock(keeping):
    """SQLite makes one where the file could not be opened for writing, were it only for that moment."""
    engine, path = keeping.store.quarantine.index.engine, keeping.state / "quarantine.sqlite"
    engine.dispose()
    once = [lambda: sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)]
    sa.event.listen(engine, "do_connect", lambda *_: once.pop()() if once else None)
    gc.disable()  # what keeps the traceback keeps the connection
    try:
        with pytest.raises(StoreUnavailable, match="readonly") as failed:
            keeping.hold("ann@city.example")
        assert keeping.hold("ann@city.example")
    finally:
        gc.enable()
    assert failed.value


def test_several_processes_write_at_once(keeping, keep):
    keeping.hold("warm@city.example")
    children = []
    for number in range(4):
        child = os.fork()
        if child == 0:
            mine = keep()
            for turn in range(5):
                mine.hold(f"p{number}@city.example", body=b"%d %d\r\n" % (number, turn))
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0, 0]
    assert len(keep().store.quarantine.list()) == 21


def test_one_retry_from_two_processes_is_one_item(keeping, keep):
    keeping.hold("warm@city.example")
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            keep().hold("ann@city.example", body=b"the same\r\n")
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    assert len(keep().store.quarantine.list()) == 2


@pytest.mark.parametrize(("names", "sizes"), [(0, []), (BATCH, [BATCH]), (BATCH + 1, [BATCH, 1])])
def test_names_are_asked_for_by_batches(names, sizes):
    assert [len(part) for part in batches(["x"] * names)] == sizes
