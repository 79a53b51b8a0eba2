"""What a zip archive is by its members: an Office or OpenDocument file, a Java or Android program, an installer.

Looks for macros and for templates fetched from outside. Takes nothing out for others to see.
"""

from collections.abc import Collection, Iterator, Sequence

from rules.facts import By, Kind, Sign
from rules.message import Octets
from rules.reading.active_xml import plain_xml, xml_signs
from rules.reading.member import Unreadable
from rules.reading.zipfiles import Entry, directory_of, read_entry

_MAX_XML = 96 * 1024 * 1024  # octets of all XML of one document: a table of some 500,000 rows, read in two seconds
_FRONT = 64  # octets that show whether a part is XML; blanks alone may go on as such
_MAX_TOLD = 200  # characters of a sign with a member's name
ENDED = Sign(
    kind=Kind.DOCUMENT,
    by=By.CONTENT,
    text=f"Office document with more than {_MAX_XML // (1024 * 1024)} MiB of text and settings",
)

_APPLICATIONS = (("word/", "Word document"), ("xl/", "Excel workbook"), ("ppt/", "PowerPoint presentation"),
                 ("visio/", "Visio drawing"))  # fmt: skip
_OPEN_DOCUMENT = frozenset({"mimetype", "content.xml", "styles.xml", "settings.xml"})  # one of them is there

_Named = tuple[str, Entry]  # the name in lower case with slashes, as Office compares it


def package_signs(octets: Octets) -> tuple[Sign, ...]:
    """The signs that a zip's directory gives beyond being a zip; none when the directory cannot be read."""
    try:
        entries = directory_of(octets)
    except Unreadable:
        return ()
    named = [(name.lower().replace("\\", "/").lstrip("/"), entry) for entry in entries for name in entry.names]
    return tuple(dict.fromkeys(_signs(octets, named)))


def _signs(octets: Octets, named: Sequence[_Named]) -> Iterator[Sign]:
    names = frozenset(name for name, _ in named)
    if "androidmanifest.xml" in names and any(name.endswith(".dex") for name in names):
        yield _sign(Kind.INSTALLER, "Android package")
    if names & {"appxmanifest.xml", "appxblockmap.xml", "appxmetadata/appxbundlemanifest.xml"}:
        yield _sign(Kind.INSTALLER, "Windows app package")
    if any(name.endswith(".class") for name in names):
        yield _sign(Kind.SCRIPT, "Java archive")
    if is_office(names):
        yield from _office(octets, named)
    if is_open_document(names):
        yield from _open_document(octets, named)


def _office(octets: Octets, named: Sequence[_Named]) -> Iterator[Sign]:
    application = next((text for folder, text in _APPLICATIONS if any(n.startswith(folder) for n, _ in named)), None)
    if application is not None:
        yield _sign(Kind.DOCUMENT, application)
    for name, entry in named:
        if name.rpartition("/")[2].startswith("vbaproject") and name.endswith(".bin"):
            yield _sign(Kind.MACRO_DOCUMENT, f"macros in {entry.names[0]}")
        elif name.startswith(("xl/macrosheets/", "xl/intlmacrosheets/")) and "/_rels/" not in name:
            yield _sign(Kind.MACRO_DOCUMENT, f"Excel 4 macro sheet in {entry.names[0]}")
    yield from _active(octets, named)


def _open_document(octets: Octets, named: Sequence[_Named]) -> Iterator[Sign]:
    yield _sign(Kind.DOCUMENT, "OpenDocument file")
    for name, entry in named:
        if name.startswith(("basic/", "scripts/")) and not name.endswith(("/", "-lc.xml", "-lb.xml")):
            yield _sign(Kind.MACRO_DOCUMENT, f"macros in {entry.names[0]}")
    yield from _active(octets, named)


def _active(octets: Octets, named: Sequence[_Named]) -> Iterator[Sign]:
    """What the parts start or fetch. Whatever begins as XML counts: a part may have any name and lie anywhere."""
    left = _MAX_XML
    for entry in dict.fromkeys(entry for _, entry in named):
        if not begins_as_xml(_read(octets, entry, _FRONT)):
            continue
        content = _read(octets, entry, left + 1)
        left -= len(content)
        if left < 0:
            yield ENDED
            return
        yield from xml_signs(plain_xml(content), entry.names[0])


def begins_as_xml(front: bytes) -> bool:
    """Whether a part may be XML: a mark, then perhaps blanks, then an element."""
    if front[:2] in (b"\xff\xfe", b"\xfe\xff", b"\0<"):
        return True
    return front.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"<", b"")


def is_office(names: Collection[str]) -> bool:
    """Whether an archive of these names, in lower case, is what Office opens."""
    return "[content_types].xml" in names


def is_open_document(names: Collection[str]) -> bool:
    """Whether an archive of these names, in lower case, is what LibreOffice opens."""
    return "meta-inf/manifest.xml" in names and not _OPEN_DOCUMENT.isdisjoint(names)


def _read(octets: Octets, entry: Entry, limit: int) -> bytes:
    try:
        return read_entry(octets, entry, limit)
    except Unreadable:
        return b""  # unpacking the archive reports it


def _sign(kind: Kind, text: str) -> Sign:
    return Sign(kind=kind, by=By.CONTENT, text=text[:_MAX_TOLD])
