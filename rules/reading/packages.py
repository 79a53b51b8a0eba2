"""What a zip archive is by its members: an Office or OpenDocument file, a Java or Android program, an installer.

Looks for macros and for templates fetched from outside. Takes nothing out for others to see.
"""

from collections.abc import Iterator, Sequence

from rules.facts import By, Kind, Sign
from rules.message import Octets
from rules.reading.commands import field_commands, link_commands
from rules.reading.member import Unreadable
from rules.reading.relations import relations_outside
from rules.reading.zipfiles import Entry, directory_of, read_entry

_MAX_PART = 4 * 1024 * 1024  # octets of a content type list or a relationship file; real ones have some thousand
_MAX_TEXT = 32 * 1024 * 1024  # octets of the text parts searched for fields: a book has 10 MiB
_MAX_TOLD = 200  # characters of a sign with a member's name
_MAX_RELATIONS = 200  # relationship files looked at; a presentation has one a slide

_APPLICATIONS = (("word/", "Word document"), ("xl/", "Excel workbook"), ("ppt/", "PowerPoint presentation"),
                 ("visio/", "Visio drawing"))  # fmt: skip
_MACRO_TYPES = (b"vbaproject", b"macroenabled", b"macrosheet")
_NO_TEXT = ("styles.xml", "fonttable.xml", "theme1.xml", "numbering.xml", "websettings.xml", "styleswitheffects.xml")
# Controls of Microsoft Forms, which run no code of their own (the first group of their class identifiers).
_FORM_CONTROLS = (b"8bd21d", b"d7053240", b"978c9e23", b"dfd181e0", b"79176fb0", b"4c599241", b"6e182020", b"46e31370",
                  b"eae50eb0", b"5512d1")  # fmt: skip

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
    if "[content_types].xml" in names:
        yield from _office(octets, named)
    if "mimetype" in names and "meta-inf/manifest.xml" in names:
        yield from _open_document(named)


def _office(octets: Octets, named: Sequence[_Named]) -> Iterator[Sign]:
    application = next((text for folder, text in _APPLICATIONS if any(n.startswith(folder) for n, _ in named)), None)
    if application is not None:
        yield _sign(Kind.DOCUMENT, application)
    for name, entry in named:
        if name.rpartition("/")[2].startswith("vbaproject") and name.endswith(".bin"):
            yield _sign(Kind.MACRO_DOCUMENT, f"macros in {entry.names[0]}")
        elif name.startswith(("xl/macrosheets/", "xl/intlmacrosheets/")) and "/_rels/" not in name:
            yield _sign(Kind.MACRO_DOCUMENT, f"Excel 4 macro sheet in {entry.names[0]}")
        elif name == "[content_types].xml" and any(word in _read(octets, entry).lower() for word in _MACRO_TYPES):
            yield _sign(Kind.MACRO_DOCUMENT, "macros among its content types")
    yield from _fetching(octets, named)
    yield from _starting(octets, named)


def _fetching(octets: Octets, named: Sequence[_Named]) -> Iterator[Sign]:
    """What the document fetches and obeys when it is opened."""
    relations = [entry for name, entry in named if name.endswith(".rels")]
    for entry in relations[:_MAX_RELATIONS]:
        for relation in relations_outside(_read(octets, entry)):
            if relation.is_obeyed:
                yield _sign(Kind.MACRO_DOCUMENT, f"{relation.kind} fetched from outside when it is opened")
    for name, entry in named:
        if name.startswith("customui/") and b'onload="http' in _read(octets, entry).lower():
            yield _sign(Kind.MACRO_DOCUMENT, "commands of a document elsewhere")


def _starting(octets: Octets, named: Sequence[_Named]) -> Iterator[Sign]:
    """Fields, links and controls that start something."""
    left = _MAX_TEXT
    for name, entry in named:
        if name.startswith("word/") and name.endswith(".xml") and not name.endswith(_NO_TEXT) and left > 0:
            content = _read(octets, entry, left)
            left -= len(content)
            yield from field_commands(content)
        elif name.startswith("xl/externallinks/") and name.endswith(".xml"):
            yield from link_commands(_read(octets, entry))
        if "/activex/" in name and name.endswith(".xml"):
            control = _read(octets, entry).lower()
            if b"classid" in control and not any(known in control for known in _FORM_CONTROLS):
                yield _sign(Kind.ACTIVE_CONTENT, f"ActiveX control in {entry.names[0]}")


def _open_document(named: Sequence[_Named]) -> Iterator[Sign]:
    yield _sign(Kind.DOCUMENT, "OpenDocument file")
    for name, entry in named:
        if name.startswith(("basic/", "scripts/")) and not name.endswith(("/", "-lc.xml", "-lb.xml")):
            yield _sign(Kind.MACRO_DOCUMENT, f"macros in {entry.names[0]}")


def _read(octets: Octets, entry: Entry, limit: int = _MAX_PART) -> bytes:
    try:
        return _plain(read_entry(octets, entry, limit))
    except Unreadable:
        return b""  # unpacking the archive reports it


def _plain(xml: bytes) -> bytes:
    """XML in UTF-8, with a mark at its front or without, whatever it declares of itself."""
    if xml[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return xml.decode("utf-16", "replace").encode()
    if xml[:2] in (b"<\0", b"\0<"):
        return xml.decode("utf-16-le" if xml[1:2] == b"\0" else "utf-16-be", "replace").encode()
    return xml


def _sign(kind: Kind, text: str) -> Sign:
    return Sign(kind=kind, by=By.CONTENT, text=text[:_MAX_TOLD])
