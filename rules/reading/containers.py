"""Takes containers apart in memory: which reader opens which format, and what each yields. Writes no file."""

import re
from collections.abc import Callable, Iterator, Sequence

from rules.facts import By, Kind, Sign
from rules.message import Octets
from rules.reading.archives import ARCHIVES, unpack_archive, unpack_lh7
from rules.reading.arj import unpack_arj
from rules.reading.armour import unpack_binhex, unpack_text
from rules.reading.budget import Budget, LimitExceeded
from rules.reading.cards import is_card, unpack_card
from rules.reading.carried import unpack_page
from rules.reading.disks import unpack_image, unpack_iso, unpack_udf, unpack_vhd, unpack_vhdx
from rules.reading.documents import DocumentText, text_of_content
from rules.reading.embedded import unpack_compound, unpack_onenote
from rules.reading.extensions import kinds_of_name
from rules.reading.flat import flat_kind, unpack_flat
from rules.reading.formats import formats_of, from_its_front, holds_zip
from rules.reading.macintosh import unpack_apple, unpack_macbinary
from rules.reading.mbox import is_mbox, message_behind, unpack_mbox
from rules.reading.member import Member, Unreadable
from rules.reading.office import OUTLOOK_MESSAGE
from rules.reading.outlook import unpack_outlook
from rules.reading.packages import ENDED
from rules.reading.pdf import pdf_protection, unpack_pdf
from rules.reading.protection import is_pgp_key, is_signed_envelope, protection_of_content, unpack_signed
from rules.reading.rtf_objects import unpack_rtf
from rules.reading.shortcuts import unpack_shortcut
from rules.reading.signatures import HEAD, UTF_16_MARKS, Format, front_of, is_text
from rules.reading.szdd import unpack_szdd
from rules.reading.tnef import unpack_tnef
from rules.reading.zipfiles import unpack_zip

__all__ = ["Member", "Unreadable", "protection_of", "text_of", "unpack"]

_OPENED: dict[Format, Callable[[Octets, Budget], Iterator[Member]]] = {
    Format.ARJ: lambda octets, budget: unpack_arj(octets, budget, unpack_lh7),
    Format.BINHEX: unpack_binhex,
    Format.FILE_SYSTEM: unpack_image,
    Format.ISO: unpack_iso,
    Format.APPLE_FILE: unpack_apple,
    Format.LNK: unpack_shortcut,
    Format.MAC_BINARY: unpack_macbinary,
    Format.ONENOTE: unpack_onenote,
    Format.RTF: unpack_rtf,
    Format.TNEF: unpack_tnef,
    Format.UDF: unpack_udf,
    Format.VHD: unpack_vhd,
    Format.VHDX: unpack_vhdx,
}
_NEVER_OPENED = frozenset(
    {
        Format.ACE, Format.ALZ, Format.EGG, Format.ZOO, Format.STUFFIT, Format.INSTALL_SHIELD, Format.XAR,
        Format.RPM, Format.SYMBIAN, Format.CRX, Format.VMDK, Format.QCOW, Format.DMG, Format.WIM,
        Format.CHM, Format.SQX, Format.PACK, Format.RAW_DISC, Format.ZPAQ, Format.APPLE_ARCHIVE, Format.MAIL_STORE,
    }
)  # fmt: skip
_MACROS = "vbaproject.bin"
_READ_AS_DOCUMENTS = frozenset(
    {
        ".pdf", ".doc", ".docx", ".dot", ".dotx", ".xls", ".xlsx", ".xlt", ".xltx", ".ppt", ".pptx", ".pot", ".potx",
        ".pps", ".ppsx", ".odt", ".ods", ".odp", ".odg", ".rtf",
    }
)  # fmt: skip
_NAMED_LOCKED = (
    ".gpg",
    ".pgp",
    ".aes",
    ".age",
    ".axx",
    ".p7m",
    ".hc",
    ".tc",
    ".enc",
)  # of files that programs have encrypted
_TNEF_NAMES = ("winmail.dat", "win.dat")  # which Outlook opens
# What a printer's driver keeps of itself, in its own form: some keep a cabinet within.
_PRINTER_SETTINGS = re.compile(r"xl/printersettings/printersettings\d{1,5}\.bin")
_TEXT_PARTS = (".xml", ".rels", ".vml", ".rdf", "mimetype", "/")
_PARTS_OF_DOCUMENTS = frozenset({Format.IMAGE, Format.MEDIA, Format.FONT})
_KINDS_OF_PARTS = frozenset({Kind.IMAGE, Kind.AUDIO_VIDEO, Kind.TEXT})


