"""What each command means and in which order commands may come (RFC 5321 section 4.1), one transaction at a time.

Knows a connection only as a Wire; never reads a socket, never looks into a message, never decides what becomes of it.
"""

import logging
import ssl
from dataclasses import dataclass, field
from typing import Protocol

from gateway.config import Networks
from gateway.networks import within
from gateway.reply import TRY_LATER, Reply
from gateway.smtp import behind, replies
from gateway.smtp.behind import Stated
from gateway.smtp.commands import Command, Farewell, read_hello
from gateway.smtp.commits import Commits
from gateway.smtp.content import refusal_of
from gateway.smtp.data import DataReader
from gateway.smtp.limits import RCPTS_PER_RECIPIENT, Connections, Tally
from gateway.smtp.parameters import RcptArguments, Refused, is_relay_form, read_mail, read_rcpt
from gateway.smtp.pending import PendingTransaction
from gateway.smtp.reception import Reception
from gateway.smtp.refusals import Refusals, Stage
from gateway.smtp.replies import marked, passed_up, unquoted
from rules.message import Message
from rules.transaction import Client, ListenerKind, Recipient

log = logging.getLogger("mailward.smtp")


@dataclass(slots=True)
class TlsOffer:
    """What new connections are offered STARTTLS with; put in its place anew when certificates are."""

    context: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What all sessions of one listener have in common."""

    reception: Reception
    connections: Connections
    commits: Commits
    refusals: Refusals
    offer: TlsOffer = field(default_factory=TlsOffer)


class Wire(Protocol):
    """The connection as the dialogue sees it. Whatever waits raises OSError or EOFError when the client has gone."""

    @property
    def address(self) -> str: ...

    @property
    def origin(self) -> str:
        """Who connected, whomever it speaks for since."""
        ...

    @property
    def tls(self) -> bool: ...

    @property
    def certificate(self) -> tuple[str, ...]:
        """The names in the client's verified certificate."""
        ...

    @property
    def offers_tls(self) -> bool: ...

    @property
    def has_unread(self) -> bool:
        """Whether octets have come that nobody has looked at."""
        ...

    @property
    def closed(self) -> bool: ...

    def say(self, *lines: str) -> None:
        """Add a reply; it leaves with the next flush, or before the next wait for the client."""
        ...

    async def flush(self) -> None: ...

    async def receive(self, reader: DataReader) -> None:
        """Feed the reader with what comes until it has seen the end."""
        ...

    def present(self, address: str) -> None:
        """From now on the connection counts as this client's. Raises Farewell when that one has no place here."""
        ...

    async def start_tls(self) -> None:
        """Say 220 and change to TLS; what had come in plain text is thrown away."""
        ...


class NotServed(Refused):
    """A recipient that is refused; the log has it with the words of who refused it."""


_STAGES = {"MAIL": Stage.MAIL, "RCPT": Stage.RCPT}


