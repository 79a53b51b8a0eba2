"""Reads PDF: embedded files, text, protection. The only module that knows pypdfium2."""

import ctypes
import re
import time
import zlib
from collections.abc import Callable, Iterator, Sequence

import pypdfium2
import pypdfium2.raw

from rules.message import Octets
from rules.reading.budget import MAX_TEXT, MEBIBYTE, Budget, LimitExceeded, Meter
from rules.reading.member import Member, Unreadable
from rules.reading.pdf_files import GAP, SOME_GAP, inflated, referred_files
from rules.reading.pdf_names import EMBEDDED, file_names, unescaped
from rules.reading.signatures import HEAD, is_whole_file
from rules.remembering import remembered_last

MAX_PAGES = 2_000  # read for text: an agenda with all its attachments has a thousand
MAX_SECONDS = 10.0  # of processor time for the text; a page of a report takes some milliseconds, a hostile one its time
_MAX_NOTES = 20_000  # notes, links and fields of one document: a long form has a thousand
_MAX_ATTACHMENTS = 500  # embedded files of one document; portfolios have some dozens
_MAX_OBJECT_STREAMS = 20_000  # searched for actions; each has some hundred objects
_MAX_COPY = 64 * 1024 * 1024  # octets of a plain copy
_MAX_INFLATED = 64 * 1024 * 1024  # octets of one document's object streams
_MAX_OBJECTS = 500_000  # of one document: a report of 2,000 pages has a tenth
_MAX_STREAM = 128 * 1024 * 1024  # octets that one stream unpacks to, pictures aside: the library takes it whole
_MAX_ALL_STREAMS = 384 * 1024 * 1024  # octets that all of them unpack to
_ALWAYS_SMALL = 64 * 1024  # octets of a document that cannot unpack to so much: deflated is a thousandth at the least
_PICTURE = re.compile(rb"/Subtype[\s\0]{0,8}/Image\b")

_DRAWN = re.compile(r"\(((?:[^()\\]++|\\.)*+)\)[ \t\r\n]{0,8}(?=Tj|'|[-0-9\]\(])", re.DOTALL)
_PASSWORD, _SECURITY = 4, 5  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY: a lock of another maker
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
ZLIB = frozenset({b"\x08", b"\x18", b"\x28", b"\x38", b"\x48", b"\x58", b"\x68", b"\x78"})
_MAX_STREAMS = 50_000  # in one document; large reports have some thousand
_FRONT = 1_024  # octets of a dictionary on either side of a key
_CHUNK = 1024 * 1024
_FED = 64 * 1024  # octets given to the inflater at once: what it leaves is copied
# What has no type has the place of its first object, and no reference to one, as outlines have.
_FIRST = rb"/First" + SOME_GAP + rb"\d{1,9}(?![\d]|" + SOME_GAP + rb"\d{1,5}" + SOME_GAP + rb"R)"
_OBJECT_STREAM = re.compile(rb"/ObjStm\b|" + _FIRST)
_ESCAPED_OBJECT_STREAM = re.compile(rb"/(?:O|#4[fF])(?:b|#62)(?:j|#6[aA])(?:S|#53)(?:t|#74)(?:m|#6[dD])\b|" + _FIRST)
# A comment behind a key, or many blanks, which no program writes: patterns that look for what follows may miss it.
_ODD_GAP = re.compile(rb"/[A-Za-z#]{1,30}(?:[\s\0]{9}|[\s\0]{0,8}%)")
_MAX_PASSES = 4  # times its own length that a document is read for its object streams: one may lie in another
_FILTER = re.compile(rb"/Filter" + GAP + rb"(.{1,400})", re.DOTALL)
_PLAIN = rb"/(?:FlateDecode|Fl|ASCIIHexDecode|AHx|ASCII85Decode|A85)\b"
_PLAIN_FILTER = re.compile(_PLAIN + rb"|\[(?:" + GAP + _PLAIN + rb"){0,8}" + GAP + rb"\]")
_CHAIN = re.compile(rb"\[(?:" + GAP + rb"/[A-Za-z0-9]{1,30}){2,20}" + GAP + rb"\]")
_INFLATING = re.compile(rb"/(?:FlateDecode|Fl|LZWDecode|LZW)\b")
_PREDICTED = re.compile(rb"/Predictor\s{0,8}(?!1\b)\d|/Filter\s{0,8}\[\s{0,8}/(?!FlateDecode\s{0,8}\])")


