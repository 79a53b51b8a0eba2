"""A message that was found in a file: the form it has on the wire, and the envelope that it most likely had.

For samples and for `inspect`; mail that came over SMTP brought its envelope along and is never guessed at.
"""

import re
from collections.abc import Iterator

from rules.address import Address, AddressError, parse_address
from rules.message import Message
from rules.transaction import Envelope, Recipient

MAX_RECIPIENTS = 1_000  # as many as a listener takes

_SEPARATORS = re.compile(r"[\s,;:()\[\]]+")


def wire_form(octets: bytes) -> bytes:
    """The octets as SMTP carries them: a file with the line ends of Unix gets CRLF, any other is left alone."""
    first = octets.find(b"\n")
    if first < 0 or octets[first - 1 : first] == b"\r":
        return octets
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def probable_envelope(message: Message) -> Envelope:
    """Return-Path or From as the reverse-path; To, Cc and Bcc as recipients, of which there may be none."""
    written = message.first("return-path")
    author = written if written is not None else message.first("from") or ""
    recipients: dict[str, Recipient] = {}
    for field in message.fields():
        if field.key in ("to", "cc", "bcc"):
            for address in _addresses(field.unfolded):
                recipients.setdefault(address.key, Recipient(address=address))
    return Envelope(
        reverse_path=next(_addresses(author), None),
        recipients=tuple(recipients.values())[:MAX_RECIPIENTS],
    )


def _addresses(body: str) -> Iterator[Address]:
    """The mailboxes of a field body, in order. Quoted names are left out, for they may hold an address of their own."""
    unquoted = " ".join(body.split('"')[::2])
    for piece in _SEPARATORS.split(unquoted.replace("<", " <").replace(">", "> ")):
        try:
            yield parse_address(piece.removeprefix("<").removesuffix(">"))
        except AddressError:
            continue
