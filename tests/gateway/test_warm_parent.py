"""The process that workers come from: it may refuse, hang or die, and its workers are only there while it is."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.sandbox.layers import Layer, Refusal
from gateway.warm_parent import InspectionUnavailable, WarmParent, WorkerSettings
from gateway.wire import Started
from gateway.workers import WorkerPool, canary
from rules.shipped import find_policy
from rules.verdict import Inspected

WICKED = Path(__file__).with_name("wicked_inspector.py")
SETTINGS = WorkerSettings(policy=find_policy("city-baseline"), domains=("city.example",), workers=1)
MISSING = Refusal(layer=Layer.LANDLOCK, reason="not in this kernel")


@pytest.fixture
async def parent() -> AsyncIterator[WarmParent]:
    warm = WarmParent(SETTINGS)
    await warm.start()
    yield warm
    await warm.end()


def pid_of(parent: WarmParent) -> int:
    assert parent._process is not None
    return parent._process.pid


async def test_a_fork_that_the_system_refuses_once_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It counts as no try of the message, and the parent stays."""
    monkeypatch.setattr("gateway.warm_parent.PROGRAM", (str(WICKED), "no fork"))
    async with WorkerPool(SETTINGS) as pool:
        before = pid_of(pool._parent)
        assert (await pool.inspect(canary())).inspected is Inspected.FULLY
        assert pid_of(pool._parent) == before
    assert "was lost" not in caplog.text


async def test_a_parent_that_died_is_replaced(parent: WarmParent) -> None:
    first = pid_of(parent)
    os.kill(first, signal.SIGKILL)
    worker = await parent.fork()
    assert worker.silent and pid_of(parent) != first


async def test_a_parent_that_hangs_is_replaced(parent: WarmParent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.warm_parent.FORK_SECONDS", 0.2)
    first = pid_of(parent)
    os.kill(first, signal.SIGSTOP)
    worker = await parent.fork()
    assert worker.silent and pid_of(parent) != first


async def test_many_that_find_it_dead_start_one(parent: WarmParent) -> None:
    os.kill(pid_of(parent), signal.SIGKILL)
    workers = await asyncio.gather(*(parent.fork() for _ in range(4)))
    assert all(worker.silent for worker in workers)
    assert len({worker.pid for worker in workers}) == 4


async def test_a_parent_that_cannot_be_started_is_our_surroundings_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.warm_parent.PROGRAM", ("-c", "pass"))
    with pytest.raises(InspectionUnavailable):
        await WarmParent(SETTINGS).start()


async def test_after_its_end_nothing_is_started(parent: WarmParent) -> None:
    await parent.end()
    with pytest.raises(InspectionUnavailable):
        await parent.fork()


async def test_its_folder_for_temporary_files_goes_with_it(parent: WarmParent) -> None:
    assert parent._private is not None
    folder = Path(parent._private.name)
    assert folder.is_dir()
    await parent.end()
    assert not folder.exists()


async def test_it_is_told_nothing_else_of_our_environment(parent: WarmParent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILWARD_SECRET", "of the city")
    os.kill(pid_of(parent), signal.SIGKILL)
    await parent.fork()
    environment = Path(f"/proc/{pid_of(parent)}/environ").read_bytes()
    assert environment and b"SECRET" not in environment


def test_each_missing_layer_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    parent = WarmParent(SETTINGS)
    for pid in (1, 2):
        parent._note(Started(pid=pid, refused=(MISSING,)))
    assert caplog.messages == ["inspection workers go without Landlock: not in this kernel"]
    assert parent.refused == {MISSING}


def test_a_missing_layer_is_no_start_where_all_are_required() -> None:
    parent = WarmParent(replace(SETTINGS, sandbox_required=True))
    parent._note(Started(pid=1, refused=()))
    with pytest.raises(InspectionUnavailable, match="missing: Landlock"):
        parent._note(Started(pid=2, refused=(MISSING,)))


async def test_a_required_layer_of_workers_is_asked_for_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker's own layers show only after its fork: the pool does not wait for the first message to see them."""
    script = "from gateway import inspector, sandbox\nfrom gateway.sandbox.layers import Layer, Refusal\n"
    script += "inspector.confine_worker = lambda _: (Refusal(layer=Layer.LANDLOCK, reason='not here'),)\n"
    monkeypatch.setattr("gateway.warm_parent.PROGRAM", ("-c", script + "inspector.main()"))
    with pytest.raises(InspectionUnavailable, match="Landlock"):
        await WorkerPool(replace(SETTINGS, sandbox_required=True)).start()
