"""Ways to use an egress that the tests of this folder share."""

from typing import Any

from gateway.egress import Delivery, Shipment
from gateway.relay.smtp_egress import SmtpEgress
from rules.transaction import Envelope, Recipient

CONTENT = b"Subject: minutes\r\n\r\n.dots\r\n..more\r\ncaf\xe9\r\n"
People = tuple[Recipient, Recipient, Recipient]
NO_PIPELINING = {"EHLO": "250-mx.city.example\r\n250 8BITMIME"}


async def offer_all(egress: SmtpEgress, envelope: Envelope, recipients: tuple[Recipient, ...]) -> list[str]:
    return [str(await egress.offer(envelope, recipient)) for recipient in recipients]


def shipment(*recipients: Recipient, content: bytes = CONTENT) -> Shipment:
    return Shipment(recipients=recipients, pieces=(content,))


async def send(egress: SmtpEgress, envelope: Envelope, *recipients: Recipient, content: bytes = CONTENT) -> list[Any]:
    deliveries = await egress.send(envelope, shipment(*recipients, content=content))
    assert [one.recipient for one in deliveries] == list(recipients)
    return list(deliveries)


def said(deliveries: list[Delivery]) -> list[str]:
    return [str(one.reply) for one in deliveries]
