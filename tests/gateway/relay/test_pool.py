"""Connections are shared, aged, replaced and counted (reliability section 4, Exchange's limits)."""

import asyncio
from typing import Any

import pytest

from gateway.relay import pool as pool_module
from gateway.relay.channel import NextHopError
from gateway.relay.commands import Extensions
from gateway.relay.pool import MESSAGES_PER_CONNECTION, Pool


async def test_a_connection_is_used_again(serve: Any, pool_of: Any) -> None:
    server = await serve()
    pool: Pool = pool_of(server.port)
    first = await pool.acquire()
    pool.release(first)
    assert await pool.acquire() is first
    assert (pool.health.in_use, pool.health.idle, pool.health.connects) == (1, 0, 1)
    pool.release(first)


@pytest.mark.parametrize("limit", ["IDLE_SECONDS", "AGE_SECONDS"])
async def test_an_old_connection_is_not(
    serve: Any, pool_of: Any, eventually: Any, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    server = await serve()
    pool: Pool = pool_of(server.port)
    first = await pool.acquire()
    pool.release(first)
    monkeypatch.setattr(pool_module, limit, 0.0)
    second = await pool.acquire()
    assert second is not first
    pool.release(second)
    await eventually(lambda: server.open == 0)  # both were closed


async def test_an_idle_connection_is_closed_in_time(
    serve: Any, pool_of: Any, eventually: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "IDLE_SECONDS", 0.05)
    server = await serve()
    pool: Pool = pool_of(server.port)
    pool.release(await pool.acquire())
    assert pool.health.idle == 1
    await eventually(lambda: server.open == 0)
    assert pool.health.idle == 0
    assert server.commands[-1] == "QUIT"


async def test_after_twenty_messages_it_is_closed(serve: Any, pool_of: Any) -> None:
    server = await serve()
    pool: Pool = pool_of(server.port)
    connection = await pool.acquire()
    connection.messages = MESSAGES_PER_CONNECTION
    pool.release(connection)
    assert pool.health.idle == 0


@pytest.mark.parametrize("farewell", [b"421 4.4.2 idle too long\r\n", b""])
async def test_one_that_the_server_has_closed_is_passed_over(
    serve: Any, pool_of: Any, eventually: Any, farewell: bytes
) -> None:
    server = await serve()
    pool: Pool = pool_of(server.port)
    first = await pool.acquire()
    pool.release(first)
    server.writers[0].write(farewell)
    server.writers[0].close()
    await eventually(lambda: not first.usable)
    second = await pool.acquire()
    assert second is not first and second.usable
    pool.release(second)


async def test_waiting_for_a_free_one_has_an_end(serve: Any, pool_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "WAIT_SECONDS", 0.05)
    server = await serve()
    pool: Pool = pool_of(server.port, connections=1)
    only = await pool.acquire()
    with pytest.raises(NextHopError, match="busy"):
        await pool.acquire()
    waiting = asyncio.ensure_future(pool.acquire())
    await asyncio.sleep(0.01)
    pool.release(only)
    assert await waiting is only
    pool.release(only)


async def test_a_failed_dial_frees_its_place(pool_of: Any) -> None:
    pool: Pool = pool_of(1, connections=1)
    for _ in range(3):
        with pytest.raises(NextHopError, match="connect"):
            await pool.acquire()
    assert pool.health.in_use == 0


async def test_a_fresh_one_stays_within_the_number_allowed(serve: Any, pool_of: Any, eventually: Any) -> None:
    server = await serve()
    pool: Pool = pool_of(server.port, connections=2)
    one, two = await pool.acquire(), await pool.acquire()
    pool.release(one)
    pool.release(two)
    fresh = await pool.acquire(fresh=True)
    assert fresh not in (one, two)
    await eventually(lambda: server.open <= 2)
    pool.release(fresh)


async def test_close_ends_idle_ones_now_and_others_as_they_come_back(serve: Any, pool_of: Any, eventually: Any) -> None:
    server = await serve()
    pool: Pool = pool_of(server.port)
    used, idle = await pool.acquire(), await pool.acquire()
    pool.release(idle)
    pool.close()
    await eventually(lambda: server.open == 1)
    pool.release(used)
    await eventually(lambda: server.open == 0)
    with pytest.raises(NextHopError):
        await pool.acquire()


async def test_what_the_next_hop_offers_is_known_before_the_first_message(serve: Any, pool_of: Any) -> None:
    server = await serve({"EHLO": ["250-mx\r\n250 SMTPUTF8", "250-mx\r\n250 SIZE 1000"]})
    pool: Pool = pool_of(server.port)
    assert pool.extensions is None
    await pool.greet()
    assert pool.extensions == Extensions(smtputf8=True)
    assert (pool.health.idle, pool.health.connects, server.commands) == (1, 1, ["EHLO gw.city.example"])
    pool.release(await pool.acquire(fresh=True))
    assert pool.extensions == Extensions(size=1_000)


async def test_who_does_not_answer_the_greeting_is_noted(serve: Any, pool_of: Any) -> None:
    server = await serve({"banner": "554 5.3.2 closed"})
    pool: Pool = pool_of(server.port)
    await pool.greet()
    assert pool.down and pool.health.failures == 1
