"""Reads tar, 7z, RAR, cabinets, ISO images and their like, and compressed single files, with libarchive, in memory.

The only module that knows libarchive. Filters that would start a program are never allowed.
"""

import ctypes
import struct
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO

import libarchive
from libarchive import ffi
from libarchive.exception import ArchiveError

from rules.message import Octets
from rules.reading.behind import behind
from rules.reading.budget import Budget, Meter
from rules.reading.formats import carried_in, from_its_front
from rules.reading.member import Member, Unreadable
from rules.reading.paths import escape_of
from rules.reading.rar import Listing, RarEntry, listing_of
from rules.reading.signatures import Format, front_of
from rules.reading.tar_names import names_beside

_CHUNK = 256 * 1024  # octets read between two looks at the budget
_READERS = {
    Format.TAR: "tar",
    Format.SEVEN_ZIP: "7zip",
    Format.CAB: "cab",
    Format.CPIO: "cpio",
    Format.AR: "ar",
    Format.LHA: "lha",
}
_FILTERS = {
    Format.GZIP: "gzip",
    Format.BZIP2: "bzip2",
    Format.XZ: "xz",
    Format.LZMA: "lzma",
    Format.LZIP: "lzip",
    Format.ZSTD: "zstd",
    Format.LZ4: "lz4",
    Format.COMPRESS: "compress",
}
ARCHIVES = frozenset({*_READERS, *_FILTERS, Format.RAR})
_WITH_RECORDS = (b"POSIX pax interchange format", b"GNU tar format")  # that may say more than a tar's headers
_STREAMED = {Format.TAR: "tar", Format.CPIO: "cpio"}  # what is read through a filter in one go
_SHORTENED = {"tgz": "tar", "taz": "tar", "tbz": "tar", "tbz2": "tar", "txz": "tar", "tlz": "tar", "tzst": "tar"}
_PROTECTED = ("ncrypt", "rypto", "assphrase")  # in libarchive's words for members that need a password
_ENCRYPTED = "encrypted archive member"
_EXTRA, _NAMED = 0x04, 0x08  # flags of a gzip header: what stands before the name, and that there is one
_EMPTY_7Z = 32  # octets of a 7z archive without members
_LOOKED_FOR = 4  # octets in which libarchive looks for another frame of lz4
_AES_IN_7Z = b"\x06\xf1\x07\x01"  # the coder's identifier in a 7z header


def unpack_archive(octets: Octets, known: Format, names: Sequence[str], budget: Budget) -> Iterator[Member]:
    """Every member. Raises Unreadable after those that could be read."""
    content = bytes(from_its_front(octets, known))
    if known is Format.CAB:  # whose second field nobody reads but libarchive
        content = content[:4] + bytes(4) + content[8:]
    meter = budget.open(len(content))
    if known is Format.RAR:
        end = yield from _rar(content, meter)
    elif known in _FILTERS:
        end = yield from _compressed(content, known, names, meter)
    elif known is Format.SEVEN_ZIP and not int.from_bytes(content[20:28], "little") and len(content) > _EMPTY_7Z:
        raise Unreadable("7z archive without a directory, which repairs may find")
    elif known is Format.SEVEN_ZIP and has_hidden_names(content):
        end = _end_of_7z(content)
    else:
        end = yield from _read(content, _READERS[known], "none", meter, known)
    yield from behind(content, end, meter)


def has_hidden_names(octets: Octets) -> bool:
    """Whether a 7z archive's own directory is encrypted."""
    if octets[:6] != b"7z\xbc\xaf\x27\x1c" or len(octets) < 32:
        return False
    start = 32 + int.from_bytes(octets[12:20], "little")
    size = int.from_bytes(octets[20:28], "little")
    header = octets[start : start + size] if start < len(octets) else b""
    return header[:1] == b"\x17" and _AES_IN_7Z in header


def _end_of_7z(content: bytes) -> int:
    """Where its directory ends, which is the last of it."""
    return 32 + int.from_bytes(content[12:20], "little") + int.from_bytes(content[20:28], "little")


def unpack_lh7(packed: bytes, size: int) -> bytes:
    """What LHA's method `-lh7-` packed, as far as it can be unpacked; the caller checks it."""
    name = b"member"
    fields = b"-lh7-" + struct.pack("<IIIBBB", len(packed), size, 0, 0x20, 0, len(name)) + name + b"\0\0"
    content = bytes([len(fields), sum(fields) & 0xFF]) + fields + packed + b"\0"
    chunks: list[bytes] = []
    try:
        with libarchive.memory_reader(content, "lha", "none") as archive:
            for entry in archive:
                while size > 0 and (chunk := next(_blocks(entry, min(size, _CHUNK)), b"")):
                    chunks.append(chunk)
                    size -= len(chunk)  # exactly: at its end comes a checksum, which this header does not have
                break
    except (ArchiveError, UnicodeError):
        pass  # its checksum is not the one that the caller knows
    return b"".join(chunks)


