"""A session's state as the next hop sees it, so that no command ever becomes content and nothing is sent in doubt."""

import asyncio
from typing import Any

import pytest

from gateway.config import NextHop, Tls
from gateway.relay.connection import SLOWEST, Connection
from gateway.relay.session import connect

ENVELOPE = [b"MAIL FROM:<>\r\n", b"RCPT TO:<ada@city.example>\r\n", b"DATA\r\n"]


async def connected(port: int, data_seconds: float = 5) -> Connection:
    hop = NextHop(name="x", host="127.0.0.1", port=port, tls=Tls.OFF, command_seconds=5, data_seconds=data_seconds)
    return await connect(hop, "gw.city.example", None)


async def test_a_group_goes_out_at_once_where_the_next_hop_pipelines(serve: Any, eventually: Any) -> None:
    async def slow(_: Any) -> str:
        await asyncio.sleep(0.05)
        return "250 2.1.0 OK"

    server = await serve({"MAIL": slow, "EHLO": ["250-mx\r\n250 PIPELINING", "250 mx"]})
    pipelining, plain = await connected(server.port), await connected(server.port)
    for connection in (pipelining, plain):
        assert [reply.code for reply in await connection.exchange(ENVELOPE)] == [250, 250, 354]
        assert not connection.usable, "it waits for content"
        connection.close()
    await eventually(lambda: server.open == 0)
    assert "QUIT" not in server.commands, "QUIT would have been content"


async def test_content_ends_the_transaction_and_the_doubt(serve: Any) -> None:
    connection = await connected((await serve()).port)
    await connection.exchange(ENVELOPE)
    assert [one.code for one in await connection.send_content((b"a: b\r\n\r\n",), 8, 1)] == [250]
    assert connection.usable and not connection.in_doubt and not connection.transaction_open
    connection.close()


async def test_no_answer_to_the_dot_leaves_doubt(serve: Any, hang: object) -> None:
    connection = await connected((await serve({"dot": hang})).port, data_seconds=0.1)
    await connection.exchange(ENVELOPE)
    assert not connection.in_doubt
    assert await connection.send_content((b"a: b\r\n\r\n",), 8, 1) == []
    assert "did not answer" in connection.failure
    assert connection.in_doubt and not connection.usable


async def test_a_next_hop_that_looks_through_a_large_content_has_time_for_it(serve: Any) -> None:
    """Its doubt would be a second copy for the recipient."""

    async def slow(_: Any) -> str:
        await asyncio.sleep(0.4)
        return "250 2.0.0 queued"

    connection = await connected((await serve({"dot": slow})).port, data_seconds=0.1)
    await connection.exchange(ENVELOPE)
    content = b"a: b\r\n\r\n" + b"line\r\n" * (2 * SLOWEST // 6)
    assert [one.code for one in await connection.send_content((content,), len(content), 1)] == [250]
    connection.close()


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "dot"])
async def test_421_is_the_last_word(serve: Any, step: str) -> None:
    connection = await connected((await serve({step: "421 4.3.2 going down"})).port)
    await connection.exchange(ENVELOPE[: 1 if step == "MAIL" else 2])
    if step == "dot":
        await connection.exchange(ENVELOPE[2:])
        assert [one.code for one in await connection.send_content((b"a: b\r\n\r\n",), 8, 1)] == [421]
    assert not connection.usable
    connection.close()
