"""Inspection workers: killed, late and recycled without the gateway noticing more than it should."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gateway import workers as pool_module
from gateway.config import load_config
from gateway.worker import TOO_LONG
from gateway.workers import (
    LARGE,
    MESSAGES_PER_WORKER,
    InspectionUnavailable,
    WorkerPool,
    WorkerSettings,
    canary,
    worker_settings,
)
from rules.engine import judge_uninspected
from rules.finding import Action
from rules.message import Message
from rules.policy import load_policy
from rules.shipped import find_policy
from rules.transaction import Transaction
from rules.verdict import Inspected, Judgement
from rules.yaml_nodes import DocumentError

SETTINGS = WorkerSettings(policy=find_policy("city-baseline"), domains=("city.example",), workers=1)
BIG = b"Subject: big\r\n\r\n" + b"A line of ordinary words that somebody wrote down one day.\r\n" * 20_000


def message(octets: bytes) -> Transaction:
    return replace(canary(), message=Message(octets))


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def inspectors() -> list[int]:
    """The warm parents that this process started; it may have other children, such as a test's Postfix."""
    return [pid for pid in children(os.getpid()) if b"gateway.inspector" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def workers() -> list[int]:
    """The forked workers: grandchildren of this process, below the warm parent."""
    return [worker for parent in inspectors() for worker in children(parent)]


async def gone(*processes: int) -> None:
    """Wait until these have ended and were reaped; the warm parent looks once a second."""
    for _ in range(60):
        left = [pid for pid in processes if Path(f"/proc/{pid}").exists()]
        if not left:
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"still there: {left}")


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    async with WorkerPool(SETTINGS) as started:
        yield started


async def test_a_sound_message_is_judged(pool: WorkerPool) -> None:
    judgement = await pool.inspect(canary())
    assert judgement.inspected is Inspected.FULLY
    assert [verdict.action for verdict in judgement.verdicts] == [Action.PASS]


async def test_workers_are_there_before_the_first_message() -> None:
    async with WorkerPool(replace(SETTINGS, workers=2)) as pool:
        waiting = set(workers())
        assert len(waiting) == 2
        await asyncio.gather(pool.inspect(canary()), pool.inspect(canary()))
        assert set(workers()) == waiting


async def test_a_worker_that_waits_for_mail_is_kept_however_long() -> None:
    """Longer than one message may take: its clock runs for a message, not for the worker."""
    async with WorkerPool(replace(SETTINGS, seconds=1.0)) as pool:
        await pool.inspect(canary())
        before = workers()
        await asyncio.sleep(1.2)
        await pool.inspect(canary())
        assert workers() == before


async def test_ctrl_c_reaches_every_process_and_ends_only_the_gateway(pool: WorkerPool) -> None:
    """Which has messages in hand; so does a service manager that tells all of them to end."""
    ours = [*inspectors(), *workers()]
    for pid in ours:
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGTERM)
    assert (await pool.inspect(canary())).inspected is Inspected.FULLY
    assert [*inspectors(), *workers()] == ours


async def test_a_message_over_the_inline_limit_is_judged_the_same_way(pool: WorkerPool) -> None:
    judgement = await pool.inspect(message(BIG))
    assert judgement.subject == "big"


async def test_messages_at_once_are_each_answered_with_their_own(pool: WorkerPool) -> None:
    subjects = [f"number {n}" for n in range(20)]
    judged = await asyncio.gather(*(pool.inspect(message(f"Subject: {s}\r\n\r\n".encode())) for s in subjects))
    assert [judgement.subject for judgement in judged] == subjects


async def test_a_worker_that_was_killed_is_replaced_and_the_message_judged(pool: WorkerPool) -> None:
    await pool.inspect(canary())
    (worker,) = workers()
    os.kill(worker, signal.SIGKILL)
    assert (await pool.inspect(canary())).inspected is Inspected.FULLY
    await gone(worker)


async def test_the_warm_parent_may_die_too(pool: WorkerPool) -> None:
    await pool.inspect(canary())
    (parent,) = inspectors()
    os.kill(parent, signal.SIGKILL)
    assert (await pool.inspect(canary())).inspected is Inspected.FULLY


async def test_a_worker_is_recycled_after_its_messages(pool: WorkerPool) -> None:
    await pool.inspect(canary())
    (first,) = workers()
    for _ in range(MESSAGES_PER_WORKER):
        await pool.inspect(canary())
    await gone(first)


LOCKED = b"Content-Type: application/pgp\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n"
DAMAGED = b"Content-Type: application/pdf\r\n\r\n%PDF-1.7\r\nnothing\r\n"
LONG = b"X: y\r\n" * 1_001 + b"\r\nhello\r\n"


@pytest.mark.parametrize(("octets", "recycled"), [(DAMAGED, True), (LONG, True), (LOCKED, False)])
async def test_a_worker_is_recycled_after_a_message_that_it_could_not_read(
    pool: WorkerPool, octets: bytes, recycled: bool
) -> None:
    """Who tries out a fault in a parser gets no second try in the process that the first one left behind."""
    await pool.inspect(canary())
    (first,) = workers()
    assert (await pool.inspect(message(octets))).inspected is not Inspected.FULLY
    await pool.inspect(canary())
    if recycled:
        await gone(first)
    else:
        assert workers() == [first]


