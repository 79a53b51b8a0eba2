"""The files of a FAT12, FAT16 or FAT32 file system (Microsoft FAT specification, 2000), with both their names."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from rules.reading.disks.disk import MAX_DEPTH, Disk, Tally
from rules.reading.member import Member, Unreadable

_ENTRY = 32
_LONG_NAME, _LABEL, _DIRECTORY = 0x0F, 0x08, 0x10
_ATTRIBUTES = 0x3F  # the bits in use
_DELETED, _END = 0xE5, 0x00
_MAX_RUN = 1024 * 1024  # octets
_MAX_DIRECTORY = 2 * 1024 * 1024  # octets: 65,536 entries (specification, section 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Geometry:
    """What the boot sector says, in octets where it says sectors."""

    bits: int
    cluster: int
    table: int
    root: int
    root_size: int  # 0 on FAT32, whose root folder is a file
    data: int
    clusters: int


def is_fat(disk: Disk) -> bool:
    return _geometry(disk.read(0, 512)) is not None


def files_of_fat(disk: Disk, tally: Tally) -> Iterator[Member]:
    """Every file with its long and its short name; what cannot be read is told to the tally. Raises Unreadable."""
    boot = disk.read(0, 512)
    geometry = _geometry(boot)
    if geometry is None:
        raise Unreadable("damaged FAT disk image")
    reader = _Reader(disk, geometry, tally)
    if geometry.root_size:
        tally.folder(geometry.root_size)
        root = disk.read(geometry.root, geometry.root_size)
    else:
        root = reader.directory(struct.unpack_from("<I", boot, 44)[0])
    yield from reader.folder(root, "", 0)


def _geometry(boot: bytes) -> _Geometry | None:
    if len(boot) < 512 or boot[0] not in (0xEB, 0xE9):
        return None
    sector, per_cluster, reserved, tables, entries, few = struct.unpack_from("<HBHBHH", boot, 11)
    per_table, many, per_table32 = (
        struct.unpack_from("<H", boot, 22)[0],
        struct.unpack_from("<I", boot, 32)[0],
        struct.unpack_from("<I", boot, 36)[0],
    )
    if sector not in (512, 1_024, 2_048, 4_096) or not per_cluster or per_cluster & (per_cluster - 1):
        return None
    total, per_table = few or many, per_table or per_table32
    root_sectors = -(-entries * _ENTRY // sector)
    first_data = reserved + tables * per_table + root_sectors
    clusters = (total - first_data) // per_cluster
    if not (reserved and 1 <= tables <= 4 and per_table and clusters > 0):
        return None
    return _Geometry(
        bits=12 if clusters < 4_085 else 16 if clusters < 65_525 else 32,
        cluster=sector * per_cluster,
        table=reserved * sector,
        root=(reserved + tables * per_table) * sector,
        root_size=entries * _ENTRY,
        data=first_data * sector,
        clusters=clusters,
    )


class _Reader:
    """One file system being read; knows which folders it has been in."""

    def __init__(self, disk: Disk, geometry: _Geometry, tally: Tally) -> None:
        self._disk = disk
        self._geometry = geometry
        self._tally = tally
        self._seen: set[int] = set()

    def directory(self, cluster: int) -> bytes:
        """The entries of a folder that is a file. A folder has no size: its chain tells where it ends."""
        entries = b""
        for at, size in self._runs(cluster, _MAX_DIRECTORY + 1):
            self._tally.folder(size)
            entries += self._disk.read(at, size)
        if len(entries) > _MAX_DIRECTORY:
            self._tally.fault(f"disk image with a folder of more than {_MAX_DIRECTORY // _ENTRY:,} entries")
        return entries[:_MAX_DIRECTORY]

    def folder(self, entries: bytes, path: str, depth: int) -> Iterator[Member]:
        long: list[str] = []
        for at in range(0, len(entries) - _ENTRY + 1, _ENTRY):
            entry = entries[at : at + _ENTRY]
            if entry[0] == _END:
                return
            attributes = entry[11] & _ATTRIBUTES
            if entry[0] == _DELETED or (attributes != _LONG_NAME and attributes & _LABEL):
                long = []
            elif attributes == _LONG_NAME:
                long.append((entry[1:11] + entry[14:26] + entry[28:32]).decode("utf-16-le", "replace"))
            else:
                name = "".join(reversed(long)).partition("\0")[0]
                long = []
                yield from self._entry(entry, name, path, depth)

    def _entry(self, entry: bytes, long: str, path: str, depth: int) -> Iterator[Member]:
        short = _short_name(entry)
        if short in (".", ".."):
            return
        self._tally.meter.member()
        names = tuple(path + name for name in dict.fromkeys((long, short)) if name) or (f"{path}unnamed",)
        first = struct.unpack_from("<H", entry, 26)[0]
        if self._geometry.bits == 32:
            first |= struct.unpack_from("<H", entry, 20)[0] << 16
        if not entry[11] & _DIRECTORY:
            yield Member(names=names, octets=self._content(first, struct.unpack_from("<I", entry, 28)[0], names[0]))
        elif depth >= MAX_DEPTH:
            self._tally.fault(f"disk image with folders more than {MAX_DEPTH:,} deep")
        elif first not in self._seen:
            self._seen.add(first)
            yield from self.folder(self.directory(first), f"{names[0]}/", depth + 1)

    def _content(self, first: int, size: int, name: str) -> bytes:
        content = bytearray()
        for at, count in self._runs(first, size):
            for piece in self._tally.pieces(self._disk, at, count):
                content += piece
        if len(content) < size:
            self._tally.fault(f"disk image: {name} is cut off")
        return bytes(content)

    def _runs(self, cluster: int, size: int) -> Iterator[tuple[int, int]]:
        """Where `size` octets lie: clusters that follow each other are one run of at most a megabyte.

        A chain that runs in a circle ends where the clusters are used up.
        """
        start, count = cluster, 0
        for _ in range(min(self._geometry.clusters, -(-size // self._geometry.cluster))):
            if not 2 <= cluster < self._geometry.clusters + 2:
                break
            if cluster != start + count or count * self._geometry.cluster >= _MAX_RUN:
                yield self._run(start, count, size)
                size -= count * self._geometry.cluster
                start, count = cluster, 0
            count += 1
            cluster = self._next(cluster)
        if count:
            yield self._run(start, count, size)

    def _run(self, cluster: int, count: int, size: int) -> tuple[int, int]:
        at = self._geometry.data + (cluster - 2) * self._geometry.cluster
        return at, min(count * self._geometry.cluster, size)

    def _next(self, cluster: int) -> int:
        match self._geometry.bits:
            case 12:
                pair = self._disk.read(self._geometry.table + cluster * 3 // 2, 2)
                value = int.from_bytes(pair, "little")
                return value >> 4 if cluster & 1 else value & 0xFFF
            case 16:
                return int.from_bytes(self._disk.read(self._geometry.table + cluster * 2, 2), "little")
            case _:
                return int.from_bytes(self._disk.read(self._geometry.table + cluster * 4, 4), "little") & 0x0FFFFFFF


def _short_name(entry: bytes) -> str:
    stem = entry[:8].replace(b"\x05", b"\xe5", 1).decode("cp437").rstrip()
    extension = entry[8:11].decode("cp437").rstrip()
    return f"{stem}.{extension}" if extension else stem