def unpack_pdf(octets: Octets, budget: Budget) -> Iterator[Member]:
    """Every embedded file: those of the name tree, and those that annotations or nothing refer to.

    Raises Unreadable when the document cannot be opened.
    """
    content = bytes(octets)
    meter = budget.open(len(content))
    known: set[str] = set()
    taken: set[bytes] = set()
    pieces, ended = all_pieces(content)
    faults: list[ValueError] = [ended] if ended is not None else []
    if (filtered := _filtered(pieces)) is not None:
        faults.append(filtered)
    try:
        for member in _attachments(content, meter) if filtered is None else ():
            known.update(member.names)
            taken.add(member.octets)
            yield member
    except Unreadable as error:
        faults.append(error)
    for data in _loose_files(content, pieces, meter, faults):
        if data not in taken:
            taken.add(data)
            meter.member()
            yield Member(names=("embedded file",), octets=data)
    for name in dict.fromkeys(file_names(pieces)):
        if name and name not in known:
            meter.member()
            yield Member(names=(name,), octets=b"")
    if faults:
        raise faults[0]


def _loose_files(content: bytes, pieces: Sequence[bytes], meter: Meter, faults: list[ValueError]) -> Iterator[bytes]:
    """Those that dictionaries refer to, and those that nothing does; empty ones are none."""
    whole = pieces[-1] if b"/Encrypt" in content and len(pieces) > 1 else content  # what is locked reads as nonsense
    try:
        yield from filter(None, referred_files(whole, pieces, meter))
    except Unreadable as error:
        faults.append(error)
    yield from _file_streams(content, meter)


def _filtered(pieces: Sequence[bytes]) -> Unreadable | None:
    """What is said of an embedded file that is not simply deflated.

    Deflated twice it may be larger than memory, and pdfium has it whole before its length is known; what is written in
    hexadecimal and no name of the document refers to, nobody here takes out.
    """
    if not any(map(EMBEDDED.search, pieces)):
        return None
    for piece in pieces:
        for match in _FILTER.finditer(piece):
            chain = _CHAIN.match(match.group(1))
            if chain is not None and len(_INFLATING.findall(chain.group())) > 1:
                return Unreadable("PDF with a file that is deflated twice")
            if _is_embedded(piece, match.start()) and not _PLAIN_FILTER.match(match.group(1)):
                return Unreadable("PDF with an embedded file in a rare filter")
    return None


def _is_embedded(piece: bytes, at: int) -> bool:
    """Whether the dictionary around a place is that of an embedded file."""
    begin = max(piece.rfind(b"endobj", max(0, at - _FRONT), at), max(0, at - _FRONT))
    end = piece.find(b"stream", at, at + _FRONT)
    return piece.find(b"/EmbeddedFile", begin, end if end >= 0 else at + _FRONT) >= 0


def _attachments(content: bytes, meter: Meter) -> Iterator[Member]:
    """The files of the name tree."""
    document = _open(content)
    try:
        if document.count_attachments():
            _check_streams(content)
        for index in range(document.count_attachments()):
            if index >= _MAX_ATTACHMENTS:
                raise LimitExceeded(f"PDF with more than {_MAX_ATTACHMENTS:,} embedded files")
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
    for count, start in enumerate(stream_starts(content)):
        if count >= _MAX_STREAMS:
            raise LimitExceeded(f"PDF with more than {_MAX_STREAMS:,} streams")
        inflate = None
        front = content[start : start + HEAD]
        if front[:1] in ZLIB:
            inflate = zlib.decompressobj()
            try:
                front = inflate.decompress(content[start : start + HEAD], HEAD)
            except zlib.error:
                continue
        if not is_whole_file(front, len(front)):
            continue
        data = content[start : content.find(b"endstream", start)].removesuffix(b"\n").removesuffix(b"\r")
        if inflate is not None:
            data = inflated(data, meter)
        meter.octets(len(data))
        yield data