def unpack(octets: Octets, names: Sequence[str], signs: Sequence[Sign], budget: Budget) -> Iterator[Member]:
    """Yield what this part contains, one level down; nothing when it is no container.

    The caller holds `budget.inside_container()` around the loop in which it walks the members. Members yielded
    before LimitExceeded or Unreadable count.
    """
    formats = formats_of(octets)
    if formats and Format.ZIP not in formats and _is_named_zip(signs) and holds_zip(octets):
        formats = (*formats, Format.ZIP)
    faults: list[str] = []
    for known in formats:
        try:
            yield from _members(known, octets, names, signs, budget)
        except Unreadable as error:
            faults.append(str(error))
    if is_signed_envelope(octets):
        yield from unpack_signed(octets, budget)
    elif octets and (not formats or front_of(bytes(octets[:HEAD]), len(octets)) is None):
        yield from _of_unknown_front(octets, signs, budget)
        if not formats and (refusal := _refusal(octets, names, signs)) is not None:
            raise Unreadable(refusal)
    if ENDED in signs:
        raise LimitExceeded(ENDED.text)
    if faults:
        raise Unreadable("; ".join(dict.fromkeys(faults)))


def _of_unknown_front(octets: Octets, signs: Sequence[Sign], budget: Budget) -> Iterator[Member]:
    """What words hold, whatever else may stand behind them."""
    if is_text(bytes(octets[:HEAD])):
        yield from _written(octets, signs, budget)
    elif _is_card(octets, signs):
        yield from unpack_card(octets, budget)
    elif _is_page(signs):
        yield from unpack_page(octets, budget)


def _refusal(octets: Octets, names: Sequence[str], signs: Sequence[Sign]) -> str | None:
    """Why content that is no container to us may be one to others, in words."""
    head = bytes(octets[:HEAD])
    if is_text(head) and (head.startswith(UTF_16_MARKS) or octets.find(b"\0") < 0):
        return None
    if (unopened := _known_to_libmagic(signs)) is not None:
        return f"{unopened}, which is not opened"
    if _is_card(octets, signs) or _is_page(signs):
        return None
    if _claims_to_be_opened(names, signs):
        return "called an archive or disk image, and of no format that is known"
    if _claims_to_be_read(signs):
        return "called a document, and of no format that is known"
    return None


def _members(
    known: Format, octets: Octets, names: Sequence[str], signs: Sequence[Sign], budget: Budget
) -> Iterator[Member]:
    if known is Format.ZIP:
        document = any(sign.kind is Kind.DOCUMENT and sign.by is By.CONTENT for sign in signs)
        yield from (member for member in unpack_zip(octets, budget) if not (document and _is_own_part(member)))
    elif known in ARCHIVES:
        yield from unpack_archive(octets, known, names, budget)
    elif known is Format.OLE:
        if any(sign.text == OUTLOOK_MESSAGE for sign in signs):
            yield from unpack_outlook(octets, budget)
        yield from unpack_compound(octets, budget)
    elif known is Format.PDF:
        yield from message_behind(octets, budget)
        if pdf_protection(octets) is None:
            yield from unpack_pdf(octets, budget)
    elif known is Format.SZDD:
        yield from unpack_szdd(octets, names, budget)
    elif known in _OPENED:
        yield from _OPENED[known](from_its_front(octets, known), budget)
    elif known in _NEVER_OPENED:
        raise Unreadable(f"{known.text}, which is not opened")


def _written(octets: Octets, signs: Sequence[Sign], budget: Budget) -> Iterator[Member]:
    head = bytes(octets[:HEAD])
    if is_mbox(head):
        yield from unpack_mbox(octets, budget)
        return
    if _is_card(octets, signs):
        yield from unpack_card(octets, budget)
    if flat_kind(octets) is not None:
        yield from unpack_flat(octets, budget)
    if _is_page(signs):
        yield from unpack_page(octets, budget)
    else:
        yield from message_behind(octets, budget)
        yield from unpack_text(octets, budget)