def _rar(content: bytes, meter: Meter) -> Generator[Member, None, int]:
    """By our own reading of the headers, which tells names and encryption, and libarchive for what can be unpacked."""
    listing = listing_of(content)
    if listing.hidden:
        return listing.end
    if not listing.entries:
        raise Unreadable("RAR archive in which no file is found")
    yield from _streams(listing.entries, meter)
    files = [entry for entry in listing.entries if not entry.stream]
    waiting: dict[str, RarEntry] = {entry.name.replace("\\", "/"): entry for entry in files}
    for name, entry in tuple(waiting.items()):
        if entry.encrypted:
            del waiting[name]
            meter.member()
            yield Member(names=(entry.name,), octets=b"", encrypted="encrypted RAR member")
    fault: Unreadable | None = None
    try:
        for member in _read(content, listing.reader, "none", meter, Format.RAR) if waiting else ():
            waiting.pop(member.names[0].replace("\\", "/"), None)
            yield member
    except Unreadable as error:
        fault = error
    for entry in waiting.values():
        yield Member(names=(entry.name,), octets=b"")
    if told := _told_of_rar(listing, fault, whole=not waiting):
        raise Unreadable(told)
    return listing.end


def _told_of_rar(listing: Listing, fault: Unreadable | None, *, whole: bool) -> str:
    """Why more may be in it than was taken out; "" when nothing can be."""
    encrypted = any(entry.encrypted for entry in listing.entries)  # libarchive stops there, and it is told already
    if listing.limit:
        return listing.limit
    if listing.volume:
        return "one volume of a RAR archive of several"
    if fault is not None and any(entry.old for entry in listing.entries):
        return "RAR archive packed as by versions before 3, which is not unpacked"
    if fault is not None and not (whole and encrypted):
        return str(fault)
    if any(entry.stream for entry in listing.entries):
        return "RAR archive with a stream of NTFS beside a file, which is not opened"
    return "" if whole or encrypted else "RAR archive that cannot be unpacked whole"


def _streams(entries: Sequence[RarEntry], meter: Meter) -> Iterator[Member]:
    """Streams of NTFS by name: `:payload.exe` beside the file before them."""
    for entry in entries:
        if entry.stream:
            meter.member()
            yield Member(names=(entry.name.lstrip(":") or "stream",), octets=b"")


def _compressed(content: bytes, known: Format, names: Sequence[str], meter: Meter) -> Generator[Member, None, int]:
    """One compressed file, or the tar or cpio archive in it; returns where it ends."""
    filter_name = _FILTERS[known]
    inner = front_of(_first(content, filter_name), len(content))
    if inner in _STREAMED:
        end = yield from _read(content, _STREAMED[inner], filter_name, meter, inner)
    else:
        called = _inner_names(content, known, names)
        end = yield from _read(content, "raw", filter_name, meter, known, called=called)
    if known is Format.COMPRESS:  # has no end of its own
        return next((at for _, at in carried_in(content)), len(content))
    return end - _LOOKED_FOR if known is Format.LZ4 and end < len(content) else end


def _first(content: bytes, filter_name: str) -> bytes:
    try:
        with libarchive.memory_reader(content, "raw", filter_name) as archive:
            for entry in archive:
                return next(_blocks(entry, 4_096), b"")
    except (ArchiveError, UnicodeError):
        return b""
    return b""


def _inner_names(content: bytes, known: Format, names: Sequence[str]) -> tuple[str, ...]:
    """The names without their last extension, and the one that a gzip header keeps (RFC 1952 section 2.3)."""
    found = []
    for name in names:
        stem, _, last = name.rstrip(" .").rpartition(".")
        if stem:
            shortened = _SHORTENED.get(last.lower())
            found.append(f"{stem}.{shortened}" if shortened else stem)
    flags = content[3] if known is Format.GZIP and len(content) > 10 else 0
    if flags & _NAMED:
        at = 12 + int.from_bytes(content[10:12], "little") if flags & _EXTRA else 10
        stop = max(at, content.find(b"\0", at))  # of any length: where it is normalised, both its ends are kept
        found += [content[at:stop].decode("latin-1")] if stop > at else []
    return tuple(dict.fromkeys(found)) or ("content",)


