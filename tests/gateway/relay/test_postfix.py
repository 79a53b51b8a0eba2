"""The way to a real Postfix 3.7: what arrives, what is refused, what a killed process leaves behind."""

import asyncio
from typing import Any

import pytest

from gateway.config import Tls
from gateway.egress import Shipment
from gateway.relay.smtp_egress import SmtpEgress
from rules.address import parse_address
from rules.transaction import Envelope, Recipient
from tests.postfix import Postfix

pytestmark = pytest.mark.real

CONTENT = (
    b"Subject: minutes\r\nBcc: kept@city.example\r\n\r\n.dot\r\n..two\r\ncaf\xe9 " + b"x" * 1_500 + b"\r\n.\r\n\r\n"
)


def recipient(address: str) -> Recipient:
    return Recipient(address=parse_address(address))


async def test_octets_and_envelopes_arrive(postfix: Postfix, pool_of: Any, people: tuple[Recipient, ...]) -> None:
    pool = pool_of(postfix.port)
    envelope = Envelope(reverse_path=parse_address("clerk@elsewhere.example"), recipients=(), body="8BITMIME")
    for reverse_path in (envelope, Envelope(reverse_path=None, recipients=())):
        egress = SmtpEgress(pool)
        for one in people[:2]:
            assert (await egress.offer(reverse_path, one)).accepted
        deliveries = await egress.send(reverse_path, Shipment(recipients=people[:2], pieces=(CONTENT,)))
        assert [one.reply.code for one in deliveries] == [250, 250]
        await egress.close()
    assert await asyncio.to_thread(postfix.wait_for, 4) == [CONTENT] * 4
    assert sorted((one.reverse_path, one.recipient) for one in postfix.arrivals()) == [
        ("", "ada@city.example"),
        ("", "bo@city.example"),
        ("clerk@elsewhere.example", "ada@city.example"),
        ("clerk@elsewhere.example", "bo@city.example"),
    ]
    assert pool.health.connects == 1


async def test_its_refusals_are_passed_up(postfix: Postfix, pool_of: Any, envelope: Envelope) -> None:
    egress = SmtpEgress(pool_of(postfix.port))
    replies = [
        await egress.offer(envelope, recipient(address))
        for address in ("ada@city.example", "nobody@city.example", "busy@city.example")
    ]
    assert [(reply.code, reply.status) for reply in replies] == [(250, "2.1.5"), (550, "5.1.1"), (450, "4.2.1")]
    everyone = tuple(recipient(f"{local}@city.example") for local in ("nobody", "ada", "busy"))
    deliveries = await egress.send(envelope, Shipment(recipients=everyone, pieces=(CONTENT,)))
    assert [one.reply.code for one in deliveries] == [550, 250, 450]
    nobody = await egress.send(envelope, Shipment(recipients=everyone[:1], pieces=(CONTENT,)))
    assert [one.reply.code for one in nobody] == [550]
    await egress.close()
    assert await asyncio.to_thread(postfix.wait_for, 1) == [CONTENT]


async def test_twenty_megabytes(postfix: Postfix, pool_of: Any, envelope: Envelope) -> None:
    body = b"Subject: plans\r\n\r\n" + (b"A" * 76 + b"\r\n") * 260_000
    egress = SmtpEgress(pool_of(postfix.port, command_seconds=20, data_seconds=20))
    [delivery] = await egress.send(envelope, Shipment(recipients=(recipient("ada@city.example"),), pieces=(body,)))
    await egress.close()
    assert delivery.reply.accepted
    assert await asyncio.to_thread(postfix.wait_for, 1) == [body]


async def test_a_stopped_postfix_is_away_and_a_started_one_is_found_again(
    postfix_sender: Any, serve: Any, pool_of: Any, envelope: Envelope
) -> None:
    sink = await serve()
    relaying = await asyncio.to_thread(postfix_sender, sink.port)
    pool = pool_of(relaying.port, tls=Tls.OPPORTUNISTIC)
    shipment = Shipment(recipients=(recipient("ada@city.example"),), pieces=(CONTENT,))
    codes = []
    for action in (None, "stop", "start"):
        if action is not None:
            await asyncio.to_thread(relaying._postfix, action)
        egress = SmtpEgress(pool)
        codes.append((await egress.send(envelope, shipment))[0].reply.code)
        await egress.close()
    assert codes == [250, 451, 250]
    async with asyncio.timeout(15):
        while len(sink.arrived) < 2:
            await asyncio.sleep(0.05)
    assert all(message.octets.endswith(CONTENT) for message in sink.arrived)
