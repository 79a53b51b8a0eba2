from collections.abc import Sequence

import pytest

from gateway.egress import Delivery, Shipment
from gateway.milter.egress import MilterEgress
from gateway.reply import ACCEPTED, NEXT_HOP_AWAY, Reply
from rules.address import parse_address
from rules.transaction import Envelope, Recipient

ONE, TWO = (Recipient(address=parse_address(f"{name}@city.example")) for name in ("one", "two"))
ENVELOPE = Envelope(reverse_path=None, recipients=(ONE, TWO))


class Onward:
    def __init__(self) -> None:
        self.shipments: list[Shipment] = []
        self.closed = 0

    async def offer(self, envelope: Envelope, recipient: Recipient) -> Reply:
        raise AssertionError("the MTA has taken the recipient")

    async def send(self, envelope: Envelope, shipment: Shipment) -> Sequence[Delivery]:
        self.shipments.append(shipment)
        return tuple(Delivery(recipient=one, reply=NEXT_HOP_AWAY) for one in shipment.recipients)

    async def close(self) -> None:
        self.closed += 1


@pytest.mark.asyncio
async def test_the_first_content_rides_and_another_takes_the_way_of_releases() -> None:
    onward = Onward()
    egress = MilterEgress(lambda: onward)
    assert await egress.offer(ENVELOPE, ONE) == ACCEPTED
    first, second = (Shipment(recipients=(one,), pieces=(b"x",)) for one in (ONE, TWO))
    (riding,) = await egress.send(ENVELOPE, first)
    (sent,) = await egress.send(ENVELOPE, second)
    await egress.close()
    assert (riding.reply, sent.reply) == (ACCEPTED, NEXT_HOP_AWAY)
    assert (egress.riding, onward.shipments, onward.closed) == (first, [second], 1)


@pytest.mark.asyncio
async def test_nothing_is_opened_for_a_message_that_only_rides() -> None:
    egress = MilterEgress(lambda: pytest.fail("opened"))
    await egress.send(ENVELOPE, Shipment(recipients=(ONE,), pieces=(b"x",)))
    await egress.close()
