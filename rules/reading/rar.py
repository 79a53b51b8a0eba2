"""Lists RAR archives by their headers, without unpacking: names, encryption, volumes (RAR 1.5 to 7)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_RAR5 = b"Rar!\x1a\x07\x01\x00"
_MAX_BLOCKS = 20_000  # headers read; the budget's limit on members is met before

# Header types and flags: RAR 4 technote, RAR 5.0 archive format
_MAIN4, _FILE4, _OLDER4, _SERVICE4, _END4 = 0x73, 0x74, 0x77, 0x7A, 0x7B
_STREAM = "STM"  # what a service header is called that holds a stream
_STREAM_OLDER = 0x105  # the kind of service header that held one before
_VERSION_3, _STORED4 = 29, 0x30  # which unpacker a file needs, and its method when it is not packed
_ENCRYPTED_DATA5, _SERVICE_DATA5 = 1, 7  # records of an extra area
_VOLUME4, _HIDDEN4 = 0x0001, 0x0080
_SPLIT4, _PASSWORD4, _LARGE4, _UNICODE4, _FOLDER4 = 0x0003, 0x0004, 0x0100, 0x0200, 0x00E0
_MAIN5, _FILE5, _SERVICE5, _ENCRYPTION5, _END5 = 1, 2, 3, 4, 5
_EXTRA5, _DATA5, _SPLIT5 = 0x0001, 0x0002, 0x0018


@dataclass(frozen=True, slots=True, kw_only=True)
class RarEntry:
    """`stream`: of NTFS, beside the file before it, into which WinRAR writes what no other reader shows."""

    name: str
    encrypted: bool
    stream: bool = False
    old: bool = False  # packed as before version 3, which libarchive takes for damage


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """`hidden`: the names are encrypted too. `volume`: one of several, so that a file may be cut.

    `limit`: which one was met, in words, so that there may be more entries.
    """

    entries: tuple[RarEntry, ...]
    hidden: bool
    volume: bool
    reader: str  # what libarchive calls the format
    limit: str
    end: int  # where it ends: behind the block that says so, or the last that could be followed


def listing_of(content: bytes) -> Listing:
    """What the headers tell, as far as they can be followed."""
    newer = content.startswith(_RAR5)
    entries: list[RarEntry] = []
    said: set[str] = set()
    end = 0
    try:
        for found in _blocks5(content) if newer else _blocks4(content):
            if isinstance(found, RarEntry):
                entries.append(found)
            elif isinstance(found, int):
                end = found
            else:
                said.add(found)
    except (struct.error, IndexError):
        pass  # cut off: libarchive tells it too
    return Listing(
        entries=tuple(entries),
        hidden="hidden" in said,
        volume="volume" in said,
        reader="rar5" if newer else "rar",
        limit=f"RAR archive with more than {_MAX_BLOCKS:,} headers" if "many" in said else "",
        end=end or len(content),
    )


def _blocks4(content: bytes) -> Iterator[RarEntry | str | int]:
    at = 7
    for _ in range(_MAX_BLOCKS):
        if at + 7 > len(content):
            return
        kind, flags, size = struct.unpack_from("<BHH", content, at + 2)
        more = struct.unpack_from("<I", content, at + 7)[0] if flags & 0x8000 else 0
        if kind == _MAIN4:
            if flags & _VOLUME4:
                yield "volume"
            if flags & _HIDDEN4:
                yield "hidden"
                return
        elif kind == _FILE4:
            if flags & _SPLIT4:
                yield "volume"
            if flags & _LARGE4:
                more += struct.unpack_from("<I", content, at + 32)[0] << 32
            if flags & _FOLDER4 != _FOLDER4:
                old = content[at + 24] < _VERSION_3 and content[at + 25] != _STORED4
                yield RarEntry(name=_name4(content, at, flags), encrypted=bool(flags & _PASSWORD4), old=old)
        elif kind in (_SERVICE4, _OLDER4):
            yield from _stream4(content, at, kind, flags, size)
        at += max(size, 7) + more
        if kind == _END4:
            yield at
            return
    yield from _more(content, at)


def _stream4(content: bytes, at: int, kind: int, flags: int, size: int) -> Iterator[RarEntry]:
    if kind == _SERVICE4 and _name4(content, at, flags) == _STREAM:
        start = at + 32 + (8 if flags & _LARGE4 else 0) + len(_STREAM)
        yield RarEntry(name=content[start : at + size].decode("utf-16-le", "replace"), encrypted=False, stream=True)
    elif kind == _OLDER4 and struct.unpack_from("<H", content, at + 11)[0] == _STREAM_OLDER:
        yield RarEntry(name="stream", encrypted=False, stream=True)


def _name4(content: bytes, at: int, flags: int) -> str:
    (length,) = struct.unpack_from("<H", content, at + 26)
    start = at + 32 + (8 if flags & _LARGE4 else 0)
    raw = content[start : start + length]
    plain, zero, packed = raw.partition(b"\0")
    if flags & _UNICODE4 and zero:
        return _unicode4(plain, packed)
    try:
        return plain.decode("utf-8")
    except UnicodeDecodeError:
        return plain.decode("cp437")


def _unicode4(plain: bytes, packed: bytes) -> str:
    """Undo RAR 3's packing of UTF-16 names: two bits tell how each character is written."""
    if not packed:
        return plain.decode("latin-1")
    high, at, bits, left = packed[0], 1, 0, 0
    found: list[str] = []
    while at < len(packed) and len(found) < 2_048:
        if not left:
            bits, left, at = packed[at], 8, at + 1
            continue
        way, bits, left = bits >> 6, bits << 2 & 0xFF, left - 2
        if way in (0, 1):
            found.append(chr(packed[at] | (high << 8 if way else 0)))
            at += 1
        elif way == 2:
            found.append(chr(int.from_bytes(packed[at : at + 2], "little")))
            at += 2
        else:
            count, at = (packed[at] & 0x7F) + 2, at + (2 if packed[at] & 0x80 else 1)
            found.extend(chr(octet) for octet in plain[len(found) : len(found) + count])
    # Two halves are one character; a half alone no file or reply can hold.
    return "".join(found).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _blocks5(content: bytes) -> Iterator[RarEntry | str | int]:
    at = len(_RAR5)
    for _ in range(_MAX_BLOCKS):
        if at + 7 > len(content):
            return
        size, start = _vint(content, at + 4)
        kind, place = _vint(content, start)
        flags, place = _vint(content, place)
        extra, place = _vint(content, place) if flags & _EXTRA5 else (0, place)
        data, place = _vint(content, place) if flags & _DATA5 else (0, place)
        if kind == _ENCRYPTION5:
            yield "hidden"
            return
        if flags & _SPLIT5 or (kind == _MAIN5 and _vint(content, place)[0] & 1):
            yield "volume"
        if kind in (_FILE5, _SERVICE5):
            more = content[start + size - extra : start + size] if extra else b""
            yield from _file5(content, place, more, is_service=kind == _SERVICE5)
        at = start + size + data
        if kind == _END5:
            yield at
            return
    yield from _more(content, at)