def stream_starts(content: bytes) -> Iterator[int]:
    """Where the octets of each stream begin (ISO 32000 section 7.3.8.1). A pattern looks at every octet, `find` not."""
    at = content.find(b"stream")
    while at >= 0:
        after = at + len(b"stream")
        line_end = 1 if content[after : after + 1] == b"\n" else 2 if content[after : after + 2] == b"\r\n" else 0
        if line_end and content[max(0, at - 3) : at] != b"end":
            yield after + line_end
        at = content.find(b"stream", after)


def text_of_pdf(octets: Octets) -> tuple[str, str]:
    """The text of the pages, their notes and filled-in fields, and what ended the reading, "" when it is all.

    Raises Unreadable, LimitExceeded.
    """
    content = bytes(octets)
    document = _open(content)
    try:
        _check_streams(content)
        return _pages_text(document)
    finally:
        document.close()


def _pages_text(document: "pypdfium2.PdfDocument") -> tuple[str, str]:
    pages: list[str] = []
    length = 0
    until = time.process_time() + MAX_SECONDS
    count, notes = len(document), _Notes(until)
    for index in range(min(count, MAX_PAGES)):
        pages.append(_page_text(document, index, notes))
        length += len(pages[-1]) + 1
        if length > MAX_TEXT + 1:
            return "\n".join(pages)[:MAX_TEXT], f"PDF with more than {MAX_TEXT // MEBIBYTE} million characters"
        if notes.left < 0:
            return "\n".join(pages), f"PDF with more than {_MAX_NOTES:,} notes and fields"
        if time.process_time() > until and (notes.are_cut or index + 1 < count):
            return "\n".join(pages), f"the text of a PDF took longer than {MAX_SECONDS:.0f} s"
    return "\n".join(pages), f"PDF with more than {MAX_PAGES:,} pages" if count > MAX_PAGES else ""


def _check_streams(content: bytes) -> None:
    """Raises LimitExceeded where the library would take more memory than there is. Pictures it does not unpack."""
    if len(content) <= _ALWAYS_SMALL:
        return
    left = _MAX_ALL_STREAMS
    for start in stream_starts(content):
        if content[start : start + 1] not in ZLIB or _is_picture(content, start):
            continue
        size = _size_inflated(content, start, min(left, _MAX_STREAM))
        left -= size
        if size > _MAX_STREAM or left < 0:
            raise LimitExceeded(
                f"PDF that unpacks to more than {_MAX_STREAM // _CHUNK} MiB in one stream or "
                f"{_MAX_ALL_STREAMS // _CHUNK} MiB in all"
            )


def _is_picture(content: bytes, start: int) -> bool:
    begin = max(content.rfind(b"obj", max(0, start - _FRONT), start), max(0, start - _FRONT))
    return _PICTURE.search(content, begin, start) is not None


def _size_inflated(content: bytes, start: int, limit: int) -> int:
    """How much the stream at `start` unpacks to, counted to just beyond `limit`."""
    inflate, size = zlib.decompressobj(), 0
    try:
        while size <= limit and not inflate.eof:
            fed = inflate.unconsumed_tail or content[start : start + _FED]
            if not inflate.unconsumed_tail:
                start += _FED
            if not fed:
                break
            size += len(inflate.decompress(fed, _CHUNK))
    except zlib.error:
        pass  # it ends there
    return size


