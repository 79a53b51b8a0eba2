"""The way to a real Exim 4.96, an OpenSMTPD 6.8, which does not pipeline, and over LMTP to a Dovecot 2.3: what arrives
and what is refused."""

import asyncio
from typing import Any

import pytest

from gateway.config import Protocol
from gateway.egress import Shipment
from gateway.relay.smtp_egress import SmtpEgress
from rules.address import parse_address
from rules.transaction import Envelope, Recipient
from tests.peers import FULL, Peer, PeerMissing

pytestmark = pytest.mark.real

HEAD = (
    b"From: clerk@elsewhere.example\r\nDate: Tue, 24 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@elsewhere.example>\r\n"
)
CONTENT = HEAD + b"Subject: minutes\r\n\r\n.dot\r\n..two\r\ncaf\xe9 \t \r\n\r\n"


@pytest.mark.parametrize("name", ["exim", "opensmtpd"])
async def test_octets_arrive_and_refusals_are_passed_up(
    serve: Any, pool_of: Any, envelope: Envelope, eventually: Any, name: str
) -> None:
    """Catalogue B05, B06."""
    sink = await serve()
    try:
        peer = await asyncio.to_thread(Peer, name, sink.port)
    except PeerMissing as reason:
        pytest.skip(str(reason))
    try:
        pool = pool_of(peer.port, command_seconds=20, data_seconds=20)
        for _ in range(2):  # the second on the same connection
            egress = SmtpEgress(pool)
            everyone = tuple(
                Recipient(address=parse_address(f"{local}@city.example")) for local in ("nobody", "ada", "busy")
            )
            deliveries = await egress.send(envelope, Shipment(recipients=everyone, pieces=(CONTENT,)))
            assert [one.reply.code // 100 for one in deliveries] == [5, 2, 4]
            await egress.close()
        assert (pool.health.connects, pool.health.failures) == (1, 0)
        if name == "exim":
            await is_refused_after_the_content(pool, envelope, everyone[1:2])
        await eventually(lambda: len(sink.arrived) == 2)
    finally:
        await asyncio.to_thread(peer.stop)
    assert all(message.octets.endswith(CONTENT) for message in sink.arrived)
    assert [message.recipients for message in sink.arrived] == [["<ada@city.example>"]] * 2


async def is_refused_after_the_content(pool: Any, envelope: Envelope, people: tuple[Recipient, ...]) -> None:
    egress = SmtpEgress(pool)
    content = HEAD + b"Subject: unwanted\r\n\r\nwords\r\n"
    [delivery] = await egress.send(envelope, Shipment(recipients=people, pieces=(content,)))
    await egress.close()
    assert (delivery.reply.code, delivery.reply.text) == (550, "not wanted")


async def test_dovecot_answers_for_each_recipient(pool_of: Any, envelope: Envelope) -> None:
    """Unknown before the content, full after it (RFC 2033 section 4.2)."""
    try:
        peer = await asyncio.to_thread(Peer, "dovecot")
    except PeerMissing as reason:
        pytest.skip(str(reason))
    try:
        pool = pool_of(peer.port, protocol=Protocol.LMTP, command_seconds=20, data_seconds=20)
        everyone = tuple(Recipient(address=parse_address(f"{name}@city.example")) for name in ("nobody", FULL, "ada"))
        for _ in range(2):
            egress = SmtpEgress(pool)
            deliveries = await egress.send(envelope, Shipment(recipients=everyone, pieces=(CONTENT,)))
            await egress.close()
            assert [(one.reply.code, one.reply.status) for one in deliveries] == [
                (550, "5.1.1"), (552, "5.2.2"), (250, "2.0.0"),
            ]  # fmt: skip
        assert (pool.health.connects, pool.health.failures) == (1, 0)
        delivered = await asyncio.to_thread(peer.delivered)
    finally:
        await asyncio.to_thread(peer.stop)
    assert len(delivered) == 2 and all(octets.endswith(CONTENT) for octets in delivered)
