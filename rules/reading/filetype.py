"""What a part is, by its names, its declared type and its content.

Takes nothing out of a container; reads the directories of Office files for macros. The only module that knows libmagic.
"""

import html
import re
from collections.abc import Iterator, Sequence
from types import MappingProxyType

import magic

from rules.facts import By, Kind, Sign
from rules.message import Octets
from rules.reading.active_xml import plain_xml, xml_signs
from rules.reading.charsets import MAX_OCTETS, in_ascii
from rules.reading.commands import formula_commands
from rules.reading.extensions import readings, signs_of_names
from rules.reading.flat import MAX_FLAT, flat_kind
from rules.reading.formats import formats_of
from rules.reading.mbox import is_message
from rules.reading.office import biff_sign, compound_signs
from rules.reading.packages import package_signs
from rules.reading.pages import page_kind, page_signs, signs_in_xml
from rules.reading.pdf_actions import pdf_signs
from rules.reading.rtf_objects import rtf_signs
from rules.reading.scripts import LOOKED_AT, script_sign
from rules.reading.shortcuts import shortcut_sign
from rules.reading.signatures import HEAD, Format, front_of, is_text

_SHOWN = frozenset({Kind.DOCUMENT, Kind.IMAGE, Kind.AUDIO_VIDEO, Kind.TEXT, Kind.HTML, Kind.CALENDAR, Kind.MESSAGE})
_COMMAND = re.compile(r"[^\s.@]+\.com")  # linear: `www.city.com` and `Minutes of city.com` speak of hosts
_SHELLS = (b"#!/", b"#! /", b"@echo off", b"@ECHO OFF")  # what carries its archive behind its commands begins so
_REFERENCE = re.compile(
    rb"&(?:#[xX]?[0-9A-Fa-f]{1,8}|equals|plus|verbar|vert|VerticalLine|excl|commat|apos|quot|lpar);?"
)
_MAGIC_HEAD = 64 * 1024  # octets given to libmagic, which names what no reader of ours knows: more changed no answer

_DECLARED = {
    Kind.PROGRAM: """
        application/x-msdownload application/x-msdos-program application/x-dosexec application/exe application/x-exe
        application/x-ms-dos-executable application/vnd.microsoft.portable-executable application/x-executable
        application/x-sharedlib application/x-mach-binary application/wasm""",
    Kind.SCRIPT: """
        application/hta application/javascript application/x-javascript text/javascript text/jscript text/vbscript
        text/vbs application/x-vbs application/x-sh application/x-csh application/x-shellscript text/x-sh
        application/x-bat application/bat application/x-powershell application/java-archive application/x-java-archive
        application/java-vm application/x-java-applet application/x-java-jnlp-file application/x-perl text/x-python
        application/x-httpd-php text/x-registry application/x-ms-reg""",
    Kind.INSTALLER: """
        application/x-msi application/x-ms-installer application/x-ms-application application/x-rpm
        application/vnd.debian.binary-package application/x-debian-package application/vnd.android.package-archive
        application/appinstaller application/msix application/appx application/x-apple-pkg""",
    Kind.SHORTCUT: "application/x-ms-shortcut application/x-mswinurl application/internet-shortcut application/x-rdp",
    Kind.MACRO_DOCUMENT: """
        application/vnd.ms-word.document.macroenabled.12 application/vnd.ms-word.template.macroenabled.12
        application/vnd.ms-excel.sheet.macroenabled.12 application/vnd.ms-excel.template.macroenabled.12
        application/vnd.ms-excel.addin.macroenabled.12 application/vnd.ms-excel.sheet.binary.macroenabled.12
        application/vnd.ms-powerpoint.presentation.macroenabled.12 application/vnd.ms-powerpoint.addin.macroenabled.12
        application/vnd.ms-powerpoint.slideshow.macroenabled.12 application/vnd.ms-powerpoint.template.macroenabled.12
        application/onenote application/msonenote application/x-msaccess application/msaccess application/mshelp
        application/vnd.ms-htmlhelp""",
    Kind.DISK_IMAGE: """
        application/x-iso9660-image application/x-cd-image application/x-apple-diskimage application/x-raw-disk-image
        application/x-vhd application/x-virtualbox-vhd application/x-vmdk""",
    Kind.ACTIVE_CONTENT: "application/x-shockwave-flash application/vnd.adobe.flash.movie",
    Kind.ARCHIVE: "application/ms-tnef application/vnd.ms-tnef",
}
_KIND_OF_TYPE = MappingProxyType({media: kind for kind, types in _DECLARED.items() for media in types.split()})

