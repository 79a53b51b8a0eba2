"""Reads the text of RTF, and unpacks the compressed RTF of Outlook (MS-OXRTFCP). Takes no embedded objects."""

import re
import struct

MAX_TEXT = 1_000_000  # characters
_MAX_UNPACKED = 32 * 1024 * 1024  # octets of a mail body; Outlook's own limit is lower
_COMPRESSED, _PLAIN = b"LZFu", b"MELA"
_DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n"
    b"\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)  # what the window holds before the first octet (MS-OXRTFCP 2.1.2.1)

# Every alternative begins with another octet and repeats one class: linear.
_TOKEN = re.compile(rb"\\([a-z]{1,32})(-?[0-9]{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)")
_UNREAD = frozenset(
    {
        b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"objdata", b"themedata", b"datastore",
        b"listtable", b"listoverridetable", b"latentstyles", b"generator", b"rsidtbl", b"xmlnstbl", b"fldinst",
    }
)  # fmt: skip
_WRITTEN = {b"par": "\n", b"line": "\n", b"tab": "\t", b"cell": "\t", b"row": "\n", b"sect": "\n", b"page": "\n",
            b"emdash": "-", b"endash": "-", b"lquote": "'", b"rquote": "'", b"ldblquote": '"', b"rdblquote": '"',
            b"bullet": "*"}  # fmt: skip


def text_of_rtf(content: bytes) -> str:
    """The text that a reader sees, without tables of fonts, pictures and objects."""
    found: list[str] = []
    hidden: list[bool] = [False]  # one entry a group: whether its text is none
    length = skip = 0
    for token in _TOKEN.finditer(content):
        word, number, octet, symbol, brace, plain = token.groups()
        if brace == b"{":
            hidden.append(hidden[-1])
        elif brace == b"}":
            if len(hidden) > 1:
                hidden.pop()
        elif word in _UNREAD or symbol == b"*":
            hidden[-1] = True
        elif not hidden[-1]:
            piece, skip = _piece(word, number, octet, symbol, plain, skip)
            found.append(piece)
            length += len(piece)
        if length > MAX_TEXT or len(hidden) > 10_000:
            break
    return "".join(found)[:MAX_TEXT]


def _piece(
    word: bytes | None, number: bytes | None, octet: bytes | None, symbol: bytes | None, plain: bytes | None, skip: int
) -> tuple[str, int]:
    """What this token writes, and how many characters after it stand in for one written as \\\\u."""
    if word == b"u" and number is not None:
        code = int(number) % 65_536
        return ("" if 0xD800 <= code < 0xE000 else chr(code)), 1
    if word is not None:
        return _WRITTEN.get(word, ""), skip
    if octet is not None:
        return ("", skip - 1) if skip else (bytes([int(octet, 16)]).decode("cp1252", "replace"), 0)
    if plain is not None:
        return plain[skip:].decode("cp1252", "replace"), 0
    return {b"~": " ", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}"}.get(symbol or b"", ""), 0


def unpack_compressed_rtf(content: bytes) -> bytes:
    """The RTF within PR_RTF_COMPRESSED; empty when it is malformed."""
    if len(content) < 16:
        return b""
    size = min(struct.unpack_from("<I", content, 4)[0], _MAX_UNPACKED)
    if content[8:12] == _PLAIN:
        return content[16 : 16 + size]
    return _inflated(content, size) if content[8:12] == _COMPRESSED else b""


def _inflated(content: bytes, size: int) -> bytes:
    window = bytearray(_DICTIONARY)
    begin, at = len(window), 16
    while at < len(content) and len(window) - begin < size:
        flags = content[at]
        at += 1
        for bit in range(8):
            if at >= len(content):
                break
            if not flags >> bit & 1:
                window.append(content[at])
                at += 1
                continue
            place = int.from_bytes(content[at : at + 2], "big")
            at += 2
            offset, count = place >> 4, (place & 15) + 2
            position = len(window) % 4_096
            if offset == position:
                return bytes(window[begin:])
            start = len(window) - (position - offset) % 4_096
            if start < 0:
                return bytes(window[begin:])
            for step in range(count):
                window.append(window[start + step])
    return bytes(window[begin : begin + size])
