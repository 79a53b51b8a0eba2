"""Whether a content that was read to its end can be taken at all, before anybody judges what it says."""

from gateway.reply import Reply
from gateway.smtp.data import DataReader, Fault
from gateway.smtp.replies import BARE_LINE_END, HEADER_TOO_LARGE, NO_ROOM, TOO_LARGE, TOO_MANY_HOPS
from rules.message import MAX_FIELDS, MAX_HEADER, Message
from rules.transaction import ListenerKind

MAX_FIELD = 64 * 1024  # octets of one header field
MAX_RECEIVED = 30  # Received fields, as Exchange's hop count
MAX_OWN = 2  # of them from us: out and in again, or in and past a review; a fourth time goes round in a circle


def refusal_of(reader: DataReader, kind: ListenerKind, hostname: str = "") -> Reply | None:
    """Why the content is refused, or None. An internal listener has repaired line ends, an edge one refuses them.

    `hostname` is what our own Received fields say.
    """
    if reader.fault is Fault.TOO_LARGE:
        return TOO_LARGE
    if reader.fault is Fault.NO_ROOM:
        return NO_ROOM
    if kind is ListenerKind.EDGE and not reader.sound:
        return BARE_LINE_END
    return header_refusal(Message(reader.content), hostname)


def header_refusal(message: Message, hostname: str = "") -> Reply | None:
    """Why the header is refused, or None. Counts first and reads fields only where the count leaves a doubt.

    A line that is no field counts as one: Message.fields looks at MAX_FIELDS of both and at nothing after them.
    """
    end = message.header_end
    if end > MAX_HEADER:
        return HEADER_TOO_LARGE
    header = bytes(message.octets[:end])
    too_long = end > MAX_FIELD and any(field.end - field.start > MAX_FIELD for field in message.fields())
    if too_long or header.count(b"\n") - header.count(b"\n ") - header.count(b"\n\t") >= MAX_FIELDS:
        return HEADER_TOO_LARGE
    lower, ours = header.lower(), f"by {hostname} (mailward)".lower().encode("ascii", "replace")
    if lower.count(b"received") > MAX_RECEIVED or lower.count(ours) > MAX_OWN:
        hops = [field.body.lower() for field in message.fields() if field.key == "received"]
        if len(hops) > MAX_RECEIVED or sum(ours in hop for hop in hops) > MAX_OWN:
            return TOO_MANY_HOPS  # RFC 5321 section 6.3
    return None
