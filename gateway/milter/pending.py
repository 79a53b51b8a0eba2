"""One message between MAIL and its end. Dropped, never cleared: nothing of it can reach the next one."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime

from gateway.config import MilterListener
from gateway.milter.content import Content, Fault
from gateway.milter.paths import rcpt_arguments
from gateway.milter.told import kind_of
from gateway.reply import TRY_LATER, Reply
from gateway.smtp.content import header_refusal
from gateway.smtp.identifier import new_identifier
from gateway.smtp.limits import RCPTS_PER_RECIPIENT
from gateway.smtp.parameters import MailArguments, Refused
from gateway.smtp.replies import BARE_LINE_END, NO_ROOM, TOO_LARGE, TOO_MANY_RECIPIENTS
from rules.address import Address
from rules.message import Message
from rules.transaction import Client, Envelope, Recipient, Transaction


class PendingMessage:
    """Recipients by mailbox; one that was named twice is judged once, and removed by each name it had."""

    def __init__(self, mail: MailArguments, content: Content, most: int) -> None:
        self.id = new_identifier()
        self.content = content
        self.macros: dict[str, bytes] = {}
        self.paths: defaultdict[Address, list[bytes]] = defaultdict(list)
        self._named = 0  # recipients, each as often as it was
        self._mail = mail
        self._most = most
        self._recipients: dict[Address, Recipient] = {}
        self._refused: Reply | None = None

    def add(self, path: bytes, arguments: tuple[bytes, ...], domain: str) -> None:
        """Raises Refused."""
        rcpt = rcpt_arguments(path, arguments, domain)
        if rcpt.address not in self._recipients and len(self._recipients) >= self._most:
            raise Refused(TOO_MANY_RECIPIENTS)
        if self._named >= RCPTS_PER_RECIPIENT * self._most:
            raise Refused(TOO_MANY_RECIPIENTS)
        self._named += 1
        self._recipients.setdefault(rcpt.address, Recipient(address=rcpt.address, notify=rcpt.notify, orcpt=rcpt.orcpt))
        self.paths[rcpt.address].append(path)

    def refuse(self, reply: Reply) -> None:
        """At its end, for all: where no recipient can be refused alone. For good, as it would come again the same."""
        if self._refused is None:
            code, status = (554, f"5{reply.status[1:]}") if not reply.permanent else (reply.code, reply.status)
            self._refused = replace(reply, code=code, status=status)

    def refusal(self, message: Message) -> Reply | None:
        """Why it cannot be judged at all, or None."""
        if self._refused is not None:
            return self._refused
        match self.content.fault:
            case Fault.TOO_LARGE:
                return TOO_LARGE
            case Fault.NO_ROOM:
                return NO_ROOM
            case None:
                pass
        if not self._recipients:  # whom the MTA means to serve we were not told: it asks again, and nobody is served
            return TRY_LATER
        return header_refusal(message) if self.content.sound else BARE_LINE_END

    def complete(self, listener: MilterListener, client: Client, message: Message) -> Transaction:
        kind, mail = kind_of(client, listener), self._mail
        return Transaction(
            id=self.id,
            received=datetime.now(UTC),
            listener=listener.name,
            kind=kind,
            # What the listener says is of mail from the Internet; its own people's is told from the addresses.
            direction=listener.direction if kind is listener.kind else None,
            client=client,
            envelope=Envelope(
                reverse_path=mail.reverse_path,
                recipients=tuple(self._recipients.values()),
                body=mail.body,
                ret=mail.ret,
                envid=mail.envid,
                smtputf8=mail.smtputf8,
            ),
            message=message,
            queue_id=self.macros.get("i", b"").decode("ascii", "replace"),
        )

    def close(self) -> None:
        self.content.close()