def _more(content: bytes, at: int) -> Iterator[str]:
    if at + 7 <= len(content):
        yield "many"


def _file5(content: bytes, at: int, extra: bytes, *, is_service: bool) -> Iterator[RarEntry]:
    flags, at = _vint(content, at)
    _, at = _vint(content, at)  # unpacked size
    _, at = _vint(content, at)  # attributes
    at += (4 if flags & 2 else 0) + (4 if flags & 4 else 0)  # time, checksum
    _, at = _vint(content, at)  # compression
    _, at = _vint(content, at)  # system
    length, at = _vint(content, at)
    name = content[at : at + length].decode("utf-8", "replace")
    records = dict(_records5(extra))
    if is_service and name == _STREAM:
        yield RarEntry(name=records.get(_SERVICE_DATA5, b"").decode("utf-8", "replace"), encrypted=False, stream=True)
    elif not is_service and not flags & 1:  # a folder
        yield RarEntry(name=name, encrypted=_ENCRYPTED_DATA5 in records)


def _records5(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """The records of an extra area: kind and content."""
    at = 0
    while at < len(extra):
        size, start = _vint(extra, at)
        kind, place = _vint(extra, start)
        at = start + max(size, 1)
        yield kind, extra[place:at]


def _vint(content: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits an octet, least first, at most ten octets, and where it ends."""
    value = 0
    for count in range(10):
        octet = content[at + count]
        value |= (octet & 0x7F) << 7 * count
        if not octet & 0x80:
            return value, at + count + 1
    raise IndexError
