"""Who speaks for whom: PROXY, XCLIENT and XFORWARD on a listener, from those who may and from those who may not."""

import asyncio
from contextlib import suppress
from ipaddress import ip_network

import pytest

from gateway.config import Limits
from gateway.logs import EXTRA
from gateway.smtp import proxy
from rules.transaction import ListenerKind

LOOPBACK = (ip_network("127.0.0.0/8"),)
ELSEWHERE = (ip_network("192.0.2.0/24"),)
ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
HEADER = b"PROXY TCP4 192.0.2.7 127.0.0.1 40000 25\r\n"
MESSAGE = ("MAIL FROM:<ada@elsewhere.example>", "RCPT TO:<pat@city.example>")


async def deliver(client) -> None:
    assert (await client.ask(*MESSAGE)).startswith("250 2.1.5")
    assert (await client.ask("DATA")).startswith("354")
    client.send(b"Subject: x\r\n\r\nx\r\n.\r\n")
    assert (await client.reply()).startswith("250 2.0.0")


def clients(house) -> list[tuple[str, str, str | None]]:
    return [(t.client.address, t.client.name, t.client.authenticated) for t, _ in house.city.received]


async def begin(house, greeting: bytes = b"", hello: str = "mta.city.example"):
    client = await house.talk()
    client.send(greeting)
    assert (await client.reply()).startswith("220")
    offers = await client.ask(f"EHLO {hello}")
    return client, offers


async def test_the_client_behind_a_load_balancer_is_who_is_told_of(opened):
    house = await opened(proxy=LOOPBACK, networks=ELSEWHERE)
    client, _ = await begin(house, HEADER)
    await deliver(client)
    assert clients(house) == [("192.0.2.7", "mta.city.example", None)]


async def test_the_client_behind_a_load_balancer_must_be_of_the_networks(opened):
    house = await opened(proxy=LOOPBACK, networks=LOOPBACK)
    client = await house.talk()
    client.send(HEADER)
    assert (await client.reply()).startswith("554 5.7.1")
    assert await client.reply() == ""


async def test_a_header_from_anybody_else_is_not_read_c21(opened):
    house = await opened(proxy=ELSEWHERE, networks=ANYWHERE)
    client = await house.talk()
    client.send(HEADER)
    with suppress(ConnectionError):  # what we have not read is reset, which may overtake our words
        assert (await client.reply()).startswith("554 5.7.1")
        assert await client.reply() == ""
    assert house.listener._shared.connections._total == 0


async def test_a_header_is_talk_before_the_banner_where_none_is_expected_c21(opened, until):
    house = await opened(networks=ANYWHERE)
    client = house.eager(HEADER)
    with client:
        assert (await asyncio.get_running_loop().sock_recv(client, 100)).startswith(b"554 5.5.0")


@pytest.mark.parametrize(
    "start", [b"EHLO early.example\r\n", b"PROXY TCP4 x y 1 2\r\n", proxy.SIGNATURE + b"\xff" * 20]
)
async def test_without_a_header_the_connection_ends_unanswered_c21(opened, start, caplog):
    house = await opened(proxy=LOOPBACK, networks=ANYWHERE)
    client = await house.talk()
    client.send(start)
    with suppress(ConnectionError):  # what we have not read is reset
        assert await client.reply() == ""
    assert house.listener._shared.connections._total == 0
    assert all("\n" not in record.getMessage() for record in caplog.records)


async def test_who_says_nothing_is_not_waited_for(opened, monkeypatch, caplog):
    monkeypatch.setattr(proxy, "SECONDS", 0.05)
    caplog.set_level("INFO", "mailward.transaction")
    house = await opened(proxy=LOOPBACK, networks=ANYWHERE)
    client = await house.talk()
    assert await client.reply() == ""
    assert [getattr(record, EXTRA)["cause"] for record in caplog.records] == ["no PROXY header: nothing within 0 s"]


async def test_talk_behind_the_header_is_too_early_c10(opened):
    house = await opened(proxy=LOOPBACK, networks=ANYWHERE)
    client = await house.talk()
    client.send(HEADER + b"EHLO early.example\r\n")
    assert (await client.reply()).startswith("554 5.5.0")


async def test_a_health_check_is_greeted_as_the_load_balancer_itself(opened):
    house = await opened(proxy=LOOPBACK)
    client = await house.talk()
    client.send(proxy.SIGNATURE + b"\x20\x00\x00\x00")
    assert (await client.reply()).startswith("220")


async def test_places_are_counted_for_the_client_and_not_for_the_load_balancer_h02(opened):
    house = await opened(proxy=LOOPBACK, networks=ANYWHERE, limits=Limits(connections_per_client=1))
    await begin(house, HEADER)
    await begin(house, HEADER.replace(b".7 ", b".8 "))
    third = await house.talk()
    third.send(HEADER)
    assert (await third.reply()).startswith("421 4.3.2")


