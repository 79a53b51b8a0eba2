"""The state machine of one connection from an MTA: packets in, octets or a message to judge out. Does no I/O.

What belongs to the SMTP connection, to the message and to us is kept apart; each is dropped with what it belongs to.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import assert_never

from gateway.config import Limits, MilterListener
from gateway.milter.commands import Chunk, Connect, Header, Hello, Macros, Mail, Negotiate, Rcpt, Signal, read_command
from gateway.milter.content import Content
from gateway.milter.negotiation import Agreement, agree
from gateway.milter.packets import Packet
from gateway.milter.paths import mail_arguments
from gateway.milter.pending import PendingMessage
from gateway.milter.protocol import CommandCode, ProtocolViolation, Step
from gateway.milter.responses import refusal
from gateway.milter.states import State, after
from gateway.milter.told import address_of, client_of
from gateway.networks import is_loopback
from gateway.smtp.parameters import MailArguments, Refused
from gateway.smtp.replies import NO_ROOM, TOO_BUSY, TOO_LARGE
from gateway.smtp.spool import Spool
from rules.transaction import Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the listener brings to each conversation. `domain` completes names that have none.

    `busy`: mail that came now would wait too long to be judged.
    """

    listener: MilterListener
    limits: Limits
    domain: str
    spool: Spool
    busy: Callable[[], bool] = lambda: False


@dataclass(slots=True)
class _Told:
    """Of one SMTP connection. Macros by stage: those of a HELO after STARTTLS take the place of the first's."""

    connect: Connect
    hello: bytes = b""
    macros: dict[CommandCode, dict[str, bytes]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A message has ended and waits for its answer."""

    message: PendingMessage
    client: Client
    exact: bool


def _is_program(connect: Connect) -> bool:
    """Whether Postfix speaks for a program that handed mail to sendmail(1): no client of this machine has port 0.

    It cannot refuse one recipient then, and would ask again each minute, without end (cleanup_milter.c).
    """
    return connect.family in ("4", "6") and connect.port == 0 and is_loopback(address_of(connect))


class Conversation:
    """Feed it packets in order. After an Ended the next packet must wait for the answer to it."""

    def __init__(self, setting: Setting) -> None:
        self.state = State.NEW
        self.message: PendingMessage | None = None
        self._setting = setting
        self._agreement: Agreement | None = None
        self._told: _Told | None = None
        self._early: dict[CommandCode, dict[str, bytes]] = {}  # macros for the command that follows

    def obey(self, packet: Packet) -> bytes | Ended:
        """What is to be written, which may be nothing. Raises ProtocolViolation, CannotServe."""
        state = after(self.state, packet.code)
        command = read_command(packet)
        self.state = state
        match command:
            case Macros():  # the most frequent first: Postfix sends one before each command
                self._early[command.stage] = command.values
                return b""
            case Header():
                self._current.content.add_field(command.name, command.value)
                return self._answer(Step.SILENT_HEADER)
            case Chunk():
                return self._chunk(command.octets, last=command.last)
            case Mail():
                return self._mail(command)
            case Rcpt():
                return self._rcpt(command)
            case Negotiate():
                self._agreement = agree(command)
                return self._agreement.octets
            case Connect():
                return self._connect(command)
            case Hello():
                return self._hello(command.name)
            case Signal():
                return self._signal(command.code)
            case never:
                assert_never(never)

    def drop(self) -> None:
        """The connection ends: what is not in somebody else's hands is let go."""
        self._drop_message()

    @property
    def _current(self) -> PendingMessage:
        assert self.message is not None  # the table lets these commands come only after MAIL
        return self.message

    @property
    def _agreed(self) -> Agreement:
        assert self._agreement is not None
        return self._agreement

    def _answer(self, silent: Step) -> bytes:
        return self._agreed.answers[silent]

    def _drop_message(self) -> None:
        message, self.message = self.message, None
        if message is not None:
            message.close()

    def _connect(self, command: Connect) -> bytes:
        self._drop_message()
        self._told = _Told(command, macros={CommandCode.CONNECT: self._early.get(CommandCode.CONNECT, {})})
        self._early = {}
        return self._answer(Step.SILENT_CONNECT)

    def _hello(self, name: bytes) -> bytes:
        self._drop_message()
        told = self._session
        told.hello = name
        told.macros[CommandCode.HELLO] = self._early.get(CommandCode.HELLO, {})
        self._early = {}
        return self._answer(Step.SILENT_HELLO)

    @property
    def _session(self) -> _Told:
        if self._told is None:
            raise ProtocolViolation("a command before CONNECT")
        return self._told

    def _mail(self, command: Mail) -> bytes:
        self._drop_message()
        early, self._early = self._early, {}
        setting, limits = self._setting, self._setting.limits
        try:
            arguments = mail_arguments(command.path, command.arguments, setting.domain)
            self._make_room(arguments)
        except Refused as refused:
            self.state = State.CONNECTED
            return refusal(refused.reply)
        content = Content(limit=limits.message_octets, spool=setting.spool, exact=self._agreed.exact)
        self.message = PendingMessage(arguments, content, limits.recipients)
        self.message.macros |= early.get(CommandCode.MAIL, {})
        return self._answer(Step.SILENT_MAIL)

    def _make_room(self, mail: MailArguments) -> None:
        """Refuse at once what would be refused at its end: the client keeps its content. Raises Refused."""
        if (mail.size or 0) > self._setting.limits.message_octets:
            raise Refused(TOO_LARGE)
        if (mail.size or 0) > self._setting.spool.free:
            raise Refused(NO_ROOM)
        if self._setting.busy():
            raise Refused(TOO_BUSY)

    def _rcpt(self, command: Rcpt) -> bytes:
        message = self._current
        message.macros |= self._early.pop(CommandCode.RCPT, {})
        try:
            message.add(command.path, command.arguments, self._setting.domain)
        except Refused as refused:
            if not _is_program(self._session.connect):
                return refusal(refused.reply)
            message.refuse(refused.reply)
        return self._answer(Step.SILENT_RCPT)

    def _chunk(self, octets: bytes, *, last: bool) -> bytes | Ended:
        message = self._current
        message.content.add(octets)
        if not last:
            return self._answer(Step.SILENT_BODY)
        message.macros |= self._early.pop(CommandCode.END_OF_MESSAGE, {})
        self._early = {}
        self.message = None
        told = self._session
        macros: dict[str, bytes] = {}
        for values in (*told.macros.values(), message.macros):
            macros |= values
        client = client_of(told.connect, told.hello, macros, self._setting.listener)
        return Ended(message=message, client=client, exact=self._agreed.exact)

    def _signal(self, code: CommandCode) -> bytes:
        match code:
            case CommandCode.END_OF_HEADER:
                self._current.content.add(b"\r\n")
                return self._answer(Step.SILENT_END_OF_HEADER)
            case CommandCode.DATA:
                return self._answer(Step.SILENT_DATA)
            case CommandCode.UNKNOWN:
                return self._answer(Step.SILENT_UNKNOWN)
            case CommandCode.QUIT_NEW_CONNECTION:
                self._told, self._early = None, {}
        self._drop_message()  # abort, and both ways to quit: nobody waits for an answer
        return b""
