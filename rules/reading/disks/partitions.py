"""The partitions of a disk: the table of the master boot record, and that of GPT (UEFI specification section 5)."""

import struct
from collections.abc import Iterator

from rules.reading.budget import LimitExceeded
from rules.reading.disks.disk import Disk, Section

_SECTOR = 512
_TABLE, _ENTRIES = 446, 4
_EXTENDED = frozenset((0x05, 0x0F, 0x85))
_PROTECTIVE = 0xEE
MAX_PARTITIONS = 128  # what GPT has room for by default; a chain of tables may be as long
_TOO_MANY = f"disk image with more than {MAX_PARTITIONS:,} partitions"
_RESERVED = bytes.fromhex("16e3c9e35c0bb84d817df92df00215ae")  # Microsoft's reserved partition, which nothing mounts


def partitions_of(disk: Disk) -> tuple[Section, ...]:
    """Each partition once; none when there is no table. LimitExceeded beyond MAX_PARTITIONS."""
    record = disk.read(0, _SECTOR)
    if record[510:512] != b"\x55\xaa":
        return ()
    found = dict.fromkeys(_of_record(disk, 0, 0))
    if disk.read(_SECTOR, 8) == b"EFI PART":
        found.update(dict.fromkeys(_of_gpt(disk)))  # a disk may have both, and systems differ in which they obey
    inside = ((start, min(size, disk.size - start)) for start, size in found if 0 < start < disk.size and size > 0)
    return tuple(Section(disk, start, size) for start, size in inside)


def _of_record(disk: Disk, at: int, extended: int) -> Iterator[tuple[int, int]]:
    """The four entries; an extended partition holds a chain of further tables, bounded as the partitions are."""
    seen: set[int] = set()
    for _ in range(MAX_PARTITIONS + 1):  # the first table is the disk's own
        seen.add(at)
        record = disk.read(at, _SECTOR)
        chained = 0
        if record[510:512] != b"\x55\xaa":
            return
        for index in range(_ENTRIES):
            kind = record[_TABLE + 16 * index + 4]
            first, count = struct.unpack_from("<II", record, _TABLE + 16 * index + 8)
            if kind in _EXTENDED:
                chained = (extended + first) * _SECTOR
            elif kind not in (0, _PROTECTIVE):
                yield at + first * _SECTOR, count * _SECTOR
        if not chained or chained in seen:
            return
        at, extended = chained, extended or chained // _SECTOR
    raise LimitExceeded(_TOO_MANY)


def _of_gpt(disk: Disk) -> Iterator[tuple[int, int]]:
    header = disk.read(_SECTOR, 92).ljust(92, b"\0")
    table, count, size = struct.unpack_from("<QII", header, 72)
    for index in range(min(count, MAX_PARTITIONS)):
        entry = disk.read(table * _SECTOR + index * size, 48)
        if len(entry) == 48 and entry[:16] not in (bytes(16), _RESERVED):
            first, last = struct.unpack_from("<QQ", entry, 32)
            yield first * _SECTOR, (last - first + 1) * _SECTOR
    if count > MAX_PARTITIONS:
        raise LimitExceeded(_TOO_MANY)
