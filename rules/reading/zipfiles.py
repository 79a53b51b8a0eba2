"""Reads zip archives as every zip reader would: by the central directory and by the local headers (APPNOTE 6.3).

The standard library trusts one of the two, and refuses a file in which they differ; here both count.
"""

import bz2
import lzma
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from rules.message import Octets
from rules.reading.budget import Budget, Meter
from rules.reading.member import Member, Unreadable
from rules.reading.signatures import ZIP_TAIL

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END64, _LOCATOR64 = b"PK\x06\x06", b"PK\x06\x07"
_STORED, _DEFLATED, _BZIP2, _LZMA, _XZ = 0, 8, 12, 14, 95
_AES = 99  # the method that WinZip writes for AES (APPNOTE 7.2)
_ENCRYPTED = 1 | 1 << 6 | 1 << 13  # flag bits: encrypted, strongly encrypted, directory masked (APPNOTE 4.4.4)
_UTF8 = 1 << 11
_SIZE_FOLLOWS = 1 << 3  # sizes stand in a data descriptor behind the data
_IN_ZIP64 = 0xFFFFFFFF
_CHUNK = 1024 * 1024  # octets unpacked between two looks at the budget
_UNKNOWN = -1  # a packed size that only the data's own end tells
_MAX_ENTRIES = 20_000  # directory entries read; the budget's limit on members is met before


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

    @property
    def is_folder(self) -> bool:
        return not self.size and self.names[0].endswith(("/", "\\"))

    @property
    def is_encrypted(self) -> bool:
        return bool(self.flags & _ENCRYPTED) or self.method == _AES


def directory_of(octets: Octets) -> tuple[Entry, ...]:
    """The entries of the central directory. Raises Unreadable when there is none or it is broken."""
    end = octets.rfind(_END, max(0, len(octets) - ZIP_TAIL))
    if end < 0 or end + 22 > len(octets):
        raise Unreadable("zip archive without a directory: cut off, or one volume of several")
    disk, _, _, _, size, offset = struct.unpack_from("<HHHHII", octets, end + 4)
    if disk not in (0, 0xFFFF):
        raise Unreadable("one volume of a zip archive of several")
    stop, size, offset = _zip64(octets, end, size, offset)
    before = stop - size - offset  # octets in front of the archive, which its offsets do not count
    if before < 0:
        raise Unreadable("zip archive whose directory points outside it")
    return tuple(_central(octets, stop - size, stop, before))


def _zip64(octets: Octets, end: int, size: int, offset: int) -> tuple[int, int, int]:
    """Where the directory ends, its size and its offset, by the larger end record if there is one (APPNOTE 4.3.14)."""
    at = octets.rfind(_END64, max(0, end - 4_096), end) if octets[end - 20 : end - 16] == _LOCATOR64 else -1
    if at < 0 or at + 56 > len(octets):
        return end, size, offset
    size, offset = struct.unpack_from("<QQ", octets, at + 40)
    return at, size, offset


def _central(octets: Octets, at: int, stop: int, before: int) -> Iterator[Entry]:
    for _ in range(_MAX_ENTRIES):
        if at + 46 > stop:
            return
        if octets[at : at + 4] != _CENTRAL:
            raise Unreadable("zip archive with a broken directory")
        flags, method, _, _, packed, size, name, extra, comment = struct.unpack_from("<HHI I II HHH", octets, at + 8)
        (header,) = struct.unpack_from("<I", octets, at + 42)
        raw = bytes(octets[at + 46 : at + 46 + name])
        more = bytes(octets[at + 46 + name : at + 46 + name + extra])
        if _IN_ZIP64 in (packed, size, header):
            size, packed, header = _large(more, size, packed, header)
        yield Entry(
            names=_names(raw, flags, more), flags=flags, method=method, packed=packed, size=size, header=header + before
        )
        at += 46 + name + extra + comment
    raise Unreadable(f"zip archive with more than {_MAX_ENTRIES} entries")


