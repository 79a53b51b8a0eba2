"""The pool of inspection workers: hands messages to them, takes judgements back, and outlives their deaths.

Never parses a message itself. A worker that dies or is late is replaced; its message gets one more try in a fresh
worker; then a canary tells "this message" (held as not inspected) from "our surroundings" (InspectionUnavailable).
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Coroutine
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from gateway.answers import Answers
from gateway.config import Config, Sandbox
from gateway.given_up import GivenUp
from gateway.sandbox.layers import Refusal
from gateway.warm_parent import InspectionUnavailable, WarmParent, WorkerSettings
from gateway.worker import GRACE_SECONDS, NoRoom, Worker, WorkerLost
from rules.address import Address
from rules.directory import Directory, direction_of
from rules.engine import judge_uninspected
from rules.facts import Reason
from rules.message import Message
from rules.policy import Policy, load_policy
from rules.shipped import find_policy
from rules.transaction import Client, Direction, Envelope, ListenerKind, Recipient, Transaction
from rules.verdict import Judgement

__all__ = ["InspectionUnavailable", "WorkerPool", "WorkerSettings", "canary", "worker_settings"]

# What a message may have left behind does not stay for long. A fresh worker pays some 100 ms for the
# pages that it no longer shares with its parent: at 200 messages that was half as much again as inspecting them.
MESSAGES_PER_WORKER = 1_000

# Together at most 90 s from the final dot to our answer: a wait, two tries of `seconds` and the canary.
WAIT_SECONDS = 20.0  # for a worker that is free; a sender kept longer might give up and come with a second copy
CANARY_SECONDS = 5.0
# A message has waited so long for a worker: who comes now is better told at once to come later. That costs a sender
# minutes, so it must be more than a moment's crowd.
BUSY_SECONDS = 5.0
LARGE = 8 * 1024 * 1024  # octets from which a message may take seconds to inspect

CANARY = b"From: canary@mailward.example\r\nTo: canary@mailward.example\r\nSubject: canary\r\n\r\nStill singing.\r\n"

_log = logging.getLogger("mailward.workers")


def worker_settings(config: Config, *, rehearse: bool = False) -> WorkerSettings:
    """What the inspection side needs of a configuration."""
    return WorkerSettings(
        policy=find_policy(config.policy),
        domains=config.domains,
        directory=config.directory,
        workers=config.workers,
        seconds=config.limits.inspection_seconds,
        rehearse=rehearse,
        pictures=config.read_pictures,
        disclaimer=config.disclaimer.text,
        disclaimer_rules=config.disclaimer.rules,
        sandbox_required=config.sandbox is Sandbox.REQUIRED,
        given_up=config.state / "given-up",
    )


def canary() -> Transaction:
    """A message that any sound worker judges at once."""
    address = Address(local="canary", domain="mailward.example")
    return Transaction(
        id="canary",
        received=datetime.now(UTC),
        listener="canary",
        kind=ListenerKind.INTERNAL,
        direction=Direction.INTERNAL,
        client=Client(address="127.0.0.1", name="canary"),
        envelope=Envelope(reverse_path=address, recipients=(Recipient(address=address),)),
        message=Message(CANARY),
    )


class _Place:
    """Where one message at a time is inspected. Its worker may still have to be forked."""

    def __init__(self) -> None:
        self.worker: Worker | None = None


class WorkerPool:
    """Use as an asynchronous context manager; `inspect` may be called from any number of tasks at once."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._size = settings.workers or os.cpu_count() or 1
        self._free: asyncio.LifoQueue[_Place] = asyncio.LifoQueue()
        # Where there is more than one place, large messages never have them all: ordinary mail goes on beside them.
        self._places_for_large = asyncio.Semaphore(max(1, self._size - 1))
        self._waiting: dict[object, float] = {}  # since when, the longest first
        self._parent = WarmParent(settings)
        self._policy: Policy | None = None
        self._answers: Answers | None = None
        self._given_up = GivenUp(settings.given_up)

    @property
    def size(self) -> int:
        """How many messages are inspected at once."""
        return self._size

    @property
    def policy(self) -> Policy:
        """The policy the workers judge by."""
        if self._policy is None:
            raise InspectionUnavailable("the pool has not been started")
        return self._policy

    @property
    def refused(self) -> frozenset[Refusal]:
        """The layers of confinement that the kernel did not give to workers."""
        return self._parent.refused

    async def start(self) -> None:
        """Raises DocumentError for a bad policy, InspectionUnavailable when the inspection side does not come up."""
        self._policy = load_policy(self._settings.policy)
        self._answers = Answers(self._policy)
        places = [_Place() for _ in range(self._size)]
        try:
            await self._parent.start()
            for place in places:  # the first message does not wait for its worker; only that can tell what it lacks
                place.worker = await self._parent.fork()
        except BaseException:
            await self._parent.end()
            raise
        for place in places:
            self._free.put_nowait(place)

    async def close(self) -> None:
        """Wait for the messages in hand, at most as long as one may take, then end every worker."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.seconds + GRACE_SECONDS):
                for _ in range(self._size):
                    place = await self._free.get()
                    if place.worker is not None:
                        place.worker.close()
        await self._parent.end()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def inspect(self, transaction: Transaction) -> Judgement:
        """Judge one message; raises InspectionUnavailable when that cannot be done now."""
        reason = await self._given_up.reason(transaction.message.octets)
        if reason is not None:
            return self._uninspected(transaction, reason)
        large = len(transaction.message) > LARGE
        place = await self._place(large=large)
        try:
            return await self._judged(transaction, place)
        except NoRoom as error:
            raise InspectionUnavailable(str(error)) from error
        finally:
            self._free.put_nowait(place)
            if large:
                self._places_for_large.release()

    @property
    def busy(self) -> bool:
        """Whether an ordinary message has waited longer than BUSY_SECONDS, and waits still."""
        since = next(iter(self._waiting.values()), None)
        return since is not None and asyncio.get_running_loop().time() - since > BUSY_SECONDS

    async def _place(self, *, large: bool) -> _Place:
        """A free place, to be given back. Raises InspectionUnavailable after WAIT_SECONDS."""
        taken = False
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                if not large:
                    return await self._counted(self._free.get())
                taken = await self._places_for_large.acquire()
                return await self._free.get()
        except BaseException as error:
            if taken:
                self._places_for_large.release()
            if isinstance(error, TimeoutError):
                raise InspectionUnavailable(f"all workers busy for {WAIT_SECONDS:.0f} s") from None
            raise

    async def _counted(self, wait: Coroutine[None, None, _Place]) -> _Place:
        ticket = object()
        self._waiting[ticket] = asyncio.get_running_loop().time()
        try:
            return await wait
        finally:
            del self._waiting[ticket]

    async def _judged(self, transaction: Transaction, place: _Place) -> Judgement:
        for _ in range(2):
            try:
                return await self._once(transaction, place, self._settings.seconds)
            except WorkerLost as lost:
                reason = str(lost)
                _log.warning("%s: an inspection worker was lost: %s (%s)", transaction.id, reason, lost.cause)
        try:
            await self._once(canary(), place, min(CANARY_SECONDS, self._settings.seconds))
        except WorkerLost:
            raise InspectionUnavailable("inspection workers fail on every message") from None
        await self._given_up.remember(transaction.message.octets, reason)
        return self._uninspected(transaction, reason)

    async def _once(self, transaction: Transaction, place: _Place, seconds: float) -> Judgement:
        """One try, after which the place has a worker that is as good as before, or none."""
        worker, place.worker = place.worker, None
        if worker is not None and not worker.silent:  # it died, or spoke unasked: no fault of this message
            self._discard(worker)
            worker = None
        worker = worker or await self._parent.fork()
        assert self._answers is not None
        try:
            judgement = await worker.judge(transaction, self._answers, seconds)
        except BaseException:
            self._discard(worker)
            raise
        if worker.spent or worker.messages >= MESSAGES_PER_WORKER or _was_trying(judgement):
            self._discard(worker)
        else:
            place.worker = worker
        return judgement

    def _discard(self, worker: Worker) -> None:
        worker.close()
        self._parent.kill(worker.pid)

    def _uninspected(self, transaction: Transaction, reason: str) -> Judgement:
        return judge_uninspected(self.policy, _directions(transaction, self._settings.domains), reason)


def _was_trying(judgement: Judgement) -> bool:
    """Whether the message met a limit or could not be read: who tries out a fault in a parser gets no second try in the
    process that the first one left behind. In ordinary mail hardly one is such; what is only locked is no reason."""
    return any(entry.reason in (Reason.LIMIT, Reason.UNREADABLE) for entry in judgement.not_inspected)


def _directions(transaction: Transaction, domains: tuple[str, ...]) -> list[tuple[Address, Direction]]:
    directory = Directory(domains=frozenset(domains))
    reverse_path = transaction.envelope.reverse_path
    return [
        (recipient.address, direction_of(transaction.direction, reverse_path, recipient.address, directory))
        for recipient in transaction.envelope.recipients
    ]