def _is_page(signs: Sequence[Sign]) -> bool:
    return any(sign.by is By.CONTENT and sign.text.startswith(("HTML page", "SVG picture")) for sign in signs)


def _is_card(octets: Octets, signs: Sequence[Sign]) -> bool:
    """Whether it is read for a calendar's files; one may stand in a page or message, which is read as such too."""
    return any(sign.kind is Kind.CALENDAR for sign in signs) or is_card(bytes(octets[:HEAD]))


def _is_own_part(member: Member) -> bool:
    """Whether an Office or OpenDocument file's member is text, a picture, a font or its macros: no embedded file."""
    head = member.octets[:HEAD]
    name = member.names[0].lower()
    known = front_of(head, len(member.octets))
    if name.endswith(_MACROS):
        return known is Format.OLE  # told as a sign of the document itself
    if not kinds_of_name(name) <= _KINDS_OF_PARTS:
        return False  # a program by its name, whatever it begins with
    if known is None and not member.encrypted and is_text(head):
        return name.endswith(_TEXT_PARTS)
    if known is None and _PRINTER_SETTINGS.fullmatch(name):
        return True
    return known in _PARTS_OF_DOCUMENTS and _PARTS_OF_DOCUMENTS.issuperset(formats_of(member.octets))


def _is_named_zip(signs: Sequence[Sign]) -> bool:
    """Whether Windows opens it as a zip whatever it begins with, and whatever stands behind it."""
    return any(sign.by is By.NAME and sign.text in (".zip", ".jar") for sign in signs)


def _known_to_libmagic(signs: Sequence[Sign]) -> str | None:
    """What libmagic calls content that holds other files and that no reader of ours opens: lzop, ARC, dar and so on."""
    holding = (sign.text for sign in signs if sign.by is By.CONTENT and sign.kind in (Kind.ARCHIVE, Kind.DISK_IMAGE))
    return next(holding, None)


def _claims_to_be_opened(names: Sequence[str], signs: Sequence[Sign]) -> bool:
    claims = any(sign.by is not By.CONTENT and sign.kind in (Kind.ARCHIVE, Kind.DISK_IMAGE) for sign in signs)
    return claims or any(name.lower() in _TNEF_NAMES for name in names)


def _claims_to_be_read(signs: Sequence[Sign]) -> bool:
    """Whether it is named as a document that we read, and neither our table nor libmagic knows its content."""
    if any(sign.by is By.CONTENT and sign.kind is not Kind.UNKNOWN for sign in signs):
        return False
    return any(sign.by is By.NAME and sign.text in _READ_AS_DOCUMENTS for sign in signs)


def protection_of(octets: Octets, signs: Sequence[Sign], names: Sequence[str] = ()) -> str | None:
    """Why the whole part is protected (archive, Office, PDF, S/MIME, PGP), or None."""
    if _is_only_shown(signs):
        return None
    return protection_of_content(octets) or _claimed_protection(octets, signs, names)


def _claimed_protection(octets: Octets, signs: Sequence[Sign], names: Sequence[str]) -> str | None:
    """What a name says of content that nothing else explains: not every form of these programs has a front."""
    locked = next((end for name in names for end in _NAMED_LOCKED if name.lower().rstrip(" .").endswith(end)), None)
    head = bytes(octets[:HEAD])
    if locked is None or not octets or is_text(head) or is_pgp_key(head) or is_signed_envelope(octets):
        return None
    if any(sign.by is By.CONTENT and sign.kind is not Kind.UNKNOWN for sign in signs):
        return None
    return f"called {locked}, as encrypted files are, and of no format that is known"


def text_of(octets: Octets, signs: Sequence[Sign], budget: Budget) -> DocumentText:
    """The readable text of a document or text file; nothing when it has none. Raises Unreadable, LimitExceeded."""
    return DocumentText() if _is_only_shown(signs) else text_of_content(octets, budget)


def _is_only_shown(signs: Sequence[Sign]) -> bool:
    """Whether the content is a picture, a film or a sound and nothing else."""
    kinds = {sign.kind for sign in signs if sign.by is By.CONTENT}
    return bool(kinds) and kinds <= {Kind.IMAGE, Kind.AUDIO_VIDEO} and not any("SVG" in sign.text for sign in signs)
