"""One message's way to a next hop that refuses, hangs, drops or lies (reliability group B)."""

import asyncio
from typing import Any

import pytest

from gateway.egress import Shipment
from gateway.relay.smtp_egress import SmtpEgress
from gateway.reply import NEXT_HOP_AWAY
from rules.address import parse_address
from rules.transaction import Envelope, Recipient
from tests.gateway.relay.sending import CONTENT, NO_PIPELINING, People, offer_all, said, send, shipment


async def test_octets_arrive_as_they_were(egress_to: Any, envelope: Envelope, people: People) -> None:
    server, egress = await egress_to()
    await offer_all(egress, envelope, people)
    deliveries = await send(egress, envelope, *people)
    await egress.close()
    assert said(deliveries) == ["250 2.0.0 queued"] * 3
    [message] = server.arrived
    assert message.octets == CONTENT
    assert message.reverse_path == "<clerk@elsewhere.example>"
    assert message.recipients == ["<ada@city.example>", "<bo@city.example>", "<cy@city.example>"]


async def test_large_content_in_pieces_arrives_whole(egress_to: Any, envelope: Envelope, people: People) -> None:
    server, egress = await egress_to()
    body = b"".join(b".%07d\r\n" % number for number in range(60_000))
    await offer_all(egress, envelope, people[:1])
    pieces = (b"Received: here\r\n", memoryview(body)[:300_001], memoryview(body)[300_001:])
    deliveries = await egress.send(envelope, Shipment(recipients=people[:1], pieces=pieces))
    assert said(list(deliveries)) == ["250 2.0.0 queued"]
    assert server.arrived[0].octets == b"Received: here\r\n" + body
    await egress.close()


async def test_accepted_recipients_cost_no_second_envelope(egress_to: Any, envelope: Envelope, people: People) -> None:
    server, egress = await egress_to()
    await offer_all(egress, envelope, people)
    await send(egress, envelope, *people)
    await egress.close()
    assert [line.split(" ")[0] for line in server.commands] == ["EHLO", "MAIL", "RCPT", "RCPT", "RCPT", "DATA"]


async def test_each_shipment_has_its_own_transaction(egress_to: Any, envelope: Envelope, people: People) -> None:
    """One recipient held, one tagged, one passed: what leaves is two messages, each for one."""
    server, egress = await egress_to()
    await offer_all(egress, envelope, people)
    await send(egress, envelope, people[1])
    await send(egress, envelope, people[2], content=b"Tagged: yes\r\n" + CONTENT)
    await egress.close()
    assert [message.recipients for message in server.arrived] == [["<bo@city.example>"], ["<cy@city.example>"]]
    assert server.commands[5:] == [
        "RSET",
        "MAIL FROM:<clerk@elsewhere.example>",
        "RCPT TO:<bo@city.example>",
        "DATA",
        "MAIL FROM:<clerk@elsewhere.example>",
        "RCPT TO:<cy@city.example>",
        "DATA",
    ]
    assert server.connections == 1


async def test_send_without_offers(egress_to: Any, envelope: Envelope, people: People) -> None:
    """A release from quarantine names its recipients only when it sends."""
    server, egress = await egress_to()
    assert said(await send(egress, envelope, *people)) == ["250 2.0.0 queued"] * 3
    await egress.close()
    assert len(server.arrived[0].recipients) == 3


async def test_null_reverse_path_c22(egress_to: Any, people: People) -> None:
    server, egress = await egress_to()
    await send(egress, Envelope(reverse_path=None, recipients=()), people[0])
    assert server.arrived[0].reverse_path == "<>"
    await egress.close()


@pytest.mark.parametrize("settings", [{}, NO_PIPELINING])
async def test_b05_each_recipient_gets_its_own_answer(
    egress_to: Any, envelope: Envelope, people: People, settings: dict[str, str]
) -> None:
    server, egress = await egress_to(
        {
            "RCPT TO:<bo@city.example>": "550 5.1.1 no such person",
            "RCPT TO:<cy@city.example>": "451 4.2.1 mailbox busy",
            **settings,
        }
    )
    assert await offer_all(egress, envelope, people) == [
        "250 2.1.5 OK",
        "550 5.1.1 no such person",
        "451 4.2.1 mailbox busy",
    ]
    assert said(await send(egress, envelope, people[0])) == ["250 2.0.0 queued"]
    await egress.close()
    assert [message.recipients for message in server.arrived] == [["<ada@city.example>"]]


@pytest.mark.parametrize("settings", [{}, NO_PIPELINING])
async def test_refusals_while_sending_are_kept_apart(
    egress_to: Any, envelope: Envelope, people: People, settings: dict[str, str]
) -> None:
    server, egress = await egress_to({"RCPT TO:<bo@city.example>": "550 5.1.1 no such person", **settings})
    assert said(await send(egress, envelope, *people)) == [
        "250 2.0.0 queued",
        "550 5.1.1 no such person",
        "250 2.0.0 queued",
    ]
    await egress.close()
    assert server.arrived[0].recipients == ["<ada@city.example>", "<cy@city.example>"]


