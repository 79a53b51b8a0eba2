"""What a zip archive is by its members: an Office or OpenDocument file, a Java or Android program, an installer.

Looks for macros and for templates fetched from outside. Takes nothing out for others to see.
"""

import re
from collections.abc import Iterator

from rules.facts import By, Kind, Sign
from rules.message import Octets
from rules.reading.member import Unreadable
from rules.reading.zipfiles import Entry, directory_of, read_entry

_MAX_PART = 1024 * 1024  # octets of a content type list or a relationship file; real ones have some thousand
_MAX_RELATIONS = 40  # relationship files looked at

_APPLICATIONS = (("word/", "Word document"), ("xl/", "Excel workbook"), ("ppt/", "PowerPoint presentation"),
                 ("visio/", "Visio drawing"))  # fmt: skip
# What a document fetches and obeys when it is opened. Elements are short and the classes exclude each other: linear.
_FETCHED = re.compile(
    rb"<Relationship\b[^<>]{0,4096}/(attachedTemplate|oleObject|frame|subDocument|vbaProject)\"[^<>]{0,4096}",
    re.IGNORECASE,
)
_ELSEWHERE = (b'target="http', b"target='http", b'target="mhtml:', b'target="ftp', b'target="ms-', b'target="script:')
_MACRO_TYPES = (b"vbaproject", b"macroenabled", b"macrosheet")


def package_signs(octets: Octets) -> tuple[Sign, ...]:
    """The signs that a zip's directory gives beyond being a zip; none when the directory cannot be read."""
    try:
        entries = directory_of(octets)
    except Unreadable:
        return ()
    by_name = {name.lower().replace("\\", "/"): entry for entry in entries for name in entry.names}
    found = dict.fromkeys(_signs(octets, by_name))
    return tuple(found)


def _signs(octets: Octets, by_name: dict[str, Entry]) -> Iterator[Sign]:
    names = frozenset(by_name)
    if "androidmanifest.xml" in names and any(name.endswith(".dex") for name in names):
        yield _sign(Kind.INSTALLER, "Android package")
    if names & {"appxmanifest.xml", "appxblockmap.xml", "appxmetadata/appxbundlemanifest.xml"}:
        yield _sign(Kind.INSTALLER, "Windows app package")
    if any(name.endswith(".class") for name in names):
        yield _sign(Kind.SCRIPT, "Java archive")
    if "[content_types].xml" in names:
        yield from _office(octets, by_name)
    if "mimetype" in names and "meta-inf/manifest.xml" in names:
        yield from _open_document(by_name)


def _office(octets: Octets, by_name: dict[str, Entry]) -> Iterator[Sign]:
    application = next((text for folder, text in _APPLICATIONS if any(n.startswith(folder) for n in by_name)), None)
    if application is not None:
        yield _sign(Kind.DOCUMENT, application)
    for name in by_name:
        if name.rpartition("/")[2].startswith("vbaproject") and name.endswith(".bin"):
            yield _sign(Kind.MACRO_DOCUMENT, "vbaProject.bin")
        if name.startswith(("xl/macrosheets/", "xl/intlmacrosheets/")):
            yield _sign(Kind.MACRO_DOCUMENT, "Excel 4 macro sheet")
    types = _read(octets, by_name["[content_types].xml"]).lower()
    if any(word in types for word in _MACRO_TYPES):
        yield _sign(Kind.MACRO_DOCUMENT, "macros among its content types")
    yield from _fetching(octets, by_name)


def _fetching(octets: Octets, by_name: dict[str, Entry]) -> Iterator[Sign]:
    relations = [entry for name, entry in by_name.items() if name.endswith(".rels")]
    for entry in relations[:_MAX_RELATIONS]:
        content = _read(octets, entry)
        if b"xternal" not in content:
            continue
        for element in _FETCHED.finditer(content):
            if any(word in element.group().lower() for word in _ELSEWHERE):
                kind = element.group(1).decode()
                yield _sign(Kind.MACRO_DOCUMENT, f"{kind} fetched from outside when it is opened")


def _open_document(by_name: dict[str, Entry]) -> Iterator[Sign]:
    yield _sign(Kind.DOCUMENT, "OpenDocument file")
    if any(
        name.startswith(("basic/", "scripts/")) and not name.endswith(("/", "-lc.xml", "-lb.xml")) for name in by_name
    ):
        yield _sign(Kind.MACRO_DOCUMENT, "OpenDocument macros")


def _read(octets: Octets, entry: Entry) -> bytes:
    try:
        return read_entry(octets, entry, _MAX_PART)
    except Unreadable:
        return b""  # unpacking the archive reports it


def _sign(kind: Kind, text: str) -> Sign:
    return Sign(kind=kind, by=By.CONTENT, text=text)
