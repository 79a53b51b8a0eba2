"""Files that a web page or an SVG picture carries: `data:` addresses (RFC 2397) and what its scripts have written out.

Decodes what is written plainly. Runs no script, so what a script encrypts or puts together stays unseen here.
"""

import binascii
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from rules.message import Octets
from rules.reading.budget import MEBIBYTE, Budget, LimitExceeded
from rules.reading.encodings import decode_base64
from rules.reading.formats import formats_of
from rules.reading.member import Member
from rules.reading.signatures import HEAD, Format, front_of, is_whole_file

LOOKED_AT = 8 * 1024 * 1024  # octets: pages that smuggle a program carry it, and so are long
MIN_OPAQUE = 4_096  # octets of encoded text beside a script that decodes: keys and identifiers are shorter
_MAX_FILES = 200  # of one page
_FRONT = 4 * HEAD // 3  # characters of base64 that give HEAD octets

_ADDRESS = re.compile(
    rb"data:([A-Za-z0-9.+/_-]{0,100})((?:;[A-Za-z0-9=.+_\" -]{1,100}){0,5}?)[ \t]{0,4}(;base64)?,", re.I
)
_TO_THE_QUOTE = re.compile(rb"[^\"'`<>]*+")
_TO_THE_BRACKET = re.compile(rb"[^\"'`()<>]*+")  # in style sheets: `url(data:…)`
# Texts in quotes, elements and comments; possessive, so that each octet is looked at once.
_BASE64 = re.compile(rb"(?:[\"'`>]|<!--)\s{0,20}((?:[A-Za-z0-9+/=_-]|\\?[\r\n]){200,}+)")
_HEXADECIMAL = re.compile(rb"[\"'`]((?:[0-9A-Fa-f]{2}){200,}+)[\"'`]")
_ESCAPES = re.compile(rb"(?:\\x[0-9A-Fa-f]{2}|%[0-9A-Fa-f]{2}){200,}+")
_NUMBERS = re.compile(rb"[\[(]\s{0,20}((?:(?:0x)?[0-9A-Fa-f]{1,3}\s{0,4},\s{0,4}){200,}+)")
_LISTED = re.compile(rb"[\])]\s{0,20},\s{0,20}[\[(]")  # between lists of numbers in a list
_PIECES = re.compile(rb"(?:[\"'`][A-Za-z0-9+/=_-]{16,}+[\"'`][ \t\r\n]{0,40},[ \t\r\n]{0,40}){8,}+")
_JOINED = re.compile(rb"[\"'`][ \t\r\n]{0,40}\+[ \t\r\n]{0,40}[\"'`]")
_NAME = re.compile(rb"download[\"']?\]?\s{0,4}[=,:(]\s{0,4}[\"'`]([^\"'`<>\r\n]{1,200})[\"'`]", re.I)
_SHIFTS = re.compile(rb"\x1b(?:[(\-).][@-Z]|\$[@-Z]|\$[()*+][@-Z])")  # between charsets (ISO 2022), within a word
_ESCAPE = re.compile(rb"\\(?:u([0-9A-Fa-f]{4})|u\{0{0,20}([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{2})|([0-7]{2,3}))")
_NAMED = re.compile(rb"&(lt|gt|quot|apos|amp|tab|newline|lpar|rpar|colon|comma);", re.I)
_NAMES = {b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'", b"amp": b"&", b"tab": b"", b"newline": b"",
          b"lpar": b"(", b"rpar": b")", b"colon": b":", b"comma": b","}  # fmt: skip
_MAX_PAGES_INSIDE = 4  # pages in attributes of pages in attributes
_TAG = 300  # octets of an element in front of an address
_REFERENCE = re.compile(
    rb"&#(?:x0{0,6}([2-7][0-9a-f])(?![0-9a-f])|0{0,6}(3[2-9]|[4-9][0-9]|1[01][0-9]|12[0-6])(?![0-9]));?", re.I
)
_SHOWN = (b"image/", b"font/", b"audio/", b"video/", b"application/font", b"application/x-font",
          b"application/vnd.ms-fontobject")  # fmt: skip
_PICTURE_WITH_SCRIPT = b"image/svg"
_PICTURES = frozenset({Format.IMAGE, Format.MEDIA, Format.FONT})


def plain_page(octets: bytes) -> bytes:
    """The page in one octet a character, with ASCII characters that are written as numbers read."""
    octets = octets[:LOOKED_AT]
    if octets[:2] in (b"\xff\xfe", b"\xfe\xff"):
        octets = octets.decode("utf-16", "replace").encode()
    elif octets[1:2] == b"\0" and octets[3:4] == b"\0":
        octets = octets.decode("utf-16-le", "replace").encode()
    elif octets[:1] == b"\0" and octets[2:3] == b"\0":
        octets = octets.decode("utf-16-be", "replace").encode()
    if b"\x1b" in octets:
        octets = _SHIFTS.sub(b"", octets)
    if b"+AD" in octets:
        octets = octets.decode("utf-7", "replace").encode("utf-8", "replace")
    return _REFERENCE.sub(_character, octets) if b"&#" in octets else octets


def read_script(content: bytes) -> bytes:
    """A plain page as its scripts are understood: escapes read, texts joined, and pages in attributes written out."""
    if b"srcdoc" in content or b"SRCDOC" in content.upper():
        for _ in range(_MAX_PAGES_INSIDE):
            content = _NAMED.sub(lambda match: _NAMES[match.group(1).lower()], content)
    if b"\\" in content:
        content = _ESCAPE.sub(_escaped, content)
    return _JOINED.sub(b"", content) if b"+" in content else content