@pytest.mark.parametrize("data", ["354 go ahead", "554 5.5.1 no valid recipients"])
async def test_content_never_goes_to_nobody(egress_to: Any, envelope: Envelope, people: People, data: str) -> None:
    """RFC 2920 section 3.1: some servers answer 354 although they have refused every recipient."""
    server, egress = await egress_to({"RCPT": "550 5.1.1 no such person", "DATA": data})
    assert said(await send(egress, envelope, *people)) == ["550 5.1.1 no such person"] * 3
    server.answers.clear()
    assert said(await send(egress, envelope, *people)) == ["250 2.0.0 queued"] * 3
    await egress.close()
    assert [message.octets for message in server.arrived] == [CONTENT]
    assert server.connections == (2 if data.startswith("354") else 1)


async def test_refused_mail_is_every_recipients_answer(egress_to: Any, envelope: Envelope, people: People) -> None:
    server, egress = await egress_to({"MAIL": "550 5.7.1 not from you"})
    assert await offer_all(egress, envelope, people) == ["550 5.7.1 not from you"] * 3
    assert sum(line.startswith("MAIL") for line in server.commands) == 1
    assert said(await send(egress, envelope, *people)) == ["550 5.7.1 not from you"] * 3
    await egress.close()


@pytest.mark.parametrize(
    ("answer", "upward"),
    [
        ("550 5.7.1 no", "550 5.7.1 no"),
        ("552 5.3.4 too large", "552 5.3.4 too large"),
        ("452 4.3.1 disk full", "452 4.3.1 disk full"),
        ("421 4.3.2 going down", "451 4.3.2 going down"),
        ("554-5.6.0 first\r\n554 5.6.0 second", "554 5.6.0 first second"),
        (b"550 5.7.1 \x1b[2Jcaf\xc3\xa9\r\n", "550 5.7.1 ?[2Jcaf??"),
    ],
)
async def test_b06_final_reply_keeps_its_class(
    egress_to: Any, envelope: Envelope, people: People, answer: str | bytes, upward: str
) -> None:
    _, egress = await egress_to({"dot": answer})
    await offer_all(egress, envelope, people[:1])
    [delivery] = await send(egress, envelope, people[0])
    assert str(delivery.reply) == upward and not delivery.in_doubt
    await egress.close()


@pytest.mark.parametrize("answer", ["530 5.7.0 Must issue a STARTTLS command first", "503 5.5.1 Error"])
async def test_what_blames_us_is_no_reason_to_bounce(
    egress_to: Any, envelope: Envelope, people: People, answer: str
) -> None:
    _, egress = await egress_to({"MAIL": answer})
    reply = await egress.offer(envelope, people[0])
    assert (reply.code, reply.status) == (451, "4.3.5")
    await egress.close()


async def test_b01_connection_refused(pool_of: Any, serve: Any, envelope: Envelope, people: People) -> None:
    pool = pool_of(1)  # nobody listens there
    egress = SmtpEgress(pool)
    assert await offer_all(egress, envelope, people) == [str(NEXT_HOP_AWAY)] * 3
    assert pool.health.failures == 1, "a next hop that is away is not dialled for each recipient"
    assert "connect" in (pool.health.last_failure or "")
    assert said(await send(egress, envelope, *people)) == [str(NEXT_HOP_AWAY)] * 3
    await egress.close()
    await egress.close()
    assert pool.health.in_use == 0


@pytest.mark.parametrize("step", ["banner", "EHLO", "MAIL", "RCPT"])
@pytest.mark.parametrize("trouble", ["drop", "hang"])
async def test_b02_trouble_before_any_recipient_is_taken(
    egress_to: Any, envelope: Envelope, people: People, step: str, trouble: str, request: pytest.FixtureRequest
) -> None:
    _, egress = await egress_to({step: request.getfixturevalue(trouble)}, banner_seconds=0.1, command_seconds=0.1)
    assert await egress.offer(envelope, people[0]) == NEXT_HOP_AWAY
    await egress.close()


async def test_banner_that_refuses_is_away(egress_to: Any, envelope: Envelope, people: People) -> None:
    _, egress = await egress_to({"banner": "554 5.7.1 too many connections"})
    assert await egress.offer(envelope, people[0]) == NEXT_HOP_AWAY
    await egress.close()


