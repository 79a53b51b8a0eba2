"""uvloop where it is installed, the standard loop where it is not."""

import asyncio
import sys

import pytest

from gateway.loop import loop_factory, run


async def _answer() -> tuple[int, str]:
    return 42, type(asyncio.get_running_loop()).__module__


def test_uvloop_is_used() -> None:
    pytest.importorskip("uvloop")
    answer, module = run(_answer())
    assert answer == 42 and module.startswith("uvloop")


def test_it_runs_without_uvloop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert loop_factory() is asyncio.new_event_loop
    answer, module = run(_answer())
    assert answer == 42 and module.startswith("asyncio")