# Words of libmagic's descriptions, in lower case, for what the own table does not know; the first that stands in one
# decides. Programs of machines that no office has are left out: their signatures of two octets stand in data by chance.
_DESCRIBED: tuple[tuple[str, Kind], ...] = (
    ("for ms windows", Kind.PROGRAM), ("for ms-dos", Kind.PROGRAM), ("linux/", Kind.PROGRAM),
    ("script text executable", Kind.SCRIPT), ("byte-compiled", Kind.SCRIPT), ("windows shortcut", Kind.SHORTCUT),
    ("program information file", Kind.SHORTCUT),
    ("zlib compressed data", Kind.UNKNOWN),  # two octets by chance, and nobody's program opens it
    ("email folder", Kind.ARCHIVE), ("personal storage", Kind.ARCHIVE),
    ("disk image", Kind.DISK_IMAGE), ("filesystem", Kind.DISK_IMAGE), ("dos/mbr boot sector", Kind.DISK_IMAGE),
    ("compressed data", Kind.ARCHIVE), ("archive", Kind.ARCHIVE), ("image data", Kind.IMAGE), ("bitmap", Kind.IMAGE),
    ("audio", Kind.AUDIO_VIDEO), ("mpeg", Kind.AUDIO_VIDEO), ("font", Kind.DOCUMENT), ("document", Kind.DOCUMENT),
)  # fmt: skip


def signs_of(names: Sequence[str], declared: str | None, octets: Octets, *, is_file: bool = False) -> tuple[Sign, ...]:
    """Every reason to call the part something: from each name, from the declared media type, from its content.

    What has a name, or is called no text, is a file; so is what is said to be one. Words are not judged as one.
    """
    by_name = signs_of_names(names)
    page = Kind.HTML if declared == "text/html" or any(sign.kind is Kind.HTML for sign in by_name) else None
    if declared == "image/svg+xml" or any(sign.text == ".svg" for sign in by_name):
        page = Kind.IMAGE  # which runs the script of any XML
    file = is_file or bool(names) or not _is_text_type(declared)
    by_content = tuple(dict.fromkeys(_by_content(octets, is_file=file, page=page)))
    if by_content and not is_text(bytes(octets[:HEAD])):
        by_name = tuple(sign for sign in by_name if sign.kind is not Kind.MESSAGE)  # which is text, whatever its name
    if any(sign.text == ".com" for sign in by_name) and _is_harmless(octets, by_content):
        by_name = tuple(sign for sign in by_name if sign.text != ".com" or _is_command(names, by_content))
    return by_name + _by_declaration(declared) + by_content


def _is_text_type(declared: str | None) -> bool:
    return declared is None or declared.startswith("text/")


def _is_command(names: Sequence[str], by_content: tuple[Sign, ...]) -> bool:
    """Whether `.com` over plain text is a program's: `run.com`, and no saved page, no host, no subject of mail."""
    if any(sign.kind is not Kind.TEXT for sign in by_content):
        return False
    files = (name for name in names if "//" not in name)
    return any(_COMMAND.fullmatch(reading) for name in files for reading in readings(name))


def _is_harmless(octets: Octets, signs: tuple[Sign, ...]) -> bool:
    """Whether our own table, not libmagic's guess, knows the content as something that is shown."""
    head = bytes(octets[:HEAD])
    known = front_of(head, len(octets))
    if known is None and not is_text(head):
        return False
    return bool(signs) and all(sign.kind in _SHOWN for sign in signs)


def _by_declaration(declared: str | None) -> tuple[Sign, ...]:
    kind = _KIND_OF_TYPE.get((declared or "").lower())
    return () if kind is None or declared is None else (Sign(kind=kind, by=By.DECLARED, text=declared.lower()),)


