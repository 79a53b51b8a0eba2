"""A mail transaction between MAIL and its end: the recipients so far and the way to the next hop.

One object for each MAIL. It is dropped, never cleared, so that nothing of one message can reach the next.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from gateway.config import Listener
from gateway.egress import Egress
from gateway.reply import ACCEPTED, Reply
from gateway.smtp.identifier import new_identifier
from gateway.smtp.parameters import MailArguments
from rules.address import Address
from rules.message import Message
from rules.transaction import Client, Envelope, Recipient, Transaction

log = logging.getLogger("mailward.smtp")


class PendingTransaction:
    """Accepts recipients, offering each to the next hop; the egress is opened for the first of them."""

    def __init__(self, mail: MailArguments, open_egress: Callable[[], Egress]) -> None:
        self.id = new_identifier()
        self._mail = mail
        self.envelope = self._envelope(())
        self.completed = False  # its content has come
        self.rcpts = 0  # RCPT commands so far, whatever became of them
        self._open_egress = open_egress
        self._egress: Egress | None = None
        self._recipients: dict[Address, Recipient] = {}  # in order; a mailbox named twice counts once

    @property
    def recipients(self) -> tuple[Recipient, ...]:
        return tuple(self._recipients.values())

    @property
    def count(self) -> int:
        return len(self._recipients)

    def has(self, address: Address) -> bool:
        """Whether this recipient has been accepted."""
        return address in self._recipients

    @property
    def egress(self) -> Egress:
        if self._egress is None:
            self._egress = self._open_egress()
        return self._egress

    async def offer(self, recipient: Recipient) -> Reply:
        """The next hop's reply; an accepted recipient is kept."""
        if self.has(recipient.address):
            return ACCEPTED
        reply = await self.egress.offer(self.envelope, recipient)
        if reply.accepted:
            self._recipients[recipient.address] = recipient
        return reply

    def complete(self, listener: Listener, client: Client, message: Message) -> Transaction:
        """The transaction as judgement and next hop get it."""
        self.completed = True
        return Transaction(
            id=self.id,
            received=datetime.now(UTC),
            listener=listener.name,
            kind=listener.kind,
            direction=listener.direction,
            client=client,
            envelope=self._envelope(self.recipients),
            message=message,
        )

    def _envelope(self, recipients: tuple[Recipient, ...]) -> Envelope:
        mail = self._mail
        return Envelope(
            reverse_path=mail.reverse_path,
            recipients=recipients,
            body=mail.body,
            ret=mail.ret,
            envid=mail.envid,
            smtputf8=mail.smtputf8,
            size=mail.size,
        )

    async def close(self) -> None:
        """Give the way to the next hop back; never raises, for nobody could do anything about it."""
        egress, self._egress = self._egress, None
        if egress is None:
            return
        try:
            await egress.close()
        except Exception:
            log.exception("%s: closing the egress failed", self.id)