def _local_at(octets: Octets, at: int) -> Entry | None:
    if octets[at : at + 4] != _LOCAL or at + 30 > len(octets):
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


def read_entry(octets: Octets, entry: Entry, limit: int) -> bytes:
    """At most `limit` octets of one entry of the directory. Raises Unreadable."""
    local = _local_at(octets, entry.header)
    if local is None:
        raise Unreadable(f"zip archive: {entry.names[0]} is not where the directory says")
    if entry.is_encrypted:
        return b""
    assert local.start is not None
    content = b""
    for chunk in _unpacked(octets, entry.method, local.start, entry.packed, min(limit, _CHUNK)):
        content += chunk
        if len(content) >= limit:
            break
    return content[:limit]


def unpack_zip(octets: Octets, budget: Budget) -> Iterator[Member]:
    """Every member that the directory names, and every one that only a local header shows.

    Yields what can be had, then raises Unreadable for what could not.
    """
    meter = budget.open(len(octets))
    faults: list[str] = []
    try:
        listed = directory_of(octets)
    except Unreadable as error:
        faults.append(str(error))
        listed = ()
    pairs = [(entry, _local_at(octets, entry.header)) for entry in listed]
    overlapping = _overlapping([local for _, local in pairs if local is not None], dict(_sizes(pairs)))
    for entry, local in pairs:
        meter.member()
        if overlapping:
            yield Member(names=entry.names, octets=b"")
        else:
            yield from _member(octets, entry, local, meter, faults)
    if overlapping:
        raise Unreadable("zip archive whose members overlap")
    for local in _unlisted(octets, pairs):
        meter.member()
        yield from _member(octets, local, local, meter, faults)
    if faults:
        raise Unreadable("; ".join(dict.fromkeys(faults[:3])))


def _sizes(pairs: list[tuple[Entry, Entry | None]]) -> Iterator[tuple[int, int]]:
    for entry, local in pairs:
        if local is not None:
            yield local.header, entry.packed


def _overlapping(locals_: list[Entry], sizes: dict[int, int]) -> bool:
    """Whether two members share octets: how bombs are built (CVE-2024-0450)."""
    end = 0
    for local in sorted(locals_, key=lambda entry: entry.header):
        if local.header < end:
            return True
        assert local.start is not None
        end = local.start + sizes[local.header]
    return False


def _unlisted(octets: Octets, pairs: list[tuple[Entry, Entry | None]]) -> Iterator[Entry]:
    """Local headers in the gaps between listed members, which readers that go through from the front see."""
    spans = sorted((local.header, (local.start or 0) + entry.packed) for entry, local in pairs if local is not None)
    stop = octets.find(_CENTRAL, spans[-1][1]) if spans else -1
    at = 0
    for begin, end in [*spans, (len(octets) if stop < 0 else stop, 0)]:
        while 0 <= (at := octets.find(_LOCAL, at, begin)) < begin:
            local = _local_at(octets, at)
            if local is not None and local.start is not None and local.start <= len(octets) and _plausible(local):
                unknown = local.flags & _SIZE_FOLLOWS and not local.packed
                yield replace(local, packed=_UNKNOWN) if unknown else local
                at = max(local.start, local.start + local.packed)
            else:
                at += 4
            if at >= begin:
                break
        at = max(at if at > 0 else 0, end)


def _plausible(local: Entry) -> bool:
    return bool(local.names[0]) and local.method <= _AES and "\0" not in local.names[0]


