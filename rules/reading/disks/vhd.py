"""Virtual hard disks (Virtual Hard Disk Image Format Specification 1.0), fixed and dynamic; others are told."""

import struct
from dataclasses import dataclass

from rules.message import Octets
from rules.reading.disks.disk import Disk, OctetsOnDisk, Section
from rules.reading.member import Unreadable

_FOOTER = 512
SECTOR = 512
_FIXED, _DYNAMIC, _DIFFERENCING = 2, 3, 4
UNUSED = 0xFFFFFFFF  # the sector of a block that was never written
_MAX_BLOCKS = 1 << 20  # a table of 4 MiB: two tebibytes in blocks of 2 MiB, the most that the format holds


@dataclass(frozen=True, slots=True)
class Blocks:
    """Blocks that were never written are absent, and read as zeros."""

    octets: Octets
    table: tuple[int, ...]  # sector of each block
    block: int  # octets
    bitmap: int  # octets before each block's data

    @property
    def size(self) -> int:
        return len(self.table) * self.block

    def read(self, at: int, count: int) -> bytes:
        pieces = []
        while count > 0 and 0 <= at < self.size:
            number, within = divmod(at, self.block)
            length = min(count, self.block - within)
            pieces.append(self._within(self.table[number], within, length))
            if len(pieces[-1]) < length:
                break  # cut off
            at, count = at + length, count - length
        return b"".join(pieces)

    def _within(self, sector: int, within: int, length: int) -> bytes:
        if sector == UNUSED:
            return bytes(length)
        start = sector * SECTOR + self.bitmap + within
        return bytes(self.octets[start : start + length])


def disk_of_vhd(octets: Octets) -> Disk:
    """Raises Unreadable for kinds that need another file, and for tables that are damaged."""
    footer = bytes(octets[-_FOOTER:])
    if not footer.startswith(b"conectix"):
        footer = bytes(octets[:_FOOTER])  # a dynamic disk begins with a copy
    if len(footer) < _FOOTER:
        raise Unreadable("damaged VHD disk image")
    header, kind = struct.unpack_from(">Q", footer, 16)[0], struct.unpack_from(">I", footer, 60)[0]
    if kind == _FIXED:
        return Section(OctetsOnDisk(octets), 0, max(len(octets) - _FOOTER, 0))
    if kind != _DYNAMIC:
        raise Unreadable("differencing VHD disk image" if kind == _DIFFERENCING else "VHD disk image of unknown kind")
    return _dynamic(octets, header)


def _dynamic(octets: Octets, at: int) -> Disk:
    header = bytes(octets[at : at + 1_024])
    if header[:8] != b"cxsparse" or len(header) < 1_024:
        raise Unreadable("damaged VHD disk image")
    table, _, entries, block = struct.unpack_from(">QIII", header, 16)
    if entries > _MAX_BLOCKS:
        raise Unreadable(f"VHD disk image with more than {_MAX_BLOCKS:,} blocks")
    stored = bytes(octets[table : table + 4 * entries])
    if block < SECTOR or block % SECTOR or len(stored) < 4 * entries:
        raise Unreadable("damaged VHD disk image")
    bitmap = -(-block // SECTOR // 8 // SECTOR) * SECTOR
    return Blocks(octets, struct.unpack(f">{entries}I", stored), block, max(bitmap, SECTOR))
