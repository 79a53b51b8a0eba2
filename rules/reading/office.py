"""Reads compound files (MS-CFB): what kind of Office file one is, whether it holds macros, whether it is protected.

The only module that knows olefile.
"""

import io
import re
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import olefile

from rules.facts import By, Kind, Sign
from rules.message import Octets
from rules.reading.budget import LimitExceeded
from rules.reading.commands import old_field_commands, supbook_command
from rules.reading.member import Unreadable

Path = tuple[str, ...]

_MAX_STREAMS = 20_000  # with storages; a compound file of 1 MiB has room for about 8,000
_MAX_DEPTH = 64  # storages inside each other; a message in a message in a message has ten
_HEADER = 512  # octets
OUTLOOK_MESSAGE = "Outlook message"
_INSTALLERS = {  # class identifiers of Windows Installer packages, patches and transforms
    "000C1084-0000-0000-C000-000000000046",
    "000C1086-0000-0000-C000-000000000046",
    "000C1082-0000-0000-C000-000000000046",
}
_RUNNING = {  # class identifiers of embedded objects that run or fetch something when they are shown
    "0002CE02-0000-0000-C000-000000000046": "Equation Editor object",
    "0002CE03-0000-0000-C000-000000000046": "MathType object",
    "25336920-03F9-11CF-8FD0-00AA00686F13": "HTML document object",
    "06290BD3-48AA-11D2-8432-006008C3FBFC": "scriptlet moniker",
    "06290BD2-48AA-11D2-8432-006008C3FBFC": "scriptlet object",
    "EAB22AC3-30C1-11CF-A7EB-0000C05BAE0B": "web browser object",
    "8856F961-340A-11D0-A96B-00C04FD705A2": "web browser object",
    "D27CDB6E-AE6D-11CF-96B8-444553540000": "Flash object",
}
_LINK_CLASS = "00000300-0000-0000-C000-000000000046"  # StdOleLink: the object lies elsewhere
_MONIKER = re.compile(rb"(?:h\0t\0t\0p\0|s\0c\0r\0i\0p\0t\0|m\0h\0t\0m\0l\0|\\\0\\\0)", re.IGNORECASE)
_APPLICATIONS = {
    "worddocument": "Word document",
    "workbook": "Excel workbook",
    "book": "Excel workbook",
    "powerpoint document": "PowerPoint presentation",
    "visiodocument": "Visio drawing",
    "quill": "Publisher publication",
}
# What olefile raises over damage; RecursionError when a folder lies within itself.
_FOREIGN = (
    OSError, ValueError, IndexError, KeyError, AttributeError, TypeError, OverflowError, RecursionError, struct.error,
)  # fmt: skip

# BIFF records (MS-XLS 2.3)
_BOUNDSHEET, _FILEPASS, _END_OF_PART, _SUPBOOK = 0x85, 0x2F, 0x0A, 0x1AE
_MACRO_FILE = b"\x40\0"  # the kind of file in its first record
_MACRO_SHEET, _MODULE = 1, 6  # kinds of sheet in BoundSheet8
_MAX_RECORDS = 200_000  # before the first sheet: a workbook of 100 MB has some ten thousand
_WORD_ENCRYPTED = 0x0100  # bit of the FIB's flags at 10 (MS-DOC 2.5.2)
_POWERPOINT_ENCRYPTED = 0xF3D1C4DF  # header token of the Current User stream (MS-PPT 2.3.2)


class Compound:
    """A compound file opened in memory."""

    def __init__(self, octets: Octets) -> None:
        """Raises Unreadable."""
        self._size = len(octets)
        _check_header(bytes(octets[:_HEADER]), len(octets))
        try:
            self._file = olefile.OleFileIO(io.BytesIO(bytes(octets)))
            self.root_class = str(self._file.root.clsid).upper()
        except RecursionError as error:
            raise Unreadable("damaged compound file: a directory without end") from error
        except _FOREIGN as error:
            raise Unreadable("damaged compound file (old Office, Outlook or installer format)") from error
        self._entries = dict(_entries(self._file.root))
        self.streams: tuple[Path, ...] = tuple(self._entries)

    def read(self, path: Path) -> bytes:
        """One stream. Raises Unreadable, also when it claims to be longer than the whole file."""
        entry = self._entries[path]
        if entry.size > self._size:
            raise Unreadable(f"compound file: {path[-1]!r} claims to be longer than the file")
        try:
            # By its entry: the library's own search goes through all names for each stream.
            return bytes(self._file._open(entry.isectStart, entry.size).read())
        except _FOREIGN as error:
            raise Unreadable(f"damaged compound file: {path[-1]!r} cannot be read") from error

    def find(self, name: str) -> bytes | None:
        """The stream of this lower-case name directly below the root, or None."""
        path = next((path for path in self.streams if len(path) == 1 and path[0].lower() == name), None)
        return None if path is None else self.read(path)


def _check_header(header: bytes, size: int) -> None:
    """Raises Unreadable for what no writer writes and the library believes (MS-CFB section 2.2)."""
    if len(header) < _HEADER:
        raise Unreadable("compound file that is cut off")
    (shift,) = struct.unpack_from("<H", header, 30)
    (tables,) = struct.unpack_from("<I", header, 44)
    (more,) = struct.unpack_from("<I", header, 72)
    if shift not in (9, 12) or max(tables, more) > size >> shift:
        raise Unreadable("compound file that claims impossible tables")


