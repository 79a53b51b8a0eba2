"""Every message of the measuring corpora gets a verdict from confined workers and ends none of them.

A library that starts lazily, and misses what confinement took, would show here.
"""

import asyncio
import base64
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.workers import WorkerPool, WorkerSettings, canary
from rules.message import Message
from rules.shipped import find_policy
from rules.transaction import Transaction
from rules.verdict import Inspected

CORPORA = Path(os.environ.get("MAILWARD_CORPORA") or Path(__file__).resolve().parents[3] / "shared" / "corpora")
SETTINGS = WorkerSettings(
    policy=find_policy("city-baseline"), domains=("city.example",), workers=2, seconds=30.0, rehearse=True
)

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(
        not CORPORA.is_dir(), reason="the measuring corpora are not in MAILWARD_CORPORA and not beside us"
    ),
]


def mail(path: Path) -> bytes:
    return path.read_bytes()


def attachment(path: Path) -> bytes:
    name = path.name.removesuffix(".uu").encode("ascii", "replace")
    head = b'Subject: a file\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream; name="%s"\r\n' % name
    head += b"Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + base64.encodebytes(path.read_bytes()).replace(b"\n", b"\r\n")


def transactions(folder: str, read: Callable[[Path], bytes]) -> Iterator[Transaction]:
    for path in sorted((CORPORA / folder).rglob("*")):
        if path.is_file() and path.suffix != ".cats":
            yield replace(canary(), id=str(path.relative_to(CORPORA)), message=Message(read(path)))


async def judged(pool: WorkerPool, waiting: Iterator[Transaction]) -> Counter[Inspected]:
    """As many at once as there are workers."""
    count: Counter[Inspected] = Counter()

    async def take() -> None:
        for transaction in waiting:
            judgement = await pool.inspect(transaction)
            count[judgement.inspected] += 1
            assert len(judgement.verdicts) == 1

    await asyncio.gather(*(take() for _ in range(pool.size)))
    return count


@pytest.mark.parametrize(
    ("folder", "read", "partly"),
    [
        ("mime", mail, 0.10),
        ("city-mail", mail, 0.0),
        ("hard-ham", mail, 0.0),
        ("office-mail", mail, 0.0),
        ("attachments", attachment, 0.25),  # damaged, with a password, one volume of several, or of no known kind
    ],
)
async def test_every_message_is_judged_and_no_worker_is_lost(
    folder: str, read: Callable[[Path], bytes], partly: float, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with WorkerPool(SETTINGS) as pool:
        count = await judged(pool, transactions(folder, read))
    print(folder, {inspected.value: number for inspected, number in count.items()})
    assert count[Inspected.NOT] == 0
    assert count[Inspected.PARTLY] <= count.total() * partly
    assert [message for message in caplog.messages if "lost" in message] == []
