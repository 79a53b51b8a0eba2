"""A deadline that moves, is suspended and passes."""

import asyncio

import pytest

from gateway import watchdog as module
from gateway.watchdog import Watchdog


async def test_a_watchdog_moves_suspends_and_barks_once():
    loop = asyncio.get_running_loop()
    barks = []
    watchdog = Watchdog(loop, lambda: barks.append(loop.time()))
    start = loop.time()
    watchdog.until(start + 0.02)
    watchdog.until(start + 0.1)
    await asyncio.sleep(0.05)
    assert barks == []
    watchdog.suspend()
    await asyncio.sleep(0.1)
    assert barks == []
    watchdog.until(loop.time() + 60)
    watchdog.until(loop.time() + 0.02)
    await asyncio.sleep(0.1)
    assert len(barks) == 1


async def test_a_deadline_further_away_than_a_timer_is_kept(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "LOOK", 0.02)
    loop = asyncio.get_running_loop()
    barks = []
    watchdog = Watchdog(loop, lambda: barks.append(loop.time()))
    deadline = loop.time() + 0.1
    watchdog.until(deadline)
    await asyncio.sleep(0.06)
    assert barks == []
    await asyncio.sleep(0.1)
    assert len(barks) == 1 and barks[0] >= deadline
