"""The opening of a mail transaction at the next hop, in as few round trips as it allows (RFC 5321, 2920).

Owns the order of MAIL, RCPT and DATA; never sends content.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.relay.commands import Extensions, mail, rcpt
from gateway.relay.connection import Connection
from gateway.relay.content import Pieces, is_eight_bit
from gateway.relay.replies import WireReply
from rules.transaction import Envelope, Recipient

RSET = b"RSET\r\n"
DATA = b"DATA\r\n"


def _ours(code: int, text: str) -> WireReply:
    """What we answer for a next hop that has not been asked, for its EHLO has told."""
    return WireReply(code=code, lines=(text,), quoted=False)


NO_SMTPUTF8 = _ours(550, "5.6.7 Next hop takes no internationalized mail")  # RFC 6531 section 3.5
TOO_LARGE = _ours(552, "5.3.4 Message too large for the next hop")  # RFC 1870 section 6.2
# RFC 6152 section 3: turn it into 7 bits, which would break signatures, or refuse it.
NO_EIGHT_BIT = _ours(554, "5.6.3 Next hop takes no content in 8 bits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """`rcpts` in the order of the recipients, empty when MAIL was refused; `data` None when DATA was not sent."""

    mail: WireReply
    rcpts: tuple[WireReply, ...] = ()
    data: WireReply | None = None

    @property
    def accepted(self) -> bool:
        return any(reply.positive for reply in self.rcpts)


def refusal_of(envelope: Envelope, octets: int, content: Pieces, extensions: Extensions) -> WireReply | None:
    """Why the next hop cannot take this message, by what it offers; None where it can. `content` may not be known."""
    if envelope.smtputf8 and not extensions.smtputf8:
        return NO_SMTPUTF8
    if extensions.size and octets > extensions.size:
        return TOO_LARGE
    if not extensions.eight_bit and is_eight_bit(content):
        return NO_EIGHT_BIT
    return None


async def open_transaction(
    connection: Connection, envelope: Envelope, recipients: Sequence[Recipient], *, content: Pieces = (), data: bool
) -> Opening:
    """MAIL and RCPTs, with RSET before them where a transaction is open, and DATA after them if wanted.

    Nothing is said to a next hop that cannot take it. Raises NextHopError, and CommandError before anything is sent.
    """
    refusal = refusal_of(envelope, envelope.size or 0, content, connection.extensions)
    if refusal is not None:
        return Opening(mail=refusal)
    head = [RSET] if connection.transaction_open else []
    head.append(mail(envelope, connection.extensions))
    rcpts = [rcpt(envelope, recipient, connection.extensions) for recipient in recipients]
    connection.messages += 1
    if connection.extensions.pipelining:
        return await _pipelined(connection, head, rcpts, data=data)
    return await _stepwise(connection, head, rcpts, data=data)


async def _pipelined(connection: Connection, head: list[bytes], rcpts: list[bytes], *, data: bool) -> Opening:
    replies = await connection.exchange([*head, *rcpts, *([DATA] if data else [])])
    first = replies[len(head) - 1]
    connection.transaction_open = first.positive
    if not first.positive:
        return Opening(mail=first)
    answers = replies[len(head) : len(head) + len(rcpts)]
    return Opening(mail=first, rcpts=tuple(answers), data=replies[-1] if data else None)


async def _stepwise(connection: Connection, head: list[bytes], rcpts: list[bytes], *, data: bool) -> Opening:
    first = (await connection.exchange(head))[-1]
    connection.transaction_open = first.positive
    if not first.positive:  # Exchange hangs up after five commands out of place
        return Opening(mail=first)
    opening = Opening(mail=first, rcpts=tuple(await connection.exchange(rcpts)))
    if not data or not opening.accepted:
        return opening
    return Opening(mail=first, rcpts=opening.rcpts, data=(await connection.exchange([DATA]))[0])
