"""What inspection costs the machine: memory of a worker, and time in which the network process answers nobody."""

import asyncio
import io
import time
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.sandbox.limits import KEPT_OCTETS
from gateway.workers import WorkerPool, WorkerSettings, canary
from rules.message import Message
from rules.shipped import find_policy
from rules.transaction import Transaction
from rules.verdict import Inspected
from tests.benchmarks.contents import write_contents

SETTINGS = WorkerSettings(
    policy=find_policy("city-baseline"), domains=("city.example",), workers=1, seconds=30.0, rehearse=True
)
LAG_SECONDS = 0.1  # in which no client is answered (reliability D21 and G8)


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    async with WorkerPool(SETTINGS) as started:
        yield started


def message(octets: bytes) -> Transaction:
    return replace(canary(), message=Message(octets))


def resident(pool: WorkerPool) -> int:
    """Octets of the newest worker; an older one may just be ending."""
    assert pool._parent._process is not None
    parent = pool._parent._process.pid
    worker = max(map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split()))
    lines = Path(f"/proc/{worker}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


async def test_ordinary_work_leaves_a_worker_small(pool: WorkerPool, tmp_path: Path) -> None:
    contents = {label: path.read_bytes() for label, path in write_contents(tmp_path).items()}
    for label, number in (("2 kB", 500), ("50 kB", 100), ("5 MB", 5)):
        for _ in range(number):
            await pool.inspect(message(contents[label]))
    assert resident(pool) < KEPT_OCTETS


async def test_a_worker_that_a_message_made_large_ends_after_its_answer(
    pool: WorkerPool, caplog: pytest.LogCaptureFixture
) -> None:
    """And the next message does not notice."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:  # not compressed: as large outside as inside
        archive.writestr("a.txt", bytes(range(256)) * (KEPT_OCTETS // 256))
    head = b"Subject: large\r\nContent-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    await pool.inspect(message(head + packed.getvalue()))
    assert (await pool.inspect(canary())).inspected is Inspected.FULLY
    assert resident(pool) < KEPT_OCTETS
    assert caplog.messages == []


def parts(number: int) -> bytes:
    head = b'Subject: parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    return head + b"--b\r\n\r\nx\r\n" * number + b"--b--\r\n"


def nested(depth: int) -> bytes:
    heads = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(depth))
    return b"Subject: nested\r\nMIME-Version: 1.0\r\n" + heads + b"\r\nx\r\n"


def zeros() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"{number}.txt", bytes(20_000_000))
    head = b"Subject: zeros\r\nContent-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    return head + packed.getvalue()


BOMBS: dict[str, Callable[[], bytes]] = {
    "1,001 parts": lambda: parts(1_001),
    "100,000 parts": lambda: parts(100_000),
    "31 levels": lambda: nested(31),
    "1,000 levels": lambda: nested(1_000),
    "100,000 header fields": lambda: b"X-A: b\r\n" * 100_000 + b"\r\n",
    "20,000 addresses": lambda: b"To: " + b", ".join(b"p%d@a.example" % n for n in range(20_000)) + b"\r\n\r\n",
    "5,000 parameters": lambda: b"Content-Type: text/plain" + b"; a*0=b" * 5_000 + b"\r\n\r\n",
    "8,000 encoded words in a boundary": lambda: (
        b'Content-Type: multipart/mixed; boundary="' + b"=?" * 8_000 + b'"\r\n\r\n--' + b"=?" * 8_000 + b"\r\n\r\n"
    ),
    "5,000 open comments": lambda: b"From: " + b"(" * 5_000 + b" a@b.example\r\n\r\n",
    "fields named after an object's own": lambda: b"__proto__: a\r\n__class__: b\r\n\r\n",
    "400 MB of zeros": zeros,
}


async def longest_lag(of: Iterable[asyncio.Task[object]]) -> float:
    """Seconds that the loop was late while these ran."""
    tasks, longest = tuple(of), 0.0
    while not all(task.done() for task in tasks):
        began = time.monotonic()
        await asyncio.sleep(0.005)
        longest = max(longest, time.monotonic() - began - 0.005)
    return longest


async def test_d21_the_loop_answers_while_bombs_are_inspected(pool: WorkerPool) -> None:
    """Each ends in a verdict; canaries between them are judged."""
    contents = {name: make() for name, make in BOMBS.items()}
    tasks = {name: asyncio.create_task(pool.inspect(message(octets))) for name, octets in contents.items()}
    lag = await longest_lag([*tasks.values(), *(asyncio.create_task(pool.inspect(canary())) for _ in range(20))])
    assert lag < LAG_SECONDS
    assert {name for name, task in tasks.items() if task.result().inspected is Inspected.NOT} == set()
