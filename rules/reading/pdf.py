"""Reads PDF: embedded files, text, protection, actions that start something. The only module that knows pypdfium2."""

import re
import zlib
from collections.abc import Iterator

import pypdfium2

from rules.facts import By, Kind, Sign
from rules.message import Octets
from rules.reading.budget import Budget, LimitExceeded, Meter
from rules.reading.member import Member, Unreadable
from rules.reading.signatures import HEAD, is_whole_file

MAX_PAGES = 200  # read for text; longer documents are reports, and their first 200 pages tell what they are
MAX_TEXT = 1_000_000  # characters
_MAX_ATTACHMENTS = 500
_MAX_OBJECTS = 400  # object streams inflated in search of actions
_MAX_INFLATED = 16 * 1024 * 1024  # octets of one document's object streams

_PASSWORD = 4  # FPDF_ERR_PASSWORD
_LAUNCH = re.compile(rb"/S\s{0,8}/Launch\b")
_SCRIPT = re.compile(rb"/S\s{0,8}/JavaScript\b|/JS\s{0,8}[(<0-9]")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_EMBEDDED = re.compile(rb"/EF\b")
_NAME_WITHIN = 500  # octets around a reference within which its names stand
_FILE_NAME = re.compile(rb"/U?F\s{0,8}(?:\(([^()]{1,255})\)|<([0-9A-Fa-f\s]{2,1020})>)")
_ZLIB = frozenset({b"\x08", b"\x18", b"\x28", b"\x38", b"\x48", b"\x58", b"\x68", b"\x78"})
_MAX_STREAMS = 50_000  # in one document; large reports have some thousand
_CHUNK = 1024 * 1024
_OBJECT_STREAM = re.compile(rb"/ObjStm\b")
# What Acrobat itself writes into the fields of a form: it formats, checks and adds up.
_FORM_SCRIPT = re.compile(rb"/JS\s{0,8}\(\s{0,8}(?:AF[A-Z][A-Za-z]{2,30}_?[A-Za-z]{0,30}\b)")


def unpack_pdf(octets: Octets, budget: Budget) -> Iterator[Member]:
    """Every embedded file: those of the name tree, and those that annotations or nothing refer to.

    Raises Unreadable when the document cannot be opened.
    """
    content = bytes(octets)
    meter = budget.open(len(content))
    known: set[str] = set()
    taken: set[bytes] = set()
    fault: Unreadable | None = None
    try:
        for member in _attachments(content, meter):
            known.update(member.names)
            taken.add(member.octets[:HEAD])
            yield member
    except Unreadable as error:
        fault = error
    for data in _file_streams(content, meter):
        if data[:HEAD] not in taken:
            meter.member()
            yield Member(names=("embedded file",), octets=data)
    for name in dict.fromkeys(name for piece in _pieces(content) for name in _file_names(piece)):
        if name not in known:
            meter.member()
            yield Member(names=(name,), octets=b"")
    if fault is not None:
        raise fault


def _attachments(content: bytes, meter: Meter) -> Iterator[Member]:
    """The files of the name tree."""
    document = _open(content)
    try:
        for index in range(min(document.count_attachments(), _MAX_ATTACHMENTS)):
            meter.member()
            attachment = document.get_attachment(index)
            data = bytes(attachment.get_data())
            meter.octets(len(data))
            yield Member(names=(attachment.get_name() or "embedded file",), octets=data)
    except pypdfium2.PdfiumError as error:
        raise Unreadable("PDF with an embedded file that cannot be read") from error
    finally:
        document.close()


def _file_streams(content: bytes, meter: Meter) -> Iterator[bytes]:
    """Streams whose content begins as a file of its own, by whatever way a reader gets at them."""
    for count, match in enumerate(_STREAM.finditer(content)):
        if count >= _MAX_STREAMS:
            raise LimitExceeded(f"PDF with more than {_MAX_STREAMS} streams")
        start = match.end()
        inflate = None
        front = content[start : start + HEAD]
        if front[:1] in _ZLIB:
            inflate = zlib.decompressobj()
            try:
                front = inflate.decompress(content[start : start + HEAD], HEAD)
            except zlib.error:
                continue
        if not is_whole_file(front, len(front)):
            continue
        data = content[start : content.find(b"endstream", start)].removesuffix(b"\n").removesuffix(b"\r")
        if inflate is not None:
            data = _inflated(data, meter)
        meter.octets(len(data))
        yield data


