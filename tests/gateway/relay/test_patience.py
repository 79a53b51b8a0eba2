"""How long a next hop is waited for, and that whoever is slow gives its connection back (reliability group B)."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from gateway.relay import smtp_egress
from gateway.relay.smtp_egress import SmtpEgress
from gateway.reply import NEXT_HOP_AWAY
from rules.address import parse_address
from rules.transaction import Envelope
from tests.gateway.relay.sending import People, offer_all, said, send


async def test_slow_upload_gives_the_connection_back(
    egress_to: Any, envelope: Envelope, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_egress, "KEEP_SECONDS", 0.02)
    server, slow = await egress_to(connections=1)
    pool = slow._chain.used
    await offer_all(slow, envelope, people[:2])
    await asyncio.sleep(0.05)
    quick = SmtpEgress(pool)
    assert said(await send(quick, envelope, people[2])) == ["250 2.0.0 queued"]
    await quick.close()
    assert (await slow.offer(envelope, people[2])).accepted
    assert said(await send(slow, envelope, *people)) == ["250 2.0.0 queued"] * 3
    await slow.close()
    assert [message.recipients for message in server.arrived] == [
        ["<cy@city.example>"],
        ["<ada@city.example>", "<bo@city.example>", "<cy@city.example>"],
    ]
    assert server.connections == 1


async def test_a_trickle_of_recipients_gives_the_connection_back_too(
    egress_to: Any, envelope: Envelope, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one host with as many slow sessions as there are connections keeps the city's mail out."""
    monkeypatch.setattr(smtp_egress, "KEEP_SECONDS", 0.1)
    _, slow = await egress_to(connections=1)

    async def trickle() -> None:
        for number in range(20):
            recipient = replace(people[0], address=parse_address(f"ada{number}@city.example"))
            assert (await slow.offer(envelope, recipient)).accepted
            await asyncio.sleep(0.05)
        await slow.close()

    trickling = asyncio.create_task(trickle())
    await asyncio.sleep(0.02)
    quick = SmtpEgress(slow._chain.used)
    assert said(await send(quick, envelope, people[2])) == ["250 2.0.0 queued"]
    assert not trickling.done()
    await quick.close()
    await trickling


async def test_trickled_replies_are_read(egress_to: Any, envelope: Envelope, people: People) -> None:
    async def trickle(session: Any) -> bytes:
        for octet in b"250-2.1.5 slow\r\n250 2.1.5 but s":
            session.writer.write(bytes([octet]))
            await session.writer.drain()
            await asyncio.sleep(0.001)
        return b"ure\r\n"

    _, egress = await egress_to({"RCPT": trickle})
    assert str(await egress.offer(envelope, people[0])) == "250 2.1.5 slow but sure"
    await egress.close()


async def test_greeting_that_trickles_for_ever_is_away(egress_to: Any, envelope: Envelope, people: People) -> None:
    async def trickle(session: Any) -> str:
        for _ in range(200):
            session.writer.write(b"220-patience\r\n" if _ % 2 else b"220-please\r\n")
            await session.writer.drain()
            await asyncio.sleep(0.01)
        return "220 mx"

    _, egress = await egress_to({"banner": trickle}, banner_seconds=0.1)
    async with asyncio.timeout(1):
        assert await egress.offer(envelope, people[0]) == NEXT_HOP_AWAY
    await egress.close()


@pytest.mark.parametrize("step", ["banner", "EHLO"])
async def test_a_connection_is_not_waited_for_beyond_the_time_of_the_message(
    egress_to: Any, envelope: Envelope, people: People, monkeypatch: pytest.MonkeyPatch, hang: object, step: str
) -> None:
    monkeypatch.setattr(smtp_egress, "SEND_SECONDS", 0.1)
    _, egress = await egress_to({step: hang}, banner_seconds=30.0, command_seconds=30.0)
    pool = egress._chain.used
    async with asyncio.timeout(5):
        assert said(await send(egress, envelope, *people)) == [str(NEXT_HOP_AWAY)] * 3
    await egress.close()
    assert pool.health.in_use == 0
    assert pool.health.last_failure == "no connection within the time for this message"


async def test_a_place_among_the_connections_is_not_waited_for_beyond_the_time_of_the_message(
    egress_to: Any, envelope: Envelope, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, egress = await egress_to(connections=1)
    pool = egress._chain.used
    other = await pool.acquire()
    monkeypatch.setattr(smtp_egress, "SEND_SECONDS", 0.1)
    async with asyncio.timeout(5):
        assert said(await send(egress, envelope, *people)) == [str(NEXT_HOP_AWAY)] * 3
    pool.release(other)
    monkeypatch.undo()
    assert said(await send(egress, envelope, *people)) == ["250 2.0.0 queued"] * 3, "the place has come free"
    await egress.close()


@pytest.mark.parametrize(("megabytes", "seconds"), [(0, 60), (150, 460), (157.5, 480), (158, 480), (2_048, 480)])
def test_a_large_content_has_more_time_and_its_sender_still_hears_of_it(megabytes: float, seconds: float) -> None:
    assert smtp_egress.seconds_for(int(megabytes * 1024 * 1024)) == seconds