def _by_content(octets: Octets, *, is_file: bool, page: Kind | None) -> Iterator[Sign]:
    if not octets:
        return
    formats = formats_of(octets)
    for known in formats:
        yield from _of_format(known, octets)
    head = bytes(octets[:HEAD])
    if page is not None and not is_text(head):  # browsers open by name what begins as something else
        yield from (sign for sign in page_signs(page, bytes(octets)) if sign.kind is Kind.ACTIVE_CONTENT)
    if is_file and head.startswith(_SHELLS) and not is_text(head):  # whatever stands behind: it runs to there
        script = script_sign(head.partition(b"\0")[0])
        yield from () if script is None else (script,)
    if formats and not is_text(head):
        return
    if is_text(head):
        yield from _by_text(octets, head, is_file=is_file, page=page)
    else:
        yield from _of_wide_table(octets, head) if is_file else ()
        yield biff_sign(head) or _by_magic(bytes(octets[:_MAGIC_HEAD]))


def _of_format(known: Format, octets: Octets) -> Iterator[Sign]:
    yield shortcut_sign(octets) if known is Format.LNK else Sign(kind=known.kind, by=By.CONTENT, text=known.text)
    if known is Format.ZIP:
        yield from package_signs(octets)
    elif known is Format.OLE:
        yield from compound_signs(octets)
    elif known is Format.PDF:
        yield from pdf_signs(octets)
    elif known is Format.RTF:
        yield from rtf_signs(octets)
    elif known is Format.POSTSCRIPT and octets.find(b"%pipe%") >= 0:
        yield Sign(kind=Kind.ACTIVE_CONTENT, by=By.CONTENT, text="PostScript that starts a program")
    elif known is Format.AR and octets[8:21] == b"debian-binary":
        yield Sign(kind=Kind.INSTALLER, by=By.CONTENT, text="Debian package")


def _of_wide_table(octets: Octets, head: bytes) -> Iterator[Sign]:
    """Formulas of a table in UTF-16 without its mark, or behind a NUL."""
    if b"\0" not in head:
        return
    narrow = bytes(octets[:MAX_OCTETS]).translate(None, b"\0")
    if is_text(narrow[:HEAD]):
        yield from formula_commands(narrow)


def _by_text(octets: Octets, head: bytes, *, is_file: bool, page: Kind | None) -> Iterator[Sign]:
    script = script_sign(bytes(octets[:LOOKED_AT])) if is_file else None
    if script is not None:
        yield script
    if is_file:
        yield from formula_commands(_as_cells(in_ascii(bytes(octets[:MAX_OCTETS]))))
        if is_message(head):
            yield Sign(kind=Kind.MESSAGE, by=By.CONTENT, text="message")
    flat = flat_kind(octets) if is_file else None
    if flat is not None:
        yield Sign(kind=Kind.DOCUMENT, by=By.CONTENT, text=flat)
        yield from xml_signs(plain_xml(bytes(octets[:MAX_FLAT])), "the document")
    elif is_file and page is None:
        yield from signs_in_xml(bytes(octets))
    kind = Kind.IMAGE if page is Kind.IMAGE else page_kind(head) or page
    if kind is not None:
        yield from page_signs(kind, bytes(octets))
    elif head.lstrip().startswith(b"BEGIN:V"):
        yield Sign(kind=Kind.CALENDAR, by=By.CONTENT, text="calendar or contact")
    elif script is None and flat is None:
        yield Sign(kind=Kind.TEXT, by=By.CONTENT, text="plain text")


def _as_cells(text: bytes) -> bytes:
    """With the references of HTML and XML that could write a formula: Excel opens a page as a table."""
    if b"&" not in text or b"<" not in text:
        return text
    return _REFERENCE.sub(lambda found: html.unescape(found[0].decode("ascii")).encode("utf-8", "replace"), text)


def _by_magic(head: bytes) -> Sign:
    described = str(magic.from_buffer(head))
    lowered = described.lower()
    for word, kind in _DESCRIBED:
        if word in lowered:
            return Sign(kind=kind, by=By.CONTENT, text="".join(filter(str.isprintable, described))[:100])
    return Sign(kind=Kind.UNKNOWN, by=By.CONTENT, text="unrecognised content")
