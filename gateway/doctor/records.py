"""Checks of what is kept already: the database, the audit record, the held contents. Opens nothing for writing."""

from collections.abc import Iterator

from gateway.config import Config
from gateway.doctor.note import Note, good, unsafe
from quarantine.adapters.stock import DATABASE, soundness
from quarantine.audit import folder_of, verify
from quarantine.display import counted
from quarantine.ports import StoreUnavailable

STRONG = "delete"  # the rollback journal, which quarantine.adapters.sql asks for
RESTORE = "stop the service, keep a copy, and restore the last backup"


def check_database(config: Config) -> Iterator[Note]:
    """Its journal, without which a power cut loses mail, and whether the file is whole."""
    path = config.state / DATABASE
    if not path.exists():
        yield good("no database yet; the first start makes it")
        return
    try:
        mode, faults = soundness(path)
    except StoreUnavailable as error:
        yield unsafe(f"{path}: {error}", RESTORE)
        return
    if mode != STRONG:
        yield unsafe(f"{path} is in journal mode {mode}", "stop the service; something else has opened that file")
    if faults:
        yield unsafe(f"{path}: {faults}", RESTORE)
    if mode == STRONG and not faults:
        yield good(f"{path} is sound")


def check_audit(config: Config) -> Iterator[Note]:
    """Every act on held mail stands in it, and without it none is done."""
    standing = verify(folder_of(config.state))
    yield from (unsafe(fault, "keep a copy, and compare with the heads in the digests") for fault in standing.faults)
    if not standing.faults:
        yield good(f"{counted(standing.count, 'record')} in {counted(len(standing.chains), 'chain')}, unbroken")
