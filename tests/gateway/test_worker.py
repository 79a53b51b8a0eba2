"""Whatever a worker does over a message, the gateway goes on: one judgement, or a reason, and a fresh worker.

The workers are real and confined; tests/gateway/wicked_inspector.py tells what each subject has them do.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.wire import Ended
from gateway.worker import DIED, TOO_LONG
from gateway.workers import InspectionUnavailable, WorkerPool, WorkerSettings, canary
from rules.message import Message
from rules.shipped import find_policy
from rules.transaction import Transaction
from rules.verdict import Inspected, Judgement

WICKED = Path(__file__).with_name("wicked_inspector.py")
SETTINGS = WorkerSettings(policy=find_policy("city-baseline"), domains=("city.example",), workers=1, seconds=1.0)

AT_ONCE = {
    "die unread": DIED,
    "die": DIED,
    "crash": DIED,
    "half a header": DIED,
    "half a reply": DIED,
    "two replies": DIED,
    "no octets": DIED,
    "four gigabytes": DIED,
    "flood": DIED,
    "not json": DIED,
    "a million zeros": DIED,
    "a pickle": DIED,
    "another kind": DIED,
    "an unknown end": DIED,
    "another policy": DIED,
    "another recipient": DIED,
    "one more": DIED,
    "its own end": Ended.REPLY.value,
    "raise": Ended.FAILED.value,
    "say too much": Ended.REPLY.value,
    "allocate": Ended.MEMORY.value,
}
LATE = {"sleep": TOO_LONG, "spin": TOO_LONG, "drip": TOO_LONG}


@pytest.fixture
def wicked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.warm_parent.PROGRAM", (str(WICKED),))


@pytest.fixture
async def pool(wicked: None) -> AsyncIterator[WorkerPool]:
    async with WorkerPool(SETTINGS) as started:
        yield started


def about(subject: str) -> Transaction:
    return replace(canary(), id=subject, message=Message(f"Subject: {subject}\r\n\r\nWords.\r\n".encode()))


def reason(judgement: Judgement) -> str:
    assert judgement.inspected is Inspected.NOT
    return judgement.not_inspected[0].detail


async def test_a_worker_lost_over_a_message_is_a_reason_and_the_next_message_is_judged(pool: WorkerPool) -> None:
    for subject, expected in AT_ONCE.items():
        assert (subject, reason(await pool.inspect(about(subject)))) == (subject, expected)
        assert (await pool.inspect(about("an ordinary one"))).inspected is Inspected.FULLY


@pytest.mark.parametrize("subject", LATE)
async def test_a_worker_that_is_late_is_a_reason_too(pool: WorkerPool, subject: str) -> None:
    assert reason(await pool.inspect(about(subject))) == LATE[subject]
    assert (await pool.inspect(about("an ordinary one"))).inspected is Inspected.FULLY


@pytest.mark.parametrize("subject", ["die unread", "die", "crash", "half a reply", "two replies", "not json"])
async def test_a_message_that_lost_one_worker_is_judged_by_a_fresh_one(pool: WorkerPool, subject: str) -> None:
    judgement = await pool.inspect(about(f"once {subject}"))
    assert (judgement.inspected, judgement.subject) == (Inspected.FULLY, f"once {subject}")


async def test_a_judgement_of_exactly_the_limit_is_taken(pool: WorkerPool) -> None:
    assert (await pool.inspect(about("exactly the limit"))).inspected is Inspected.FULLY


async def test_what_a_worker_says_unasked_is_not_the_next_messages_answer(
    pool: WorkerPool, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor a try of that message: the worker is replaced before it is asked."""
    assert (await pool.inspect(about("babble"))).inspected is Inspected.FULLY
    await asyncio.sleep(0.2)
    judgement = await pool.inspect(about("the next"))
    assert (judgement.subject, lost(caplog)) == ("the next", [])


def lost(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "was lost" in record.getMessage()]


async def test_a_message_is_never_scanned_a_third_time(pool: WorkerPool, caplog: pytest.LogCaptureFixture) -> None:
    """Also when its sender has lost our answer and sends it again; another content of the same size is read."""
    for _ in range(3):
        assert reason(await pool.inspect(about("die"))) == DIED
    assert len(lost(caplog)) == 2
    assert (await pool.inspect(about("dig"))).inspected is Inspected.FULLY


async def test_what_failed_with_our_surroundings_is_scanned_anew(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The canary dies too: 451, and the client's retry counts from the beginning."""
    monkeypatch.setattr("gateway.warm_parent.PROGRAM", (str(WICKED), "sick"))
    async with WorkerPool(SETTINGS) as pool:
        for _ in range(2):
            with pytest.raises(InspectionUnavailable, match="every message"):
                await pool.inspect(about("an ordinary one"))
    assert len(lost(caplog)) == 4


async def test_a_queue_behind_workers_that_are_all_stuck_is_served(wicked: None, caplog) -> None:
    caplog.set_level(logging.ERROR)
    async with WorkerPool(replace(SETTINGS, workers=2, seconds=0.5)) as pool:
        stuck = [asyncio.create_task(pool.inspect(about(subject))) for subject in ("sleep", "spin")]
        await asyncio.sleep(0.1)
        waiting = [asyncio.create_task(pool.inspect(about(f"number {n}"))) for n in range(20)]
        judged = await asyncio.gather(*waiting)
        assert [judgement.subject for judgement in judged] == [f"number {n}" for n in range(20)]
        assert [reason(judgement) for judgement in await asyncio.gather(*stuck)] == [TOO_LONG, TOO_LONG]


async def test_the_event_loop_does_not_wait_for_a_worker(pool: WorkerPool) -> None:
    """Whatever it does."""
    lags = []

    async def watch() -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.01)
            lags.append(time.monotonic() - began - 0.01)

    watching = asyncio.create_task(watch())
    for subject in ("spin", "flood", "drip", "four gigabytes", "allocate"):
        await pool.inspect(about(subject))
    watching.cancel()
    assert max(lags) < 0.1