async def test_xclient_makes_the_session_another_clients(opened):
    house = await opened(xclient=LOOPBACK, networks=ANYWHERE)
    client, offers = await begin(house)
    assert "250-XCLIENT NAME ADDR PORT PROTO HELO LOGIN" in offers or "250 XCLIENT NAME ADDR" in offers
    said = "XCLIENT ADDR=192.0.2.7 HELO=spike.example LOGIN=ada@city.example"
    assert (await client.ask(said)) == "220 mx.city.example ESMTP Mailward"
    assert (await client.ask(MESSAGE[0])).startswith("503 5.5.1 Send EHLO first")
    await client.ask("EHLO mta.city.example")
    await deliver(client)
    await deliver(client)
    assert clients(house) == [("192.0.2.7", "spike.example", "ada@city.example")] * 2


async def test_xclient_may_correct_itself(opened):
    house = await opened(xclient=LOOPBACK, networks=ANYWHERE)
    client, _ = await begin(house)
    await client.ask("XCLIENT ADDR=192.0.2.7", "XCLIENT HELO=spike.example", "EHLO x.example")
    await deliver(client)
    await client.ask("XCLIENT ADDR=[UNAVAILABLE] HELO=[UNAVAILABLE]", "EHLO mta.city.example")
    await deliver(client)
    assert clients(house) == [("192.0.2.7", "spike.example", None), ("127.0.0.1", "mta.city.example", None)]


async def test_xclient_counts_for_the_client_it_names_h02(opened):
    house = await opened(xclient=LOOPBACK, networks=ANYWHERE, limits=Limits(connections_per_client=1))
    first, _ = await begin(house)
    assert (await first.ask("XCLIENT ADDR=192.0.2.7")).startswith("220")
    second, _ = await begin(house)
    assert (await second.ask("XCLIENT ADDR=192.0.2.7")).startswith("421 4.3.2")
    assert await second.reply() == ""
    await first.ask("QUIT")
    third, _ = await begin(house)
    assert (await third.ask("XCLIENT ADDR=192.0.2.7")).startswith("220")


async def test_xclient_lets_nobody_in_who_may_not_come(opened):
    house = await opened(xclient=LOOPBACK, networks=LOOPBACK)
    client, _ = await begin(house)
    assert (await client.ask("XCLIENT ADDR=192.0.2.7")).startswith("554 5.7.1")
    assert await client.reply() == ""


async def test_xforward_is_of_the_next_message_alone(opened):
    house = await opened(kind=ListenerKind.INTERNAL, xforward=LOOPBACK)
    client, offers = await begin(house)
    assert "XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE" in offers
    await client.ask("XFORWARD NAME=spike.example ADDR=192.0.2.7 PROTO=ESMTP", "XFORWARD HELO=spike.example")
    await deliver(client)
    await deliver(client)
    await client.ask("XFORWARD ADDR=192.0.2.7", "RSET")
    await deliver(client)
    plain = ("127.0.0.1", "mta.city.example", None)
    assert clients(house) == [("192.0.2.7", "spike.example", None), plain, plain]


async def test_xforward_without_an_address_means_mail_of_the_hop_itself(opened):
    house = await opened(xforward=LOOPBACK)
    client, _ = await begin(house)
    await client.ask("XFORWARD ADDR=[UNAVAILABLE] HELO=localhost")
    await deliver(client)
    assert clients(house) == [("127.0.0.1", "mta.city.example", None)]


@pytest.mark.parametrize("verb", ["XCLIENT", "XFORWARD"])
async def test_who_is_not_listed_is_refused_and_stays_who_he_is_c21(opened, verb):
    house = await opened(xclient=ELSEWHERE, xforward=ELSEWHERE)
    client, offers = await begin(house)
    assert verb not in offers
    assert (await client.ask(f"{verb} ADDR=192.0.2.7")).startswith("550 5.7.1")
    await deliver(client)
    assert clients(house) == [("127.0.0.1", "mta.city.example", None)]


async def test_xclient_does_not_open_the_way_to_further_xclient_c21(opened):
    """The right to speak for others is of who connected, not of who is spoken for."""
    house = await opened(xclient=ELSEWHERE, proxy=LOOPBACK, networks=ANYWHERE)
    client, _ = await begin(house, HEADER.replace(b"192.0.2.7", b"198.51.100.7"))
    assert (await client.ask("XCLIENT ADDR=192.0.2.7")).startswith("550 5.7.1")


@pytest.mark.parametrize("verb", ["XCLIENT", "XFORWARD"])
async def test_within_a_transaction_nobody_becomes_somebody_else(opened, verb):
    house = await opened(xclient=LOOPBACK, xforward=LOOPBACK, networks=ANYWHERE)
    client, _ = await begin(house)
    await client.ask(*MESSAGE)
    assert (await client.ask(f"{verb} ADDR=192.0.2.7")).startswith("503 5.5.1")
    assert (await client.ask("DATA")).startswith("354")


@pytest.mark.parametrize("verb", ["XCLIENT", "XFORWARD"])
async def test_what_cannot_be_read_changes_nothing(opened, verb):
    house = await opened(xclient=LOOPBACK, xforward=LOOPBACK, networks=ANYWHERE)
    client, _ = await begin(house)
    assert (await client.ask(f"{verb} ADDR=nonsense")).startswith("501 5.5.4")
    await deliver(client)
    assert clients(house) == [("127.0.0.1", "mta.city.example", None)]
