"""What is kept already is sound, and looking at it changes nothing."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime

from gateway.config import Config
from gateway.doctor.note import Grade
from gateway.doctor.records import check_audit, check_database
from quarantine.adapters.stock import DATABASE
from quarantine.audit import Audit, Record, folder_of
from quarantine.quarantine import open_store


def test_a_database_that_was_never_made_is_not_made(configured: Callable[..., Config]) -> None:
    config = configured()
    assert [note.grade for note in check_database(config)] == [Grade.GOOD]
    assert not config.state.exists()


def test_a_fresh_database_is_sound(configured: Callable[..., Config]) -> None:
    config = configured()
    open_store(config.state)
    before = sorted(config.state.iterdir())
    assert [note.grade for note in check_database(config)] == [Grade.GOOD]
    assert sorted(config.state.iterdir()) == before


def test_a_weak_journal_is_unsafe(configured: Callable[..., Config]) -> None:
    config = configured()
    open_store(config.state)
    with sqlite3.connect(config.state / DATABASE) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    (note,) = check_database(config)
    assert note.grade is Grade.UNSAFE and "journal mode wal" in note.says


def test_damage_is_unsafe(configured: Callable[..., Config]) -> None:
    config = configured()
    open_store(config.state)
    path = config.state / DATABASE
    octets = bytearray(path.read_bytes())
    octets[4096 * 2 : 4096 * 3] = b"\xff" * 4096
    path.write_bytes(octets)
    assert [note.grade for note in check_database(config)] == [Grade.UNSAFE]


def test_a_changed_record_of_the_audit_is_named(configured: Callable[..., Config]) -> None:
    config = configured()
    folder = folder_of(config.state)
    audit = Audit(folder=folder)
    for number in range(2):
        audit.append(Record(at=datetime.now(UTC), act="view", by="ann", item=f"item{number}"))
    audit.close()
    (note,) = check_audit(config)
    assert note.grade is Grade.GOOD and note.says.startswith("2 records in 1 chain")
    (chain,) = (path for path in folder.iterdir() if b"item0" in path.read_bytes())
    chain.write_bytes(chain.read_bytes().replace(b"item0", b"item9"))
    (note,) = check_audit(config)
    assert note.grade is Grade.UNSAFE and chain.name.partition(".")[0] in note.says