@pytest.mark.parametrize("trouble", ["drop", "hang"])
async def test_b03_trouble_before_the_dot_is_not_in_doubt(
    egress_to: Any, envelope: Envelope, people: People, trouble: str, request: pytest.FixtureRequest
) -> None:
    answer = request.getfixturevalue(trouble)
    _, egress = await egress_to({"DATA": [answer, answer]}, command_seconds=0.1)
    await offer_all(egress, envelope, people)
    deliveries = await send(egress, envelope, *people)
    assert said(deliveries) == [str(NEXT_HOP_AWAY)] * 3
    assert not any(one.in_doubt for one in deliveries)
    await egress.close()


@pytest.mark.parametrize("end", ["hangs", "drops"])
async def test_b03_trouble_in_the_middle_of_the_content(
    egress_to: Any, envelope: Envelope, people: People, end: str
) -> None:
    async def stop_reading(session: Any) -> str:
        session.reader.readuntil = lambda _: asyncio.sleep(60)
        session.writer.transport.pause_reading()
        if end == "drops":
            asyncio.get_running_loop().call_later(0.05, session.writer.transport.abort)
        return "354 go ahead"

    _, egress = await egress_to({"DATA": stop_reading}, command_seconds=0.2)
    await offer_all(egress, envelope, people[:1])
    [delivery] = await send(egress, envelope, people[0], content=b"x" * 70 + b"\r\n" + b"y" * 30_000_000 + b"\r\n")
    assert delivery.reply == NEXT_HOP_AWAY and not delivery.in_doubt
    await egress.close()


@pytest.mark.parametrize("trouble", ["drop", "hang"])
async def test_b03_trouble_after_the_dot_is_in_doubt(
    egress_to: Any, envelope: Envelope, people: People, trouble: str, request: pytest.FixtureRequest
) -> None:
    server, egress = await egress_to({"dot": request.getfixturevalue(trouble)}, data_seconds=0.1)
    server.answers["RCPT TO:<bo@city.example>"] = "550 5.1.1 no"
    deliveries = await send(egress, envelope, *people)
    assert [(one.reply.code, one.in_doubt) for one in deliveries] == [(451, True), (550, False), (451, True)]
    await egress.close()
    assert server.commands.count("DATA") == 1, "after our dot nothing is ever sent again"
    assert server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"250-more\r\n" * 500, id="endless 250-"),
        pytest.param(b"250 " + b"x" * 1_000_000, id="1 MB line"),
        pytest.param(b"250 O\rK\r\n", id="bare CR"),
        pytest.param(b"250 O\0K\r\n", id="NUL"),
        pytest.param(b"999 what\r\n", id="code 999"),
        pytest.param(b"\r\n", id="empty line"),
    ],
)
@pytest.mark.parametrize("step", ["banner", "MAIL", "dot"])
async def test_b09_malformed_replies(
    egress_to: Any, envelope: Envelope, people: People, step: str, answer: bytes
) -> None:
    _, egress = await egress_to({step: answer})
    [delivery] = await send(egress, envelope, people[0])
    line = str(delivery.reply)
    assert delivery.reply.code == 451 and len(line) <= 510 and line.isascii() and line.isprintable()
    assert delivery.in_doubt == (step == "dot")
    await egress.close()


async def test_a_reply_nobody_asked_for_answers_nothing(egress_to: Any, envelope: Envelope, people: People) -> None:
    """A server one reply ahead would have its surplus taken for the answer about the next recipient."""
    server, egress = await egress_to(
        {
            "RCPT TO:<ada@city.example>": b"250 one\r\n250 two\r\n",
            "RCPT TO:<bo@city.example>": "550 5.1.1 no such person",
        }
    )
    assert await offer_all(egress, envelope, people[:2]) == ["250 one", "550 5.1.1 no such person"]
    await egress.close()
    assert server.connections == 2


async def test_354_to_rcpt_is_not_obeyed(egress_to: Any, envelope: Envelope, people: People) -> None:
    server, egress = await egress_to({"RCPT TO:<ada@city.example>": "354 send it now"})
    assert await egress.offer(envelope, people[0]) == NEXT_HOP_AWAY
    await egress.close()
    assert server.arrived == []


async def test_address_that_no_command_can_hold(egress_to: Any, envelope: Envelope, people: People) -> None:
    _, egress = await egress_to()
    odd = Recipient(address=parse_address("jürgen@city.example"))
    assert (await egress.offer(envelope, odd)).code == 553
    assert (await egress.offer(envelope, people[0])).accepted
    assert said(await send(egress, envelope, odd))[0].startswith("553")
    assert said(await send(egress, envelope, people[0])) == ["250 2.0.0 queued"]
    await egress.close()


