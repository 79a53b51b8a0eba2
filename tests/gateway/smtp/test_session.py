"""One connection: who may come, how long, how much, and what a client's hanging up does and does not do."""

import asyncio
import socket
import struct
from contextlib import suppress

import pytest

from gateway.config import Limits
from gateway.logs import EXTRA
from gateway.smtp import session
from gateway.smtp.data import DataReader
from rules.transaction import ListenerKind


async def read_all(client: socket.socket) -> bytes:
    loop = asyncio.get_running_loop()
    said = b""
    with client:
        while octets := await asyncio.wait_for(loop.sock_recv(client, 4096), 5):
            said += octets
    return said


def reset(client) -> None:
    """Hang up with RST instead of FIN."""
    connection = client.writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.writer.transport.abort()


async def test_who_talks_before_the_banner_is_refused_c10(edge):
    client = edge.eager(b"EHLO early.example\r\nMAIL FROM:<a@b.example>\r\n")
    assert await read_all(client) == b"554 5.5.0 You talk before your turn\r\n"


async def test_an_http_request_is_refused_before_the_banner(edge):
    assert (await read_all(edge.eager(b"POST / HTTP/1.1\r\n\r\n"))).startswith(b"554 5.5.0")


async def test_a_network_that_is_not_allowed_is_refused_at_the_banner(opened):
    house = await opened(networks=())
    client = await house.talk()
    assert (await client.reply()).startswith("554 5.7.1")
    assert await client.reply() == ""


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no socket for both families here")
async def test_a_client_over_ipv4_is_known_by_ipv4_where_both_families_are_listened_on(opened):
    house = await opened(address="::")
    assert (await (await house.talk()).mail(b"\r\n")).startswith("250")
    ((transaction, _),) = house.city.received
    assert transaction.client.address == "127.0.0.1"


async def test_connections_of_one_client_are_capped_and_places_come_free_h02(opened, until):
    house = await opened(limits=Limits(connections_per_client=2))
    first, second = await house.talk(), await house.talk()
    assert (await first.reply()).startswith("220")
    assert (await second.reply()).startswith("220")
    third = await house.talk()
    assert (await third.reply()).startswith("421 4.3.2")
    assert await third.reply() == ""
    await first.ask("QUIT")
    await until(lambda: len(house.listener._sessions) == 1)
    assert (await (await house.talk()).reply()).startswith("220")


async def test_all_connections_are_capped_h02(opened):
    house = await opened(limits=Limits(connections=1))
    assert (await (await house.talk()).reply()).startswith("220")
    assert (await (await house.talk()).reply()).startswith("421 4.3.2")


async def test_a_line_of_2048_octets_is_read_and_one_more_is_not_c14(edge):
    client = await edge.talk()
    await client.reply()
    assert await client.ask("NOOP " + "x" * 2_041) == "250 2.0.0 Ok"
    assert await client.ask("NOOP " + "x" * 2_042) == "500 5.5.2 Command line too long"
    assert await client.ask("NOOP " + "x" * 30_000) == "500 5.5.2 Command line too long"
    assert await client.ask("NOOP") == "250 2.0.0 Ok"


async def test_a_line_without_end_ends_the_session_c14(edge, until):
    client = await edge.talk()
    await client.reply()
    client.send(b"x" * 1_000_000)
    with suppress(ConnectionError):  # we close with octets unread, so the system may take our last words back
        assert (await client.reply())[:3] in ("421", "")
    await until(lambda: not edge.listener._sessions)


async def test_too_many_errors_end_the_session(opened):
    house = await opened(limits=Limits(errors=3))
    client = await house.talk()
    await client.reply()
    for _ in range(3):
        assert (await client.ask("WHAT")).startswith("500")
    client.send(b"WHAT\r\n")
    assert (await client.reply()).startswith("500")
    assert (await client.reply()).startswith("421 4.7.0")
    assert await client.reply() == ""


async def test_an_idle_client_is_told_and_cut_c17(opened):
    house = await opened(limits=Limits(command_idle_seconds=0.1))
    client = await house.talk()
    await client.reply()
    client.send(b"NO")
    assert (await client.reply()).startswith("421 4.4.2")
    assert await client.reply() == ""


