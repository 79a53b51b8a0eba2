"""Reads TNEF (winmail.dat): the attachments and the text that Outlook packed (MS-OXTNEF). Trusts no count or length.

Exchange and Outlook show what is in here and nothing of the part itself.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from rules.message import Octets
from rules.reading.bodies import page_body, plain_body, rich_body
from rules.reading.budget import Budget
from rules.reading.member import Member, Unreadable

_SIGNATURE = b"\x78\x9f\x3e\x22"
_MAX_ATTRIBUTES = 20_000
_MAX_PROPERTIES = 2_000  # of one attachment or message; Outlook writes some 30
_MAX_VALUES = 1_000  # of one property

# Attributes, by the low half of their identifier
_BODY, _ATTACH_DATA, _ATTACH_TITLE, _MESSAGE_PROPERTIES = 0x800C, 0x800F, 0x8010, 0x9003
_TRANSPORT_NAME, _RENDER_DATA, _ATTACHMENT = 0x9001, 0x9002, 0x9005
_OF_ATTACHMENT = frozenset({_ATTACH_DATA, _ATTACH_TITLE, _TRANSPORT_NAME, _ATTACHMENT})
# MAPI properties
_LONG_NAME, _SHORT_NAME, _EXTENSION, _DISPLAY_NAME, _MIME_TYPE, _DATA = 0x3707, 0x3704, 0x3703, 0x3001, 0x370E, 0x3701
_LONG_PATH, _PATH = 0x370D, 0x3708
_PLAIN, _HTML, _RTF = 0x1000, 0x1013, 0x1009
_NAMES = (_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME, _LONG_PATH, _PATH)
_STRING8, _UNICODE, _OBJECT, _BINARY, _MANY = 0x001E, 0x001F, 0x000D, 0x0102, 0x1000
_WIDTHS = {
    0x0001: 0, 0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 4, 0x0014: 8,
    0x0040: 8, 0x0048: 16,
}  # fmt: skip
_OBJECT_IDENTIFIER = 16  # octets of the interface identifier in front of an embedded object


@dataclass(slots=True)
class _Attachment:
    names: list[str] = field(default_factory=list)
    declared_type: str | None = None
    contents: list[bytes] = field(default_factory=list)


def unpack_tnef(octets: Octets, budget: Budget) -> Iterator[Member]:
    """Every attachment with every name that it has. Raises Unreadable, after them, when something is malformed."""
    meter = budget.open(len(octets))
    waiting, faults = _attachments(bytes(octets))
    for attachment in waiting:
        for content in attachment.contents or ([b""] if attachment.names else []):
            meter.member()
            meter.octets(len(content))
            names = tuple(dict.fromkeys(name for name in attachment.names if name))
            yield Member(names=names or ("attachment",), octets=content, declared_type=attachment.declared_type)
    for found in _bodies(bytes(octets)):
        if found.octets:
            meter.octets(len(found.octets))
            yield found
    if faults:
        raise Unreadable(faults[0])


def _attachments(content: bytes) -> tuple[list[_Attachment], list[str]]:
    found: list[_Attachment] = []
    faults: list[str] = []
    try:
        for identifier, body in _attributes(content):
            if identifier == _RENDER_DATA or (identifier in _OF_ATTACHMENT and not found):
                found.append(_Attachment())
            if identifier in _OF_ATTACHMENT:
                try:
                    _note(found[-1], identifier, body)
                except (Unreadable, struct.error, IndexError) as error:
                    faults.append(_told(error))
    except (Unreadable, struct.error, IndexError) as error:
        faults.append(_told(error))
    return found, faults


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, Unreadable) else "TNEF that is cut off or malformed"


def _bodies(content: bytes) -> Iterator[Member]:
    """The message's own text as far as it can be read."""
    with suppress(Unreadable, struct.error, IndexError):  # told by the attachments' reading
        for identifier, body in _attributes(content):
            if identifier == _BODY:
                yield plain_body(body.rstrip(b"\0").decode("cp1252", "replace"))
            elif identifier == _MESSAGE_PROPERTIES:
                yield from _property_bodies(body)