def _entries(root: Any) -> Iterator[tuple[Path, Any]]:
    """Every stream by its path. Raises Unreadable when they are too many or too deep, or two have one name."""
    waiting: list[tuple[Path, Any]] = [((str(entry.name),), entry) for entry in reversed(root.kids)]
    taken: set[Path] = set()
    while waiting:
        path, entry = waiting.pop()
        folded = tuple(part.lower() for part in path)
        if folded in taken:
            raise Unreadable("damaged compound file: two streams of one name")
        taken.add(folded)
        if len(path) > _MAX_DEPTH:
            raise Unreadable(f"damaged compound file: folders nested more than {_MAX_DEPTH:,} deep")
        if len(taken) > _MAX_STREAMS:
            raise Unreadable(f"compound file with more than {_MAX_STREAMS:,} streams")
        if entry.entry_type == olefile.STGTY_STREAM:
            yield path, entry
        elif entry.entry_type == olefile.STGTY_STORAGE:
            waiting += [((*path, str(kid.name)), kid) for kid in reversed(entry.kids)]


def compound_signs(octets: Octets) -> tuple[Sign, ...]:
    """The signs that a compound file's directory gives; none when it cannot be read (unpacking reports that)."""
    try:
        return tuple(dict.fromkeys(_signs(Compound(octets))))
    except Unreadable:
        return ()


def _signs(compound: Compound) -> Iterator[Sign]:
    if compound.root_class in _INSTALLERS:
        yield _sign(Kind.INSTALLER, "Windows Installer package")
    if compound.root_class in _RUNNING:
        yield _sign(Kind.MACRO_DOCUMENT, _RUNNING[compound.root_class])
    if compound.root_class == _LINK_CLASS and _MONIKER.search(compound.find("\x01ole") or b""):
        yield _sign(Kind.MACRO_DOCUMENT, "linked object fetched from outside when it is opened")
    tops = {path[0].lower() for path in compound.streams}
    if "__properties_version1.0" in tops:
        yield _sign(Kind.DOCUMENT, OUTLOOK_MESSAGE)
    for name, text in _APPLICATIONS.items():
        if name in tops:
            yield _sign(Kind.DOCUMENT, text)
    for path in compound.streams:
        if _is_macro(path):
            yield _sign(Kind.MACRO_DOCUMENT, f"macros in {'/'.join(path[:-1]) or path[0]}")
    if "worddocument" in tops:
        yield from old_field_commands(compound.find("worddocument") or b"")
    for name in ("workbook", "book"):
        if name in tops:
            yield from _workbook_signs(compound.find(name) or b"")


def _workbook_signs(book: bytes) -> Iterator[Sign]:
    with suppress(LimitExceeded):  # unpacking reports it
        for kind, body in _records(book):
            if kind == _BOUNDSHEET and body[5:6] in (bytes([_MACRO_SHEET]), bytes([_MODULE])):
                yield _sign(Kind.MACRO_DOCUMENT, "Excel 4 macro sheet")
            elif kind == _SUPBOOK and (command := supbook_command(body)) is not None:
                yield command


def check_records(compound: Compound) -> None:
    """Raises LimitExceeded for a workbook of which not all records are looked at. Raises Unreadable."""
    for name in ("workbook", "book"):
        for _ in _records(compound.find(name) or b""):
            pass


def biff_sign(head: bytes) -> Sign | None:
    """A macro sheet of Excel 2 to 4, which stands in no compound file (MS-XLS 2.4.21, of the versions before)."""
    if head[:1] == b"\x09" and head[1:2] in (b"\0", b"\2", b"\4") and head[2:4] in (b"\4\0", b"\6\0"):
        return _sign(Kind.MACRO_DOCUMENT, "Excel 4 macro sheet") if head[6:8] == _MACRO_FILE else None
    return None


def _is_macro(path: Path) -> bool:
    lowered = tuple(part.lower() for part in path)
    return lowered[-1] in ("_vba_project", "vbaproject.bin") or lowered[-2:] == ("vba", "dir")


def compound_protection(octets: Octets) -> str | None:
    """Why this Office file cannot be read without a password or permission, or None."""
    try:
        compound = Compound(octets)
        tops = {path[0].lower() for path in compound.streams}
        if "encryptedpackage" in tops:
            rights = any("drm" in part.lower() for path in compound.streams for part in path)
            return "rights-managed Office document" if rights else "Office document with a password"
        if "worddocument" in tops and _flag(compound.find("worddocument"), 10, "<H") & _WORD_ENCRYPTED:
            return "Word document with a password"
        if "current user" in tops and _flag(compound.find("current user"), 12, "<I") == _POWERPOINT_ENCRYPTED:
            return "PowerPoint presentation with a password"
        book = compound.find("workbook") or compound.find("book")
        if book is not None and any(kind == _FILEPASS for kind, _ in _records(book)):
            return "Excel workbook with a password"
    except (Unreadable, LimitExceeded):
        return None  # unpacking reports it
    return None


def _flag(stream: bytes | None, at: int, layout: str) -> int:
    if stream is None or len(stream) < at + struct.calcsize(layout):
        return 0
    return int(struct.unpack_from(layout, stream, at)[0])


def _records(book: bytes) -> Iterator[tuple[int, bytes]]:
    """The BIFF records of the workbook's global part. LimitExceeded beyond _MAX_RECORDS."""
    at = 0
    for _ in range(_MAX_RECORDS + 1):  # the last look finds the end
        if at + 4 > len(book):
            return
        kind, size = struct.unpack_from("<HH", book, at)
        yield kind, book[at + 4 : at + 4 + size]
        if kind == _END_OF_PART:
            return
        at += 4 + size
    raise LimitExceeded(f"Excel workbook with more than {_MAX_RECORDS:,} records before its sheets")


def _sign(kind: Kind, text: str) -> Sign:
    return Sign(kind=kind, by=By.CONTENT, text=text)