def _inflated(packed: bytes, meter: Meter) -> bytes:
    inflate = zlib.decompressobj()
    found = b""
    try:
        while packed and not inflate.eof:
            chunk = inflate.decompress(packed, _CHUNK)
            meter.octets(len(chunk))
            found += chunk
            packed = inflate.unconsumed_tail
    except zlib.error:
        pass  # what came out before counts
    return found


def _file_names(piece: bytes) -> Iterator[str]:
    """The names beside each embedded file's reference (ISO 32000 section 7.11.3)."""
    for reference in _EMBEDDED.finditer(piece):
        around = piece[max(0, reference.start() - _NAME_WITHIN) : reference.end() + _NAME_WITHIN]
        for match in _FILE_NAME.finditer(around):
            text, digits = match.groups()
            raw = text if text is not None else bytes.fromhex(_even(digits.translate(None, b" \t\r\n")).decode())
            yield raw.decode("utf-16-be", "replace")[1:] if raw[:2] == b"\xfe\xff" else raw.decode("latin-1")


def _even(digits: bytes) -> bytes:
    return digits + b"0" if len(digits) % 2 else digits


def text_of_pdf(octets: Octets) -> str:
    """The text of the first pages. Raises Unreadable when the document cannot be opened."""
    document = _open(bytes(octets))
    pages: list[str] = []
    length = 0
    try:
        for index in range(min(len(document), MAX_PAGES)):
            text = _page_text(document, index)
            pages.append(text)
            length += len(text)
            if length > MAX_TEXT:
                break
    finally:
        document.close()
    return "\n".join(pages)[:MAX_TEXT]


def _page_text(document: "pypdfium2.PdfDocument", index: int) -> str:
    try:
        page = document[index]
        text = page.get_textpage().get_text_bounded()
        page.close()
    except pypdfium2.PdfiumError:
        return ""  # one broken page does not hide the others
    return str(text).replace("\r\n", "\n").replace("\ufffe", "")


def pdf_protection(octets: Octets) -> str | None:
    """Why the document needs a password to be read, or None. One that only forbids printing needs none."""
    if octets.find(b"/Encrypt") < 0:
        return None
    try:
        _open(bytes(octets)).close()
    except Unreadable as error:
        return "PDF with a password" if "password" in str(error) else None
    return None


def _open(content: bytes) -> "pypdfium2.PdfDocument":
    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD or "assword" in str(error):
            raise Unreadable("PDF with a password") from error
        raise Unreadable("PDF that cannot be opened") from error


def pdf_signs(octets: Octets) -> tuple[Sign, ...]:
    """Actions that start a program, and scripts beyond those of form fields, also in compressed object streams."""
    found: dict[Sign, None] = {}
    for piece in _pieces(octets):
        if b"/Launch" in piece and _LAUNCH.search(piece):
            found[_sign("PDF that starts a program")] = None
        scripts = len(_SCRIPT.findall(piece)) if b"/JavaScript" in piece or b"/JS" in piece else 0
        if scripts and not _FORM_SCRIPT.search(piece):
            found[_sign("PDF with script")] = None
    return tuple(found)


def _pieces(octets: Octets) -> Iterator[bytes]:
    """The document as it is, with escaped names read, and each of its object streams inflated."""
    content = bytes(octets)
    yield _unescaped(content)
    left = _MAX_INFLATED
    for count, match in enumerate(_OBJECT_STREAM.finditer(content)):
        start = content.find(b"stream", match.end(), match.end() + 1_024)
        if start < 0 or left <= 0 or count >= _MAX_OBJECTS:
            continue
        start += 8 if content[start + 6 : start + 8] == b"\r\n" else 7
        try:
            inflated = zlib.decompressobj().decompress(content[start : start + _MAX_INFLATED], left)
        except zlib.error:
            continue
        left -= len(inflated)
        yield _unescaped(inflated)


def _unescaped(content: bytes) -> bytes:
    """Names with their #xx written out (ISO 32000 section 7.3.5), where that could hide what is looked for."""
    if b"#" not in content:
        return content
    return _ESCAPED.sub(lambda match: bytes([int(match.group(1), 16)]), content)


def _sign(text: str) -> Sign:
    return Sign(kind=Kind.ACTIVE_CONTENT, by=By.CONTENT, text=text)
