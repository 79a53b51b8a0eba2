"""LMTP (RFC 2033): a reply for each recipient after the content, and what a lost one leaves."""

from collections.abc import Sequence
from typing import Any

import pytest

from gateway.config import Protocol
from gateway.egress import Delivery, Shipment
from gateway.relay.smtp_egress import SmtpEgress
from rules.transaction import Envelope, Recipient

CONTENT = (b"Subject: x\r\n\r\n.text\r\n",)
LHLO = "250-mx.city.example\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME"


def codes(deliveries: Sequence[Delivery]) -> list[tuple[int, bool]]:
    return [(delivery.reply.code, delivery.in_doubt) for delivery in deliveries]


async def sent(pool: Any, envelope: Envelope, people: tuple[Recipient, ...], *, times: int = 1) -> Sequence[Delivery]:
    deliveries: Sequence[Delivery] = ()
    for _ in range(times):
        egress = SmtpEgress(pool)
        deliveries = await egress.send(envelope, Shipment(recipients=people, pieces=CONTENT))
        await egress.close()
    return deliveries


async def test_each_recipient_has_his_own_reply_and_the_connection_is_used_again(
    serve: Any, pool_of: Any, envelope: Envelope, people: tuple[Recipient, ...]
) -> None:
    said = b"250 2.0.0 ok\r\n552 5.2.2 full\r\n451 4.2.0 later\r\n"
    server = await serve({"LHLO": LHLO, "dot": said})
    pool = pool_of(server.port, protocol=Protocol.LMTP)
    assert codes(await sent(pool, envelope, people, times=2)) == [(250, False), (552, False), (451, False)]
    assert server.commands[0] == "LHLO gw.city.example"
    assert (pool.health.connects, len(server.arrived)) == (1, 2)


async def test_a_recipient_who_was_refused_before_has_no_reply_after(
    serve: Any, pool_of: Any, envelope: Envelope, people: tuple[Recipient, ...]
) -> None:
    refused = f"RCPT TO:<{people[1].address}>"
    server = await serve({"LHLO": LHLO, refused: "550 5.1.1 no", "dot": b"250 2.0.0 ok\r\n452 4.2.2 full\r\n"})
    pool = pool_of(server.port, protocol=Protocol.LMTP)
    assert codes(await sent(pool, envelope, people)) == [(250, False), (550, False), (452, False)]
    assert pool.health.idle == 1


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b"250 2.0.0 ok\r\n", [(250, False), (451, True), (451, True)]),
        (b"250 2.0.0 ok\r\n550 5.2.1 no\r\nwhat?\r\n", [(250, False), (550, False), (451, True)]),
        (b"250 2.0.0 ok\r\n250-2.0.0 ok\r\n550 5.2.1 other\r\n", [(250, False), (451, True), (451, True)]),
    ],
    ids=["too few", "no reply", "changes its code"],
)
async def test_whose_reply_does_not_come_is_in_doubt_and_the_connection_is_dropped(
    serve: Any, pool_of: Any, envelope: Envelope, people: tuple[Recipient, ...], said: bytes, expected: Any
) -> None:
    server = await serve({"LHLO": LHLO, "dot": said})
    pool = pool_of(server.port, protocol=Protocol.LMTP, data_seconds=0.3)
    assert codes(await sent(pool, envelope, people)) == expected
    assert (pool.health.idle, pool.health.in_use) == (0, 0)
    assert "after the final dot" in (pool.health.last_failure or "")


async def test_a_reply_too_many_ends_the_connection(
    serve: Any, pool_of: Any, envelope: Envelope, people: tuple[Recipient, ...]
) -> None:
    server = await serve({"LHLO": LHLO, "dot": b"250 2.0.0 a\r\n" * 4})
    pool = pool_of(server.port, protocol=Protocol.LMTP)
    assert codes(await sent(pool, envelope, people)) == [(250, False)] * 3
    assert pool.health.idle == 0


async def test_no_helo_is_tried_where_lmtp_was_asked_for(
    serve: Any, pool_of: Any, envelope: Envelope, people: tuple[Recipient, ...]
) -> None:
    """RFC 2033 section 4.1: a server of SMTP answers LHLO with 500."""
    server = await serve({"LHLO": "500 5.5.1 what?"})
    assert codes(await sent(pool_of(server.port, protocol=Protocol.LMTP), envelope, people[:1])) == [(451, False)]
    assert server.commands == ["LHLO gw.city.example"]
