"""A message that a next hop cannot take, by what its EHLO offers, is refused by us and in our words."""

from dataclasses import replace
from typing import Any

import pytest

from rules.address import parse_address
from rules.transaction import Envelope
from tests.gateway.relay.sending import CONTENT, NO_PIPELINING, People, offer_all, send


async def test_c23_internationalized_mail_needs_smtputf8(egress_to: Any, people: People) -> None:
    envelope = Envelope(reverse_path=parse_address("jürgen@city.example"), recipients=(), smtputf8=True)
    server, egress = await egress_to(NO_PIPELINING)
    reply = await egress.offer(envelope, people[0])
    assert (reply.code, reply.status) == (550, "5.6.7")
    assert not any(line.startswith("MAIL") for line in server.commands)
    await egress.close()
    server, egress = await egress_to()
    assert (await egress.offer(envelope, people[0])).accepted
    assert "MAIL FROM:<jürgen@city.example> SMTPUTF8" in server.commands
    await egress.close()


@pytest.mark.parametrize("offered", [True, False], ids=["after RCPT", "in one go"])
@pytest.mark.parametrize(
    ("content", "code"), [(CONTENT, "554 5.6.3"), (CONTENT.replace(b"\xe9", b"e"), "250 2.0.0")], ids=["8 bits", "7"]
)
async def test_content_in_8_bits_needs_8bitmime(
    egress_to: Any, envelope: Envelope, people: People, offered: bool, content: bytes, code: str
) -> None:
    """RFC 6152 section 3. The words are ours, so that a stranger may read them."""
    server, egress = await egress_to({"EHLO": "250-mx.city.example\r\n250 PIPELINING"})
    if offered:
        await offer_all(egress, envelope, people[:1])
    [delivery] = await send(egress, envelope, people[0], content=content)
    assert str(delivery.reply).startswith(code)
    assert delivery.reply.quoted is delivery.reply.accepted
    [after] = await send(egress, envelope, people[1], content=b"Subject: next\r\n\r\n")
    assert after.reply.accepted
    await egress.close()
    assert len(server.arrived) == 1 + (code[0] == "2") and server.connections == 1


@pytest.mark.parametrize("offered", [True, False], ids=["after RCPT", "in one go"])
@pytest.mark.parametrize(("limit", "code"), [(len(CONTENT), 250), (len(CONTENT) - 1, 552), (0, 250)])
async def test_no_more_octets_than_the_next_hop_takes(
    egress_to: Any, envelope: Envelope, people: People, offered: bool, limit: int, code: int
) -> None:
    """RFC 1870: what is too large does not cross the wire to be refused behind it."""
    server, egress = await egress_to({"EHLO": f"250-mx.city.example\r\n250-8BITMIME\r\n250 SIZE {limit}"})
    if offered:
        await offer_all(egress, envelope, people[:1])
    [delivery] = await send(egress, envelope, people[0])
    await egress.close()
    assert delivery.reply.code == code and len(server.arrived) == (code == 250)
    sized = f"MAIL FROM:<clerk@elsewhere.example> SIZE={len(CONTENT)}"
    assert (sized in server.commands) is (code == 250 and not offered)


@pytest.mark.parametrize(("size", "code"), [(1_000, 250), (1_001, 552)])
async def test_a_size_that_was_declared_is_refused_at_rcpt(
    egress_to: Any, envelope: Envelope, people: People, size: int, code: int
) -> None:
    _, egress = await egress_to({"EHLO": "250-mx.city.example\r\n250 SIZE 1000"})
    assert (await egress.offer(replace(envelope, size=size), people[0])).code == code
    await egress.close()
