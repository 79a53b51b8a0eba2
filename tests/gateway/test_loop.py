"""uvloop where it is installed, the standard loop where it is not."""

import asyncio
import gc
import sys

import pytest

from gateway.loop import GARBAGE, loop_factory, run


async def _answer() -> tuple[int, str]:
    return 42, type(asyncio.get_running_loop()).__module__


def test_uvloop_is_used() -> None:
    pytest.importorskip("uvloop")
    answer, module = run(_answer())
    assert answer == 42 and module.startswith("uvloop")


def test_what_is_loaded_is_not_looked_through_for_garbage() -> None:
    async def look() -> tuple[int, int]:
        return gc.get_freeze_count(), gc.get_threshold()[0]

    usual = gc.get_threshold()
    frozen, threshold = run(look())
    assert frozen > 1_000 and threshold == GARBAGE
    assert (gc.get_freeze_count(), gc.get_threshold()) == (0, usual)


def test_it_runs_without_uvloop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert loop_factory() is asyncio.new_event_loop
    answer, module = run(_answer())
    assert answer == 42 and module.startswith("asyncio")
