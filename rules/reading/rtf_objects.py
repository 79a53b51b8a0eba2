"""Objects in RTF: their data however it is broken up, and what in RTF starts or fetches something when it is opened."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, pairwise

from rules.facts import By, Kind, Sign
from rules.message import Octets
from rules.reading.budget import Budget, LimitExceeded
from rules.reading.commands import MAX_RTF_FIELDS, RTF_FIELD, rtf_field_commands
from rules.reading.embedded import package_of, printable
from rules.reading.member import Member
from rules.reading.relations import is_elsewhere
from rules.reading.rtf import text_of_rtf

_MAX_OBJECTS = 1_000  # of one document
_MAX_PASSES = 2  # times its own length that the objects of a document are read: objects inside objects multiply
_LEAST = 1024 * 1024  # octets that are read of the smallest document
_LINK = 1  # OLE 1 format of a linked object (MS-OLEDS 2.2.4)
_CLASSES = ("package", "equation", "ole2link", "htmlfile", "script", "otkloadr", "shell.explorer", "mscomctl")
# A number may stand behind any control word, and what is ignorable need not be marked so.
_TEMPLATE = re.compile(rb"\\template(?![A-Za-z])(?:-?[0-9]{1,20})?", re.IGNORECASE)
_MAX_TEMPLATES = 100  # of one document, which has one
_MAX_TEMPLATE = 64 * 1024  # octets of a template's address with its escapes
_BRACE = re.compile(rb"\\.|[{}]", re.DOTALL)
_OBJECT_DATA = re.compile(rb"\\objdata(?![A-Za-z])-?([0-9]*)", re.IGNORECASE)
_RUN = re.compile(rb"[^\\{}]+")
_HEXADECIMAL = frozenset(bytes([digit]) for digit in b"0123456789abcdefABCDEF")
_NOT_HEXADECIMAL = bytes(octet for octet in range(256) if bytes([octet]) not in _HEXADECIMAL)
_CONTROL = re.compile(rb"\\([A-Za-z]{1,32})(-?[0-9]{1,20})? ?")


@dataclass(frozen=True, slots=True, kw_only=True)
class RichObject:
    """An OLE 1 object: version, format, class, topic and item name, size, data (MS-OLEDS 2.2.5)."""

    name: str
    topic: str
    is_link: bool
    body: bytes


def unpack_rtf(octets: Octets, budget: Budget) -> Iterator[Member]:
    """The data of every embedded object, read with and without the groups that writers hide in the digits."""
    meter = budget.open(len(octets))
    for found in _objects(bytes(octets)):
        meter.member()
        meter.octets(len(found.body))
        package = package_of(found.body) if "package" in found.name.lower() else None
        name = f"embedded {printable(found.name) or 'object'}"
        yield package or Member(names=(name,), octets=found.body)
    if sum(1 for _ in islice(RTF_FIELD.finditer(octets), MAX_RTF_FIELDS + 1)) > MAX_RTF_FIELDS:
        raise LimitExceeded(f"RTF with more than {MAX_RTF_FIELDS:,} fields")
    if sum(1 for _ in islice(_TEMPLATE.finditer(octets), _MAX_TEMPLATES + 1)) > _MAX_TEMPLATES:
        raise LimitExceeded(f"RTF with more than {_MAX_TEMPLATES:,} templates")


def rtf_signs(octets: Octets) -> tuple[Sign, ...]:
    """Objects that run or are loaded on opening, a template from elsewhere, fields that start a program."""
    content = bytes(octets)
    found = dict.fromkeys((*rtf_field_commands(content), *_template_signs(content)))
    with suppress(LimitExceeded):  # unpacking reports it
        for sign in _object_signs(content):
            found[sign] = None
    return tuple(found)


def _object_signs(content: bytes) -> Iterator[Sign]:
    for found in _objects(content):
        name = found.name.lower()
        if name.startswith(_CLASSES) or "package" in name:
            yield _sign(f"{printable(found.name)} object")
        if found.is_link and is_elsewhere(found.topic):
            yield _sign("linked object fetched from outside when it is opened")
        if b"\\objupdate" in content:
            yield _sign("object that is loaded when the document is opened")


def _template_signs(content: bytes) -> Iterator[Sign]:
    starts = [match.end() for match in islice(_TEMPLATE.finditer(content), _MAX_TEMPLATES)]  # unpacking reports more
    for start, following in pairwise([*starts, len(content)]):
        written = content[start : min(following, start + _MAX_TEMPLATE)]
        end = _group_end(written)
        if end is None and len(written) == _MAX_TEMPLATE:
            yield _sign(f"template with an address of more than {_MAX_TEMPLATE // 1024} KiB")
        if is_elsewhere(text_of_rtf(b"{" + written[:end] + b"}")):
            yield _sign("template fetched from outside when it is opened")
            return


def _group_end(written: bytes) -> int | None:
    """Where the group ends that these octets stand in; None when it does not."""
    depth = 0
    for brace in _BRACE.finditer(written):
        depth += (brace.group() == b"{") - (brace.group() == b"}")
        if depth < 0:
            return brace.start()
    return None


def _objects(content: bytes) -> Iterator[RichObject]:
    left = _MAX_PASSES * max(len(content), _LEAST)
    for count, match in enumerate(_OBJECT_DATA.finditer(content), 1):
        end, readings = _object_data(content, match.end(), left)
        left -= end - match.end()
        if left <= 0 or count > _MAX_OBJECTS:
            raise LimitExceeded(f"RTF with more than {_MAX_OBJECTS:,} objects, or objects inside each other")
        front = match.group(1)  # the number of the control word, or the first digits of the data
        for data in dict.fromkeys(_octets(given) for digits in readings for given in (digits, front + digits)):
            if len(data) >= 8:
                yield _object(data)


def _object_data(content: bytes, at: int, limit: int) -> tuple[int, tuple[bytes, ...]]:
    """Where the group ends, and its hexadecimal digits: of the group itself, all, and all but those of escapes."""
    end = content.find(b"}", at, at + limit)
    end = end if end >= 0 else min(len(content), at + limit)
    written = content[at:end]
    if b"\\" not in written and b"{" not in written:
        plain = written.translate(None, _NOT_HEXADECIMAL)
        return end, (plain,)
    own, every, unescaped, depth = bytearray(), bytearray(), bytearray(), 0
    escaped = 0  # digits at the head of the next run that are a character of `\\'hh`
    stop = min(len(content), at + limit)
    while at < stop and depth >= 0:
        run = _RUN.match(content, at, stop)
        if run is not None:
            digits = run.group().translate(None, _NOT_HEXADECIMAL)
            every += digits
            own += digits if not depth else b""
            unescaped += digits[escaped:]
            at, escaped = run.end(), 0
            continue
        octet = content[at : at + 1]
        if octet == b"\\":
            escaped = 2 if content[at + 1 : at + 2] == b"'" else 0
            at, digits = _control(content, at)
            unescaped += digits
            own += digits
            every += digits
            continue
        depth += (octet == b"{") - (octet == b"}")
        at += 1
    return at, (bytes(own), bytes(every), bytes(unescaped))


def _control(content: bytes, at: int) -> tuple[int, bytes]:
    """Where a control word or symbol ends, and the digits of the octets that a \\bin word brings."""
    word = _CONTROL.match(content, at)
    if word is None:
        return at + 2, b""
    if word.group(1) == b"bin":
        count = int(word.group(2) or 0)
        return word.end() + count, content[word.end() : word.end() + count].hex().encode()
    return word.end(), b""


def _octets(digits: bytes) -> bytes:
    return bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))


def _object(data: bytes) -> RichObject:
    at, texts = 8, []
    for _ in range(3):
        length = int.from_bytes(data[at : at + 4], "little")
        if length > len(data) - at:
            return RichObject(name="", topic="", is_link=False, body=data)
        texts.append(data[at + 4 : at + 4 + length].rstrip(b"\0").decode("latin-1"))
        at += 4 + length
    is_link = int.from_bytes(data[4:8], "little") == _LINK
    return RichObject(name=texts[0], topic=texts[1], is_link=is_link, body=data[at + 4 :])


def _sign(text: str) -> Sign:
    return Sign(kind=Kind.MACRO_DOCUMENT, by=By.CONTENT, text=text)
