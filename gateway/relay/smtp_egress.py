"""One message's way to an SMTP or LMTP next hop.

Owns which recipients the next hop has accepted and what its replies mean for ours; never sends a content twice.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from gateway.egress import Delivery, Shipment
from gateway.relay.chain import Chain
from gateway.relay.channel import NextHopError
from gateway.relay.commands import CommandError, rcpt
from gateway.relay.connection import CLOSING, SLOWEST, START_CONTENT, Connection
from gateway.relay.content import Pieces, UncleanContent, check_clean
from gateway.relay.pool import Pool
from gateway.relay.replies import WireReply
from gateway.relay.transaction import DATA, Opening, open_transaction, refusal_of
from gateway.reply import NEXT_HOP_AWAY, TRY_LATER, Reply
from rules.transaction import Envelope, Recipient

KEEP_SECONDS = 1.0  # a client that is slow with recipients or content keeps a connection so long, then others may
SEND_SECONDS = 60.0  # for sending, beside 30 for inspection: our answer within 90 s of the final dot
# A large content has more time, as its next hop needs it; but less than the ten minutes that its sender waits (RFC 5321
# section 4.5.3.2.6), of which inspection may take 90 s.
MOST_SECONDS = 480.0

OUR_FAULT = (503, 530)  # out of sequence, or TLS or AUTH demanded: no reason to bounce someone's mail
UNCONFIRMED = Reply(code=451, status="4.4.2", text="Next hop did not confirm, try again later")
NOT_PASSABLE = Reply(code=553, status="5.1.3", text="Address cannot be passed on")
OK = WireReply(code=250, lines=("2.1.5 OK",))

_LOG = logging.getLogger(__name__)


def seconds_for(octets: int) -> float:
    """How long it may take to send so many octets and to have them answered."""
    return min(SEND_SECONDS + octets / SLOWEST, MOST_SECONDS)


@lru_cache(maxsize=64)  # all but the answers to the final dot are the same for all mail
def upward(answer: WireReply) -> Reply:
    """What a next hop's answer is to our client: the class kept, except where it speaks of us and not of the mail."""
    reply = answer.reply()
    if answer.code == CLOSING:  # our own channel stays open
        return replace(reply, code=451)
    if answer.code in OUR_FAULT:
        return replace(reply, code=451, status="4.3.5")
    if answer.positive or 400 <= answer.code < 600:
        return reply
    return NEXT_HOP_AWAY  # 354 where none belongs