def _read(
    content: bytes,
    reader: str,
    filter_name: str,
    meter: Meter,
    known: Format,
    *,
    called: tuple[str, ...] | None = None,
) -> Generator[Member, None, int]:
    """The members, of other names than their own if so `called`; returns where the archive ends."""
    faults: list[str] = []
    count = 0
    try:
        with libarchive.memory_reader(content, reader, filter_name) as archive:
            for entry in archive:
                meter.member()
                count += 1
                if not entry.isdir or entry.size:
                    taken = _taken(entry, meter)
                    yield taken.member if called is None else replace(taken.member, names=called)
                    faults.extend(taken.faults)
                    if taken.broken:
                        break
            else:
                count = 0
            end: int = archive.bytes_read
            with_records = archive.format_name in _WITH_RECORDS
    except (ArchiveError, UnicodeError) as error:
        raise Unreadable(f"{known.text} that cannot be read to its end: {_told(error)}") from error
    if count and known is Format.SEVEN_ZIP:
        yield from _rest(content, count, meter)
    if with_records:
        yield from _beside(content, filter_name, meter, faults)
    if faults or count:
        told = dict.fromkeys(faults[:3]) or ["what lies behind a protected member is not read"]
        raise Unreadable(f"{known.text}: {'; '.join(told)}")
    return max(end, _end_of_7z(content)) if known is Format.SEVEN_ZIP else end


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """A member, what went wrong, and whether the archive must not be read on: libarchive crashes when it is."""

    member: Member
    faults: tuple[str, ...] = ()
    broken: bool = False


def _taken(entry: "libarchive.ArchiveEntry", meter: Meter) -> _Taken:
    names = _names(entry)
    danger = _danger(entry, names)
    faults = () if danger is None else (danger,)
    content = BytesIO()  # gives its octets without another copy: a member may take half the memory
    try:
        for chunk in _blocks(entry, _CHUNK):
            meter.octets(len(chunk))
            content.write(chunk)
    except ArchiveError as error:
        told = _told(error)
        broken = error.retcode == ffi.ARCHIVE_FATAL
        if any(word in told for word in _PROTECTED):
            return _Taken(member=Member(names=names, octets=b"", encrypted=_ENCRYPTED), faults=faults, broken=broken)
        member = Member(names=names, octets=content.getvalue())
        return _Taken(member=member, faults=(*faults, f"{names[0]}: {told}"), broken=broken)
    return _Taken(member=Member(names=names, octets=content.getvalue()), faults=faults)


def _danger(entry: "libarchive.ArchiveEntry", names: tuple[str, ...]) -> str | None:
    """Why unpacking it elsewhere could write outside the folder for it; a hard link counts from the archive's top."""
    if entry.isdev:
        return f"a device, which no document needs: {names[0]}"[:200]
    target = _linked(entry) if entry.issym or entry.islnk else None
    if target is not None and not entry.issym:
        return escape_of((*names, target))
    return escape_of(names, target)


def _linked(entry: "libarchive.ArchiveEntry") -> str | None:
    try:
        path = entry.linkpath
    except UnicodeError:
        return None
    return path.decode("latin-1") if isinstance(path, bytes) else path


def _beside(content: bytes, filter_name: str, meter: Meter, faults: list[str]) -> Iterator[Member]:
    """The other names of a tar's members, whose content has been given. What breaks behind the last of them is told."""
    try:
        beside = names_beside(_unfiltered(content, filter_name), meter.limits.members)
    except (ArchiveError, UnicodeError) as error:
        faults.append(_told(error))
        return
    for name in beside.names:
        meter.member()
        yield Member(names=(name,), octets=b"")
    if beside.sizes_differ:
        faults.append("a size in its records differs from the header's")


def _unfiltered(content: bytes, filter_name: str) -> Iterator[bytes]:
    if filter_name == "none":
        yield from (content[at : at + _CHUNK] for at in range(0, len(content), _CHUNK))
        return
    with libarchive.memory_reader(content, "raw", filter_name) as archive:
        for entry in archive:
            yield from _blocks(entry, _CHUNK)


def _rest(content: bytes, seen: int, meter: Meter) -> Iterator[Member]:
    """The names of a 7z archive's members beyond those seen; its directory needs no data to be read."""
    try:
        with libarchive.memory_reader(content, "7zip", "none") as archive:
            for index, entry in enumerate(archive):
                if index >= seen and not entry.isdir:
                    meter.member()
                    yield Member(names=_names(entry), octets=b"")
    except (ArchiveError, UnicodeError):
        return  # the reading before told it


def _names(entry: "libarchive.ArchiveEntry") -> tuple[str, ...]:
    try:
        path = entry.pathname
    except UnicodeError:
        path = None
    if isinstance(path, bytes):
        path = path.decode("latin-1")
    return (path or "unnamed",)


def _blocks(entry: "libarchive.ArchiveEntry", size: int) -> Iterator[bytes]:
    """The entry's content; unlike the binding's own loop it stops at a warning, which would repeat without end."""
    buffer = ctypes.create_string_buffer(size)
    while True:
        count = ffi.read_data(entry._archive_p, buffer, size)
        if count < 0:
            raise ArchiveError("damaged data")
        if count == 0:
            return
        yield buffer.raw[:count]


def _told(error: Exception) -> str:
    """The library's words without what it adds for programmers; they never quote the archive beyond a name."""
    message = error.msg if isinstance(error, ArchiveError) else str(error)
    text = message.decode("latin-1") if isinstance(message, bytes) else str(message or "damaged")
    return "".join(char for char in text if char.isprintable())[:200]
