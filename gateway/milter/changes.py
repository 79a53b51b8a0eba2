"""What leaves, as an MTA is told it: fields put on top, and edits of fields that came. Pure.

The octets that Mailward would send by SMTP and those that the MTA sends after this differ in our Received field alone:
the MTA writes its own, and a milter is no hop.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from gateway.egress import Shipment
from gateway.fields import Edit
from gateway.milter.responses import change_header, insert_header
from rules.message import Field, Message

_TRACE = "received"
_LINE_END = re.compile(rb"\r?\n")


def header_changes(message: Message, shipment: Shipment, *, exact: bool) -> Iterator[bytes]:
    """Responses, in the order in which an MTA may carry them out one by one.

    `exact`: bodies of fields go with their leading blank. Fields are removed from the last to the first, for an MTA may
    count those that are left; what is put on top comes last, so that no index means another field by then.
    """
    yield from _edits(message, shipment.edits, exact=exact)
    added = b"".join(piece for piece in _added(shipment))
    for field in reversed([field for field in Message(added + b"\r\n").fields() if field.key != _TRACE]):
        yield insert_header(0, field.name, _value(field.body, exact=exact))


def _added(shipment: Shipment) -> Iterator[bytes]:
    """The pieces before the first that was received: the others are views of the content."""
    for piece in shipment.pieces:
        if not isinstance(piece, bytes):
            return
        yield piece


def _edits(message: Message, edits: Sequence[Edit], *, exact: bool) -> Iterator[bytes]:
    if not edits:
        return
    numbers = _numbers(message)
    for edit in reversed(edits):
        field = edit.field
        if not edit.instead:
            yield change_header(numbers[field.start], field.name, b"")
            continue
        at = edit.start - field.start - len(field.name) - 1
        body = field.body[:at] + edit.instead + field.body[at:]
        yield change_header(numbers[field.start], field.name, _value(body, exact=exact))


def _numbers(message: Message) -> dict[int, int]:
    """By where a field begins: the how-manieth of its name it is, from 1, letters of either case."""
    seen: Counter[bytes] = Counter()
    numbers = {}
    for field in message.fields():
        name = _name(field)
        seen[name] += 1
        numbers[field.start] = seen[name]
    return numbers


def _name(field: Field) -> bytes:
    return field.name.strip().lower()


def _value(body: bytes, *, exact: bool) -> bytes:
    """A field body as it goes to the MTA: without its last line end, folded lines with LF alone."""
    value = _LINE_END.sub(b"\n", body.removesuffix(b"\n").removesuffix(b"\r"))
    return value if exact else value.removeprefix(b" ")
