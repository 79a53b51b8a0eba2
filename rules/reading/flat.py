"""Office and OpenDocument files that are written as one XML file: what they are, and the files in them."""

import re
from collections.abc import Iterator
from xml.parsers import expat

from rules.message import Octets
from rules.reading.active_xml import plain_xml
from rules.reading.budget import MEBIBYTE, Budget, LimitExceeded
from rules.reading.encodings import decode_base64
from rules.reading.member import Member, Unreadable
from rules.reading.signatures import UTF_16_MARKS

MAX_FLAT = 64 * MEBIBYTE  # octets of one such file; they carry their pictures in base64

# Namespaces that no part of a package declares alone, in the order in which they are asked.
_NAMESPACES = (
    (b"http://schemas.microsoft.com/office/2006/xmlPackage", "Office document in XML"),
    (b"http://schemas.microsoft.com/office/word/2003/wordml", "Word document in XML"),
    (b"http://schemas.microsoft.com/office/word/2003/2/wordml", "Word document in XML"),
    (b"urn:schemas-microsoft-com:office:spreadsheet", "Excel workbook in XML"),
    (b"http://schemas.microsoft.com/visio/2003/core", "Visio drawing in XML"),
    (b"urn:oasis:names:tc:opendocument:xmlns:office", "OpenDocument file in XML"),
)
_BEGINNINGS = (b"<?", b"<!--", b"<Workbook")
_PREFIXED = re.compile(rb"<[^\s<>:/]++:")  # an element with a prefix, which those of web pages have not
_BEFORE = re.compile(rb"[\xef\xbb\xbf \t\r\n]*+")
BINARY = frozenset({"binaryData", "binData", "binary-data"})  # elements whose words are base64


def flat_kind(octets: Octets) -> str | None:
    """What this XML file is to an office program, None for other content. A page that Office wrote is a page."""
    if octets[:2] in UTF_16_MARKS:
        octets = plain_xml(bytes(octets[:MAX_FLAT]))
    before = _BEFORE.match(octets)
    start = before.end() if before is not None else 0
    if not bytes(octets[start : start + 16]).startswith(_BEGINNINGS) and not _PREFIXED.match(octets, start):
        return None
    return next((text for namespace, text in _NAMESPACES if octets.find(namespace) >= 0), None)


def unpack_flat(octets: Octets, budget: Budget) -> Iterator[Member]:
    """The parts in base64, each with the name it has in the document. Raises Unreadable, LimitExceeded."""
    meter = budget.open(len(octets))
    finder = _Finder()
    fault = finder.parse(plain_xml(bytes(octets[:MAX_FLAT])))
    for name, written in finder.found:
        content = decode_base64(written.encode("ascii", "replace")).octets
        meter.member()
        meter.octets(len(content))
        yield Member(names=(name or "embedded file",), octets=content)
    if len(octets) > MAX_FLAT:
        raise LimitExceeded(f"a document in XML of more than {MAX_FLAT // MEBIBYTE} MiB")
    if fault:
        raise Unreadable("document with malformed XML")


class _Finder:
    """Collects base64 with the name of the part that it stands in."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self._name = ""
        self._written: list[str] | None = None

    def parse(self, xml: bytes) -> bool:
        """Whether damage ended it; what stood in front counts."""
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text
        try:
            parser.Parse(xml, True)
        except expat.ExpatError:
            self._end("binaryData")
            return True
        return False

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(":")[2]
        if local in ("part", "binData"):
            named = (value for key, value in attributes.items() if key.rpartition(":")[2] == "name")
            self._name = next(named, "").rpartition("/")[2]
        if local in BINARY:
            self._written = []

    def _text(self, words: str) -> None:
        if self._written is not None:
            self._written.append(words)

    def _end(self, tag: str) -> None:
        if self._written is not None and tag.rpartition(":")[2] in BINARY:
            self.found.append((self._name, "".join(self._written)))
            self._written = None
