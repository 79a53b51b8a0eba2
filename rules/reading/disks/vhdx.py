"""Virtual hard disks of the second form (MS-VHDX), fixed and dynamic; others are told.

What their copies of a table say differently, and a log that would have to be played first, is not opened: which of them
counts, other readers may see otherwise.
"""

import struct
import uuid
from collections.abc import Iterator

from rules.message import Octets
from rules.reading.disks.disk import Disk, Section
from rules.reading.disks.vhd import SECTOR, UNUSED, Blocks
from rules.reading.member import Unreadable

MAX_BLOCKS = 1 << 20  # of a disk; of 32 MiB each, as Windows makes them, 32 tebibytes
_MEBIBYTE = 1024 * 1024
_KIBIBYTE = 1024
_HEADERS_AT = (64 * _KIBIBYTE, 128 * _KIBIBYTE)  # section 2.2.2
_REGIONS_AT = (192 * _KIBIBYTE, 256 * _KIBIBYTE)  # section 2.2.3
_REGIONS = 64 * _KIBIBYTE
_MAX_ENTRIES = 2_047  # of a region table or a metadata table (sections 2.2.3.1 and 2.6.1.1)
_NO_LOG = bytes(16)
_HAS_PARENT = 2
_LARGEST_BLOCK = 256 * _MEBIBYTE
_BITMAP_BITS = 1 << 23  # sectors that one block of bitmaps speaks of, which stands in the table among the others
_NEVER_WRITTEN, _ZERO, _PARTLY = 0, 2, 7  # states of a block (section 2.5.1.1)

# Of regions (section 2.2.3.2) and of metadata (section 2.6.2)
_BLOCK_TABLE = uuid.UUID("2dc27766-f623-4200-9d64-115e9bfd4a08").bytes_le
_METADATA = uuid.UUID("8b7ca206-4790-4b9a-b8fe-575f050f886e").bytes_le
_FILE_PARAMETERS = uuid.UUID("caa16737-fa36-4d43-b3b6-33f0aa44e76b").bytes_le
_DISK_SIZE = uuid.UUID("2fa54224-cd1b-4876-b211-5dbed83bf4b8").bytes_le
_SECTOR_SIZE = uuid.UUID("8141bf1d-a96f-4709-ba47-f233a8faab5f").bytes_le


def disk_of_vhdx(octets: Octets) -> Disk:
    """Raises Unreadable for kinds that need another file, for a log, and for tables that are damaged."""
    try:
        return _disk(octets)
    except (struct.error, KeyError) as error:
        raise Unreadable("damaged VHDX disk image") from error


def _disk(octets: Octets) -> Disk:
    for at in _HEADERS_AT:
        header = bytes(octets[at : at + 64])
        if header[:4] == b"head" and header[48:64] != _NO_LOG:
            raise Unreadable("VHDX disk image with a log that is not played, as one that was not closed")
    first, second = (bytes(octets[at : at + _REGIONS]) for at in _REGIONS_AT)
    if first != second or first[:4] != b"regi":
        raise Unreadable("VHDX disk image whose two tables of regions differ or are damaged")
    regions = {first[at : at + 16]: struct.unpack_from("<QI", first, at + 16) for at in _entries(first, 8, "<I", 16)}
    metadata, length = regions[_METADATA]
    told = _metadata(octets, metadata, length)
    block, flags = struct.unpack_from("<II", told[_FILE_PARAMETERS])
    (size,) = struct.unpack_from("<Q", told[_DISK_SIZE])
    (sector,) = struct.unpack_from("<I", told[_SECTOR_SIZE])
    if flags & _HAS_PARENT:
        raise Unreadable("differencing VHDX disk image")
    if sector != SECTOR:
        raise Unreadable(f"VHDX disk image with sectors of {sector:,} octets, not opened")
    if block % _MEBIBYTE or not 0 < block <= _LARGEST_BLOCK:
        raise Unreadable("damaged VHDX disk image")
    count = -(-size // block)
    if count > MAX_BLOCKS:
        raise Unreadable(f"VHDX disk image with more than {MAX_BLOCKS:,} blocks")
    ratio = _BITMAP_BITS * sector // block
    table, length = regions[_BLOCK_TABLE]
    stored = bytes(octets[table : table + min(length, 8 * (count + count // ratio))])
    places = tuple(_places(stored, count, ratio))
    return Section(Blocks(octets, places, block, bitmap=0), 0, size)


def _metadata(octets: Octets, region: int, length: int) -> dict[bytes, bytes]:
    table = bytes(octets[region : region + 64 * _KIBIBYTE])
    if table[:8] != b"metadata":
        raise Unreadable("damaged VHDX disk image")
    items = ((table[at : at + 16], *struct.unpack_from("<II", table, at + 16)) for at in _entries(table, 10, "<H", 32))
    return {name: bytes(octets[region + offset : region + min(offset + size, length)]) for name, offset, size in items}


def _entries(table: bytes, count_at: int, form: str, first: int) -> Iterator[int]:
    (count,) = struct.unpack_from(form, table, count_at)
    if count > _MAX_ENTRIES:
        raise Unreadable("damaged VHDX disk image")
    yield from range(first, first + 32 * count, 32)


def _places(table: bytes, count: int, ratio: int) -> Iterator[int]:
    """The sector of each block of the disk; behind every `ratio` of them one stands that is of bitmaps."""
    for number in range(count):
        (entry,) = struct.unpack_from("<Q", table, 8 * (number + number // ratio))
        state, mebibyte = entry & 7, entry >> 20
        if state == _PARTLY:
            raise Unreadable("differencing VHDX disk image")
        # Of blocks that were let go, readers may show what is still there.
        absent = state in (_NEVER_WRITTEN, _ZERO) or not mebibyte
        yield UNUSED if absent else mebibyte * (_MEBIBYTE // SECTOR)
