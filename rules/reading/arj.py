"""ARJ archives: names, encryption and volumes from the headers (ARJ technote), stored and packed members.

Methods 1 to 3 are LHA's `-lh7-` with a smaller window, so what unpacks that unpacks them; method 4 is read here.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rules.message import Octets
from rules.reading.behind import behind
from rules.reading.budget import MEBIBYTE, Budget
from rules.reading.member import Member, Unreadable

_MARK = b"\x60\xea"
_LAST = b"\x60\xea\0\0"  # instead of another header
_MAX_HEADER = 2_600  # octets (technote)
_GARBLED, _VOLUME, _CONTINUED = 0x01, 0x04, 0x08
_STORED, _PACKED, _FASTEST = 0, (1, 2, 3), 4
_MAX_FASTEST = 4 * MEBIBYTE  # octets of a member of method 4, which is unpacked bit by bit: two seconds
_COMMENT, _FOLDER, _LABEL = 2, 3, 4

_Unpacker = Callable[[bytes, int], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    name: str
    flags: int
    method: int
    kind: int
    size: int
    checksum: int
    packed: bytes
    end: int  # where the next header stands


def unpack_arj(octets: Octets, budget: Budget, unpack_lh7: _Unpacker) -> Iterator[Member]:
    """Every member. Raises Unreadable after those that could be read."""
    meter = budget.open(len(octets))
    faults: list[str] = []
    end = len(octets)
    for entry in _entries(bytes(octets)):
        end = entry.end + len(_LAST)
        if entry.kind in (_COMMENT, _FOLDER, _LABEL):
            continue
        meter.member()
        meter.octets(min(entry.size, 1 << 40))
        if entry.flags & _GARBLED:
            yield Member(names=(entry.name,), octets=b"", encrypted="encrypted ARJ member")
            continue
        content = _content(entry, unpack_lh7)
        yield Member(names=(entry.name,), octets=content)
        if entry.flags & (_VOLUME | _CONTINUED):
            faults.append("one volume of an ARJ archive of several")
        elif entry.method == _FASTEST and len(content) == _MAX_FASTEST < entry.size:
            faults.append(f"ARJ member of more than {_MAX_FASTEST // MEBIBYTE} MiB packed in the fastest way")
        elif len(content) != entry.size or zlib.crc32(content) != entry.checksum:
            faults.append(f"ARJ member that cannot be unpacked: {entry.name}"[:200])
    yield from behind(octets, end, meter)
    if faults:
        raise Unreadable("; ".join(dict.fromkeys(faults[:3])))


def _content(entry: _Entry, unpack_lh7: _Unpacker) -> bytes:
    if entry.method == _STORED:
        return entry.packed
    if entry.method in _PACKED:
        return unpack_lh7(entry.packed, entry.size)
    return _unpack_fastest(entry.packed, min(entry.size, _MAX_FASTEST)) if entry.method == _FASTEST else b""


def _entries(content: bytes) -> Iterator[_Entry]:
    """The main header is an entry too, of the kind comment. Raises Unreadable where the headers end early."""
    at = content.find(_MARK)
    while content[at : at + 2] == _MARK and len(content) >= at + 4:
        (size,) = struct.unpack_from("<H", content, at + 2)
        if size == 0:
            return
        header = content[at + 4 : at + 4 + size]
        if size > _MAX_HEADER or len(header) < max(size, 30):
            break
        _, _, _, _, flags, method, kind, _, _, packed, original, checksum = struct.unpack_from("<8B4I", header)
        at = _after_extensions(content, at + 4 + size + 4)
        stored = 0 if kind == _COMMENT else packed
        yield _Entry(
            name=header[header[0] :].partition(b"\0")[0].decode("cp437") or "unnamed",
            flags=flags,
            method=method,
            kind=kind,
            size=original,
            checksum=checksum,
            packed=content[at : at + stored],
            end=at + stored,
        )
        at += stored
    raise Unreadable("ARJ archive that is cut off")


def _after_extensions(content: bytes, at: int) -> int:
    """Behind the extended headers, each with its length before it and its checksum behind."""
    for _ in range(_MAX_HEADER):
        size = int.from_bytes(content[at : at + 2], "little")
        at += 2
        if not size:
            return at
        at += size + 4
    raise Unreadable("ARJ archive that is cut off")


def _unpack_fastest(packed: bytes, size: int) -> bytes:
    """Method 4: octets as they are, and copies of earlier ones, whose length and distance are written in two parts."""
    bits = _Bits(packed)
    found = bytearray()
    while len(found) < size and not bits.ended:
        length = bits.number(0, 7)
        if not length:
            found.append(bits.take(8))
            continue
        start = len(found) - 1 - bits.number(9, 13)
        if start < 0:
            break
        for at in range(start, start + length + 2):  # what is copied may reach into the copy
            found.append(found[at])
    return bytes(found[:size])


class _Bits:
    """Bits of octets, the highest first; zeros after the end."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._at = 0

    @property
    def ended(self) -> bool:
        return self._at >= 8 * len(self._octets)

    def take(self, count: int) -> int:
        """At most 16 of them, as a number."""
        first, before = divmod(self._at, 8)
        self._at += count
        window = int.from_bytes(self._octets[first : first + 3].ljust(3, b"\0"), "big")
        return window >> (24 - before - count) & ((1 << count) - 1)

    def number(self, shortest: int, longest: int) -> int:
        """Ones tell how many bits follow, from `shortest` to `longest`; each one adds the numbers of fewer bits."""
        width = shortest
        while width < longest and self.take(1):
            width += 1
        return (1 << width) - (1 << shortest) + self.take(width)