def _page_text(document: "pypdfium2.PdfDocument", index: int, notes: "_Notes") -> str:
    """What stands on a page, and what its notes and fields say."""
    try:
        page = document[index]
        text = "\n".join((str(page.get_textpage().get_text_bounded()), *notes.of_page(page)))
        page.close()
    except pypdfium2.PdfiumError:
        return ""  # one broken page does not hide the others
    return text.replace("\r\n", "\n").replace("\ufffe", "")


class _Notes:
    """Reads notes and filled-in fields while they are few, short and quickly read: many may refer to one text.

    Not by the library's own reader of forms, which takes a minute for 20,000 fields of one name.
    """

    def __init__(self, until: float) -> None:
        self.left = _MAX_NOTES
        self.are_cut = False  # for the time they took
        self._until = until

    def of_page(self, page: "pypdfium2.PdfPage") -> Iterator[str]:
        size = 0
        for number in range(pypdfium2.raw.FPDFPage_GetAnnotCount(page)):
            self.left -= 1
            self.are_cut = time.process_time() > self._until
            if self.left < 0 or self.are_cut or size > MAX_TEXT:
                return
            note = pypdfium2.raw.FPDFPage_GetAnnot(page, number)
            for text in _note(note) if note else ():
                size += len(text)
                yield text
            pypdfium2.raw.FPDFPage_CloseAnnot(note)


def _note(note: object) -> Iterator[str]:
    """The words of a note, the value that a field is filled in with, or what it shows when that stands elsewhere."""
    raw = pypdfium2.raw
    words = _string(raw.FPDFAnnot_GetStringValue, note, b"Contents")
    value = _string(raw.FPDFAnnot_GetStringValue, note, b"V")
    if not value and raw.FPDFAnnot_GetSubtype(note) == raw.FPDF_ANNOT_WIDGET:
        drawn = _string(raw.FPDFAnnot_GetAP, note, raw.FPDF_ANNOT_APPEARANCEMODE_NORMAL)
        value = "".join(
            unescaped(match[1].encode("latin-1", "replace")).decode("latin-1") for match in _DRAWN.finditer(drawn)
        )
    yield from filter(None, (words, value))


