"""Messages of files judged as if they came in now: by one policy, or by two to be compared.

They are parsed by inspection workers only, as in service. Sends nothing, holds nothing, records nothing.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from gateway.mailfiles import MailFile
from gateway.workers import WorkerPool
from rules.address import Address
from rules.envelope import probable_envelope, wire_form
from rules.message import Message
from rules.transaction import Client, Direction, Envelope, ListenerKind, Recipient, Transaction
from rules.verdict import Judgement

OUTSIDER = Address(local="someone", domain="elsewhere.example")

S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """What is supposed of every message; `reverse_path` counts when `sender_given`, else the message's own."""

    domain: str  # of the city
    direction: Direction | None = None
    sender_given: bool = False
    reverse_path: Address | None = None
    recipients: tuple[Recipient, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One message judged under the running policy and under the candidate."""

    file: MailFile
    before: Judgement
    after: Judgement


def transaction_of(file: MailFile, octets: bytes, supposed: Supposed) -> Transaction:
    """The transaction that would have brought these octets."""
    message = Message(wire_form(octets))
    probable = probable_envelope(message)
    reverse_path = supposed.reverse_path if supposed.sender_given else probable.reverse_path
    recipients = supposed.recipients or probable.recipients or (_recipient(supposed),)
    return Transaction(
        id=file.path.name,
        received=datetime.now(UTC),
        listener="inspect",
        kind=ListenerKind.EDGE if supposed.direction is Direction.INBOUND else ListenerKind.INTERNAL,
        direction=supposed.direction,
        client=Client(address="127.0.0.1", name="inspect"),
        envelope=Envelope(reverse_path=reverse_path, recipients=recipients),
        message=message,
    )


def _recipient(supposed: Supposed) -> Recipient:
    """Somebody, for a message that names nobody: outside for mail that goes out, else our postmaster."""
    if supposed.direction is Direction.OUTBOUND:
        return Recipient(address=OUTSIDER)
    return Recipient(address=Address(local="postmaster", domain=supposed.domain))


async def in_order(items: Iterable[S], act: Callable[[S], Awaitable[T]], at_once: int) -> AsyncIterator[T]:
    """The result of each item in their order, `at_once` of them at work."""
    waiting: deque[asyncio.Future[T]] = deque()
    try:
        for item in items:
            if len(waiting) >= at_once:
                yield await waiting.popleft()
            waiting.append(asyncio.ensure_future(act(item)))
        while waiting:
            yield await waiting.popleft()
    finally:
        for task in waiting:
            task.cancel()


def compared(
    files: Iterable[MailFile], supposed: Supposed, running: WorkerPool, candidate: WorkerPool
) -> AsyncIterator[Pair]:
    """Each message under both policies, in the order of the files. Raises OSError, InspectionUnavailable."""

    async def judge(file: MailFile) -> Pair:
        transaction = transaction_of(file, file.read(), supposed)
        before = await running.inspect(transaction)
        return Pair(file=file, before=before, after=await candidate.inspect(transaction))

    return in_order(files, judge, 2 * running.size)
