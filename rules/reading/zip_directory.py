"""The headers of zip archives, central and local (APPNOTE 6.3), by every way in which readers find them.

Readers differ in which end record they take, in how they find the directory from it, and in whether they look at it at
all. Whatever one of them could list is listed; where that differs it is told. Takes nothing out.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from rules.message import Octets
from rules.reading.formats import ZIP_TAIL
from rules.reading.member import Unreadable
from rules.remembering import remembered_last

LOCAL = b"PK\x03\x04"
AES = 99  # the method that WinZip writes for AES (APPNOTE 7.2)
SIZE_FOLLOWS = 1 << 3  # flag bit: sizes stand in a data descriptor behind the data
_CENTRAL, _END, _END64, _LOCATOR64 = b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_MASKED = 1 << 13  # flag bit: the directory is encrypted, and local headers are blank (APPNOTE 4.4.4)
_ENCRYPTED = 1 | 1 << 6 | _MASKED
_UTF8 = 1 << 11
_IN_ZIP64 = 0xFFFFFFFF
_UNIX = 3  # the system whose modes stand in the attributes (APPNOTE 4.4.2)
_MAX_ENTRIES = 10_000  # directory entries read; the budget's limit on members is met before
_END_SIZE = 22  # octets of an end record without its comment
# End records looked at: more stand only in archives that were built for it, whose local headers show the other files.
_MAX_ENDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One header, central or local. `start` is where the packed data begins; None while only the directory was read."""

    names: tuple[str, ...]
    flags: int
    method: int
    packed: int
    size: int
    header: int
    start: int | None = None
    mode: int = 0  # as Unix has it; 0 when the archive does not tell

    @property
    def is_folder(self) -> bool:
        return not self.size and self.names[0].endswith(("/", "\\"))

    @property
    def is_encrypted(self) -> bool:
        return bool(self.flags & _ENCRYPTED) or self.method == AES

    @property
    def is_link(self) -> bool:
        return self.mode & 0xF000 == 0xA000


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """`doubts`: why readers would list other members, in words. `end`: where its last record begins its comment."""

    entries: tuple[Entry, ...]
    doubts: tuple[str, ...]
    end: int


@dataclass(frozen=True, slots=True)
class _Table:
    """Where a directory stands, and how many octets before the archive its offsets do not count."""

    start: int
    stop: int
    before: int


@remembered_last
def read_directory(octets: Octets) -> Directory:
    """What the directories list together. Raises Unreadable when there is none or all are broken."""
    fault = Unreadable("zip archive without a directory: cut off, or one volume of several")
    listings: list[tuple[Entry, ...]] = []
    ends = list(_ends(octets))
    for end in ends:
        if listings and _is_inside(octets, end, listings[0]):
            continue  # of an archive that is itself a member
        try:
            tables = _tables(octets, end)
        except Unreadable as error:
            fault = error
            continue
        for table in tables:
            try:
                listings.append(tuple(_central(octets, table)))
            except Unreadable as error:
                fault = error
    if not listings:
        raise fault
    return _union(listings, ends[0] + _END_SIZE)


def _union(listings: list[tuple[Entry, ...]], end: int) -> Directory:
    """The first directory, with what others list besides."""
    entries = list(listings[0])
    doubts: tuple[str, ...] = ()
    if len(listings) > 1:
        places = {entry.header: index for index, entry in enumerate(entries)}
        for entry in (entry for listing in listings[1:] for entry in listing):
            index = places.get(entry.header)
            if index is None:
                places[entry.header] = len(entries)
                entries.append(entry)
            else:
                names = tuple(dict.fromkeys(entries[index].names + entry.names))
                entries[index] = replace(entries[index], names=names)
        if any(listing != listings[0] for listing in listings[1:]):
            doubts = ("zip archive with several directories that differ",)
    return Directory(entries=tuple(entries), doubts=doubts, end=end)


def _ends(octets: Octets) -> Iterator[int]:
    """End records where readers look, from the last one; where none is, the last in the file, as 7-Zip takes it."""
    stop, first = len(octets), max(0, len(octets) - ZIP_TAIL)
    if octets.rfind(_END, first) < 0:
        first = max(0, octets.rfind(_END))
    for _ in range(_MAX_ENDS):
        end = octets.rfind(_END, first, stop)
        if end < 0:
            return
        if end + _END_SIZE <= len(octets):
            yield end
        stop = end + 3


def _is_inside(octets: Octets, end: int, entries: tuple[Entry, ...]) -> bool:
    for entry in entries:
        local = local_at(octets, entry.header)
        if local is not None and local.start is not None and local.start <= end < local.start + entry.packed:
            return True
    return False