@pytest.mark.parametrize("content", [b"a\nb\r\n", b"a\rb\r\n", b"a\0\r\n", b"x\r\n.\n\r\n"])
async def test_unclean_content_never_leaves(egress_to: Any, envelope: Envelope, people: People, content: bytes) -> None:
    server, egress = await egress_to()
    await offer_all(egress, envelope, people)
    assert [one.reply.code for one in await send(egress, envelope, *people, content=content)] == [451] * 3
    await egress.close()
    assert "DATA" not in server.commands


async def test_transaction_left_open_is_reset_by_the_next_user(
    egress_to: Any, envelope: Envelope, people: People
) -> None:
    """A client that says RSET after RCPT must not leave its recipients to the next message."""
    server, first = await egress_to()
    await offer_all(first, envelope, people[:2])
    await first.close()
    second = SmtpEgress(first._chain.used)
    await offer_all(second, envelope, people[2:])
    await send(second, envelope, people[2])
    await second.close()
    assert server.connections == 1
    assert [message.recipients for message in server.arrived] == [["<cy@city.example>"]]


@pytest.mark.parametrize("stale", ["421 4.4.2 idle too long", "drop"])
async def test_stale_connection_is_replaced_before_anything_was_sent(
    egress_to: Any, envelope: Envelope, people: People, stale: str, drop: object
) -> None:
    server, first = await egress_to()
    await send(first, envelope, people[0])
    await first.close()
    server.answers["MAIL"] = [drop if stale == "drop" else stale]
    second = SmtpEgress(first._chain.used)
    assert said(await send(second, envelope, people[1])) == ["250 2.0.0 queued"]
    await second.close()
    assert server.connections == 2
    assert [message.recipients for message in server.arrived] == [["<ada@city.example>"], ["<bo@city.example>"]]


async def test_a_new_connection_that_says_421_is_not_tried_again(
    egress_to: Any, envelope: Envelope, people: People
) -> None:
    server, egress = await egress_to({"MAIL": "421 4.3.2 too busy"})
    assert said(await send(egress, envelope, people[0])) == ["451 4.3.2 too busy"]
    await egress.close()
    assert server.connections == 1


async def test_connection_lost_between_offer_and_send_is_replaced(
    egress_to: Any, envelope: Envelope, people: People, eventually: Any
) -> None:
    server, egress = await egress_to()
    await offer_all(egress, envelope, people)
    server.writers[0].transport.abort()
    await eventually(lambda: not egress._connection.usable)
    assert said(await send(egress, envelope, *people)) == ["250 2.0.0 queued"] * 3
    await egress.close()
    assert len(server.arrived) == 1


async def test_cancelled_in_the_content_never_reuses_the_connection(
    egress_to: Any, envelope: Envelope, people: People
) -> None:
    async def stop_reading(session: Any) -> str:
        session.writer.transport.pause_reading()
        return "354 go ahead"

    server, egress = await egress_to({"DATA": [stop_reading]})
    task = asyncio.ensure_future(egress.send(envelope, shipment(people[0], content=b"z" * 30_000_000 + b"\r\n")))
    await asyncio.sleep(0.2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await egress.close()
    assert egress._chain.used.health.idle == 0 and egress._chain.used.health.in_use == 0
    assert server.arrived == []


async def test_dsn_parameters_reach_the_next_hop(egress_to: Any) -> None:
    server, egress = await egress_to()
    envelope = Envelope(
        reverse_path=parse_address("clerk@city.example"), recipients=(), body="8BITMIME", ret="HDRS", envid="Aa1"
    )
    one = Recipient(address=parse_address("ada@city.example"), notify="FAILURE,DELAY", orcpt="rfc822;a@city.example")
    await send(egress, envelope, one)
    await egress.close()
    assert "MAIL FROM:<clerk@city.example> BODY=8BITMIME RET=HDRS ENVID=Aa1" in server.commands
    assert "RCPT TO:<ada@city.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;a@city.example" in server.commands


async def test_old_server_gets_helo(egress_to: Any, envelope: Envelope, people: People) -> None:
    server, egress = await egress_to({"EHLO": "500 5.5.1 what?"})
    assert said(await send(egress, envelope, people[0], content=b"Subject: x\r\n\r\n")) == ["250 2.0.0 queued"]
    assert server.commands[:2] == ["EHLO gw.city.example", "HELO gw.city.example"]
    await egress.close()


async def test_b13_never_more_connections_than_allowed(egress_to: Any, envelope: Envelope, people: People) -> None:
    server, egress = await egress_to(connections=4)
    pool = egress._chain.used

    async def one() -> Any:
        way = SmtpEgress(pool)
        await way.offer(envelope, people[0])
        deliveries = await way.send(envelope, shipment(people[0]))
        await way.close()
        return deliveries[0].reply.code

    assert await asyncio.gather(*(one() for _ in range(100))) == [250] * 100
    assert len(server.arrived) == 100
    assert server.most_open <= 4
    assert pool.health.in_use == 0