async def test_a_message_that_takes_too_long_is_held_as_not_inspected() -> None:
    """Reliability D2: this message's fault, for the canary is judged within the same limit."""
    slow = BIG + b"x <https://one.example/> " * 1_500_000
    async with WorkerPool(replace(SETTINGS, seconds=0.2)) as pool:
        judgement = await pool.inspect(message(slow))
    assert judgement.inspected is Inspected.NOT
    assert [verdict.action for verdict in judgement.verdicts] == [Action.QUARANTINE]
    assert judgement.not_inspected[0].detail == TOO_LONG


async def test_workers_that_fail_on_everything_are_our_surroundings_fault() -> None:
    """Reliability D2: then the sender is told 451 and nothing is held for a fault of ours."""
    async with WorkerPool(replace(SETTINGS, seconds=0.000001)) as pool:
        with pytest.raises(InspectionUnavailable):
            await pool.inspect(canary())


async def test_who_waits_too_long_for_a_worker_is_told_so(pool: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a row of slow messages the sender must not be kept until it gives up and sends a second copy."""
    monkeypatch.setattr("gateway.workers.WAIT_SECONDS", 0.05)
    place = await pool._free.get()  # as a message in hand
    with pytest.raises(InspectionUnavailable, match="busy"):
        await asyncio.wait_for(pool.inspect(canary()), 5)
    pool._free.put_nowait(place)
    assert (await pool.inspect(canary())).inspected is Inspected.FULLY


async def test_a_closed_pool_starts_nothing_again() -> None:
    async with WorkerPool(SETTINGS) as pool:
        place = await pool._free.get()
        pool._free.put_nowait(place)
        await pool.close()
        pool._free.put_nowait(place)  # as by a message that was still in hand when time was up
        with pytest.raises(InspectionUnavailable):
            await pool.inspect(canary())
        assert inspectors() == []


async def test_a_worker_has_no_network(pool: WorkerPool) -> None:
    """Only root, or where user name spaces are allowed; elsewhere the log has said so."""
    await pool.inspect(canary())
    (worker,) = workers()
    if Path("/proc/self/ns/net").readlink() == Path(f"/proc/{worker}/ns/net").readlink():
        pytest.skip("this kernel gives no network name space")
    routes = Path(f"/proc/{worker}/net/route").read_text().splitlines()
    assert len(routes) <= 1, "at most the heading: no way to anywhere"


async def test_no_process_stays_behind() -> None:
    async with WorkerPool(SETTINGS) as pool:
        await pool.inspect(canary())
        ours = [*inspectors(), *workers()]
    await gone(*ours)


async def test_a_bad_policy_is_refused_before_any_worker_starts(tmp_path: Path) -> None:
    bad = tmp_path / "policy.yaml"
    bad.write_text("policy: [")
    with pytest.raises(DocumentError):
        await WorkerPool(replace(SETTINGS, policy=bad)).start()


def test_workers_are_told_what_the_configuration_says(config_file: Callable[..., Path]) -> None:
    config = load_config(config_file("workers: 3\nlimits: {inspection_seconds: 7}\n"))
    settings = worker_settings(config)
    assert (settings.workers, settings.seconds, settings.domains) == (3, 7.0, ("city.example",))


class Slow(WorkerPool):
    """A pool whose places are taken for as long as `gate` is shut, without a process."""

    def __init__(self, size: int) -> None:
        super().__init__(replace(SETTINGS, workers=size))
        for _ in range(size):
            self._free.put_nowait(pool_module._Place())
        self.gate = asyncio.Event()
        self.begun: list[int] = []

    async def _judged(self, transaction: Transaction, place: object) -> Judgement:
        self.begun.append(len(transaction.message))
        await self.gate.wait()
        return judge_uninspected(load_policy(SETTINGS.policy), [], "by nobody")


async def test_large_messages_leave_a_place_for_ordinary_mail_h04() -> None:
    pool = Slow(2)
    large = [asyncio.ensure_future(pool.inspect(message(bytes(LARGE + 1)))) for _ in range(3)]
    await asyncio.sleep(0.05)
    assert pool.begun == [LARGE + 1]
    small = asyncio.ensure_future(pool.inspect(message(bytes(LARGE))))
    await asyncio.sleep(0.05)
    assert pool.begun == [LARGE + 1, LARGE]
    pool.gate.set()
    await asyncio.gather(*large, small)
    assert pool._free.qsize() == 2 and not pool._places_for_large.locked()


async def test_large_messages_that_wait_do_not_make_the_pool_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "BUSY_SECONDS", 0.0)
    pool = Slow(1)
    waiting = [asyncio.ensure_future(pool.inspect(message(bytes(LARGE + 1)))) for _ in range(2)]
    await asyncio.sleep(0.01)
    assert not pool.busy
    waiting.append(asyncio.ensure_future(pool.inspect(message(b"x"))))
    await asyncio.sleep(0.01)
    assert pool.busy
    pool.gate.set()
    await asyncio.gather(*waiting)
    assert not pool.busy


async def test_a_message_that_gives_up_waiting_leaves_no_place_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "WAIT_SECONDS", 0.05)
    pool = Slow(2)
    first = asyncio.ensure_future(pool.inspect(message(bytes(LARGE + 1))))
    second = asyncio.ensure_future(pool.inspect(message(b"x")))
    await asyncio.sleep(0.01)
    for octets in (bytes(LARGE + 1), b"x"):
        with pytest.raises(InspectionUnavailable, match="busy"):
            await pool.inspect(message(octets))
    pool.gate.set()
    await asyncio.gather(first, second)
    assert pool._free.qsize() == 2 and not pool._places_for_large.locked() and not pool.busy
