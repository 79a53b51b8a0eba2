"""Takes embedded files out of compound files (Office, installers) and OneNote. Judges none of them."""

import re
import struct
import zlib
from collections.abc import Iterator

from rules.message import Octets
from rules.reading.budget import Budget, LimitExceeded, Meter
from rules.reading.member import Member, Unreadable
from rules.reading.office import Compound, Path, check_records
from rules.reading.signatures import HEAD, is_whole_file

_OUTLOOK_STREAM = "__substg1.0_"  # a property of a message: read as such, with its names
_NATIVE = "\x01ole10native"
_WHOLE = ("package", "contents", "embeddedodf")
_LINKED = b"\x01\0"  # the kind of a package whose file stays where it is; that of one it brings is 3
_EXTERNAL_STORAGE = 0x1011  # ExOleObjStg of PowerPoint (MS-PPT 2.10.34)
_MAX_RECORDS = 100_000  # at the top of a presentation, each with many inside
_ONENOTE_FILE = b"\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac"  # FileDataStoreObject (MS-ONESTORE)
_EXTENSION = re.compile(rb"\.\x00(?:[0-9A-Za-z-]\x00){1,20}\x00\x00")  # in UTF-16; linear: each dot begins its own
_MAX_STEM = 200  # octets of a name before the dot: its end counts
_MAX_NAMES = 200  # of a OneNote section


def unpack_compound(octets: Octets, budget: Budget) -> Iterator[Member]:
    """The packages, embedded documents and other files among the streams."""
    compound = Compound(octets)
    meter = budget.open(len(octets))
    faults: list[str] = []
    for path in compound.streams:
        if path[-1].startswith(_OUTLOOK_STREAM):
            continue
        try:
            yield from _stream(compound, path, meter)
        except Unreadable as error:
            faults.append(str(error))
    check_records(compound)
    if faults:
        raise Unreadable("; ".join(dict.fromkeys(faults[:3])))


def _stream(compound: Compound, path: Path, meter: Meter) -> Iterator[Member]:
    name = path[-1].lower()
    content = compound.read(path)
    meter.octets(len(content))
    if name == _NATIVE:
        meter.member()
        yield native_object(content)
    elif name == "powerpoint document":
        yield from _presentation(content, meter)
    elif (name in _WHOLE and len(path) > 1) or is_whole_file(content[:HEAD], len(content)):
        meter.member()
        yield Member(names=(printable(path[-1]),), octets=content)


def native_object(content: bytes) -> Member:
    """An OLE 1 object: a package with its label and file names, or plain data (MS-OLEDS 2.3.6)."""
    size = int.from_bytes(content[:4], "little")
    body = content[4 : 4 + size] if 0 < size <= len(content) - 4 else content[4:]
    return package_of(body) or Member(names=("embedded object",), octets=body)


def package_of(body: bytes) -> Member | None:
    """The file of a package with all its names, or the names alone when it is only linked; None for other data."""
    if body[:2] != b"\x02\x00":
        return None
    try:
        label, at = _text(body, 2)
        origin, at = _text(body, at)
        if body[at + 2 : at + 4] == _LINKED:
            return Member(names=(label, _base(origin)), octets=b"")
        (length,) = struct.unpack_from("<I", body, at + 4)
        command = body[at + 8 : at + 8 + length].rstrip(b"\0").decode("latin-1")
        at += 8 + length
        (size,) = struct.unpack_from("<I", body, at)
    except (struct.error, ValueError):
        return None
    content = body[at + 4 : at + 4 + size]
    names = tuple(dict.fromkeys(name for name in (label, *map(_base, (origin, command))) if name))
    return Member(names=(*names, *_wide_names(body[at + 4 + size :])) or ("package",), octets=content)


def _text(body: bytes, at: int) -> tuple[str, int]:
    end = body.index(b"\0", at)
    return body[at:end].decode("latin-1"), end + 1


def _wide_names(rest: bytes) -> Iterator[str]:
    """The same names once more in UTF-16, each after its length in characters."""
    at = 0
    for _ in range(3):
        count = int.from_bytes(rest[at : at + 4], "little")
        if not 0 < count < 1_024:
            return
        yield _base(rest[at + 4 : at + 4 + 2 * count].decode("utf-16-le", "replace"))
        at += 4 + 2 * count


def _base(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def printable(name: str) -> str:
    return "".join(char for char in name if char.isprintable()) or "stream"


def _presentation(stream: bytes, meter: Meter) -> Iterator[Member]:
    """Embedded compound files of PowerPoint 97, which hold its macros too; packed ones are inflated."""
    at = 0
    for _ in range(_MAX_RECORDS + 1):  # the last look finds the end
        if at + 8 > len(stream):
            return
        version, kind, size = struct.unpack_from("<HHI", stream, at)
        if kind == _EXTERNAL_STORAGE:
            meter.member()
            body = stream[at + 8 : at + 8 + size]
            content = _inflated(body[4:], meter) if version >> 4 == 1 else body
            yield Member(names=("embedded object",), octets=content)
        at += 8 + size
    raise LimitExceeded(f"PowerPoint presentation with more than {_MAX_RECORDS:,} records")


def _inflated(packed: bytes, meter: Meter) -> bytes:
    inflate = zlib.decompressobj()
    chunks: list[bytes] = []
    try:
        while packed and not inflate.eof:
            chunk = inflate.decompress(packed, 1024 * 1024)
            meter.octets(len(chunk))
            chunks.append(chunk)
            packed = inflate.unconsumed_tail
    except zlib.error as error:
        raise Unreadable("damaged embedded object") from error
    return b"".join(chunks)


def unpack_onenote(octets: Octets, budget: Budget) -> Iterator[Member]:
    """Every embedded file. The names stand elsewhere in the section, so each file gets all of them.

    Raises Unreadable, after them, when one is cut off, and LimitExceeded when there are more names.
    """
    content = bytes(octets)
    meter = budget.open(len(content))
    found_names = _onenote_names(content)
    names = found_names[:_MAX_NAMES] or ("embedded file",)
    at = content.find(_ONENOTE_FILE)
    cut = False
    while at >= 0:
        size = int.from_bytes(content[at + 16 : at + 24], "little")
        start = at + 36  # after the identifier, the length, and twelve unused octets
        if size > 0:
            found = content[start : start + size]
            meter.member()
            meter.octets(len(found))
            yield Member(names=names, octets=found)
            cut |= len(found) < size
            at += len(found)
        at = content.find(_ONENOTE_FILE, at + 16)
    if cut:
        raise Unreadable("OneNote section with a file that is cut off")
    if len(found_names) > _MAX_NAMES:
        raise LimitExceeded(f"OneNote section with more than {_MAX_NAMES:,} names of files")


def _onenote_names(content: bytes) -> tuple[str, ...]:
    """What stands in the section in UTF-16 and looks like a file name; at most one more than _MAX_NAMES."""
    found: dict[str, None] = {}
    for match in _EXTENSION.finditer(content):
        stem = content[max(0, match.start() - _MAX_STEM) : match.start()]
        text = stem[len(stem) % 2 :].decode("utf-16-le", "replace").rpartition("\0")[2]
        found[text + match.group().decode("utf-16-le").rstrip("\0")] = None
        if len(found) > _MAX_NAMES:
            break
    return tuple(found)