def _tables(octets: Octets, end: int) -> list[_Table]:
    """Where the directory may stand by one end record: as far before it as it is long, or at its offset."""
    disk, _, _, _, size, offset = struct.unpack_from("<HHHHII", octets, end + 4)
    if disk not in (0, 0xFFFF):
        raise Unreadable("one volume of a zip archive of several")
    stop, claims = end, [(size, offset)]
    if end >= 20 and octets[end - 20 : end - 16] == _LOCATOR64:
        (at,) = struct.unpack_from("<Q", octets, end - 12)
        nearest = octets.rfind(_END64, max(0, end - 4_096), end)
        larger = [place for place in dict.fromkeys((nearest, at)) if octets[place : place + 4] == _END64 and place >= 0]
        wide = [struct.unpack_from("<QQ", octets, place + 40) for place in larger if place + 56 <= len(octets)]
        # Readers that know no zip64, and those that use it only where they must, go by the smaller record.
        claims = [*wide, *((size, offset) for _ in range(1) if _IN_ZIP64 not in (size, offset) or not wide)]
        stop = nearest if nearest >= 0 else end
    found = dict.fromkeys(_Table(stop - size, stop, stop - size - offset) for size, offset in claims)
    by_offset = (_Table(offset, stop, 0) for _, offset in claims if octets[offset : offset + 4] == _CENTRAL)
    found.update(dict.fromkeys(by_offset))
    tables = [table for table in found if table.before >= 0 and table.start >= 0]
    if not tables:
        raise Unreadable("zip archive whose directory points outside it")
    return tables


def _central(octets: Octets, table: _Table) -> Iterator[Entry]:
    at = table.start
    for _ in range(_MAX_ENTRIES + 1):  # the last look finds the end
        if at + 46 > table.stop:
            return
        if octets[at : at + 4] != _CENTRAL:
            locked = (local := local_at(octets, table.before)) is not None and local.flags & _MASKED
            raise Unreadable(f"zip archive with {'an encrypted' if locked else 'a broken'} directory")
        system = octets[at + 5]
        flags, method, _, _, packed, size, name, extra, comment = struct.unpack_from("<HHI I II HHH", octets, at + 8)
        mode, header = struct.unpack_from("<2xHI", octets, at + 38)
        raw = bytes(octets[at + 46 : at + 46 + name])
        more = bytes(octets[at + 46 + name : at + 46 + name + extra])
        if _IN_ZIP64 in (packed, size, header):
            size, packed, header = _large(more, size, packed, header)
        yield Entry(
            names=_names(raw, flags, more),
            flags=flags,
            method=method,
            packed=packed,
            size=size,
            header=header + table.before,
            mode=mode if system == _UNIX else 0,
        )
        at += 46 + name + extra + comment
    raise Unreadable(f"zip archive with more than {_MAX_ENTRIES:,} entries")


def is_likely_at(octets: Octets, at: int) -> bool:
    """Whether a local header may stand here: a method that there is, and a name without NUL that ends in the file.

    Asked before it is read: by chance or malice many places are marked as one, and each may claim 128 KiB.
    """
    if at + 30 > len(octets):
        return False
    (method,), (name, extra) = struct.unpack_from("<H", octets, at + 8), struct.unpack_from("<HH", octets, at + 26)
    start = at + 30
    return (
        name > 0
        and method <= AES
        and start + name + extra <= len(octets)
        and octets.find(b"\0", start, start + name) < 0
    )


def local_at(octets: Octets, at: int) -> Entry | None:
    """The local header at this place, if there is one."""
    if octets[at : at + 4] != LOCAL or at + 30 > len(octets):
        return None
    flags, method, _, _, packed, size, name, extra = struct.unpack_from("<HHI I II HH", octets, at + 6)
    start = at + 30 + name + extra
    more = bytes(octets[at + 30 + name : start])
    if _IN_ZIP64 in (packed, size):
        size, packed, _ = _large(more, size, packed, 0)
    names = _names(bytes(octets[at + 30 : at + 30 + name]), flags, more)
    return Entry(names=names, flags=flags, method=method, packed=packed, size=size, header=at, start=start)


def _extras(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        yield kind, extra[at + 4 : at + 4 + size]
        at += 4 + size


def _large(extra: bytes, size: int, packed: int, header: int) -> tuple[int, int, int]:
    """Fill in from the zip64 extra field what the header could not hold, in its order (APPNOTE 4.5.3)."""
    field = next((body for kind, body in _extras(extra) if kind == 1), b"")
    words = iter(struct.unpack(f"<{len(field) // 8}Q", field[: len(field) // 8 * 8]))
    size = next(words, size) if size == _IN_ZIP64 else size
    packed = next(words, packed) if packed == _IN_ZIP64 else packed
    header = next(words, header) if header == _IN_ZIP64 else header
    return size, packed, header


def _names(raw: bytes, flags: int, extra: bytes) -> tuple[str, ...]:
    """The name as its flag says, as UTF-8 when it can be, and as the Unicode path extra field says."""
    found = []
    if not raw.isascii():
        with suppress(UnicodeDecodeError):
            found.append(raw.decode("utf-8"))
        if not flags & _UTF8:
            found.append(raw.decode("cp437"))
    found.extend(
        body[5:].decode("utf-8", "replace") for kind, body in _extras(extra) if kind == 0x7075 and len(body) > 5
    )
    return tuple(dict.fromkeys([*found, raw.decode("utf-8", "replace")]))
