"""Address lists of header fields, taken apart tolerantly and in linear time (RFC 5322 section 3.4).

For showing and comparing; the envelope's grammar is rules/address.py. Malformed mailboxes are kept as they stand.
"""

import re

from rules.facts import Mailbox
from rules.reading.charsets import guess_text
from rules.reading.words import MAX_FIELD_TEXT, decode_words, unfold

MAX_MAILBOXES = 1_000  # of all fields read together: as many as one transaction may have recipients

# Everything that can end or nest a mailbox; the text between is taken whole.
_MARK = re.compile(rb'[",;:<>()\\]')
_NOT_SHOWN = re.compile("[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")


def mailboxes_of(bodies: list[bytes]) -> tuple[Mailbox, ...]:
    """Every mailbox of these field bodies in order, empty ones passed over.

    At most one more than MAX_MAILBOXES, which tells that there were more.
    """
    found: list[Mailbox] = []
    for body in bodies:
        for written in _split(unfold(body[:MAX_FIELD_TEXT])):
            if len(found) > MAX_MAILBOXES:
                return tuple(found)
            mailbox = _mailbox(written)
            if mailbox.name or mailbox.address:
                found.append(mailbox)
    return tuple(found)


def _split(line: bytes) -> list[bytes]:
    """Cut at commas and semicolons that stand outside quotes, angles and comments; drop the names of groups."""
    if b"," not in line and b":" not in line and b";" not in line:
        return [line]
    pieces: list[bytes] = []
    start, closing, skip = 0, b"", -1
    for match in _MARK.finditer(line):
        mark, position = match[0], match.start()
        if position == skip:
            continue
        if mark == b"\\":
            skip = position + 1
        elif closing:
            if mark == closing:
                closing = b""
        elif mark in b'"<(':
            closing = {b'"': b'"', b"<": b">", b"(": b")"}[mark]
            if line.find(closing, position + 1) < 0:
                closing = b""  # never closed: an ordinary character
        elif mark in b",;":
            pieces.append(line[start:position])
            start = position + 1
        elif mark == b":":
            start = position + 1  # `Council: a@b, c@d;` names a group
    return [*pieces, line[start:]]


def _mailbox(written: bytes) -> Mailbox:
    """`Name <address>`, `address (Name)` or a bare address."""
    opening = written.rfind(b"<")
    closing = written.find(b">", opening)
    if opening >= 0:
        inside = written[opening + 1 : closing if closing > 0 else None]
        name = written[:opening] + (written[closing + 1 :] if closing > 0 else b"")
        address = inside.rpartition(b":")[2] if inside.startswith(b"@") else inside  # RFC 5322 section 4.4: routes
        return Mailbox(name=_shown(name), address=_shown(address).replace(" ", ""))
    address, parenthesis, comment = written.partition(b"(")
    if b"@" not in address:
        return Mailbox(name=_shown(written), address="")
    return Mailbox(name=_shown(comment.rpartition(b")")[0]) if parenthesis else "", address=_shown(address))


def _shown(octets: bytes) -> str:
    unquoted = octets.strip()
    if unquoted[:1] == b'"' and unquoted[-1:] == b'"' and len(unquoted) > 1:
        unquoted = unquoted[1:-1].replace(b'\\"', b'"').replace(b"\\\\", b"\\")
    text = decode_words(unquoted) if b"=?" in unquoted else guess_text(unquoted)
    return _NOT_SHOWN.sub(" ", text).strip().strip("'\"").strip() if text else ""
