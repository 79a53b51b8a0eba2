"""Reads the text of RTF, and unpacks the compressed RTF of Outlook (MS-OXRTFCP). Takes no embedded objects."""

import re
import struct
from dataclasses import dataclass, replace

from rules.reading.budget import MAX_TEXT, MEBIBYTE, LimitExceeded
from rules.reading.charsets import codec_of

_MAX_GROUPS = 10_000  # inside each other; Word writes some dozens
_MAX_STAND_INS = 16  # characters for one; Word writes none to two, and more would hide words
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
        b"fonttbl", b"colortbl", b"stylesheet", b"pict", b"object", b"objdata", b"themedata", b"datastore",
        b"listtable", b"listoverridetable", b"latentstyles", b"generator", b"rsidtbl", b"xmlnstbl", b"fldinst",
    }
)  # fmt: skip
_PROPERTIES = frozenset(
    {b"title", b"subject", b"author", b"manager", b"company", b"category", b"keywords", b"comment", b"doccomm"}
)
# What such a group holds is shown although it stands in one that may be ignored: text boxes, comments.
_SHOWN = frozenset({b"shptxt", b"annotation", b"result", b"ud"})
# Words of text itself, which begin nothing that a reader of this text does not know and so might ignore.
_OF_TEXT = frozenset(
    {
        b"header", b"headerl", b"headerr", b"headerf", b"footer", b"footerl", b"footerr", b"footerf", b"footnote",
        b"fldrslt", b"shprslt", b"pard", b"par", b"plain", b"sectd", b"trowd", b"intbl", b"ltrch", b"rtlch", b"ltrpar",
        b"rtlpar", b"b", b"i", b"ul", b"f", b"fs", b"cf", b"lang", b"qc", b"ql", b"qr", b"qj", b"u", b"uc", b"tab",
    }
)  # fmt: skip
_WRITTEN = {b"par": "\n", b"line": "\n", b"tab": "\t", b"cell": "\t", b"row": "\n", b"sect": "\n", b"page": "\n",
            b"emdash": "-", b"endash": "-", b"lquote": "'", b"rquote": "'", b"ldblquote": '"', b"rdblquote": '"',
            b"bullet": "*"}  # fmt: skip
_SYMBOLS = {b"~": " ", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}"}
_HALF = re.compile("[\ud800-\udfff]")
_CODE_PAGE = re.compile(rb"\\ansicpg([0-9]{3,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class RichText:
    """What a reader sees, what is marked as hidden, and what ended the reading, "" when nothing did."""

    visible: str
    hidden: str
    limit: str


@dataclass(slots=True)
class _Group:
    """Whether a group's text is none, or hidden, and how many characters stand in for one written as \\\\u.

    `ignorable`: right behind the mark that lets a reader pass over a group which begins with a word new to it.
    """

    unread: bool = False
    ignorable: bool = False
    hidden: bool = False
    stand_ins: int = 1


def read_rtf(content: bytes) -> RichText:
    """The text without tables of fonts, pictures and objects."""
    return _Reader(_codec_of(content)).read(content)


def text_of_rtf(content: bytes) -> str:
    """The text that a reader sees."""
    return read_rtf(content).visible


def _codec_of(content: bytes) -> str:
    """The charset that the front declares, else that of Windows in the west."""
    page = _CODE_PAGE.search(content, 0, 4_096)
    return (codec_of(f"cp{page.group(1).decode('ascii')}") if page is not None else None) or "cp1252"


class _Reader:
    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._visible: list[str] = []
        self._hidden: list[str] = []
        self._length = 0
        self._groups = [_Group()]
        self._too_many = False  # stand-ins
        self._skip = 0  # characters that stand in for one already read
        self._pending = bytearray()  # octets in escapes: a character may have two

    def read(self, content: bytes) -> RichText:
        limit = ""
        for token in _TOKEN.finditer(content):
            self._take(*token.groups())
            if self._length > MAX_TEXT:
                limit = f"RTF of more than {MAX_TEXT // MEBIBYTE} million characters"
                break
            if len(self._groups) > _MAX_GROUPS:
                limit = f"RTF nested more than {_MAX_GROUPS:,} deep"
                break
        self._flush()
        if not limit and self._too_many:
            limit = f"RTF with more than {_MAX_STAND_INS:,} characters that stand in for one"
        return RichText(visible=_paired(self._visible)[:MAX_TEXT], hidden=_paired(self._hidden), limit=limit)

    def _take(
        self,
        word: bytes | None,
        number: bytes | None,
        octet: bytes | None,
        symbol: bytes | None,
        brace: bytes | None,
        plain: bytes | None,
    ) -> None:
        if octet is not None and not self._groups[-1].unread:
            self._escaped(int(octet, 16))
            return
        self._flush()
        group = self._groups[-1]
        if brace == b"{":
            self._groups.append(replace(group))
        elif brace == b"}":
            if len(self._groups) > 1:
                self._groups.pop()
        elif word in _SHOWN:
            group.unread = group.ignorable = False
        elif word in _UNREAD:
            group.unread = True
        elif symbol == b"*":
            group.ignorable, group.unread = not group.unread, True
        elif group.ignorable and (word or symbol or plain):
            group.ignorable, group.unread = False, word not in _OF_TEXT
        if not group.unread and brace is None:
            self._written(group, word, number, symbol, plain)

    def _written(
        self, group: _Group, word: bytes | None, number: bytes | None, symbol: bytes | None, plain: bytes | None
    ) -> None:
        if word == b"u" and number is not None:
            self._add(chr(int(number) % 65_536))
            self._skip = group.stand_ins
        elif word == b"uc" and number is not None:
            group.stand_ins = min(max(int(number), 0), _MAX_STAND_INS)
            self._too_many = self._too_many or int(number) > _MAX_STAND_INS
        elif word in (b"v", b"deleted"):
            group.hidden = number is None or int(number) != 0
        elif word == b"info":
            group.hidden = True
        elif word in _PROPERTIES:
            self._add("\n")
        elif word == b"plain":
            group.hidden = False
        elif word is not None:
            self._add(_WRITTEN.get(word, ""))
        elif plain is not None:
            skipped, self._skip = min(self._skip, len(plain)), max(0, self._skip - len(plain))
            self._add(plain[skipped:].decode(self._codec, "replace"))
        else:
            self._add(_SYMBOLS.get(symbol or b"", ""))
            self._skip = 0

    def _escaped(self, octet: int) -> None:
        if self._skip:
            self._skip -= 1
            return
        self._pending.append(octet)

    def _flush(self) -> None:
        if self._pending:
            self._add(self._pending.decode(self._codec, "replace"))
            self._pending.clear()

    def _add(self, text: str) -> None:
        self._length += len(text)
        (self._hidden if self._groups[-1].hidden else self._visible).append(text)


def _paired(pieces: list[str]) -> str:
    """The text, with what is written as two halves of UTF-16 in one character; a half alone is none."""
    text = "".join(pieces)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore") if _HALF.search(text) else text


def unpack_compressed_rtf(content: bytes) -> bytes:
    """The RTF within PR_RTF_COMPRESSED; empty when it is malformed. LimitExceeded when it is too long."""
    if len(content) < 16:
        return b""
    (size,) = struct.unpack_from("<I", content, 4)
    if size > _MAX_UNPACKED:
        raise LimitExceeded(f"a message's own text in RTF of more than {_MAX_UNPACKED // MEBIBYTE} MiB")
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
