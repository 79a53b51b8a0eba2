"""Mail as files: a message (also a web archive, MHT), the messages of a folder (mbox, RFC 4155). Walks none of them."""

import re
from collections.abc import Iterator

from rules.message import Octets
from rules.reading.budget import Budget
from rules.reading.member import Member

# The line before each message; most have a date with the time of day.
_SEPARATOR = re.compile(rb"^From [^\r\n]{1,200}[0-9][0-9]:[0-9][0-9][^\r\n]{0,100}\r?\n", re.MULTILINE)

_FIELD = re.compile(rb"[A-Za-z][A-Za-z0-9-]{1,60}[ \t]{0,4}:")
# How web archives begin, each at the beginning of a line; the tail that all have is looked for first.
_TAIL = b"ersion:"
_BEGINNINGS = tuple(end + word + _TAIL for end in (b"\n", b"\r") for word in (b"MIME-V", b"Mime-V", b"mime-v"))


def is_message(head: bytes) -> bool:
    """Whether these first octets are the header of a message, whatever the file is called."""
    front = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not _FIELD.match(front):
        return False
    header = b"\n" + front.replace(b"\r\n", b"\n").partition(b"\n\n")[0].lower()
    if b"\nmime-version" in header and b"\ncontent-type" in header:
        return True
    return b"\nfrom:" in header and (b"\nreceived:" in header or b"\nmessage-id:" in header)


def message_behind(octets: Octets, budget: Budget) -> Iterator[Member]:
    """A web archive behind something else, such as the beginning of a PDF: Word looks for it and opens it."""
    if octets.find(_TAIL) < 0:
        return
    places = [at + 1 for beginning in _BEGINNINGS if (at := octets.find(beginning)) >= 0]
    if not places:
        return
    at = min(places)
    meter = budget.open(len(octets))
    meter.member()
    meter.octets(len(octets) - at)
    yield Member(names=("web archive.mht",), octets=bytes(octets[at:]), declared_type="message/rfc822")


def is_mbox(head: bytes) -> bool:
    return _SEPARATOR.match(head) is not None


def unpack_mbox(octets: Octets, budget: Budget) -> Iterator[Member]:
    """Each message as it stands; the quoting of `>From` lines is left, for it harms no part."""
    content = bytes(octets)
    meter = budget.open(len(content))
    starts = list(_separators(content))
    for number, (begin, end) in enumerate(zip(starts, [*starts[1:], None], strict=True), 1):
        message = content[begin[1] : None if end is None else end[0]]
        meter.member()
        meter.octets(len(message))
        yield Member(names=(f"message {number}.eml",), octets=message, declared_type="message/rfc822")


def _separators(content: bytes) -> Iterator[tuple[int, int]]:
    at = 0
    while (match := _SEPARATOR.match(content, at)) or at == 0:
        if match:
            yield match.start(), match.end()
        found = content.find(b"\nFrom ", match.end() - 1 if match else 0)
        while found >= 0 and not _SEPARATOR.match(content, found + 1):
            found = content.find(b"\nFrom ", found + 1)
        if found < 0:
            return
        at = found + 1
