"""The commands we send, from an envelope and what the next hop offers (RFC 5321, 3461, 6152, 6531). No I/O."""

import re
from dataclasses import dataclass

from gateway.relay.replies import WireReply
from rules.transaction import Envelope, Recipient

MAX_COMMAND = 2_048  # octets; our own listener takes no longer one


class CommandError(ValueError):
    """A value cannot stand in a command. The listener lets none through, so this is a defect, not mail's fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensions:
    """What the next hop's EHLO reply offers, of what we use."""

    pipelining: bool = False  # RFC 2920
    eight_bit: bool = False  # RFC 6152
    smtputf8: bool = False  # RFC 6531
    dsn: bool = False  # RFC 3461
    starttls: bool = False  # RFC 3207
    size: int | None = None  # RFC 1870: octets of a message that it takes; 0: it names no bound; None: not offered


def read_extensions(ehlo: WireReply) -> Extensions:
    """The keywords of every line after the greeting line (RFC 5321 section 4.1.1.1)."""
    words = {line.split(" ")[0].upper() for line in ehlo.lines[1:]}
    return Extensions(
        pipelining="PIPELINING" in words,
        eight_bit="8BITMIME" in words,
        smtputf8="SMTPUTF8" in words,
        dsn="DSN" in words,
        starttls="STARTTLS" in words,
        size=_size(ehlo),
    )


def _size(ehlo: WireReply) -> int | None:
    """The parameter of SIZE, which may be left out (RFC 1870 section 4)."""
    for line in ehlo.lines[1:]:
        word, _, limit = line.partition(" ")
        if word.upper() == "SIZE":
            return int(limit) if re.fullmatch(r"[0-9]{1,20}", limit.strip()) else 0
    return None


def mail(envelope: Envelope, extensions: Extensions) -> bytes:
    """MAIL with those parameters that the next hop knows."""
    words = [f"MAIL FROM:<{envelope.reverse_path or ''}>"]
    if envelope.size is not None and extensions.size is not None:
        words.append(f"SIZE={envelope.size}")
    if envelope.body and extensions.eight_bit:
        words.append(f"BODY={envelope.body}")
    if extensions.dsn:
        words += _given("RET", envelope.ret) + _given("ENVID", envelope.envid)
    if envelope.smtputf8:
        words.append("SMTPUTF8")
    return command(" ".join(words), utf8=envelope.smtputf8)


def rcpt(envelope: Envelope, recipient: Recipient, extensions: Extensions) -> bytes:
    """RCPT with the DSN parameters of this recipient, where the next hop knows them."""
    words = [f"RCPT TO:<{recipient.address}>"]
    if extensions.dsn:
        words += _given("NOTIFY", recipient.notify) + _given("ORCPT", recipient.orcpt)
    return command(" ".join(words), utf8=envelope.smtputf8)


def command(line: str, *, utf8: bool = False) -> bytes:
    """The line as octets with its CRLF. Raises CommandError for what no command may hold (RFC 5321 section 4.1.1)."""
    if not line.isprintable() and any(character < " " or character == "\x7f" for character in line):
        raise CommandError("control character in a command")
    if not utf8 and not line.isascii():  # RFC 6531 section 3.4
        raise CommandError("command is not ASCII")
    octets = line.encode() + b"\r\n"
    if len(octets) > MAX_COMMAND:
        raise CommandError("command too long")
    return octets


def _given(name: str, value: str | None) -> list[str]:
    if value is None:
        return []
    if " " in value:
        raise CommandError("blank in a parameter")
    return [f"{name}={value}"]