def _string(read: Callable[..., int], *of: object) -> str:
    """A text that the library writes into a buffer, in UTF-16 with an end."""
    size = read(*of, None, 0)
    buffer = ctypes.create_string_buffer(size)
    read(*of, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return buffer.raw[:-2].decode("utf-16-le", "replace").strip()


def pdf_protection(octets: Octets) -> str | None:
    """Why the document needs a password to be read, or None. One that only forbids printing needs none."""
    if octets.find(b"/Encrypt") < 0:
        return None
    try:
        _open(bytes(octets)).close()
    except (Unreadable, LimitExceeded) as error:
        return str(error) if "password" in str(error) or "rights" in str(error) else None
    return None


def _open(content: bytes) -> "pypdfium2.PdfDocument":
    if len(content) > _MAX_OBJECTS and content.count(b" obj") > _MAX_OBJECTS:
        raise LimitExceeded(f"PDF with more than {_MAX_OBJECTS:,} objects")
    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD or "assword" in str(error):
            raise Unreadable("PDF with a password") from error
        if getattr(error, "err_code", None) == _SECURITY:
            raise Unreadable("PDF with rights management") from error
        raise Unreadable("PDF that cannot be opened") from error


@remembered_last  # what it does by itself and what it carries are looked for in turn
def all_pieces(content: bytes) -> tuple[tuple[bytes, ...], LimitExceeded | None]:
    """What `pieces_of` gives, and what ended it."""
    pieces: list[bytes] = []
    try:
        for piece in pieces_of(content):
            pieces.append(piece)
    except LimitExceeded as error:
        return tuple(pieces), error
    return tuple(pieces), None


def pieces_of(octets: Octets) -> Iterator[bytes]:
    """The document as it is, with escaped names read, and each of its object streams inflated.

    Where they cannot be read as they stand, because of an owner's password or rare filters, a plain copy follows.
    LimitExceeded after as many as are searched.
    """
    content = bytes(octets)
    yield _unescaped(content)
    left, to_feed = _MAX_INFLATED, _MAX_PASSES * (len(content) + _FED)
    whole = b"/Encrypt" not in content and _ODD_GAP.search(content) is None
    for count, start in enumerate(dict.fromkeys(_object_streams(content))):
        if start < 0:
            whole = False
            continue
        objects, fed = _object_stream(content, start, left + 1)
        left, to_feed = left - len(objects or b""), to_feed - fed
        if left < 0 or to_feed < 0 or count >= _MAX_OBJECT_STREAMS:
            raise LimitExceeded(
                f"PDF with more than {_MAX_OBJECT_STREAMS:,} object streams, or {_MAX_INFLATED // _CHUNK} MiB in them"
            )
        whole = whole and objects is not None
        if objects is not None:
            yield _unescaped(objects)
    copy = None if whole else plain_copy(content)
    if copy is not None:
        yield copy
        if len(copy) > _MAX_COPY:
            raise LimitExceeded(f"PDF with more than {_MAX_COPY // _CHUNK} MiB of objects")


def _object_streams(content: bytes) -> Iterator[int]:
    """Where the keyword of each stands: streams of that type, in escapes too, and those that say where objects are.

    -1 where it is further off than is looked.
    """
    for match in (_ESCAPED_OBJECT_STREAM if b"#" in content else _OBJECT_STREAM).finditer(content):
        yield content.find(b"stream", match.end(), match.end() + _FRONT)


def _object_stream(content: bytes, start: int, limit: int) -> tuple[bytes | None, int]:
    """The objects in a stream, and how much was read for them; None when it may not be simply deflated."""
    begin = content.rfind(b"obj", max(0, start - _FRONT), start)
    if begin < 0 or _PREDICTED.search(content, begin, start):
        return None, 0
    start += 8 if content[start + 6 : start + 8] == b"\r\n" else 7
    inflate, found, begin = zlib.decompressobj(), bytearray(), start
    stop = min(len(content), start + _MAX_INFLATED)
    try:
        while start < stop and not inflate.eof and len(found) < limit:
            found += inflate.decompress(inflate.unconsumed_tail + content[start : start + _FED], limit - len(found))
            start += _FED
    except zlib.error:
        return None, start - begin
    return bytes(found), start - begin


def plain_copy(content: bytes) -> bytes | None:
    """The objects that are in use, out of their streams and without the owner's lock; None when it cannot be opened."""
    kept = _Kept()
    try:
        document = _open(content)
    except (Unreadable, LimitExceeded):
        return None
    try:
        document.save(kept, flags=pypdfium2.raw.FPDF_REMOVE_SECURITY)
    except pypdfium2.PdfiumError:
        return None
    finally:
        document.close()
    return b"".join(kept.chunks)


def has_lock(content: bytes) -> bool:
    """Whether it is encrypted, with a password that nobody needs to read it."""
    try:
        document = _open(content)
    except (Unreadable, LimitExceeded):
        return False
    try:
        return bool(pypdfium2.raw.FPDF_GetSecurityHandlerRevision(document) >= 0)
    finally:
        document.close()


class _Kept:
    """Takes what pdfium writes, to what passes the bound: small documents can grow large."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self._left = _MAX_COPY

    def write(self, chunk: bytes) -> int:
        if self._left >= 0:
            self.chunks.append(bytes(chunk))
            self._left -= len(chunk)
        return len(chunk)


def _unescaped(content: bytes) -> bytes:
    """Names with their #xx written out (ISO 32000 section 7.3.5), where that could hide what is looked for."""
    if b"#" not in content:
        return content
    return _ESCAPED.sub(lambda match: bytes([int(match.group(1), 16)]), content)
