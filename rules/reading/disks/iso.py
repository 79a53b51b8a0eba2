"""The files of an ISO 9660 file system (ECMA-119) in all its trees: plain, Joliet, Rock Ridge (SUSP 1.12, RRIP 1.12).

Windows shows one tree and other systems another, so every tree counts; a file in several is one, with all its names.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from rules.reading.budget import LimitExceeded
from rules.reading.disks.disk import MAX_DEPTH, MAX_FOLDERS, Disk, Tally
from rules.reading.member import Member, Unreadable

_SECTOR = 2_048
_FIRST_DESCRIPTOR, _MAX_DESCRIPTORS = 16, 64  # sectors; discs have some three
_PRIMARY, _SUPPLEMENTARY, _TERMINATOR = 1, 2, 255
_JOLIET = (b"%/@", b"%/C", b"%/E")  # escape sequences of UCS-2
_FOLDER, _GOES_ON = 0x02, 0x80  # file flags (ECMA-119 9.1.6)
_RECORD = 34  # octets of a directory record, at least
_MAX_NAMES = 8  # of one file, beyond which each counts as a file
_MAX_CONTINUATIONS = 32  # of the fields behind one record: Linux follows as many
_MAX_EXTENTS = 1_000  # of one file: each holds up to 4 GiB


@dataclass(frozen=True, slots=True)
class _Record:
    """`packed`: stored in a way of its own (zisofs), in turns with another file, or with more fields than are read."""

    name: str
    alternate: str | None
    at: int
    size: int
    flags: int
    packed: bool


@dataclass(slots=True)
class _File:
    extents: tuple[tuple[int, int], ...]
    packed: bool
    names: dict[str, None] = field(default_factory=dict)


def files_of_iso(disk: Disk, tally: Tally) -> Iterator[Member]:
    """Every file; what cannot be read is told to the tally. Raises Unreadable."""
    trees: list[tuple[int, bool, _Record]] = []
    limit: LimitExceeded | None = None
    try:
        trees.extend(_trees(disk))
    except LimitExceeded as error:
        limit = error
    if not trees:
        raise Unreadable("damaged ISO 9660 disk image")
    found: dict[tuple[object, ...], _File] = {}
    try:
        for tree in trees:
            _Tree(disk, tally, found, *tree).folder(tree[2], "", 0)
    except LimitExceeded as error:
        limit = error
    for file in found.values():
        names = tuple(file.names)
        yield Member(names=names, octets=b"" if limit is not None else _content(disk, tally, file, names[0]))
    if limit is not None:
        raise limit


def _content(disk: Disk, tally: Tally, file: _File, name: str) -> bytes:
    if file.packed:
        tally.fault(f"disk image: {name} is stored in a way that is not read")
    content = bytearray()
    for at, size in file.extents:
        for piece in tally.pieces(disk, at, size):
            content += piece
    if len(content) < sum(size for _, size in file.extents):
        tally.fault(f"disk image: {name} is cut off")
    return bytes(content)


def _trees(disk: Disk) -> Iterator[tuple[int, bool, _Record]]:
    """Block size, whether names are in UCS-2, and the root folder of each volume descriptor (ECMA-119 8.4 and 8.5)."""
    for number in range(_FIRST_DESCRIPTOR, _FIRST_DESCRIPTOR + _MAX_DESCRIPTORS + 1):  # the last look finds the end
        descriptor = disk.read(number * _SECTOR, _SECTOR)
        if descriptor[1:6] != b"CD001" or len(descriptor) < _SECTOR or descriptor[0] == _TERMINATOR:
            return
        if descriptor[0] in (_PRIMARY, _SUPPLEMENTARY):
            (block,) = struct.unpack_from("<H", descriptor, 128)
            wide = descriptor[0] == _SUPPLEMENTARY and descriptor[88:91] in _JOLIET
            root = _record(disk, descriptor[156:190], block, wide=wide)
            if block in (512, 1_024, 2_048) and root is not None:
                yield block, wide, root
    raise LimitExceeded(f"ISO 9660 disk image with more than {_MAX_DESCRIPTORS:,} volume descriptors")


class _Tree:
    """One tree of folders; adds its files to those of the others."""

    def __init__(
        self, disk: Disk, tally: Tally, found: dict[tuple[object, ...], _File], block: int, wide: bool, root: _Record
    ) -> None:
        self._disk = disk
        self._tally = tally
        self._found = found
        self._block = block
        self._wide = wide
        self._seen = {root.at}

    def folder(self, folder: _Record, path: str, depth: int) -> None:
        if depth > MAX_DEPTH:
            self._tally.fault(f"disk image with folders more than {MAX_DEPTH:,} deep")
            return
        entries = self._disk.read(folder.at, min(folder.size, MAX_FOLDERS + 1))
        self._tally.folder(len(entries))
        if len(entries) < folder.size:
            self._tally.fault(f"disk image: the folder {path} is cut off")
        extents: list[tuple[int, int]] = []
        for record in self._records(entries):
            if record.flags & _FOLDER:
                if record.at not in self._seen:
                    self._seen.add(record.at)
                    self._tally.meter.member()
                    self.folder(record, f"{path}{record.alternate or record.name}/", depth + 1)
                continue
            extents.append((record.at, record.size))
            if len(extents) > _MAX_EXTENTS:
                self._tally.fault(f"disk image with a file of more than {_MAX_EXTENTS:,} extents")
            if not record.flags & _GOES_ON or len(extents) > _MAX_EXTENTS:
                self._add(record, tuple(extents), path)
                extents = []

    def _add(self, record: _Record, extents: tuple[tuple[int, int], ...], path: str) -> None:
        names = [path + name for name in (record.alternate, record.name) if name] or [f"{path}unnamed"]
        known = self._found.get(extents) if record.size else self._found.get((names[0],))
        if known is None or len(known.names) >= _MAX_NAMES:
            self._tally.meter.member()
        if known is None:
            known = _File(extents, record.packed)
            self._found[extents if record.size else (names[0],)] = known
        known.names.update(dict.fromkeys(names))

    def _records(self, entries: bytes) -> Iterator[_Record]:
        """Those of one folder, without those of itself and its parent. A record never crosses a sector."""
        at = 0
        while at + _RECORD <= len(entries):
            length = entries[at]
            if not length:
                at += _SECTOR - at % _SECTOR
                continue
            record = _record(self._disk, entries[at : at + length], self._block, wide=self._wide)
            if record is None:
                raise Unreadable("damaged ISO 9660 disk image")
            if record.name not in ("\0", "\1"):
                yield record
            at += length


def _record(disk: Disk, fields: bytes, block: int, *, wide: bool) -> _Record | None:
    """A directory record (ECMA-119 9.1); numbers are read in the order of octets that computers of today use."""
    if len(fields) < _RECORD or len(fields) < 33 + fields[32]:
        return None
    start, size = fields[1] + int.from_bytes(fields[2:6], "little"), int.from_bytes(fields[10:14], "little")
    raw = fields[33 : 33 + fields[32]]
    alternate, packed = _system_use(disk, fields[33 + (fields[32] | 1) :])
    return _Record(
        name=raw.decode("latin-1") if raw in (b"\0", b"\1") else _name(raw, wide=wide),
        alternate=alternate,
        at=start * block,
        size=size,
        flags=fields[25],
        packed=packed or bool(fields[26] or fields[27]),
    )


def _name(raw: bytes, *, wide: bool) -> str:
    """Without the number of the version (ECMA-119 7.5.1)."""
    name = raw.decode("utf-16-be" if wide else "latin-1", "replace")
    stem, mark, version = name.rpartition(";")
    return stem if mark and version.isdigit() else name


def _system_use(disk: Disk, fields: bytes) -> tuple[str | None, bool]:
    """The Rock Ridge name, and whether the file is packed."""
    name, packed = b"", False
    for _ in range(_MAX_CONTINUATIONS):
        following = None
        at = 0
        while at + 4 <= len(fields) and fields[at + 2] >= 4:
            mark, body = fields[at : at + 2], fields[at + 4 : at + fields[at + 2]]
            if mark == b"NM":
                name += body[1:]
            elif mark == b"ZF":
                packed = True
            elif mark == b"CE" and len(body) >= 24:
                following = struct.unpack_from("<I4xI4xI", body)
            at += fields[at + 2]
        if following is None:
            return name.decode("utf-8", "replace") if name else None, packed
        fields = disk.read(following[0] * _SECTOR + following[1], min(following[2], _SECTOR))
    return name.decode("utf-8", "replace"), True