async def test_a_client_that_stops_within_the_content_is_told_and_cut_c17(opened, until):
    house = await opened(limits=Limits(data_idle_seconds=0.1))
    client = await house.talk()
    await client.start()
    client.send(b"Subject: half")
    assert (await client.reply()).startswith("421 4.4.2")
    await until(lambda: house.city.closed == 1)
    assert house.city.received == []


async def test_a_client_that_sends_nothing_after_354_is_cut_c17(opened):
    house = await opened(limits=Limits(data_idle_seconds=0.1))
    client = await house.talk()
    await client.start()
    assert (await client.reply()).startswith("421 4.4.2")


async def test_a_client_that_keeps_sending_is_not_cut_c17(opened):
    house = await opened(limits=Limits(data_idle_seconds=0.3))
    client = await house.talk()
    await client.start()
    for _ in range(5):
        client.send(b"one more line\r\n")
        await asyncio.sleep(0.1)
    client.send(b".\r\n")
    assert (await client.reply()).startswith("250 2.0.0")


async def test_a_slow_next_hop_is_not_the_clients_fault_c17(opened):
    house = await opened(limits=Limits(command_idle_seconds=0.1))
    client = await house.talk()
    await client.reply()
    await client.ask("EHLO a.example", "MAIL FROM:<ada@elsewhere.example>")
    assert (await client.ask("RCPT TO:<slow@city.example>")).startswith("250")


async def test_an_offer_ends_though_the_client_has_gone(edge, until):
    client = await edge.talk()
    await client.reply()
    await client.ask("EHLO a.example", "MAIL FROM:<ada@elsewhere.example>")
    client.send(b"RCPT TO:<slow@city.example>\r\n")
    await until(lambda: edge.city.offers)
    reset(client)
    await until(lambda: edge.city.slow_offers == edge.city.closed == 1)


async def test_our_own_time_is_not_the_clients_l3_c17(opened, until):
    house = await opened(limits=Limits(command_idle_seconds=0.1, data_idle_seconds=0.1))
    house.city.gate = asyncio.Event()
    client = await house.talk()
    await client.start()
    client.send(b"x\r\n.\r\n")
    await asyncio.wait_for(house.city.started.wait(), 5)
    await asyncio.sleep(0.3)
    house.city.gate.set()
    assert (await client.reply()).startswith("250 2.0.0")


async def test_a_content_too_large_is_refused_after_its_end_and_the_session_goes_on_c16(opened):
    house = await opened(limits=Limits(message_octets=3_000_000))
    client = await house.talk()
    line = b"y" * 98 + b"\r\n"
    assert (await client.mail(b"\r\n" + line * 30_000)).startswith("552 5.3.4")
    assert list(house.listener._shared.reception.spool.folder.iterdir()) == []
    assert house.listener._shared.reception.spool.free == 4 * 1024**3
    await client.ask("MAIL FROM:<ada@elsewhere.example>", "RCPT TO:<pat@city.example>", "DATA")
    client.send(b"\r\n" + line * 29_999 + b".\r\n")
    assert (await client.reply()).startswith("250 2.0.0")
    assert house.city.contents == [b"\r\n" + line * 29_999]


async def test_a_spool_that_is_full_is_temporary_h04(edge):
    edge.listener._shared.reception.spool.free = 2_000_000
    client = await edge.talk()
    line = b"y" * 98 + b"\r\n"
    assert (await client.mail(b"\r\n" + line * 30_000)).startswith("452 4.3.1")
    assert (await client.ask("MAIL FROM:<ada@elsewhere.example> SIZE=2000001")).startswith("452 4.3.1")
    await client.ask("MAIL FROM:<ada@elsewhere.example>", "RCPT TO:<pat@city.example>", "DATA")
    client.send(b"small\r\n.\r\n")
    assert (await client.reply()).startswith("250 2.0.0")


async def test_lines_of_any_length_arrive_l10_c15(edge):
    client = await edge.talk()
    content = b"\r\n" + b"".join(
        b"z" * length + b"\r\n" for length in (998, 999, 1_001, 4_096, 65_536, 65_537, 1_100_000)
    )
    assert (await client.mail(content)).startswith("250")
    assert edge.city.contents == [content]


