"""Recipients' domains with next hops of their own, in one message."""

from dataclasses import replace
from typing import Any

from gateway.config import NextHop, Route, Tls
from gateway.egress import Delivery, Shipment
from gateway.fields import Edit
from gateway.relay import NextHops
from gateway.relay.routed import RoutedEgress
from gateway.reply import ACCEPTED, Reply
from rules.address import parse_address
from rules.message import Message
from rules.transaction import Envelope, Recipient


def to(address: str) -> Recipient:
    return Recipient(address=parse_address(address))


async def test_each_domain_leads_to_its_next_hop_and_each_recipient_is_served_once(
    serve: Any, envelope: Envelope
) -> None:
    city, school = await serve(), await serve({"RCPT TO:<gone@school.example>": "550 5.1.1 no"})
    servers = {"city": city, "school": school}
    hops = NextHops(
        [NextHop(name=name, host="127.0.0.1", port=one.port, tls=Tls.OFF) for name, one in servers.items()],
        "gw.city.example",
        [
            Route(domains=("school.example", "library.example"), next_hop="school"),
            Route(domains=("library.example",), next_hop="city"),
        ],
    )
    everyone = tuple(map(to, ("ada@city.example", "bo@SCHOOL.example", "gone@school.example", "cy@library.example")))
    egress = hops.egress("city")
    offered = [(await egress.offer(envelope, one)).code for one in everyone]
    assert offered == [250, 250, 550, 250]
    deliveries = await egress.send(envelope, Shipment(recipients=everyone, pieces=(b"Subject: x\r\n\r\n",)))
    await egress.close()
    assert {str(one.recipient.address): one.reply.code for one in deliveries} == {
        "ada@city.example": 250, "bo@school.example": 250, "gone@school.example": 550, "cy@library.example": 250,
    }  # fmt: skip
    assert [one.recipients for one in city.arrived] == [["<ada@city.example>"]]
    assert [one.recipients for one in school.arrived] == [["<bo@school.example>", "<cy@library.example>"]]
    await hops.close()


class Noting:
    """An egress that takes everything and remembers what."""

    def __init__(self) -> None:
        self.sent: list[Shipment] = []

    async def offer(self, envelope: Envelope, recipient: Recipient) -> Reply:
        return ACCEPTED

    async def send(self, envelope: Envelope, shipment: Shipment) -> list[Delivery]:
        self.sent.append(shipment)
        return [Delivery(recipient=one, reply=ACCEPTED) for one in shipment.recipients]

    async def close(self) -> None:
        pass


async def test_a_part_of_a_shipment_differs_in_its_recipients_alone(envelope: Envelope) -> None:
    ways = {"city": Noting(), "school": Noting()}
    egress = RoutedEgress("city", {"school.example": "school"}, ways.__getitem__)
    ada, bo = to("ada@city.example"), to("bo@school.example")
    field = next(Message(b"Subject: x\r\n\r\n").fields())
    edits = (Edit(field=field, start=8, end=8, instead=b" [seen]"),)
    whole = Shipment(recipients=(ada, bo), pieces=(b"Subject: [seen] x\r\n\r\n",), edits=edits)
    await egress.send(envelope, whole)
    await egress.close()
    assert ways["city"].sent == [replace(whole, recipients=(ada,))]
    assert ways["school"].sent == [replace(whole, recipients=(bo,))]


async def test_where_one_next_hop_is_away_the_other_is_served(serve: Any, envelope: Envelope) -> None:
    """The pipeline keeps what is not accepted then (reliability D5)."""
    city = await serve()
    hops = NextHops(
        [
            NextHop(name="city", host="127.0.0.1", port=city.port, tls=Tls.OFF),
            NextHop(name="school", host="127.0.0.1", port=1, tls=Tls.OFF),
        ],
        "gw.city.example",
        [Route(domains=("school.example",), next_hop="school")],
    )
    egress = hops.egress("city")
    both = (to("ada@city.example"), to("bo@school.example"))
    deliveries = await egress.send(envelope, Shipment(recipients=both, pieces=(b"Subject: x\r\n\r\n",)))
    await egress.close()
    await hops.close()
    assert [one.reply.code for one in deliveries] == [250, 451]
