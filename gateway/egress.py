"""What the pipeline needs of a way out, whatever the protocol behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.fields import Edit
from gateway.reply import Reply
from rules.message import Octets
from rules.transaction import Envelope, Recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """One content for some of the recipients. `pieces` in order make up the octets that leave.

    Those that were received are views; what was added before them is not.
    """

    recipients: tuple[Recipient, ...]
    pieces: tuple[Octets | memoryview, ...]
    edits: tuple[Edit, ...] = ()  # of the received octets, as they are in the pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What the next hop said of one recipient of a shipment. `in_doubt`: our final dot went out and no reply came."""

    recipient: Recipient
    reply: Reply
    in_doubt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What a next hop has offered of the extensions that we offer only where it has them.

    What is not known counts as offered: the next hop itself will say no, and that no later than at RCPT.
    """

    eight_bit: bool = True  # RFC 6152
    smtputf8: bool = True  # RFC 6531
    dsn: bool = True  # RFC 3461
    octets: int | None = None  # of the largest message (RFC 1870); None: no bound is known


class Egress(Protocol):
    """One message's way to the next hop. Recipients are offered while the sender names them.

    Methods never raise for what a next hop does: refusals and failures come back as replies, a next hop
    that cannot be reached as NEXT_HOP_AWAY.
    """

    async def offer(self, envelope: Envelope, recipient: Recipient) -> Reply:
        """Pass MAIL (before the first recipient) and RCPT on; its reply. `envelope` has no recipients yet."""
        ...

    async def send(self, envelope: Envelope, shipment: Shipment) -> Sequence[Delivery]:
        """Send one content to these recipients; one Delivery for each. May be called again with another shipment."""
        ...

    async def close(self) -> None:
        """Give the connection back, whatever state it is in. May be called twice."""
        ...
