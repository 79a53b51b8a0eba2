"""The readable text of documents: Word, Excel, PowerPoint, OpenDocument, PDF, RTF, and text files in any charset."""

import re
from collections.abc import Callable, Iterator
from xml.parsers import expat

from rules.message import Octets
from rules.reading.active_xml import plain_xml
from rules.reading.budget import Budget, Meter
from rules.reading.flat import MAX_FLAT, flat_kind
from rules.reading.member import Unreadable
from rules.reading.office import Compound
from rules.reading.pages import page_kind
from rules.reading.pdf import pdf_protection, text_of_pdf
from rules.reading.rtf import text_of_rtf
from rules.reading.signatures import HEAD, Format, formats_of, is_text
from rules.reading.zipfiles import Entry, directory_of, read_entry

MAX_TEXT = 1_000_000  # characters of one document
_MAX_XML = 32 * 1024 * 1024  # octets of one part: text of some thousand pages
_MAX_PARTS = 500  # sheets or slides

_READ = re.compile(
    r"word/(document|header\d{0,3}|footer\d{0,3}|footnotes|endnotes|comments)\.xml"
    r"|ppt/(slides|notesSlides)/[a-zA-Z]{1,20}\d{0,5}\.xml|ppt/comments/[^/]{1,60}\.xml|content\.xml"
)
_SHARED = "xl/sharedStrings.xml"
_SHEET = re.compile(r"xl/worksheets/[^/]{1,60}\.xml|xl/comments\d{0,5}\.xml")
_BREAKS = frozenset({"p", "br", "tab", "tr", "row", "table-cell", "h", "cr", "si", "text-box", "line-break"})
_RUN_8 = re.compile(rb"[\t\r\n\x20-\x7e\x91-\x97\xa0-\xff]{6,}")
_RUN_16 = re.compile(rb"(?:[\t\r\n\x20-\x7e\xa0-\xff]\x00){6,}")
_OLD_STREAMS = ("worddocument", "workbook", "book", "powerpoint document")


def text_of_content(octets: Octets, budget: Budget) -> str:
    """At most MAX_TEXT characters; "" when the content has no text of its own. Raises Unreadable."""
    head = bytes(octets[:HEAD])
    for known in formats_of(octets):
        if known is Format.ZIP:
            return _package_text(octets, budget)
        if known is Format.OLE:
            return _compound_text(octets)
        if known is Format.PDF:
            return "" if pdf_protection(octets) else text_of_pdf(octets)
        if known is Format.RTF:
            return text_of_rtf(bytes(octets))
    if head and is_text(head) and flat_kind(octets) is not None:
        return _xml_text(plain_xml(bytes(octets[:MAX_FLAT])))
    if head and is_text(head) and page_kind(head) is None:
        return decoded(bytes(octets[: 4 * MAX_TEXT]))
    return ""


def decoded(octets: bytes) -> str:
    """Text octets without a declared charset: by their mark, else UTF-8, else as Windows writes them."""
    if octets[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return octets.decode("utf-16", "replace")[:MAX_TEXT]
    try:
        return octets.decode("utf-8-sig")[:MAX_TEXT]
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")[:MAX_TEXT]


def _package_text(octets: Octets, budget: Budget) -> str:
    try:
        entries = {entry.names[0]: entry for entry in directory_of(octets)}
    except Unreadable:
        return ""  # unpacking reports it
    names = [name for name in entries if _READ.fullmatch(name)][:_MAX_PARTS]
    sheets = [name for name in entries if _SHEET.fullmatch(name)][:_MAX_PARTS]
    meter = budget.open(len(octets))
    found: list[str] = []
    for name in names:
        _add(found, _xml_text(_part(octets, entries[name], meter)))
    if sheets:
        shared: list[str] = []
        if _SHARED in entries:
            shared = _xml_text(_part(octets, entries[_SHARED], meter), "\0").split("\0")
        for name in sheets:
            _add(found, _sheet_text(_part(octets, entries[name], meter), shared))
    return "\n".join(found)[:MAX_TEXT]


def _part(octets: Octets, entry: Entry, meter: Meter) -> bytes:
    content = read_entry(octets, entry, _MAX_XML)
    meter.octets(len(content))
    return content


def _add(found: list[str], text: str) -> None:
    if text and sum(map(len, found)) < MAX_TEXT:
        found.append(text)


def _parse(
    xml: bytes, start: Callable[[str, dict[str, str]], None], end: Callable[[str], None], text: Callable[[str], None]
) -> None:
    """Run expat over one part; entity declarations are refused, so that nothing is expanded or fetched."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise Unreadable("document with malformed XML") from error


def _pass_over(*_: object) -> None:
    """Elements begin without a mark in the text."""


def _refuse(*_: object) -> None:
    raise Unreadable("document with XML entities of its own")


def _xml_text(xml: bytes, item: str = "\n") -> str:
    """All character data; `item` stands after each shared string, line ends after paragraphs."""
    found: list[str] = []

    def end(name: str) -> None:
        local = name.rpartition(" ")[2]
        if local == "si":
            found.append(item)
        elif local in _BREAKS:
            found.append("\t" if local in ("tab", "table-cell") else "\n")

    _parse(xml, _pass_over, end, found.append)
    return "".join(found)


def _sheet_text(xml: bytes, shared: list[str]) -> str:
    """The cells of a worksheet, a row a line, with a tab between cells."""
    found: list[str] = []
    state = {"type": "", "value": ""}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.endswith(" c"):
            state["type"] = attributes.get("t", "")
        state["value"] = ""

    def end(name: str) -> None:
        local = name.rpartition(" ")[2]
        if local == "v" and state["type"] == "s":
            index = int(state["value"]) if state["value"].isdecimal() and len(state["value"]) < 9 else -1
            found.append(shared[index] if 0 <= index < len(shared) else "")
        elif local in ("v", "t"):
            found.append(state["value"])
        elif local in ("c", "row", "comment"):
            found.append("\t" if local == "c" else "\n")

    def text(data: str) -> None:
        state["value"] += data

    _parse(xml, start, end, text)
    return "".join(found)


def _compound_text(octets: Octets) -> str:
    """Runs of characters in the main stream of an old Office file: its text among some noise."""
    try:
        compound = Compound(octets)
        content = next((found for name in _OLD_STREAMS if (found := compound.find(name)) is not None), b"")
    except Unreadable:
        return ""  # unpacking reports it
    return "\n".join(_runs(content))[:MAX_TEXT]


def _runs(content: bytes) -> Iterator[str]:
    for run in _RUN_8.finditer(content):
        yield run.group().decode("cp1252", "replace").replace("\r", "\n")
    for run in _RUN_16.finditer(content):
        yield run.group().decode("utf-16-le", "replace").replace("\r", "\n")
