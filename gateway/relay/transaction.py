"""The opening of a mail transaction at the next hop, in as few round trips as it allows (RFC 5321, 2920).

Owns the order of MAIL, RCPT and DATA; never sends content.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.relay.commands import mail, rcpt
from gateway.relay.connection import Connection
from gateway.relay.replies import WireReply
from rules.transaction import Envelope, Recipient

RSET = b"RSET\r\n"
DATA = b"DATA\r\n"
NO_SMTPUTF8 = WireReply(code=550, lines=("5.6.7 Next hop takes no internationalized mail",))  # RFC 6531 section 3.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """`rcpts` in the order of the recipients, empty when MAIL was refused; `data` None when DATA was not sent."""

    mail: WireReply
    rcpts: tuple[WireReply, ...] = ()
    data: WireReply | None = None

    @property
    def accepted(self) -> bool:
        return any(reply.positive for reply in self.rcpts)


async def open_transaction(
    connection: Connection, envelope: Envelope, recipients: Sequence[Recipient], *, data: bool
) -> Opening:
    """MAIL and RCPTs, with RSET before them where a transaction is open, and DATA after them if wanted.

    Raises NextHopError, and CommandError before anything is sent.
    """
    if envelope.smtputf8 and not connection.extensions.smtputf8:
        return Opening(mail=NO_SMTPUTF8)
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
