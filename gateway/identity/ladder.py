"""The ladder of trust for our own machines: what each proves of the sender. Pure; the secrets are handed in.

Network address and certificate prove "this is our server"; only Exchange's stamp and the MTA's word prove a mailbox.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from rules.address import Address, AddressError, parse_address
from rules.identity import UNKNOWN, Identity, Rung
from rules.message import Field
from rules.transaction import Client, ListenerKind

STAMP = "x-mailward-exch-auth"  # Exchange sets it, by a transport rule, for authenticated senders only
MAX_SECRETS = 2  # the one in use, and the one before or after it while it is being changed
LEAST_SECRET = 16  # characters; a shorter one could be guessed

_STRUCK = b"*"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Trust:
    """What is believed. Never printed: it holds the secrets."""

    domains: frozenset[str]
    secrets: tuple[bytes, ...] = ()
    certificates: frozenset[str] = frozenset()  # names of client certificates that were pinned


def known_user(kind: ListenerKind, client: Client) -> Identity:
    """What is proved with no setting of ours: who logged in at the MTA before us, which is trusted to say so."""
    if kind is ListenerKind.EDGE or not client.authenticated or (person := _key(client.authenticated)) is None:
        return UNKNOWN
    return Identity(rung=Rung.SMTP_AUTH, person=person)


def climb(
    kind: ListenerKind, client: Client, fields: Sequence[Field], author: Address | None, trust: Trust
) -> Identity:
    """The highest rung that this session and this message prove. An edge listener's client proves nothing."""
    user = known_user(kind, client)
    if kind is ListenerKind.EDGE or user.person is not None:
        return user
    if _is_stamped(fields, trust) and author is not None and author.domain in trust.domains:
        return Identity(rung=Rung.EXCHANGE, person=author.key)
    if not trust.certificates.isdisjoint(name.lower() for name in client.certificate):
        return Identity(rung=Rung.TLS)
    return Identity(rung=Rung.NETWORK)


def _is_stamped(fields: Sequence[Field], trust: Trust) -> bool:
    """Exactly one stamp, and a live one. Every secret is compared, so that time tells nothing of which was near."""
    stamps = [field.body.strip() for field in fields if field.key == STAMP]
    if len(stamps) != 1:
        return False
    return sum(hmac.compare_digest(stamps[0], secret) for secret in trust.secrets) > 0


def _key(text: str) -> str | None:
    try:
        return parse_address(text).key
    except AddressError:
        return None


def stamps_struck(fields: Sequence[Field]) -> tuple[tuple[int, bytes], ...]:
    """For every stamp the offset of its value in the content, and as many octets to write there instead.

    Neither a worker nor a held copy should hold the secret. Of the same length, so that nothing moves.
    """
    return tuple(
        (field.start + len(field.name) + 1, field.body.translate(_STARS)) for field in fields if field.key == STAMP
    )


_STARS = bytes(octet if octet in b"\r\n\t " else ord(_STRUCK) for octet in range(256))
