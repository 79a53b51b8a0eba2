"""Next hops in order: the second has its turn when the first cannot be reached, and only then."""

from typing import Any

import pytest

from gateway.egress import Shipment
from gateway.relay import pool as pool_module
from gateway.relay.smtp_egress import SmtpEgress
from rules.transaction import Envelope, Recipient
from tests.ports import free_port

CONTENT = (b"Subject: x\r\n\r\ntext\r\n",)


async def sent(envelope: Envelope, people: tuple[Recipient, ...], *pools: Any, offer: bool = False) -> int:
    egress = SmtpEgress(*pools)
    if offer:
        await egress.offer(envelope, people[0])
    [delivery] = await egress.send(envelope, Shipment(recipients=people[:1], pieces=CONTENT))
    await egress.close()
    return delivery.reply.code


@pytest.mark.parametrize("offer", [False, True])
async def test_the_second_takes_what_the_first_cannot(
    serve: Any, pool_of: Any, envelope: Envelope, people: tuple[Recipient, ...], offer: bool
) -> None:
    server = await serve()
    first, second = pool_of(free_port()), pool_of(server.port)
    assert await sent(envelope, people, first, second, offer=offer) == 250
    assert (first.health.failures, first.health.down, second.health.down) == (1, True, False)
    assert len(server.arrived) == 1


async def test_one_that_is_down_is_not_asked_by_every_message_and_is_found_again(
    serve: Any, pool_of: Any, envelope: Envelope, people: tuple[Recipient, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    away, server = await serve({"banner": ["554 5.3.2 no"]}), await serve()
    first, second = pool_of(away.port), pool_of(server.port)
    for _ in range(2):
        assert await sent(envelope, people, first, second) == 250
    assert (away.connections, first.health.failures) == (1, 1)
    monkeypatch.setattr(pool_module, "DOWN_SECONDS", 0.0)
    first._down_until = 0.0
    assert await sent(envelope, people, first, second) == 250
    assert (away.connections, len(away.arrived), len(server.arrived)) == (2, 1, 2)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "dot"])
async def test_what_the_first_says_is_not_asked_of_the_second(
    serve: Any, pool_of: Any, envelope: Envelope, people: tuple[Recipient, ...], step: str
) -> None:
    """After our dot nothing is ever sent again; before it a refusal is an answer."""
    busy, other = await serve({step: "451 4.3.2 later"}), await serve()
    assert await sent(envelope, people, pool_of(busy.port), pool_of(other.port)) == 451
    assert other.connections == 0


async def test_where_all_are_away_the_sender_keeps_it(
    pool_of: Any, envelope: Envelope, people: tuple[Recipient, ...]
) -> None:
    first, second = pool_of(free_port()), pool_of(free_port())
    assert await sent(envelope, people, first, second) == 451
    assert (first.health.failures, second.health.failures) == (1, 1)
    assert (first.health.in_use, second.health.in_use) == (0, 0)
