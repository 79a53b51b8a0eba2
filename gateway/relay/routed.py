"""One message's ways out where recipients' domains have next hops of their own.

Owns which recipient goes where; what a next hop says is its own egress's.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from gateway.egress import Delivery, Egress, Shipment
from gateway.reply import Reply
from rules.transaction import Envelope, Recipient


class RoutedEgress:
    """Implements gateway.egress.Egress. `routes` by domain in lower case; all others go to `default`."""

    def __init__(self, default: str, routes: Mapping[str, str], open_egress: Callable[[str], Egress]) -> None:
        self._default = default
        self._routes = routes
        self._open_egress = open_egress
        self._egresses: dict[str, Egress] = {}

    async def offer(self, envelope: Envelope, recipient: Recipient) -> Reply:
        return await self._egress(self._name(recipient)).offer(envelope, recipient)

    async def send(self, envelope: Envelope, shipment: Shipment) -> Sequence[Delivery]:
        """To all next hops at once, for the time in which we must answer is the same for one and for many."""
        parts: dict[str, list[Recipient]] = {}
        for recipient in shipment.recipients:
            parts.setdefault(self._name(recipient), []).append(recipient)
        sent = await asyncio.gather(
            *(
                self._egress(name).send(envelope, replace(shipment, recipients=tuple(who)))
                for name, who in parts.items()
            )
        )
        return [delivery for deliveries in sent for delivery in deliveries]

    async def close(self) -> None:
        for egress in self._egresses.values():
            await egress.close()

    def _name(self, recipient: Recipient) -> str:
        return self._routes.get(recipient.address.domain.lower(), self._default)

    def _egress(self, name: str) -> Egress:
        if name not in self._egresses:
            self._egresses[name] = self._open_egress(name)
        return self._egresses[name]