def _escaped(match: re.Match[bytes]) -> bytes:
    """A letter that a script writes by its number; other characters, quotes among them, stay as they are."""
    digits = match.group(1) or match.group(2) or match.group(3)
    code = int(digits, 16) if digits is not None else int(match.group(4), 8)
    letter = bytes([code]) if code < 0x7F else b""
    return letter if letter.isalnum() or letter in (b"$", b"_", b".", b"(", b")") else match.group()


def _character(match: re.Match[bytes]) -> bytes:
    return bytes([int(match.group(1), 16) if match.group(1) else int(match.group(2))])


def unpack_page(octets: Octets, budget: Budget) -> Iterator[Member]:
    """Every file that the page carries, with every name under which it offers one.

    LimitExceeded where a page is longer than is looked at: a comment of that length could stand before its script.
    """
    content = plain_page(bytes(octets[:LOOKED_AT]))
    script = read_script(content)
    names = tuple(dict.fromkeys(name.decode("utf-8", "replace") for name in _NAME.findall(script)))
    meter = budget.open(len(content))
    for declared, found in carried_files(content):
        meter.member()
        meter.octets(len(found))
        yield Member(names=names or ("carried file",), octets=found, declared_type=declared)
    if len(octets) > LOOKED_AT:
        raise LimitExceeded(f"a page or picture of more than {LOOKED_AT // MEBIBYTE} MiB")
    if b"srcdoc" in script.lower() and _NAMED.search(script):
        raise LimitExceeded(f"pages inside pages more than {_MAX_PAGES_INSIDE:,} deep")


def carried_files(content: bytes) -> Iterator[tuple[str | None, bytes]]:
    """Declared type and octets of each file in a plain page. LimitExceeded after _MAX_FILES."""
    count = 0
    for finder in (_addressed, _written):
        for found in finder(content):
            count += 1
            if count > _MAX_FILES:
                raise LimitExceeded(f"a page that carries more than {_MAX_FILES:,} files")
            yield found


def _addressed(content: bytes) -> Iterator[tuple[str | None, bytes]]:
    if b"data:" not in content and b"DATA:" not in content.upper():
        return
    at = 0
    while match := _ADDRESS.search(content, at):
        at = _address_end(content, match.start(), match.end())
        media, is_base64 = match.group(1).lower(), match.group(3) is not None
        shown = media.startswith(_SHOWN) and not media.startswith(_PICTURE_WITH_SCRIPT)
        text = content[match.end() : at]
        front = _decoded(text[:_FRONT], is_base64=is_base64)
        if len(front) < 8 or (shown and not is_whole_file(front, len(text))):
            continue
        found = _decoded(text, is_base64=is_base64)
        if media.endswith(b"javascript") or b"<script" in content[max(0, match.start() - _TAG) : match.start()].lower():
            yield "text/html", b"<script>" + found  # part of the page, and judged as such
        elif front_of(front, len(text)) not in _PICTURES or not _PICTURES.issuperset(formats_of(found)):
            yield media.decode("ascii") or "text/plain", found


def _address_end(content: bytes, start: int, at: int) -> int:
    """Where an address that began at `start` ends: at the quote in front of it, else at the first that may end it."""
    before = content[start - 1 : start] if start else b""
    if before in (b'"', b"'", b"`"):
        end = content.find(before, at)
        return end if end >= 0 else len(content)
    match = (_TO_THE_BRACKET if before == b"(" else _TO_THE_QUOTE).match(content, at)
    return match.end() if match is not None else at


def _decoded(text: bytes, *, is_base64: bool) -> bytes:
    if b"%" in text:
        text = unquote_to_bytes(text)
    return decode_base64(text).octets if is_base64 else text


def _written(content: bytes) -> Iterator[tuple[str | None, bytes]]:
    """Files written out in a script: in base64, hexadecimal, or as a list of numbers."""
    for text in _texts(content):
        if is_whole_file(text[:HEAD], len(text)):
            yield None, text


def _texts(content: bytes) -> Iterator[bytes]:
    joined = _JOINED.sub(b"", content) if b"+" in content else content
    for match in _BASE64.finditer(joined):
        digits = match.group(1)
        for written in (digits, digits[::-1]):
            front = decode_base64(written[:_FRONT]).octets
            if is_whole_file(front, len(digits)):
                yield decode_base64(written.replace(b"\\", b"")).octets
    for match in _HEXADECIMAL.finditer(joined):
        yield binascii.unhexlify(match.group(1))
    for match in _ESCAPES.finditer(joined):
        yield unquote_to_bytes(match.group().replace(b"\\x", b"%"))
    for match in _NUMBERS.finditer(_LISTED.sub(b",", content)):
        yield _of_numbers(match.group(1))


def _of_numbers(written: bytes) -> bytes:
    numbers = [number.strip() for number in written.split(b",")]
    try:
        return bytes(int(number, 16 if number[:2] == b"0x" else 10) for number in numbers if number)
    except ValueError:
        return b""  # no octets: a table, or a colour scale


def opaque_octets(content: bytes) -> int:
    """The length of the longest encoded text, in one piece or a list of some, or list of numbers below 256."""
    joined = _JOINED.sub(b"", content) if b"+" in content else content
    lengths = [len(match.group(1)) * 3 // 4 for match in _BASE64.finditer(joined) if not _is_state(match.group(1))]
    lengths += [len(match.group()) // 3 for match in _ESCAPES.finditer(joined)]
    lengths += [len(_of_numbers(match.group(1))) for match in _NUMBERS.finditer(_LISTED.sub(b",", content))]
    lengths += [len(match.group()) * 3 // 4 for match in _PIECES.finditer(joined)]
    return max(lengths, default=0)


def _is_state(text: bytes) -> bool:
    """Whether it is what ASP.NET keeps in a form's hidden field (it begins with the octets FF 01)."""
    return text.startswith(b"/wE")