SMUGGLED = [
    b"\n.\n", b"\n.\r\n", b"\n.\r", b"\r.\r", b"\r.\n", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r",
    b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\r\n.\r\r\n", b"\r\r\n.\r\r\n",
]  # fmt: skip


@pytest.mark.parametrize("form", SMUGGLED, ids=repr)
@pytest.mark.parametrize("kind", ListenerKind)
async def test_only_one_form_ends_a_content_c01(opened, form, kind):
    house = await opened(kind)
    client = await house.talk()
    evil = b"MAIL FROM:<evil@elsewhere.example>\r\nRCPT TO:<pat@city.example>\r\nDATA\r\nevil\r\n"
    reply = await client.mail(b"first" + form + evil)
    assert reply.startswith("550 5.6.11" if kind is ListenerKind.EDGE else "250")
    assert await client.ask("NOOP") == "250 2.0.0 Ok"
    assert len(house.city.received) == (0 if kind is ListenerKind.EDGE else 1)
    for content in house.city.contents:
        lines = content.split(b"\r\n")
        assert not any(b"\r" in line or b"\n" in line or b"\0" in line for line in lines)


@pytest.mark.parametrize("octet", [b"\x7f", b"\x1b", b"\x85", b"\xff"], ids=repr)
async def test_odd_octets_in_a_content_arrive_as_they_are_c05(edge, octet):
    client = await edge.talk()
    content = b"Subject: " + octet + b"\r\n\r\n" + octet + b"\r\n"
    assert (await client.mail(content)).startswith("250")
    assert edge.city.contents == [content]


async def test_a_large_content_is_a_read_only_map(edge):
    client = await edge.talk()
    content = b"\r\n" + (b"." + b"y" * 97 + b"\r\n") * 20_000
    assert (await client.mail(content.replace(b"\r\n.", b"\r\n.."))).startswith("250")
    ((transaction, received),) = edge.city.received
    assert received == content
    with pytest.raises(TypeError):
        transaction.message.octets[0:1] = b"X"  # type: ignore[index]
    assert edge.listener._shared.reception.spool.free == 4 * 1024**3


async def test_what_a_transaction_says(opened):
    house = await opened(ListenerKind.INTERNAL)
    client = await house.talk()
    reply = await client.mail(b"x\r\n", sender="", to=("Pat@City.example",))
    ((transaction, _),) = house.city.received
    assert reply == f"250 2.0.0 Ok: {transaction.id}"
    assert transaction.listener == "test"
    assert transaction.kind is ListenerKind.INTERNAL
    assert transaction.received.tzinfo is not None
    assert transaction.client.address == "127.0.0.1"
    assert transaction.client.name == "client.elsewhere.example"
    assert not transaction.client.tls
    assert transaction.envelope.reverse_path is None
    assert str(transaction.envelope.recipients[0].address) == "Pat@city.example"


STEPS = (
    b"EHLO a.example\r\n",
    b"MAIL FROM:<a@b.example>\r\n",
    b"RCPT TO:<pat@city.example>\r\n",
    b"DATA\r\n",
    b"half a line",
)


@pytest.mark.parametrize("steps", range(len(STEPS) + 1))
@pytest.mark.parametrize("how", ["close", "half-close", "reset"])
async def test_a_client_that_hangs_up_anywhere_leaves_nothing(edge, until, steps, how):
    client = await edge.talk()
    await client.reply()
    for step in STEPS[:steps]:
        client.send(step)
        if step.endswith(b"\n"):
            await client.reply()
    if how == "half-close":
        client.writer.write_eof()
    elif how == "reset":
        reset(client)
    else:
        client.close()
    await until(lambda: not edge.listener._sessions)
    await until(lambda: edge.city.closed == edge.city.opened)
    assert edge.city.received == []


async def test_a_commit_ends_though_the_connection_is_lost_l4_c18(edge, until):
    edge.city.gate = asyncio.Event()
    client = await edge.talk()
    await client.start()
    client.send(b"x\r\n.\r\n")
    await asyncio.wait_for(edge.city.started.wait(), 5)
    reset(client)
    await until(lambda: not edge.listener._sessions)
    assert edge.listener.commits_in_flight == 1
    edge.city.gate.set()
    await until(lambda: edge.listener.commits_in_flight == 0)
    assert edge.city.contents == [b"x\r\n"]
    assert edge.city.closed == edge.city.opened == 1


