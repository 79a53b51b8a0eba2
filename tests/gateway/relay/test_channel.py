"""The transport under a session: replies in order, waits that end, one reason for a failure."""

import asyncio
from typing import Any

import pytest

from gateway.relay.channel import Channel, NextHopError


async def dial(port: int) -> Channel:
    _, channel = await asyncio.get_running_loop().create_connection(Channel, "127.0.0.1", port)
    return channel


async def test_a_greeting_that_is_there_before_anyone_waits(serve: Any, eventually: Any) -> None:
    channel = await dial((await serve()).port)
    await eventually(lambda: len(channel._replies) == 1)
    assert (await channel.reply(5)).code == 220
    assert channel.idle
    channel.close()


async def test_replies_come_in_the_order_of_the_commands(serve: Any) -> None:
    server = await serve({"MAIL": "550 5.7.1 no", "DATA": "503 5.5.1 no"})
    channel = await dial(server.port)
    channel.write(b"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n")
    channel.expect(4)
    assert [(await channel.reply(5)).code for _ in range(5)] == [220, 250, 550, 250, 503]
    assert channel.idle
    channel.close()


async def test_what_came_before_a_failure_is_still_read(serve: Any, eventually: Any) -> None:
    channel = await dial((await serve({"banner": b"220 hello\r\nnonsense\r\n"})).port)
    await eventually(lambda: channel.failure)
    assert channel.failure == "not an SMTP reply"
    assert (await channel.reply(5)).code == 220
    with pytest.raises(NextHopError, match="not an SMTP reply"):
        await channel.reply(5)


async def test_a_wait_ends_and_ends_the_channel(serve: Any, hang: object) -> None:
    channel = await dial((await serve({"banner": hang})).port)
    with pytest.raises(NextHopError, match="did not answer"):
        await channel.reply(0.05)
    assert channel.failure and not channel.idle


async def test_no_wait_outlasts_the_deadline(serve: Any, hang: object) -> None:
    channel = await dial((await serve({"banner": hang})).port)
    channel.deadline = asyncio.get_running_loop().time() + 0.05
    async with asyncio.timeout(2):
        with pytest.raises(NextHopError):
            await channel.reply(60)


async def test_the_first_reason_is_kept(serve: Any) -> None:
    channel = await dial((await serve()).port)
    channel.fail("took no more octets")
    await asyncio.sleep(0.02)
    assert channel.failure == "took no more octets"
    channel.write(b"NOOP\r\n")  # says nothing: the next wait does
    with pytest.raises(NextHopError, match="took no more octets"):
        await channel.writable(0.05)


async def test_closing_says_quit(serve: Any, eventually: Any) -> None:
    server = await serve()
    channel = await dial(server.port)
    await channel.reply(5)
    channel.close()
    await eventually(lambda: server.open == 0)
    assert server.commands == ["QUIT"]
