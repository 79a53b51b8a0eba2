"""One mail transaction as handed to judgement: who connected, the envelope, the content (RFC 5321 section 3.3)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rules.address import Address
from rules.identity import UNKNOWN, Identity
from rules.message import Message


class Direction(StrEnum):
    """Where one recipient's copy travels, as the city sees it."""

    INBOUND = "inbound"  # outside to city
    OUTBOUND = "outbound"  # city to outside
    INTERNAL = "internal"  # city to city


class ListenerKind(StrEnum):
    """Who may connect, and so what a client can be believed."""

    EDGE = "edge"  # the Internet connects here
    INTERNAL = "internal"  # only the city's own machines do


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A RCPT command: the mailbox and its DSN parameters as received (RFC 3461)."""

    address: Address
    notify: str | None = None
    orcpt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """`reverse_path` is None when null. Recipients stand in the order of RCPT. `size` is what MAIL said, in octets."""

    reverse_path: Address | None
    recipients: tuple[Recipient, ...]
    body: str | None = None  # BODY= as received: 7BIT or 8BITMIME (RFC 6152)
    ret: str | None = None  # RFC 3461 section 4.3
    envid: str | None = None
    smtputf8: bool = False  # RFC 6531
    size: int | None = None  # RFC 1870: an estimate, believed for nothing but an early refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The SMTP client or the MTA's word about it. `authenticated` is an identity that a trusted hop has proved."""

    address: str
    name: str  # HELO or EHLO argument
    tls: bool = False
    authenticated: str | None = None
    certificate: tuple[str, ...] = ()  # the names that a verified client certificate bears
    extended: bool = True  # it said EHLO; not so HELO


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """All that judgement is told of one message. `id` stands in the log, in replies and in the records."""

    id: str
    received: datetime  # aware, UTC
    listener: str
    kind: ListenerKind
    direction: Direction | None  # what the listener says; None: told from the addresses
    client: Client
    envelope: Envelope
    message: Message
    identity: Identity = UNKNOWN
    queue_id: str = ""  # the MTA's name for it, where an MTA asks us; for the log