@pytest.mark.parametrize("how", ["half-close", "reset"])
async def test_a_client_that_hangs_up_within_the_content_is_no_error_of_ours(edge, until, caplog, how):
    caplog.set_level("INFO", "mailward")
    client = await edge.talk()
    await client.start()
    client.send(b"half a line")
    if how == "reset":
        reset(client)
    else:
        client.writer.write_eof()
    await until(lambda: not edge.listener._sessions and edge.city.closed == 1)
    await until(lambda: caplog.messages)
    (record,) = caplog.records
    assert getattr(record, EXTRA)["cause"] == "client gone before the end of the content"


async def test_a_client_that_resets_after_the_content_is_no_error_of_ours(edge, until, caplog):
    edge.city.gate = asyncio.Event()
    client = await edge.talk()
    await client.start()
    client.send(b"x\r\n.\r\n")
    await asyncio.wait_for(edge.city.started.wait(), 5)
    reset(client)
    await until(lambda: not edge.listener._sessions)
    caplog.set_level("INFO", "mailward")
    edge.city.gate.set()
    await until(lambda: "ended" in caplog.messages)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"], "the outcome, then the end"
    assert "client went before it could be told: 250" in caplog.messages[0]


async def test_a_commit_ends_though_its_session_is_cancelled_l4(edge, until):
    edge.city.gate = asyncio.Event()
    client = await edge.talk()
    await client.start()
    client.send(b"x\r\n.\r\n")
    await asyncio.wait_for(edge.city.started.wait(), 5)
    (running,) = edge.listener._sessions
    running._handler_coroutine.cancel()
    await until(lambda: not edge.listener._sessions)
    edge.city.gate.set()
    await until(lambda: edge.city.contents == [b"x\r\n"])


async def test_a_client_that_sends_no_more_still_gets_its_reply_c18(edge):
    edge.city.gate = asyncio.Event()
    client = await edge.talk()
    await client.start()
    client.send(b"x\r\n.\r\n")
    client.writer.write_eof()
    await asyncio.wait_for(edge.city.started.wait(), 5)
    await asyncio.sleep(0.05)
    edge.city.gate.set()
    assert (await client.reply()).startswith("250 2.0.0")
    assert await client.reply() == ""


async def test_a_client_that_never_reads_is_cut(opened, until, monkeypatch):
    monkeypatch.setattr(session, "LINGER", 0.1)
    house = await opened(limits=Limits(command_idle_seconds=0.3, errors=10**9))
    client = await house.talk()
    await client.reply()
    client.writer.transport.pause_reading()
    client.send(b"WHAT\r\n" * 200_000)
    await asyncio.sleep(0.1)
    async with asyncio.timeout(20):
        while house.listener._sessions:
            await asyncio.sleep(0.05)


async def test_a_fast_client_gives_way_in_each_turn_of_the_loop_h04(edge, monkeypatch):
    """libuv reads one socket up to 32 times before it looks at the next: seconds in which nobody else was answered."""
    loop = asyncio.get_running_loop()
    turns = [0]
    feed = DataReader.feed

    def counted(reader: DataReader, octets: bytes) -> bytes | None:
        turns[-1] += len(octets)
        return feed(reader, octets)

    def next_turn() -> None:
        turns.append(0)
        following[0] = loop.call_soon(next_turn)

    client = await edge.talk()
    await client.start()
    monkeypatch.setattr(DataReader, "feed", counted)
    following = [loop.call_soon(next_turn)]
    sock = client.writer.get_extra_info("socket").dup()
    sock.setblocking(True)
    sending = asyncio.create_task(asyncio.to_thread(sock.sendall, b"\r\n" + (b"y" * 98 + b"\r\n") * 400_000 + b".\r\n"))
    assert (await client.reply()).startswith("250 2.0.0")
    await sending
    sock.close()
    following[0].cancel()
    assert max(turns) < 3 * session.TURN