class SmtpEgress:
    """Implements gateway.egress.Egress. One for each message; its methods are called one after another."""

    def __init__(self, pool: Pool, *otherwise: Pool) -> None:
        self._chain = Chain((pool, *otherwise))
        self._connection: Connection | None = None
        self._begun = False  # the transaction that is open on the connection is ours
        self._accepted: list[Recipient] = []  # by that transaction
        self._refusal: Reply | None = None  # of MAIL, or of the whole next hop: the same for every later recipient
        self._keeper: asyncio.TimerHandle | None = None
        self._keep_until = 0.0  # loop time

    async def offer(self, envelope: Envelope, recipient: Recipient) -> Reply:
        self._stop_keeper()
        if self._refusal is not None:
            return self._refusal
        before = self._connection
        try:
            reply = await self._offer(envelope, recipient)
        except NextHopError as error:
            self._lose(str(error))
            self._refusal = reply = NEXT_HOP_AWAY
        except CommandError:
            return NOT_PASSABLE
        if self._connection is not None:
            loop = asyncio.get_running_loop()
            if self._connection is not before:  # not with each recipient anew: a trickle would keep it for ever
                self._keep_until = loop.time() + KEEP_SECONDS
            self._keeper = loop.call_at(self._keep_until, self._give_back)
        return reply

    async def send(self, envelope: Envelope, shipment: Shipment) -> Sequence[Delivery]:
        self._stop_keeper()
        try:
            octets = check_clean(shipment.pieces)
            deadline = asyncio.get_running_loop().time() + seconds_for(octets)
            return await self._send(envelope, shipment, octets, deadline)
        except UncleanContent as error:
            _LOG.error("not sent: %s", error)
            return _each(shipment.recipients, TRY_LATER)
        except CommandError:
            return _each(shipment.recipients, NOT_PASSABLE)
        except NextHopError as error:
            self._lose(str(error))
            return _each(shipment.recipients, NEXT_HOP_AWAY)

    async def close(self) -> None:
        self._stop_keeper()
        self._give_back()

    async def _offer(self, envelope: Envelope, recipient: Recipient) -> Reply:
        answer = await self._next_recipient(envelope, recipient)
        if answer is None:
            opening = await self._open(envelope, (recipient,), float("inf"), data=False)
            if not opening.mail.positive:
                self._refusal = upward(opening.mail)
                self._give_back()
                return self._refusal
            answer = opening.rcpts[0]
        if answer.positive:
            self._accepted.append(recipient)
        return upward(answer)

    async def _next_recipient(self, envelope: Envelope, recipient: Recipient) -> WireReply | None:
        """RCPT in the transaction that is open; None when there is none, or no longer."""
        if self._connection is None or not self._begun:
            return None
        line = rcpt(envelope, recipient, self._connection.extensions)
        try:
            return (await self._connection.exchange([line]))[0]
        except NextHopError as error:
            self._lose(str(error))
            return None

    async def _send(self, envelope: Envelope, shipment: Shipment, octets: int, deadline: float) -> Sequence[Delivery]:
        opening = await self._continue(envelope, shipment, octets, deadline)
        if opening is None:
            envelope = replace(envelope, size=octets)
            opening = await self._open(envelope, shipment.recipients, deadline, content=shipment.pieces, data=True)
        self._begun = False
        self._accepted = []
        if not opening.mail.positive:
            return _each(shipment.recipients, upward(opening.mail))
        if opening.data is None or not opening.accepted:  # RFC 2920: 354 although nobody was accepted; _give_back drops
            return _combined(shipment.recipients, opening.rcpts, NEXT_HOP_AWAY)
        if opening.data.code != START_CONTENT:
            reply = NEXT_HOP_AWAY if opening.data.positive else upward(opening.data)
            return _combined(shipment.recipients, opening.rcpts, reply)
        return await self._content(shipment, opening, octets)

    async def _content(self, shipment: Shipment, opening: Opening, octets: int) -> Sequence[Delivery]:
        connection = self._connection
        assert connection is not None
        accepted = sum(reply.positive for reply in opening.rcpts)
        try:
            answers = await connection.send_content(shipment.pieces, octets, accepted)
        except NextHopError as error:
            self._lose(f"before the final dot: {error}")
            return _combined(shipment.recipients, opening.rcpts, NEXT_HOP_AWAY)
        if connection.in_doubt:
            self._lose(f"after the final dot: {connection.failure}")
        elif len(answers) < accepted:  # one for all
            answers = answers * accepted
        return list(_answered(shipment.recipients, opening.rcpts, answers))

    async def _continue(self, envelope: Envelope, shipment: Shipment, octets: int, deadline: float) -> Opening | None:
        """DATA in the transaction that is open, if it is open for exactly these; None when one must be opened."""
        connection, recipients = self._connection, shipment.recipients
        if connection is None or not self._begun:
            return None
        if not _same(recipients, self._accepted):
            return None
        refusal = refusal_of(envelope, octets, shipment.pieces, connection.extensions)
        if refusal is not None:
            return Opening(mail=refusal)
        connection.limit(deadline)
        try:
            data = (await connection.exchange([DATA]))[0]
        except NextHopError as error:
            self._lose(str(error))
            return None
        if data.code == CLOSING:
            self._give_back()
            return None
        return Opening(mail=OK, rcpts=(OK,) * len(recipients), data=data)

    async def _open(
        self,
        envelope: Envelope,
        recipients: Sequence[Recipient],
        deadline: float,
        *,
        content: Pieces = (),
        data: bool,
    ) -> Opening:
        """A transaction on our connection. One that turns out stale is replaced once: no content has been sent yet."""
        if self._connection is not None and not self._connection.usable:
            self._give_back()
        connection = self._connection or await self._acquired(deadline)
        for last in (False, True):
            self._connection = connection
            self._begun = False
            self._accepted = []
            connection.limit(deadline)
            stale = (connection.messages > 0 or connection.kept) and not last
            try:
                opening = await open_transaction(connection, envelope, recipients, content=content, data=data)
            except NextHopError:
                if not stale:
                    raise
            else:
                if not (stale and opening.mail.code == CLOSING):
                    self._begun = opening.mail.positive
                    return opening
            self._give_back()
            connection = await self._acquired(deadline, fresh=True)
        raise AssertionError("the second attempt returns or raises")

    async def _acquired(self, deadline: float, *, fresh: bool = False) -> Connection:
        """Waiting for a place, dialling and greeting, for each hop of the chain, end by the same moment as the rest."""
        if deadline == float("inf"):
            return await self._chain.acquire(fresh=fresh)
        try:
            async with asyncio.timeout_at(deadline):
                return await self._chain.acquire(fresh=fresh)
        except TimeoutError:
            raise NextHopError("no connection within the time for this message") from None

    def _lose(self, reason: str) -> None:
        self._chain.failed(reason)
        if self._connection is not None:
            self._connection.drop(reason)
        self._give_back()

    def _give_back(self) -> None:
        """The pool closes it unless it waits for a command; an open transaction is ended by its next user's RSET."""
        self._begun = False
        self._accepted = []
        if self._connection is not None:
            connection, self._connection = self._connection, None
            self._chain.release(connection)

    def _stop_keeper(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            self._keeper = None


def _same(some: Sequence[Recipient], others: Sequence[Recipient]) -> bool:
    """In whatever order; nearly always it is the same one, which is soon seen."""
    return list(some) == list(others) or (len(some) == len(others) and set(some) == set(others))


def _each(recipients: Sequence[Recipient], reply: Reply) -> Sequence[Delivery]:
    return [Delivery(recipient=recipient, reply=reply) for recipient in recipients]


def _combined(recipients: Sequence[Recipient], rcpts: Sequence[WireReply], final: Reply) -> Sequence[Delivery]:
    """The final reply for those accepted, their own refusal for the others."""
    return [
        Delivery(recipient=recipient, reply=final if answer.positive else upward(answer))
        for recipient, answer in zip(recipients, rcpts, strict=True)
    ]


def _answered(
    recipients: Sequence[Recipient], rcpts: Sequence[WireReply], answers: Sequence[WireReply]
) -> Iterator[Delivery]:
    """Those accepted with their answers to the content, in doubt where one is missing; the others with their refusal.

    A delivery that was promised is one: what a reply of 421 says of the connection concerns nobody whose reply came.
    """
    said = iter(answers)
    for recipient, rcpt_answer in zip(recipients, rcpts, strict=True):
        if not rcpt_answer.positive:
            yield Delivery(recipient=recipient, reply=upward(rcpt_answer))
        elif (answer := next(said, None)) is not None:
            yield Delivery(recipient=recipient, reply=upward(answer))
        else:
            yield Delivery(recipient=recipient, reply=UNCONFIRMED, in_doubt=True)
