"""Words put below a text, as octets of its part: in its charset and its encoding, all else untouched. Pure.

Nothing is decoded and encoded anew but the last octets of a part in base64, which end within a group of four.
"""

import base64
import quopri
import re
import textwrap
from collections.abc import Callable
from html import escape

from rules.amendment import Edit
from rules.reading.encodings import Encoding

WIDTH = 72  # characters of a line, as RFC 5322 section 2.1.1 asks for
BASE64_LINE = 76  # RFC 2045 section 6.8

_GROUP = re.compile(rb"[A-Za-z0-9+/]+")
_WHOLE_BASE64 = re.compile(rb"[A-Za-z0-9+/\r\n]*(?:=[\r\n]*){0,2}")
# Where a page ends; behind it only what shows nothing, so that the words do not end up in a comment or a script.
_PAGE_END = re.compile(rb"</body[ \t\r\n]*>(?:[ \t\r\n]|=\r\n)*(?:</html[ \t\r\n]*>)?(?:[ \t\r\n]|=\r\n)*\Z", re.I)
_TAIL = 1024  # octets at the end of a page in which its end is looked for


class NotEncodable(ValueError):
    """The part's charset, or the seven bits it promises, cannot hold the words; or its encoding is not as it says."""


def below_plain(words: str, codec: str, *, seven_bit: bool) -> bytes:
    """The paragraph as octets of a text/plain part. Raises NotEncodable."""
    text = "\r\n" + "".join(f"{line}\r\n" for line in textwrap.wrap(words, WIDTH))
    return _encoded(lambda: text.encode(codec or "ascii"), seven_bit=seven_bit)


def below_page(words: str, codec: str, *, seven_bit: bool) -> bytes:
    """The paragraph as octets of a text/html part; what its charset lacks is written as a reference."""
    text = f"<p>{escape(words)}</p>\r\n"
    charset = "ascii" if seven_bit else codec or "ascii"
    return _encoded(lambda: text.encode(charset, "xmlcharrefreplace"), seven_bit=seven_bit)


def _encoded(encode: Callable[[], bytes], *, seven_bit: bool) -> bytes:
    try:
        octets = encode()
    except UnicodeError as error:
        raise NotEncodable(str(error)) from None
    if seven_bit and not octets.isascii():
        raise NotEncodable("8-bit letters in a 7bit part")
    return octets


def append(body: bytes, at: int, encoding: Encoding, added: bytes, *, page: bool) -> Edit:
    """The edit that puts `added` below a part's `body`, which stands at offset `at` of the message.

    Raises NotEncodable for an encoding that is not as it should be.
    """
    match encoding:
        case Encoding.IDENTITY:
            place = _end_of(body, page=page)
            return _insert(at + place, _on_a_line_of_its_own(body[:place], added, page=page))
        case Encoding.QUOTED_PRINTABLE:
            place = _end_of(body, page=page)
            # Text: twice a line end, for a body may end in a soft one. Page: a soft one, unless half of one ends it.
            lead = b"=\r\n" if page and not body.endswith(b"=", 0, place) else b"\r\n"
            return _insert(at + place, lead + _quoted_printable(added))
        case Encoding.BASE64:
            return _append_base64(body, at, added, page=page)
        case _:
            raise NotEncodable(f"{encoding} is no encoding of text")


def _insert(at: int, octets: bytes) -> Edit:
    return Edit(start=at, end=at, latin1=octets.decode("latin-1"))


def _on_a_line_of_its_own(before: bytes, added: bytes, *, page: bool) -> bytes:
    return added if page or not before or before.endswith(b"\r\n") else b"\r\n" + added


def _end_of(body: bytes, *, page: bool) -> int:
    """Where words below the text belong: before the tags that end a page, else at the end."""
    found = _PAGE_END.search(body, max(0, len(body) - _TAIL)) if page else None
    return found.start() if found else len(body)


def _quoted_printable(octets: bytes) -> bytes:
    lines = octets.split(b"\r\n")
    return b"\r\n".join(quopri.encodestring(line).replace(b"\n", b"\r\n") for line in lines)


def _append_base64(body: bytes, at: int, added: bytes, *, page: bool) -> Edit:
    if not _WHOLE_BASE64.fullmatch(body):
        raise NotEncodable("octets that are not base64")
    try:
        content = base64.b64decode(body, validate=False)
    except ValueError as error:
        raise NotEncodable(str(error)) from None
    place = _end_of(content, page=page)
    whole = place // 3 * 3  # octets that stay in the groups they are in
    rest = content[whole:place] + _on_a_line_of_its_own(content[:place], added, page=page) + content[place:]
    start = _offset_of(body, whole // 3 * 4)
    lines = textwrap.wrap(base64.b64encode(rest).decode("ascii"), BASE64_LINE)
    lead = b"" if start == 0 or body[:start].endswith(b"\n") else b"\r\n"
    octets = lead + "\r\n".join(lines).encode("ascii")
    end = len(body.rstrip(b"\r\n"))
    return Edit(start=at + start, end=at + max(start, end), latin1=octets.decode("latin-1"))


def _offset_of(body: bytes, letters: int) -> int:
    """The offset in `body` after so many letters of base64, line ends not counted."""
    for run in _GROUP.finditer(body):
        length = run.end() - run.start()
        if letters <= length:
            return run.start() + letters
        letters -= length
    return len(body)
