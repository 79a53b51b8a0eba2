"""Reads Outlook messages (.msg, MS-OXMSG): attachments, those of messages inside it too, and the texts.

A message within shares the compound file, so it is not taken out: its attachments are told as this file's.
"""

from collections.abc import Iterator

from rules.message import Octets
from rules.reading.bodies import page_body, plain_body, rich_body
from rules.reading.budget import Budget
from rules.reading.member import Member, Unreadable
from rules.reading.office import Compound, Path

_STREAM = "__substg1.0_"
_ATTACHMENT = "__attach_version1.0_"
_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME, _EXTENSION, _PATH, _LONG_PATH = "3707", "3704", "3001", "3703", "3708", "370D"
_MIME_TYPE, _DATA = "370E", "3701"
_SUBJECT, _PLAIN, _HTML, _RTF = "0037", "1000", "1013", "1009"
_UNICODE, _STRING8, _BINARY = "001F", "001E", "0102"


def unpack_outlook(octets: Octets, budget: Budget) -> Iterator[Member]:
    """Every attachment at every depth of this file, with every name that it has."""
    compound = Compound(octets)
    meter = budget.open(len(octets))
    folders: dict[Path, dict[str, Path]] = {}
    for path in compound.streams:
        if len(path) >= 2 and path[-2].startswith(_ATTACHMENT):
            folders.setdefault(path[:-1], {})[path[-1][len(_STREAM) :].upper()] = path
    faults: list[str] = []
    for streams in folders.values():
        meter.member()
        try:
            content = compound.read(streams[_DATA + _BINARY]) if _DATA + _BINARY in streams else b""
        except Unreadable as error:
            faults.append(str(error))
            content = b""
        meter.octets(len(content))
        names = tuple(_names(compound, streams))
        declared = _text(compound, streams, _MIME_TYPE)
        yield Member(names=names or ("attachment",), octets=content, declared_type=(declared or "").lower() or None)
    for body in _bodies(compound):
        if body.octets:
            meter.octets(len(body.octets))
            yield body
    if faults:
        raise Unreadable(faults[0])


def _names(compound: Compound, streams: dict[str, Path]) -> Iterator[str]:
    for tag in (_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME, _LONG_PATH, _PATH):
        name = _text(compound, streams, tag)
        if name:
            yield name
    extension = _text(compound, streams, _EXTENSION)
    if extension:
        yield f"attachment{extension}"


def _bodies(compound: Compound) -> Iterator[Member]:
    """The text of this message and of those inside it: with the subject, as a page, and as RTF."""
    plain: list[str] = []
    for path in compound.streams:
        tag = path[-1][len(_STREAM) :].upper()
        if not path[-1].startswith(_STREAM) or (len(path) > 1 and path[-2].startswith(_ATTACHMENT)):
            continue
        if tag[:4] in (_SUBJECT, _PLAIN):
            plain.append(_text(compound, {tag: path}, tag[:4]) or "")
        elif tag == _HTML + _BINARY:
            yield page_body(compound.read(path))
        elif tag == _RTF + _BINARY:
            yield rich_body(compound.read(path))
    yield plain_body("\n".join(filter(None, plain)))


def _text(compound: Compound, streams: dict[str, Path], tag: str) -> str | None:
    if tag + _UNICODE in streams:
        return compound.read(streams[tag + _UNICODE]).decode("utf-16-le", "replace").rstrip("\0")
    if tag + _STRING8 in streams:
        return compound.read(streams[tag + _STRING8]).decode("cp1252", "replace").rstrip("\0")
    return None