def _property_bodies(body: bytes) -> Iterator[Member]:
    for tag, value in _properties(body):
        if tag == _PLAIN and isinstance(value, str):
            yield plain_body(value)
        elif tag == _HTML and isinstance(value, bytes):
            yield page_body(value)
        elif tag == _RTF and isinstance(value, bytes):
            yield rich_body(value)


def _note(attachment: _Attachment, identifier: int, body: bytes) -> None:
    if identifier in (_ATTACH_TITLE, _TRANSPORT_NAME):
        attachment.names.append(body.partition(b"\0")[0].decode("cp1252", "replace"))
    elif identifier == _ATTACH_DATA:
        attachment.contents.append(body)
    elif identifier == _ATTACHMENT:
        for tag, value in _properties(body):
            if isinstance(value, bytes):
                if tag == _DATA:
                    attachment.contents.append(value)
            elif tag in _NAMES:
                attachment.names.append(value)
            elif tag == _EXTENSION:
                attachment.names.append(f"attachment{value}")
            elif tag == _MIME_TYPE:
                attachment.declared_type = value.lower()


def _attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Each attribute's identifier and body; checksums are not asked, for Outlook does not."""
    if not content.startswith(_SIGNATURE):
        raise Unreadable("TNEF without its signature")
    at = 6
    for _ in range(_MAX_ATTRIBUTES + 1):  # the last look finds the end
        if at + 9 > len(content):
            return  # what is left, a line end often, is too short for another
        level, identifier, _, size = struct.unpack_from("<BHHI", content, at)
        if level not in (1, 2):
            raise Unreadable("malformed TNEF")
        yield identifier, content[at + 9 : at + 9 + size]
        if size > len(content) - at - 9:
            raise Unreadable("TNEF that is cut off")
        at += 9 + size + 2
    raise Unreadable(f"TNEF with more than {_MAX_ATTRIBUTES:,} attributes")


def _properties(body: bytes) -> Iterator[tuple[int, str | bytes]]:
    """The textual and binary properties of a list; every step goes forward and ends with the body."""
    (count,) = struct.unpack_from("<I", body, 0)
    at = 4
    for _ in range(min(count, _MAX_PROPERTIES)):
        if at + 4 > len(body):
            raise Unreadable("TNEF that claims more properties than it has")
        kind, tag = struct.unpack_from("<HH", body, at)
        at += 4
        if tag >= 0x8000:
            at = _past_name(body, at)
        many, base = kind & _MANY, kind & ~_MANY
        if base in _WIDTHS:
            values, at = struct.unpack_from("<I", body, at)[0] if many else 1, at + (4 if many else 0)
            at += _WIDTHS[base] * min(values, len(body))
            continue
        if base not in (_STRING8, _UNICODE, _OBJECT, _BINARY):
            raise Unreadable("TNEF with an unknown kind of property")
        (values,) = struct.unpack_from("<I", body, at)
        at += 4
        if values > _MAX_VALUES:
            raise Unreadable(f"TNEF with more than {_MAX_VALUES:,} values of one property")
        for _ in range(values):
            (size,) = struct.unpack_from("<I", body, at)
            yield tag, _value(base, body[at + 4 : at + 4 + size])
            at += 4 + _padded(size)
    if count > _MAX_PROPERTIES:
        raise Unreadable(f"TNEF that claims more than {_MAX_PROPERTIES:,} properties of one thing")


def _value(base: int, octets: bytes) -> str | bytes:
    if base == _STRING8:
        return octets.rstrip(b"\0").decode("cp1252", "replace")
    if base == _UNICODE:
        return octets.decode("utf-16-le", "replace").rstrip("\0")
    return octets[_OBJECT_IDENTIFIER:] if base == _OBJECT else octets


def _past_name(body: bytes, at: int) -> int:
    """A named property has its set's identifier, then a number or a name in UTF-16."""
    (named,) = struct.unpack_from("<I", body, at + 16)
    if not named:
        return at + 24
    (size,) = struct.unpack_from("<I", body, at + 20)
    return at + 24 + _padded(size)


def _padded(size: int) -> int:
    return size + -size % 4
