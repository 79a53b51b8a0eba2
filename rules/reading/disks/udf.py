"""The files of a UDF file system (ECMA-167; OSTA UDF 1.02 to 2.60), which may stand beside an ISO 9660 one."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from rules.reading.budget import LimitExceeded
from rules.reading.disks.disk import MAX_DEPTH, Disk, Tally
from rules.reading.member import Member, Unreadable

# Tag identifiers (ECMA-167 3/7.2.1 and 4/7.2.1)
_ANCHOR, _PARTITION, _LOGICAL_VOLUME, _TERMINATOR = 2, 5, 6, 8
_FILE_SET, _FILE_IDENTIFIER, _FILE_ENTRY, _EXTENDED_FILE_ENTRY = 256, 257, 261, 266
_SECTORS = (2_048, 512, 4_096)
_ANCHORS = (256, 512)
_MAX_DESCRIPTORS = 64  # of one volume; six kinds are in use
_MAX_EXTENTS = 100_000  # of all files of a volume; an extent holds up to a gigabyte
_MAX_METADATA = 64  # extents of the metadata file, which is written in one piece
_MAX_CONTINUED = 64 * 1024  # octets of one continuation of a list of extents, which takes a block
_MAX_DIRECTORY = 4 * 1024 * 1024  # octets
_FOLDER_TYPE = 4  # ECMA-167 4/14.6.6
_FOLDER, _DELETED, _PARENT = 0x02, 0x04, 0x08
_METADATA, _VIRTUAL = b"*UDF Metadata Partition", b"*UDF Virtual Partition"


@dataclass(frozen=True, slots=True)
class _Extent:
    """`size` octets at a block of a partition; not recorded ones read as zeros."""

    size: int
    block: int
    partition: int
    recorded: bool = True


@dataclass(frozen=True, slots=True)
class _File:
    size: int
    extents: tuple[_Extent, ...]
    inline: bytes | None
    is_folder: bool


def files_of_udf(disk: Disk, tally: Tally) -> Iterator[Member]:
    """Every file with its path; what cannot be read is told to the tally. Raises Unreadable."""
    volume = _Volume(disk, tally)
    yield from volume.folder(volume.root(), "", 0)


class _Volume:
    """One UDF volume being read."""

    def __init__(self, disk: Disk, tally: Tally) -> None:
        self._disk = disk
        self._tally = tally
        self._extents_read = 0
        self._seen: set[tuple[int, int]] = set()
        self._sector, anchor = _anchor_of(disk)
        self._starts: dict[int, int] = {}  # of physical partitions, by number
        self._maps: list[tuple[int, tuple[_Extent, ...]]] = []  # physical partition, and the metadata file's extents
        logical = self._descriptors(*struct.unpack_from("<II", anchor, 16))
        self._file_set = struct.unpack_from("<IIH", logical, 248)
        self._map_partitions(logical)

    def _descriptors(self, size: int, at: int) -> bytes:
        logical = b""
        for index in range(min(size // self._sector, _MAX_DESCRIPTORS + 1)):  # the last look finds the end
            found = self._disk.read((at + index) * self._sector, self._sector)
            kind = int.from_bytes(found[:2], "little")
            if kind == _PARTITION and len(found) >= 196:
                self._starts[struct.unpack_from("<H", found, 22)[0]] = struct.unpack_from("<I", found, 188)[0]
            elif kind == _LOGICAL_VOLUME and len(found) >= 440:
                logical = found
            elif kind == _TERMINATOR:
                break
        else:
            if size // self._sector > _MAX_DESCRIPTORS:
                raise LimitExceeded(f"UDF disk image with more than {_MAX_DESCRIPTORS:,} volume descriptors")
        if not logical or not self._starts:
            raise Unreadable("damaged UDF disk image")
        return logical

    def _map_partitions(self, logical: bytes) -> None:
        at = 440
        for _ in range(min(struct.unpack_from("<I", logical, 268)[0], 8)):
            kind, length = logical[at : at + 1], logical[at + 1 : at + 2]
            if not length or len(logical) < at + max(length[0], 6):
                raise Unreadable("damaged UDF disk image")
            entry = logical[at : at + length[0]]
            if kind == b"\x01":
                self._maps.append((struct.unpack_from("<H", entry, 4)[0], ()))
            elif entry[5:28].startswith(_VIRTUAL) or len(entry) < 64:
                raise Unreadable("UDF disk image written in sessions, which is not opened")
            else:
                number, file = struct.unpack_from("<HI", entry, 38)
                self._maps.append((number, ()))
                if entry[5:28].startswith(_METADATA):
                    extents = self._entry_at(len(self._maps) - 1, file).extents
                    if len(extents) > _MAX_METADATA:
                        raise LimitExceeded(f"UDF disk image with its metadata in more than {_MAX_METADATA} pieces")
                    self._maps[-1] = (number, extents)
            at += length[0]

    def root(self) -> _File:
        size, block, partition = self._file_set
        found = self._block(partition, block, min(max(size, 512), 4_096))
        if int.from_bytes(found[:2], "little") != _FILE_SET or len(found) < 416:
            raise Unreadable("damaged UDF disk image")
        _, block, partition = struct.unpack_from("<IIH", found, 400)
        return self._entry_at(partition, block)

    def folder(self, folder: _File, path: str, depth: int) -> Iterator[Member]:
        if depth > MAX_DEPTH:
            self._tally.fault(f"disk image with folders more than {MAX_DEPTH:,} deep")
            return
        for name, marks, block, partition in _identifiers(self._entries(folder, path)):
            if marks & (_DELETED | _PARENT):
                continue
            self._tally.meter.member()
            entry = self._entry_at(partition, block)
            if not (marks & _FOLDER or entry.is_folder):
                yield Member(names=(path + name,), octets=self._content(entry, path + name))
            elif (partition, block) not in self._seen:
                self._seen.add((partition, block))
                yield from self.folder(entry, f"{path}{name}/", depth + 1)

    def _block(self, partition: int, block: int, count: int) -> bytes:
        """At most `count` octets from a logical block on."""
        return b"".join(self._disk.read(at, size) for _, at, size in self._places(partition, block, count))

    def _places(self, partition: int, block: int, count: int) -> Iterator[tuple[Disk, int, int]]:
        """Where these octets lie; a metadata partition's blocks lie in the metadata file."""
        if partition >= len(self._maps):
            raise Unreadable("damaged UDF disk image")
        number, extents = self._maps[partition]
        start, at = self._starts.get(number, 0), block * self._sector
        if not extents:
            yield self._disk, start * self._sector + at, count
        for extent in extents:
            if at < extent.size and count > 0:
                size = min(count, extent.size - at)
                yield self._disk, (start + extent.block) * self._sector + at, size
                at, count = 0, count - size
            else:
                at -= extent.size if at >= extent.size else 0

    def _entry_at(self, partition: int, block: int) -> _File:
        entry = self._block(partition, block, self._sector)
        kind = int.from_bytes(entry[:2], "little")
        fixed = {_FILE_ENTRY: 176, _EXTENDED_FILE_ENTRY: 216}.get(kind)
        if fixed is None or len(entry) < fixed:
            raise Unreadable("damaged UDF disk image")
        attributes, length = struct.unpack_from("<II", entry, fixed - 8)
        (size,) = struct.unpack_from("<Q", entry, 56)
        stored = entry[fixed + attributes : fixed + attributes + length]
        how = entry[34] & 0x07
        is_folder = entry[27] == _FOLDER_TYPE
        if how == 3:
            return _File(size, (), stored[:size], is_folder)
        return _File(size, tuple(self._extents(stored, partition, long=how == 1)), None, is_folder)

    def _extents(self, stored: bytes, partition: int, *, long: bool) -> Iterator[_Extent]:
        step, at = (16 if long else 8), 0
        while at + step <= len(stored):
            self._extents_read += 1
            if self._extents_read > _MAX_EXTENTS:
                raise LimitExceeded(f"UDF disk image with more than {_MAX_EXTENTS:,} extents")
            length, block = struct.unpack_from("<II", stored, at)
            where = struct.unpack_from("<H", stored, at + 8)[0] if long else partition
            kind, size = length >> 30, length & 0x3FFFFFFF
            at += step
            if not size:
                return
            if kind == 3:  # the list goes on elsewhere (ECMA-167 4/12), behind a tag and a length
                if size > _MAX_CONTINUED:
                    raise LimitExceeded(
                        f"UDF disk image with a list of extents of more than {_MAX_CONTINUED // 1024} KiB"
                    )
                stored, at = self._block(where, block, size)[24:], 0
            else:
                yield _Extent(size, block, where, kind == 0)

    def _entries(self, folder: _File, path: str) -> bytes:
        size = min(folder.size, _MAX_DIRECTORY, self._disk.size)
        self._tally.folder(size)
        if folder.inline is not None:
            return folder.inline
        found = bytearray()
        for extent in folder.extents:
            if len(found) < size and extent.recorded:
                found += self._block(extent.partition, extent.block, min(extent.size, size - len(found)))
        if len(found) < folder.size:
            self._tally.fault(f"disk image: the folder {path} is cut off")
        return bytes(found)

    def _content(self, file: _File, name: str) -> bytes:
        if file.inline is not None:
            self._tally.meter.octets(len(file.inline))
            return file.inline
        content = bytearray()
        for extent in file.extents:
            count = min(extent.size, file.size - len(content))
            if count > 0:
                for piece in self._pieces(extent, count):
                    content += piece
        if len(content) < file.size:
            self._tally.fault(f"disk image: {name} is cut off")
        return bytes(content)

    def _pieces(self, extent: _Extent, count: int) -> Iterator[bytes]:
        for section, at, size in self._places(extent.partition, extent.block, count):
            if extent.recorded:
                yield from self._tally.pieces(section, at, size)
            else:
                yield from self._tally.zeros(size)


def _anchor_of(disk: Disk) -> tuple[int, bytes]:
    for sector in _SECTORS:
        for number in (*_ANCHORS, disk.size // sector - 1, disk.size // sector - 257):
            found = disk.read(number * sector, 512)
            if len(found) == 512 and struct.unpack_from("<H", found)[0] == _ANCHOR:
                return sector, found
    raise Unreadable("UDF disk image without its anchor")


def _identifiers(folder: bytes) -> Iterator[tuple[str, int, int, int]]:
    """Name, marks, block and partition of each entry (ECMA-167 4/14.4)."""
    at = 0
    while at + 38 <= len(folder):
        if int.from_bytes(folder[at : at + 2], "little") != _FILE_IDENTIFIER:
            raise Unreadable("damaged UDF disk image")
        marks, length = folder[at + 18], folder[at + 19]
        _, block, partition = struct.unpack_from("<IIH", folder, at + 20)
        (used,) = struct.unpack_from("<H", folder, at + 36)
        written = folder[at + 38 + used : at + 38 + used + length]
        encoding = "utf-16-be" if written[:1] in (b"\x10", b"\xff") else "latin-1"
        yield written[1:].decode(encoding, "replace"), marks, block, partition
        at += -(-(38 + used + length) // 4) * 4
