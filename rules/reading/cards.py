"""Calendars and contacts (RFC 5545, RFC 6350): the files in their properties. Their text as it is shown."""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote_to_bytes

from rules.message import Octets
from rules.possessive import possessive
from rules.reading.budget import Budget, LimitExceeded
from rules.reading.charsets import decode_text, in_ascii
from rules.reading.encodings import Encoding, decode, decode_base64
from rules.reading.markup import strip_tags
from rules.reading.member import Member

_MAX_LINES = 200_000  # of one file: a calendar of some ten thousand appointments
_FOLD = re.compile(rb"\r?\n[ \t]")
# Up to a line's first colon that stands in no quotes. Linear: possessive.
_PARAMETERS = re.compile(possessive(rb"[^\":]++|\"[^\"]*+\"") + rb"(?=:)")
_FOLDED = re.compile(r"\n[ \t]")
_TEXT_ESCAPE = re.compile(r"\\([\\,;nN])")
_QUOTED_PRINTABLE = re.compile(r";(?:ENCODING=)?QUOTED-PRINTABLE(?=[;:])", re.I)
# A property that is a file, in the encoding of vCard 2.1 and vCalendar 1.0; other properties in it are words.
_QUOTED_FILE = re.compile(
    rb"(?:[A-Z0-9-]{1,40}\.)?(?:ATTACH|PHOTO|LOGO|SOUND|KEY)(?=;)[^:]{0,1000}?;(?:ENCODING=)?QUOTED-PRINTABLE(?=[;:])",
    re.I,
)
_NAME = re.compile(rb";(?:X-[A-Z-]*)?(?:FILENAME|NAME|LABEL)=(?:\"([^\"\r\n]+)\"|([^;:\r\n]+))", re.I)
_BASE64 = re.compile(rb";ENCODING=\"?(?:B|BASE64)\"?(?=[;:])|;BASE64(?=[;:])", re.I)
# Readers pass over what stands before it, and over control octets.
_BEGIN = re.compile(rb"(?:\A|[\r\n])[ \t]{0,8}BEGIN[ \t]{0,8}:[ \t]{0,8}V(?:CALENDAR|CARD|EVENT|TODO)\b", re.I)
_BEGUN = re.compile(rb":[ \t]{0,8}V(?:CALENDAR|CARD|EVENT|TODO)\b", re.I)  # its end, looked for fifty times as fast


def is_card(octets: bytes) -> bool:
    """Whether a calendar or contact begins within these octets, on a line of its own."""
    content = in_ascii(octets).removeprefix(b"\xef\xbb\xbf")
    return _BEGUN.search(content) is not None and _BEGIN.search(content) is not None


def unpack_card(octets: Octets, budget: Budget) -> Iterator[Member]:
    """What is written in base64 or quoted-printable, or as a `data:` address (RFC 2397).

    LimitExceeded beyond _MAX_LINES.
    """
    content = in_ascii(bytes(octets))
    meter = budget.open(len(content))
    lines = _FOLD.sub(b"", content).splitlines()
    for line in _joined_files(lines[:_MAX_LINES]):
        colon = _value_at(line)
        head, value = line[:colon], line[colon + 1 :]
        if _BASE64.search(head + b":"):
            found = decode_base64(value).octets
        elif value[:5].lower() == b"data:":
            found = _data(value)
        elif _QUOTED_FILE.match(head + b":"):
            found = decode(value, Encoding.QUOTED_PRINTABLE).octets
        else:
            continue
        if found:
            meter.member()
            meter.octets(len(found))
            yield Member(names=_names(head), octets=found)
    if len(lines) > _MAX_LINES:
        raise LimitExceeded(f"a calendar or contact of more than {_MAX_LINES:,} lines")


def _joined_files(lines: Sequence[bytes]) -> Iterator[bytes]:
    """Lines of which those of a file in quoted-printable are broken by `=` at their end."""
    kept: list[bytes] = []
    for line in lines:
        if line.endswith(b"=") and (kept or _QUOTED_FILE.match(line)):
            kept.append(line[:-1])
        else:
            yield b"".join([*kept, line]) if kept else line
            kept = []
    yield b"".join(kept)


def readable(text: str) -> str:
    """What a reader sees of a text: of a calendar or contact its words, of others everything."""
    return text_of_card(text) if is_card(text.encode("utf-8", "replace")) else text


def text_of_card(text: str) -> str:
    """The text as a calendar shows it: lines unfolded, escapes read, no files (RFC 5545 sections 3.1 and 3.3.11)."""
    lines = _FOLDED.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    return "\n".join(map(_shown, _joined(lines)))


def _joined(lines: Sequence[str]) -> Iterator[str]:
    """Lines of which those in quoted-printable are broken by `=` at their end (vCard 2.1)."""
    kept: list[str] = []
    for line in lines:
        if line.endswith("=") and (kept or _QUOTED_PRINTABLE.search(line)):
            kept.append(line[:-1])
        elif kept:
            yield "".join([*kept, line])
            kept = []
        else:
            yield line
    yield "".join(kept)


def _shown(line: str) -> str:
    colon = _value_at(line.encode("ascii", "replace"))
    head = line[:colon]
    if ";" not in head:
        return _unescaped(line)
    if _BASE64.search(head.encode("ascii", "replace") + b":"):
        return head
    value = line[colon:]
    if _QUOTED_PRINTABLE.search(head + ":"):
        value = decode_text(decode(value.encode("utf-8", "replace"), Encoding.QUOTED_PRINTABLE).octets, None)
    return head + _unescaped(strip_tags(value) if "text/html" in head.lower() else value)


def _unescaped(text: str) -> str:
    return (
        _TEXT_ESCAPE.sub(lambda match: match.group(1).replace("N", "n").replace("n", "\n"), text)
        if "\\" in text
        else text
    )


def _value_at(line: bytes) -> int:
    """The colon that ends the parameters: the first that stands in no quotes (RFC 5545 section 3.1)."""
    if (match := _PARAMETERS.match(line)) is not None:
        return match.end()
    return line.find(b":") if b":" in line else len(line)


def _names(head: bytes) -> tuple[str, ...]:
    named = [(quoted or plain).decode("utf-8", "replace") for quoted, plain in _NAME.findall(head)]
    return tuple(dict.fromkeys(named)) or (head.partition(b";")[0][:40].decode("latin-1").lower() or "attachment",)


def _data(address: bytes) -> bytes:
    head, _, written = address.partition(b",")
    octets = unquote_to_bytes(written)
    return decode_base64(octets).octets if head.lower().rstrip().endswith(b";base64") else octets
