"""Takes held mail and our own reports to a next hop, one call at a time (quarantine.ports.Courier)."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from gateway.config import Config
from gateway.egress import Delivery, Shipment
from gateway.fields import edited, edits, released_field, seen_from, trace_field
from gateway.held import transaction_again
from gateway.relay import NextHops
from quarantine.item import HeldMessage
from quarantine.ports import Attempt
from rules.address import Address
from rules.transaction import Envelope, Recipient

NO_SUCH_HOP = "451 4.4.4 the next hop is no longer configured"


class SmtpCourier:
    """Connects anew for each call: releases and reports are few, and may come from the command line."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def send(self, item: HeldMessage, recipients: Sequence[Recipient], octets: bytes) -> Sequence[Attempt]:
        """Send a held message on with its own envelope, our trace and verdict fields before it."""
        transaction = transaction_again(item, octets, recipients, self._config)
        added = trace_field(transaction, self._config.hostname, datetime.now(UTC))
        added += released_field(transaction.id, item.judgement)
        outside = seen_from(transaction.kind, frozenset(self._config.domains))
        changes = edits(transaction.message, self._config.hostname, outside=outside)
        pieces = edited(transaction.message, added, changes)
        return self._deliver(item.next_hop, transaction.envelope, pieces)

    def submit(
        self, next_hop: str, reverse_path: Address, recipients: Sequence[Recipient], octets: bytes
    ) -> Sequence[Attempt]:
        """Send a message of our own as it is."""
        envelope = Envelope(reverse_path=reverse_path, recipients=tuple(recipients))
        return self._deliver(next_hop, envelope, (octets,))

    def _deliver(self, next_hop: str, envelope: Envelope, pieces: tuple[bytes | memoryview, ...]) -> Sequence[Attempt]:
        if all(hop.name != next_hop for hop in self._config.next_hops):
            return tuple(Attempt(recipient=one, code=451, text=NO_SUCH_HOP) for one in envelope.recipients)
        shipment = Shipment(recipients=envelope.recipients, pieces=pieces)
        return tuple(_attempt(delivery) for delivery in asyncio.run(self._send(next_hop, envelope, shipment)))

    async def _send(self, next_hop: str, envelope: Envelope, shipment: Shipment) -> Sequence[Delivery]:
        hops = NextHops(self._config.next_hops, self._config.hostname, self._config.routes)
        egress = hops.egress(next_hop)
        try:
            return await egress.send(envelope, shipment)
        finally:
            await egress.close()
            await hops.close()


def _attempt(delivery: Delivery) -> Attempt:
    return Attempt(
        recipient=delivery.recipient,
        code=delivery.reply.code,
        text=str(delivery.reply),
        in_doubt=delivery.in_doubt,
    )
