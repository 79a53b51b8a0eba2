"""The readable text of documents: Word, Excel, PowerPoint, OpenDocument, PDF, RTF, and text files in any charset."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from rules.facts import Kind
from rules.message import Octets
from rules.reading.active_xml import plain_xml
from rules.reading.budget import MAX_TEXT, MEBIBYTE, Budget, Meter
from rules.reading.cards import readable
from rules.reading.carried import LOOKED_AT
from rules.reading.charsets import MAX_OCTETS, TOO_MANY_OCTETS, decode_content
from rules.reading.flat import MAX_FLAT, flat_kind
from rules.reading.formats import formats_of
from rules.reading.hidden_styles import HiddenStyles, hidden_styles
from rules.reading.markup import strip_tags
from rules.reading.member import Unreadable
from rules.reading.office import Compound
from rules.reading.office_text import FullError, Words, read_words
from rules.reading.packages import ENDED, begins_as_xml, is_office, is_open_document
from rules.reading.pages import page_kind
from rules.reading.pdf import pdf_protection, text_of_pdf
from rules.reading.rtf import read_rtf
from rules.reading.sheets import SharedStrings, Sheets, read_sheet, sheets_of
from rules.reading.signatures import HEAD, Format, is_text
from rules.reading.zipfiles import Entry, directory_of, read_entry

_MAX_XML = 96 * 1024 * 1024  # octets of all XML of one document, as many as are searched for what it starts
_FRONT = 64  # octets that show whether a part is XML; blanks alone may go on as such
_TOO_LONG = f"a document of more than {MAX_TEXT // MEBIBYTE} million characters"

_MAIN = re.compile(
    r"word/(?:document|header\d{0,3}|footer\d{0,3}|footnotes|endnotes|comments)\.xml"
    r"|ppt/(?:slides|notesslides)/[^/]+\.xml|content\.xml|styles\.xml"
)
# What a reader is not shown with the document: properties, patterns, the cells that tables and links keep of others.
_ASIDE = re.compile(
    r"docprops/|customxml/|meta\.xml|ppt/(?:slidelayouts|notesmasters|handoutmasters)/|word/glossary/"
    r"|xl/(?:externallinks|pivotcache|connections|workbook\.xml)"
)
_SHARED, _WORKBOOK, _WORKBOOK_RELATIONS = "xl/sharedstrings.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_TYPES = "[content_types].xml"
_STYLE_PARTS = ("word/styles.xml", "styles.xml")
_ELEMENT = re.compile(rb"<[^<>]{1,4000}>")
_TARGET = re.compile(rb"\btarget\s{0,8}=\s{0,8}[\"']([^\"']{1,500})")
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_RUN_8 = re.compile(rb"[\t\r\n\x20-\x7e\x91-\x97\xa0-\xff]{6,}")
_RUN_16 = re.compile(rb"(?:[\t\r\n\x20-\x7e\xa0-\xff]\x00){6,}")
_OLD_STREAMS = ("worddocument", "workbook", "book", "powerpoint document")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentText:
    """What a reader sees and what is kept from them. `limit` says what ended the reading, "" when it was read whole."""

    visible: str = ""
    hidden: str = ""
    limit: str = ""


_NOTHING = DocumentText()


def text_of_content(octets: Octets, budget: Budget) -> DocumentText:
    """Nothing when the content has no text of its own. Raises Unreadable, and LimitExceeded for the budget."""
    head = bytes(octets[:HEAD])
    for known in formats_of(octets):
        if known is Format.ZIP:
            return _package_text(octets, budget)
        if known is Format.OLE:
            return _cut(_compound_text(octets))
        if known is Format.PDF:
            return _NOTHING if pdf_protection(octets) else _pdf_text(octets)
        if known is Format.RTF:
            rich = read_rtf(bytes(octets))
            return DocumentText(visible=rich.visible, hidden=rich.hidden, limit=rich.limit)
    if not is_text(head):
        codec = _wide_codec(head)
        return _NOTHING if codec is None else _cut(bytes(octets[:MAX_OCTETS]).decode(codec, "replace"), len(octets))
    if not head:
        return _NOTHING
    if flat_kind(octets) is not None:
        words = Words()
        with suppress(FullError):
            xml = plain_xml(bytes(octets[:MAX_FLAT]))
            read_words(xml, words, styles=hidden_styles(xml))
        return _gathered(words)
    kind = page_kind(head)
    if kind is Kind.IMAGE:
        return _picture_text(bytes(octets[:LOOKED_AT]))  # one that is longer is told when it is opened
    return _NOTHING if kind is not None else _cut(readable(decoded(bytes(octets[:MAX_OCTETS]))), len(octets))


# Which octets of four are zero where Latin letters are written in two or four octets each.
_WIDE = {(1, 3): "utf-16-le", (0, 2): "utf-16-be", (1, 2, 3): "utf-32-le", (0, 1, 2): "utf-32-be"}


def _wide_codec(head: bytes) -> str | None:
    """The charset of letters in several octets without a mark before them; None for what is no such text."""
    zeros = tuple(at for at in range(4) if 2 * head[at::4].count(0) > len(head[at::4]))
    return _WIDE.get(zeros) if is_text(head.translate(None, b"\0")) else None


def _cut(text: str, octets: int = 0) -> DocumentText:
    """As much of a text as is read, of a file of so many octets."""
    limit = _TOO_LONG if len(text) > MAX_TEXT else TOO_MANY_OCTETS if octets > MAX_OCTETS else ""
    return DocumentText(visible=text[:MAX_TEXT], limit=limit)


def _gathered(words: Words) -> DocumentText:
    limit = _TOO_LONG if words.is_full else ""
    return DocumentText(visible="".join(words.visible), hidden="".join(words.hidden), limit=limit)


def _pdf_text(octets: Octets) -> DocumentText:
    text, limit = text_of_pdf(octets)
    found = _cut(text)
    return replace(found, limit=found.limit or limit)


def _picture_text(octets: bytes) -> DocumentText:
    """The words of an SVG picture, damaged or not."""
    words = Words()
    xml = plain_xml(octets)
    try:
        read_words(xml, words)
    except FullError:
        pass
    except Unreadable:
        return _cut(strip_tags(xml.decode("utf-8", "replace")))
    return _gathered(words)


def decoded(octets: bytes) -> str:
    """Text octets without a declared charset: by their mark, else UTF-8, else as Windows writes them."""
    return decode_content(octets, None).removeprefix("\ufeff")


def _package_text(octets: Octets, budget: Budget) -> DocumentText:
    try:
        entries = directory_of(octets)
    except Unreadable:
        return _NOTHING  # unpacking reports it
    package = _Package(octets, entries, budget.open(len(octets)))
    words = Words()
    try:
        package.read(words)
    except FullError:
        pass
    except _EndedError:
        return replace(_gathered(words), limit=ENDED.text)
    return _gathered(words)


class _EndedError(Exception):
    """The parts are longer than is read of one document; the words before count."""


def _read_part(name: str, xml: bytes, words: Words, styles: HiddenStyles) -> None:
    """A part that is no worksheet. Drawings of old Excel are malformed, pictures declare entities: no main part may."""
    aside = _ASIDE.match(name) is not None
    try:
        read_words(xml, words, aside=aside, styles=styles)
    except Unreadable:
        if _MAIN.fullmatch(name):
            raise
        words.add(strip_tags(xml.decode("utf-8", "replace")), hidden=aside)


class _Package:
    """The parts of one Office or OpenDocument file, each read once."""

    def __init__(self, octets: Octets, entries: Sequence[Entry], meter: Meter) -> None:
        self._octets = octets
        self._named = [(entry.names[0].lower().replace("\\", "/").lstrip("/"), entry) for entry in entries]
        self._entries = dict(self._named)
        self._meter = meter
        self._left = _MAX_XML
        self._kept: dict[Entry, bytes] = {}  # parts read ahead of their turn

    def read(self, words: Words) -> None:
        """Nothing of an archive that is no document. Raises Unreadable, FullError."""
        if not is_office(self._entries) and not is_open_document(self._entries):
            return
        shared = SharedStrings(self._part(_SHARED))
        sheets = self._sheets()
        words.add("".join(f"{name}\n" for name in sheets.shown))
        words.add("".join(f"{name}\n" for name in sheets.hidden), hidden=True)
        styles = self._hidden_styles()
        for name, entry in self._named:
            if name in (_SHARED, _TYPES) or name.endswith(".rels"):
                continue
            if name.startswith("xl/") and name.endswith(".bin"):
                words.add("\n".join(_runs_16(self._content(entry))))
            elif begins_as_xml(self._front(entry)):
                xml = self._xml(entry)
                if _SHEET.fullmatch(name):
                    read_sheet(xml, shared, words, aside=name.removeprefix("xl/") in sheets.hidden_parts)
                else:
                    _read_part(name, xml, words, styles)
        for text in shared.unused():
            words.add(f"{text}\n", hidden=True)

    def _sheets(self) -> Sheets:
        workbook = self._part(_WORKBOOK)
        return sheets_of(workbook, self._part(_WORKBOOK_RELATIONS)) if workbook else Sheets()

    def _hidden_styles(self) -> HiddenStyles:
        """Of the parts that define styles: called so, or by a relationship of the main part, whatever its name is."""
        main = self._related("", "officedocument")
        names = dict.fromkeys((*_STYLE_PARTS, self._related(main, "styles")))
        found = [(self._entries[name], self._part(name)) for name in names if name in self._entries]
        self._kept.update(found)
        return hidden_styles(*(xml for _, xml in found))

    def _related(self, name: str, kind: str) -> str:
        """The part that a relationship of this kind leads to from another; "" when there is none."""
        folder, _, base = name.rpartition("/")
        relations = self._part(posixpath.join(folder, "_rels", f"{base}.rels"))
        for element in _ELEMENT.findall(relations.lower()):
            if f"/{kind}".encode() in element and (target := _TARGET.search(element)) is not None:
                return posixpath.join("/", folder, target.group(1).decode("utf-8", "replace")).lstrip("/")
        return ""

    def _part(self, name: str) -> bytes:
        """One part in UTF-8; nothing when it is not there."""
        return self._xml(self._entries[name]) if name in self._entries else b""

    def _xml(self, entry: Entry) -> bytes:
        """In UTF-8; what was read ahead is not read again."""
        kept = self._kept.pop(entry, None)
        return plain_xml(self._content(entry)) if kept is None else kept

    def _front(self, entry: Entry) -> bytes:
        return read_entry(self._octets, entry, _FRONT)

    def _content(self, entry: Entry) -> bytes:
        content = read_entry(self._octets, entry, self._left + 1)
        self._left -= len(content)
        self._meter.octets(len(content))
        if self._left < 0:
            raise _EndedError
        return content


def _compound_text(octets: Octets) -> str:
    """Runs of characters in the main stream of an old Office file: its text among some noise."""
    try:
        compound = Compound(octets)
        content = next((found for name in _OLD_STREAMS if (found := compound.find(name)) is not None), b"")
    except Unreadable:
        return ""  # unpacking reports it
    return "\n".join(_runs(content))


def _runs(content: bytes) -> Iterator[str]:
    for run in _RUN_8.finditer(content):
        yield run.group().decode("cp1252", "replace").replace("\r", "\n")
    yield from _runs_16(content)


def _runs_16(content: bytes) -> Iterator[str]:
    for run in _RUN_16.finditer(content):
        yield run.group().decode("utf-16-le", "replace").replace("\r", "\n")
