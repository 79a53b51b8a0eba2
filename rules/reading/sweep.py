"""The structure-blind look at text that no reading of the structure has taken apart.

Finds runs of base64 that decode to a known dangerous or container format, to a script, page or message, and fields
that describe a file, wherever they stand; `encoded_files` finds uuencode, yEnc and BinHex there.
"""

import re
from binascii import b2a_base64
from collections.abc import Iterator

from rules.message import Octets
from rules.possessive import possessive
from rules.reading.budget import LimitExceeded
from rules.reading.charsets import in_ascii
from rules.reading.encoded_files import EncodedFile
from rules.reading.encodings import Encoding, decode_base64
from rules.reading.formats import formats_of
from rules.reading.mbox import is_message
from rules.reading.mime import Entity, Span, read_entity
from rules.reading.pages import page_kind
from rules.reading.scripts import LOOKED_AT, script_sign
from rules.reading.signatures import HEAD, UTF_16_MARKS, Format, front_of, is_text

MIN_RUN = 40  # letters of base64 on one line without a blank; encoders write 60 to 76, words and names end before
MAX_ENTITIES = 100  # groups of content fields in one text; a letter that quotes a header has one or two
MAX_GROUPS = 2_000  # of them that are looked at; each costs up to half a millisecond
MAX_FRONT = 8 * 1024  # octets in which the fields of one group are looked for; those behind them make another group
MAX_DECODED = 5_000  # places in one text that begin as a file does and are decoded; each costs some microseconds
MAX_WRITTEN = 50_000  # of them that begin as written text does; each costs some 10 microseconds
_PHASES = 4  # letters of one quantum: a stray letter before a file shifts it, and a reader may pass it over
_LARGE = 44_000  # letters from which it may be a disk image, which its 32,769th octet tells (ECMA-119); none is smaller

# Every letter of the base64 alphabets as one octet: a run of them is then found by `find`, at 0.5 ns an octet.
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
_AS_RUN = bytes(ord("A") if octet in _LETTERS else ord(".") for octet in range(256))
_RUN = b"A" * MIN_RUN
# Lines of base64, also behind marks of quotation, to the padding that ends a file. Linear: every piece is possessive
# and begins with another octet.
_BLOCK = re.compile(
    rb"[A-Za-z0-9+/_-]++%b={0,2}+" % possessive(rb"[ \t]*+\r?\n[> \t]*+[A-Za-z0-9+/_-]++(?=[ \t]*+(?:[\r\n=]|\Z))")
)
# How sought files begin in base64, at the start of a line: MZ, PK, compound file, Rar!, 7z, %PDF, ELF, shortcut,
# cabinet, xz, RTF.
_FRONT = re.compile(
    rb"\n[> \t]*+((?:TV[o-r]|UEs[DF]|0M8R4K|UmFyIR|N3q8r|JVBER|f0VMR|TAAAAAEU|TVNDR|[/_]Td6W|e1xyd))[A-Za-z0-9+/_-]"
)
_SOUGHT = frozenset(
    {
        Format.PE, Format.DOS, Format.ELF, Format.MACH_O, Format.JAVA_CLASS, Format.EICAR, Format.LNK, Format.CHM,
        Format.ONENOTE, Format.ACTIVE_MIME, Format.OLE, Format.ZIP, Format.SEVEN_ZIP, Format.RAR, Format.XZ,
        Format.CAB, Format.ISO, Format.UDF, Format.VHD, Format.VHDX, Format.TNEF, Format.PDF, Format.RTF, Format.GZIP,
        Format.BZIP2, Format.ZSTD, Format.LZ4, Format.LZIP, Format.AR, Format.APPLE_FILE, Format.SZDD, Format.XAR,
        Format.RPM, Format.DEX, Format.WIM, Format.VMDK, Format.QCOW, Format.CRX,
    }
)  # fmt: skip
_FIRST_TWO = frozenset(
    {
        b"MZ", b"ZM", b"\x7fE", b"\xfe\xed", b"\xce\xfa", b"\xcf\xfa", b"\xca\xfe", b"X5", b"L\0", b"IT", b"\xe4\x52",
        b"\xa1\x2f", b"Ac", b"\xd0\xcf", b"PK", b"7z", b"Ra", b"\xfd7", b"MS", b"co", b"vh", b"x\x9f", b"%P", b"{\\",
        b"\x1f\x8b", b"BZ", b"\x28\xb5", b"\x04\x22", b"LZ", b"!<", b"\0\x05", b"SZ", b"xa", b"\xed\xab", b"de",
        b"KD", b"QF", b"Cr", b"WL",
    }
)  # fmt: skip
_FROM_URL_ALPHABET = bytes.maketrans(b"-_", b"+/")
_TO_URL_ALPHABET = bytes.maketrans(b"+/", b"-_")
# How those begin in base64: two octets are two letters and a half.
_BEGINNINGS = frozenset(
    letters[:3].translate(alphabet)
    for first in _FIRST_TWO
    for rest in range(4)
    for letters in (b2a_base64(first + bytes([rest << 6])),)
    for alphabet in (None, _TO_URL_ALPHABET)
)
# That show whether a run decodes to text: 18 octets, which are it by chance in none of a million.
_LETTERS_OF_WORDS = 24
_ADDRESS = b"base64,"  # RFC 2397: `carried` knows what a page's addresses hold
_LETTERS_OF_HEAD = 2 * HEAD  # of base64, its line ends and marks of quotation among them, that give HEAD octets
_PROGRAM_ZEROS = 4  # octets of zero in the first 64 of a program; base64 read by chance gives MZ once in 65,536 times