def _member(octets: Octets, entry: Entry, local: Entry | None, meter: Meter, faults: list[str]) -> Iterator[Member]:
    """The member read by each header that describes it differently; one that cannot be read yields its names."""
    names = tuple(dict.fromkeys(entry.names + (local.names if local is not None else ())))
    if entry.is_folder and (local is None or local.is_folder):
        return
    if local is None or local.start is None:
        faults.append(f"{entry.names[0]} is not where the zip directory says")
        yield Member(names=names, octets=b"")
        return
    if entry.is_encrypted or local.is_encrypted:
        yield Member(names=names, octets=b"", encrypted="encrypted zip member")
        return
    ways = {(entry.method, entry.packed)}
    if local.method != entry.method or (
        local.packed != entry.packed and local.packed and not local.flags & _SIZE_FOLLOWS
    ):
        ways.add((local.method, local.packed or entry.packed))
    for method, packed in sorted(ways):
        content, fault = _read(octets, method, local.start, packed, meter)
        if fault is not None:
            faults.append(f"{entry.names[0]}: {fault}")
        yield Member(names=names, octets=content)


def _read(octets: Octets, method: int, start: int, packed: int, meter: Meter) -> tuple[bytes, str | None]:
    """The content as far as it can be read, and what went wrong."""
    chunks: list[bytes] = []
    fault = None
    try:
        for chunk in _unpacked(octets, method, start, packed, _CHUNK):
            meter.octets(len(chunk))
            chunks.append(chunk)
    except Unreadable as error:
        fault = str(error)
    return b"".join(chunks), fault


def _unpacked(octets: Octets, method: int, start: int, packed: int, step: int) -> Iterator[bytes]:
    """The data of one member piece by piece."""
    stop = len(octets) if packed == _UNKNOWN else start + packed
    if stop > len(octets) or (method == _STORED and packed == _UNKNOWN):
        raise Unreadable("cut off")
    if start == stop:
        return
    if method == _STORED:
        for at in range(start, start + packed, step):
            yield bytes(octets[at : min(at + step, stop)])
    elif method == _DEFLATED:
        yield from _inflated(octets, start, stop, step)
    elif method in (_BZIP2, _XZ):
        yield from _decompressed(
            bz2.BZ2Decompressor() if method == _BZIP2 else lzma.LZMADecompressor(), octets, start, stop
        )
    elif method == _LZMA:
        yield from _decompressed(_zip_lzma(bytes(octets[start : start + 9])), octets, start + 9, stop)
    else:
        raise Unreadable(f"zip compression method {method}, which is not read")


def _inflated(octets: Octets, start: int, stop: int, step: int) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-15)
    waiting = bytes(octets[start : min(stop, start + step)])
    at = start + len(waiting)
    try:
        while not inflate.eof:
            chunk = inflate.decompress(waiting, step)
            if chunk:
                yield chunk
            waiting = inflate.unconsumed_tail
            if not waiting and not chunk:
                if at >= stop:
                    break
                waiting = bytes(octets[at : min(stop, at + step)])
                at += len(waiting)
    except zlib.error as error:
        raise Unreadable("damaged data") from error
    if not inflate.eof:
        raise Unreadable("cut off")


def _decompressed(
    machine: bz2.BZ2Decompressor | lzma.LZMADecompressor, octets: Octets, start: int, stop: int
) -> Iterator[bytes]:
    waiting = bytes(octets[start:stop])
    try:
        while not machine.eof:
            chunk = machine.decompress(waiting, _CHUNK)
            waiting = b""
            if not chunk and machine.needs_input:
                return  # zip's LZMA need not mark its end
            yield chunk
    except (OSError, lzma.LZMAError, EOFError, ValueError) as error:
        raise Unreadable("damaged data") from error


def _zip_lzma(head: bytes) -> lzma.LZMADecompressor:
    """A decoder for zip's own LZMA header: version, size of the properties, five octets of them (APPNOTE 5.8.8)."""
    if len(head) < 9 or head[2:4] != b"\x05\0" or head[4] >= 225:
        raise Unreadable("damaged data")
    rest, lc = divmod(head[4], 9)
    pb, lp = divmod(rest, 5)
    size = min(int.from_bytes(head[5:9], "little"), 64 * 1024 * 1024)
    if lc + lp > 4:
        raise Unreadable("damaged data")
    settings = [{"id": lzma.FILTER_LZMA1, "dict_size": max(size, 4_096), "lc": lc, "lp": lp, "pb": pb}]
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=settings)
