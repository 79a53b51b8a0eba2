"""The MTA itself as the way out: the first content rides on the message it has, any other takes the way of releases."""

from collections.abc import Callable, Sequence

from gateway.egress import Delivery, Egress, Shipment
from gateway.reply import ACCEPTED, Reply
from rules.transaction import Envelope, Recipient


class MilterEgress:
    """One message's. An MTA can give all its recipients only one content, and no one may read of another's rule:

    copies marked otherwise than the first are sent through the submission next hop, and removed from the message.
    """

    def __init__(self, open_onward: Callable[[], Egress]) -> None:
        self.riding: Shipment | None = None
        self._open_onward = open_onward
        self._onward: Egress | None = None

    async def offer(self, envelope: Envelope, recipient: Recipient) -> Reply:  # noqa: ARG002
        """The MTA has accepted it before it asked us."""
        return ACCEPTED

    async def send(self, envelope: Envelope, shipment: Shipment) -> Sequence[Delivery]:
        if self.riding is None:
            self.riding = shipment
            return tuple(Delivery(recipient=recipient, reply=ACCEPTED) for recipient in shipment.recipients)
        if self._onward is None:
            self._onward = self._open_onward()
        return await self._onward.send(envelope, shipment)

    async def close(self) -> None:
        if self._onward is not None:
            await self._onward.close()