# A field that describes a file, behind blanks too; some readers look for these lines alone.
_DESCRIBING = re.compile(rb"content-(?:type|disposition|transfer-encoding)[\s\0]*+:")


def entities_in(text: bytes) -> Iterator[Entity]:
    """What content fields in the midst of a text describe, each up to the next group of them.

    Only what is more than text in no encoding, as a quoted header seldom is. LimitExceeded beyond MAX_ENTITIES and
    MAX_GROUPS.
    """
    lowered = text.lower()
    count = groups = 0
    at = _next_described(lowered, 0)
    while at >= 0:
        groups += 1
        if groups > MAX_GROUPS:
            raise LimitExceeded(f"more than {MAX_GROUPS:,} groups of content fields in one text")
        front = read_entity(text, at, min(len(text), at + MAX_FRONT))
        # A line that is no field to the reader of headers is a body that begins at once: go on behind it.
        following = _next_described(lowered, max(front.body.start, at + 1))
        entity = read_entity(text, at, following if following >= 0 else len(text))
        if entity.names or entity.encodings != (Encoding.IDENTITY,):
            count += 1
            if count > MAX_ENTITIES:
                raise LimitExceeded(f"more than {MAX_ENTITIES:,} descriptions of files in one text")
            yield entity
        at = following


def _next_described(lowered: bytes, position: int) -> int:
    """Offset of the next line that begins with a content field."""
    at = lowered.find(b"content-", position)
    while at >= 0:
        begin = at
        while begin > position and lowered[begin - 1] in b" \t\0":
            begin -= 1
        if (begin == 0 or lowered[begin - 1] in b"\r\n") and _DESCRIBING.match(lowered, at):
            return at
        at = lowered.find(b"content-", at + 1)
    return -1


def runs_in(text: Octets) -> Iterator[EncodedFile]:
    """Every file in base64 that a text holds; nothing when no line is long enough for one.

    LimitExceeded beyond MAX_DECODED and MAX_WRITTEN; the files found before it count.
    """
    marks = bytes(text).translate(_AS_RUN)
    at = marks.find(_RUN)
    decoded = written = 0
    while at >= 0:
        block = _BLOCK.match(text, at)
        end = block.end() if block is not None else at + MIN_RUN
        for start in _starts(text, at, end):
            decoded += 1
            if decoded > MAX_DECODED:
                raise LimitExceeded(f"more than {MAX_DECODED:,} runs of base64 in one text that begin as files do")
            if (octets := _file_at(text, start, end, maybe_disk=start < at + _PHASES)) is not None:
                yield EncodedFile("", octets, Span(start, end))
                break
        else:
            if _begins_as_words(text, at, end):
                written += 1
                if written > MAX_WRITTEN:
                    raise LimitExceeded(f"more than {MAX_WRITTEN:,} runs of base64 in one text that decode to text")
                if (octets := _written_at(text, at, end)) is not None:
                    yield EncodedFile("", octets, Span(at, end))
        at = marks.find(_RUN, end)


def _starts(text: Octets, at: int, end: int) -> Iterator[int]:
    """The block's own start in each phase where a file may begin, and the lines of it that begin as a sought one."""
    for start in range(at, at + _PHASES):
        if text[start : start + 3] in _BEGINNINGS or end - start >= _LARGE:
            yield start
    for match in _FRONT.finditer(text, at, end):
        yield match.start(1)


def _file_at(text: Octets, start: int, end: int, *, maybe_disk: bool) -> bytes | None:
    """The file whose base64 begins at `start`, or None when it is of no sought kind."""
    head = _decoded(text[start : min(end, start + _LETTERS_OF_HEAD)])[:HEAD]
    known = front_of(head, (end - start) * 3 // 4)
    if known in (Format.PE, Format.DOS):
        return _decoded(text[start:end]) if head[2:64].count(0) >= _PROGRAM_ZEROS or b"PE\0\0" in head else None
    if known in _SOUGHT:
        return _decoded(text[start:end])
    if known is None and maybe_disk and end - start >= _LARGE:
        octets = _decoded(text[start:end])
        return octets if not _SOUGHT.isdisjoint(formats_of(octets)) else None
    return None


def _begins_as_words(text: Octets, start: int, end: int) -> bool:
    """Whether base64 decodes to ASCII, UTF-8 with its mark or UTF-16, and is no address of a page."""
    front = _decoded(text[start : min(end, start + _LETTERS_OF_WORDS)])
    front = front.removeprefix(b"\xef\xbb\xbf")
    if not front.isascii():
        return front.startswith(UTF_16_MARKS)
    narrow = front.translate(None, b"\0") if front.count(0) * 2 >= len(front) - 1 else front
    return is_text(narrow) and bytes(text[start - len(_ADDRESS) : start]).lower() != _ADDRESS


def _written_at(text: Octets, start: int, end: int) -> bytes | None:
    """What base64 holds when it is written and more than words: a script, a page, a message."""
    octets = _decoded(text[start:end])
    head = in_ascii(octets[:LOOKED_AT])
    front = head[:HEAD]
    more = script_sign(head) is not None or page_kind(front) is not None or is_message(front)
    return octets if more and is_text(front) else None


def _decoded(letters: bytes) -> bytes:
    return decode_base64(letters.translate(_FROM_URL_ALPHABET, b"> \t\r\n")).octets