class Dialogue:
    def __init__(self, shared: Shared, wire: Wire) -> None:
        self.pending: PendingTransaction | None = None
        self._hello = ""  # what the client calls itself; empty until it has said EHLO or HELO
        self._extended = False  # the last hello was EHLO
        self._shared = shared
        self._reception = shared.reception
        self._limits = shared.reception.limits
        self._edge = shared.reception.listener.kind is ListenerKind.EDGE
        self._wire = wire
        self._tally = Tally(self._limits.errors)
        self._over = False  # the log has why the session ends
        self._stage = Stage.CONNECTION  # of the command that is being obeyed
        self._presented = Stated()  # by XCLIENT, for the session
        self._forwarded = Stated()  # by XFORWARD, for the next message

    async def obey(self, command: Command) -> None:
        """Carry out one command and say its reply. Raises Refused or Farewell instead of saying a negative one."""
        self._stage = _STAGES.get(command.verb, Stage.COMMAND)
        match command.verb:
            case "MAIL":
                self._mail(command.argument)
            case "RCPT":
                await self._rcpt(command.argument)
            case "DATA":
                await self._data(command.argument)
            case "QUIT":
                raise Farewell(replies.BYE)
            case "BDAT":  # octets of a message follow, never to be run as commands (RFC 3030)
                raise Farewell(replies.NOT_IMPLEMENTED)
            case "EHLO" | "HELO" | "RSET" | "NOOP" | "VRFY" | "HELP" | "STARTTLS" | "XCLIENT" | "XFORWARD":
                if self._tally.junk():
                    raise Farewell(replies.TOO_MANY_COMMANDS)
                await self._without_mail(command)
            case "AUTH" | "EXPN" | "ETRN" | "TURN":
                raise Refused(replies.NOT_IMPLEMENTED)
            case _:
                raise Refused(replies.BAD_COMMAND)

    def refuse(self, refusal: Refused) -> None:
        """Say a refusal. Only permanent ones count as errors: the others are our own trouble. Raises Farewell."""
        if not isinstance(refusal, NotServed):
            self._shared.refusals.note(self._stage, self._wire.address, refusal.reply, self.pending)
        self._say(refusal.reply)
        if refusal.reply.permanent and self._tally.error():
            raise Farewell(replies.TOO_MANY_ERRORS)

    def ended(self, why: Reply | str) -> None:
        """For the log: why the session ends; the first reason counts."""
        if not self._over:
            self._over = True
            stage = Stage.GONE if self.pending is not None else self._stage
            self._shared.refusals.note(stage, self._wire.address, why, self.pending)

    async def fail(self) -> None:
        """Our own defect: the sender keeps the message and retries, and nothing of this transaction stays."""
        identifier = self.pending.id if self.pending else self._wire.address
        log.exception("%s: command failed", identifier)
        await self.drop()
        self._say(marked(TRY_LATER, identifier))

    async def drop(self) -> None:
        """End the open transaction, if any; MAIL is needed again (RFC 5321 section 4.1.1.5)."""
        pending, self.pending = self.pending, None
        self._forwarded = Stated()
        if pending is not None:
            if not (pending.completed or self._over):
                self._shared.refusals.note(Stage.GONE, self._wire.address, "ended before its content", pending)
            await pending.close()

    def _say(self, reply: Reply) -> None:
        self._wire.say(str(reply))

    async def _without_mail(self, command: Command) -> None:
        match command.verb:
            case "EHLO":
                await self._greeted(command.argument)
                self._extended = True
                self._wire.say(*self._offers())
            case "HELO":
                await self._greeted(command.argument)
                self._extended = False
                self._wire.say(f"250 {self._reception.hostname}")
            case "STARTTLS":
                await self._start_tls(command.argument)
            case "XCLIENT":
                self._xclient(command.argument)
            case "XFORWARD":
                self._xforward(command.argument)
            case "RSET":
                await self.drop()
                self._say(replies.DONE)
            case "VRFY":
                self._say(replies.CANNOT_VERIFY)
            case "HELP":
                self._say(replies.HELP)
            case _:
                self._say(replies.DONE)

    async def _greeted(self, argument: str) -> None:
        self._hello = read_hello(argument)
        await self.drop()  # RFC 5321 section 4.1.4: as RSET

    def _offers(self) -> list[str]:
        has = self._reception.abilities()
        words = [
            self._reception.hostname,
            f"SIZE {self._reception.message_octets}",
            *(["8BITMIME"] if has.eight_bit else []),
            "PIPELINING",
            *(["DSN"] if has.dsn else []),
            "ENHANCEDSTATUSCODES",
            *(["SMTPUTF8"] if has.smtputf8 else []),
        ]
        if self._wire.offers_tls:
            words.append("STARTTLS")
        listener = self._reception.listener
        for verb, networks, known in (
            ("XCLIENT", listener.xclient, behind.XCLIENT),
            ("XFORWARD", listener.xforward, behind.XFORWARD),
        ):
            if within(self._wire.origin, networks):
                words.append(" ".join((verb, *known)))
        return [f"250-{word}" for word in words[:-1]] + [f"250 {words[-1]}"]

    async def _start_tls(self, argument: str) -> None:
        if argument:
            raise Refused(replies.BAD_ARGUMENT)
        if self._wire.tls:
            raise Refused(replies.TLS_ACTIVE)
        if not self._wire.offers_tls:
            raise Refused(replies.NOT_IMPLEMENTED)
        await self.drop()
        self._hello = ""  # RFC 3207 section 4.2: what was said in plain text is forgotten
        await self._wire.start_tls()

    def _xclient(self, argument: str) -> None:
        """Postfix's XCLIENT: the session begins anew as that of the client named."""
        stated = self._stated(argument, self._reception.listener.xclient, behind.XCLIENT)
        self._presented = self._presented.updated(stated)
        log.info("%s: XCLIENT: speaks for [%s]", self._wire.origin, self._presented.address or "")
        self._wire.present(self._presented.address or self._wire.origin)
        self._hello = ""
        self._forwarded = Stated()
        self._wire.say(self._reception.banner)

    def _xforward(self, argument: str) -> None:
        """Postfix's XFORWARD: who brought the next message to the MTA that brings it to us."""
        stated = self._stated(argument, self._reception.listener.xforward, behind.XFORWARD)
        self._forwarded = self._forwarded.updated(stated)
        self._say(replies.DONE)

    def _stated(self, argument: str, networks: Networks, known: tuple[str, ...]) -> Stated:
        if not networks:
            raise Refused(replies.BAD_COMMAND)
        if not within(self._wire.origin, networks):
            raise Refused(replies.NOT_AUTHORIZED)
        if self.pending is not None:
            raise Refused(replies.IN_TRANSACTION)
        return behind.read_stated(argument, known)

    def _mail(self, argument: str) -> None:
        if not self._hello:
            raise Refused(replies.HELLO_FIRST)
        if self.pending is not None:
            raise Refused(replies.NESTED_MAIL)
        mail = read_mail(argument)
        if mail.size is not None and mail.size > self._reception.message_octets:
            raise Refused(replies.TOO_LARGE)
        if (mail.size or 0) > self._reception.spool.free:
            raise Refused(replies.NO_ROOM)
        if self._reception.busy():  # the last of what we do under load, before which connections and time have shrunk
            raise Refused(replies.TOO_BUSY)
        self.pending = PendingTransaction(mail, self._reception.open_egress)
        self._say(replies.MAIL_OK)

    async def _rcpt(self, argument: str) -> None:
        pending = self._transaction()
        pending.rcpts += 1
        if pending.rcpts > RCPTS_PER_RECIPIENT * self._limits.recipients:
            raise Farewell(replies.TOO_MANY_RCPTS)
        rcpt = read_rcpt(argument, postmaster=self._reception.postmaster, smtputf8=pending.envelope.smtputf8)
        if pending.has(rcpt.address) and self._tally.junk():
            raise Farewell(replies.TOO_MANY_COMMANDS)
        reply = await self._offered(pending, rcpt)
        if reply.accepted:
            self._say(replies.RCPT_OK)
            return
        self._shared.refusals.note(Stage.RCPT, self._wire.address, reply, pending, str(rcpt.address))
        if self._edge:  # there, guessing addresses is an error; a city's own mailing with old addresses is not
            raise NotServed(marked(unquoted(reply), pending.id))
        self._say(marked(reply, pending.id))

    async def _offered(self, pending: PendingTransaction, rcpt: RcptArguments) -> Reply:
        """Our own reply when it needs no asking, else the next hop's."""
        if self._edge and (rcpt.address.domain not in self._reception.domains or is_relay_form(rcpt.address)):
            return replies.RELAYING_DENIED
        if pending.count >= self._limits.recipients:
            return replies.TOO_MANY_RECIPIENTS
        reply = await pending.offer(Recipient(address=rcpt.address, notify=rcpt.notify, orcpt=rcpt.orcpt))
        return reply if reply.accepted else passed_up(reply)

    async def _data(self, argument: str) -> None:
        if self._wire.has_unread:  # content sent before 354 would run as commands (RFC 2920 section 3.1)
            raise Farewell(replies.TOO_EARLY)
        pending = self._transaction()
        if argument:
            raise Refused(replies.BAD_ARGUMENT)
        if not pending.count:
            raise Refused(replies.NO_RECIPIENTS)
        reply = await self._take_content(pending)
        if not reply.accepted:
            reply = unquoted(passed_up(reply)) if self._edge else passed_up(reply)
        self._say(marked(reply, pending.id))
        await self._wire.flush()  # at once, even if more commands wait: until then the client is in doubt
        if self._edge and reply.permanent and self._tally.error():
            raise Farewell(replies.TOO_MANY_ERRORS)

    async def _take_content(self, pending: PendingTransaction) -> Reply:
        """From 354 to the outcome; the transaction is over afterwards, whatever happened."""
        reader = DataReader(limit=self._limits.message_octets, spool=self._reception.spool, repair=not self._edge)
        try:
            self._say(replies.START_DATA)
            await self._wire.receive(reader)
            refusal = refusal_of(reader, self._reception.listener.kind, self._reception.hostname)
            transaction = pending.complete(self._reception.listener, self._client(), Message(reader.content))
        except BaseException:
            reader.close()
            raise
        if reader.repaired:
            log.warning("%s: bare CR, bare LF or NUL in the content put right", pending.id)
        if refusal is not None:
            self._shared.refusals.note(Stage.CONTENT, self._wire.address, refusal, pending)
            reader.close()
            await self.drop()
            return refusal
        self.pending = None  # from here on the commit owns it
        self._forwarded = Stated()
        reply = await self._shared.commits.run(pending, transaction, reader.close)
        self._committed(pending, reply)
        return reply

    def _committed(self, pending: PendingTransaction, reply: Reply) -> None:
        if reply.accepted:
            self._tally.clear()
        if self._wire.closed:
            log.warning("%s: the client went before it could be told: %s", pending.id, reply)

    def _client(self) -> Client:
        """Who sends this message: as far as a trusted hop has told, else who is connected."""
        presented, forwarded = self._presented, self._forwarded
        # Without an address XFORWARD means that the message began at the hop itself, and nothing else it says counts.
        return Client(
            address=forwarded.address or self._wire.address,
            name=(forwarded.hello or "") if forwarded.address else presented.hello or self._hello,
            tls=self._wire.tls,
            authenticated=presented.login or None,
            certificate=self._wire.certificate,
            extended=self._extended,
        )

    def _transaction(self) -> PendingTransaction:
        if self.pending is None:
            raise Refused(replies.MAIL_FIRST)
        return self.pending
