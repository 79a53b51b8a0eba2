"""The pool of inspection workers: hands messages to them, takes judgements back, and outlives their deaths.

Never parses a message itself. A worker that dies or is late is replaced; its message gets one more try in a fresh
worker; then a canary tells "this message" (held as not inspected) from "our surroundings" (InspectionUnavailable).
"""

import asyncio
import contextlib
import logging
import os
import socket
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.config import Config
from gateway.sandbox.layers import Refusal
from gateway.wire import (
    DESCRIPTOR,
    HEADER,
    INLINE,
    MAX_INLINE,
    MAX_REPLY,
    MAX_STARTED,
    Preface,
    Started,
    WireError,
    content_descriptor,
    preface_of,
)
from rules.address import Address
from rules.directory import Directory, direction_of
from rules.document import from_json, to_json
from rules.engine import judge_uninspected
from rules.message import Message
from rules.policy import Policy, find_policy, load_policy
from rules.transaction import Client, Direction, Envelope, ListenerKind, Recipient, Transaction
from rules.verdict import Judgement

FORK, KILL = b"F", b"K"
# What a message may have left behind does not stay for long (reliability D7). A fresh worker pays some 100 ms for the
# pages that it no longer shares with its parent: at 200 messages that was half as much again as inspecting them.
MESSAGES_PER_WORKER = 1_000
START_SECONDS = 30.0  # for the warm parent: imports, patterns, directory
WAIT_SECONDS = 30.0  # for a worker that is free; a sender kept longer might give up and come with a second copy
GRACE_SECONDS = 5.0  # a worker kills itself at its deadline; after this we stop waiting for its end

# What the inspection side is told of our environment, which may hold secrets that no message must find.
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "PYTHONHASHSEED")

CANARY = b"From: canary@mailward.example\r\nTo: canary@mailward.example\r\nSubject: canary\r\n\r\nStill singing.\r\n"


_log = logging.getLogger("mailward.workers")


class InspectionUnavailable(Exception):
    """Workers cannot be started or fail on the canary too: our surroundings, not the message."""


class _WorkerLost(Exception):
    """This worker died, was late or broke the protocol over a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """What the inspection side loads. `seconds` is the wall clock a message may take."""

    policy: Path
    domains: tuple[str, ...]
    directory: Path | None = None
    workers: int = 0  # 0: one a core
    seconds: float = 30.0
    rehearse: bool = False  # judge the library's samples first: a third of a second, and every worker starts fast


def worker_settings(config: Config, *, rehearse: bool = False) -> WorkerSettings:
    """What the inspection side needs of a configuration."""
    return WorkerSettings(
        policy=find_policy(config.policy),
        domains=config.domains,
        directory=config.directory,
        workers=config.workers,
        seconds=config.limits.inspection_seconds,
        rehearse=rehearse,
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


class _Worker:
    """One forked worker behind its socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.pid = 0
        self.messages = 0

    async def ready(self) -> Started:
        started = from_json(await _frame(self._sock, MAX_STARTED), Started)
        self.pid = started.pid
        return started

    async def inspect(self, transaction: Transaction) -> Judgement:
        """One answer to one message; whatever else a worker says is a reason to end it."""
        self._must_be_silent()
        await self._send(transaction)
        judgement = from_json(await _frame(self._sock, MAX_REPLY), Judgement)
        recipients = [str(recipient.address) for recipient in transaction.envelope.recipients]
        if [verdict.recipient for verdict in judgement.verdicts] != recipients:
            raise WireError("a judgement of other recipients")
        self.messages += 1
        return judgement

    def _must_be_silent(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._sock.recv(1, socket.MSG_PEEK)
            raise WireError("worker ended, or spoke unasked")

    def close(self) -> None:
        self._sock.close()

    async def _send(self, transaction: Transaction) -> None:
        loop = asyncio.get_running_loop()
        preface = to_json(preface_of(transaction), Preface)
        octets = transaction.message.octets
        if len(octets) <= MAX_INLINE:
            frame = INLINE + HEADER.pack(len(preface), len(octets)) + preface + octets[:]
            await loop.sock_sendall(self._sock, frame)
            return
        try:
            descriptor = content_descriptor(octets)
        except OSError as error:  # no memory or descriptor left: not the message's fault
            raise InspectionUnavailable(f"no room to hand the message over: {error.strerror}") from error
        try:
            socket.send_fds(self._sock, [DESCRIPTOR], [descriptor])
        finally:
            os.close(descriptor)
        await loop.sock_sendall(self._sock, HEADER.pack(len(preface), 0) + preface)


async def _frame(sock: socket.socket, limit: int) -> bytes:
    """What a frame says, of at most `limit` octets. Raises WireError."""
    size, surplus = HEADER.unpack(await _receive(sock, HEADER.size))
    if size > limit or surplus:
        raise WireError("frame too large")
    return await _receive(sock, size)


async def _receive(sock: socket.socket, size: int) -> bytes:
    loop = asyncio.get_running_loop()
    octets = b""
    while len(octets) < size:
        piece = await loop.sock_recv(sock, size - len(octets))
        if not piece:
            raise WireError("worker ended")
        octets += piece
    return octets


class WorkerPool:
    """Use as an asynchronous context manager; `inspect` may be called from any number of tasks at once."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._size = settings.workers or os.cpu_count() or 1
        self._idle: asyncio.LifoQueue[_Worker | None] = asyncio.LifoQueue()
        self._parent: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()  # two failing messages must not start two parents
        self._control: socket.socket | None = None
        self._policy: Policy | None = None
        self._private: tempfile.TemporaryDirectory[str] | None = None
        self._refused: frozenset[Refusal] = frozenset()
        self._closed = False

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
        return self._refused

    async def start(self) -> None:
        """Raises DocumentError for a bad policy, InspectionUnavailable when the inspection side does not come up."""
        self._policy = load_policy(self._settings.policy)
        await self._start_parent()
        for _ in range(self._size):
            self._idle.put_nowait(None)

    async def close(self) -> None:
        """Wait for the messages in hand, at most as long as one may take, then end every worker."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.seconds + GRACE_SECONDS):
                for _ in range(self._size):
                    worker = await self._idle.get()
                    if worker is not None:
                        worker.close()
        self._closed = True
        await self._stop_parent()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def inspect(self, transaction: Transaction) -> Judgement:
        """Judge one message; raises InspectionUnavailable when that cannot be done now."""
        for _ in range(2):
            try:
                return await self._once(transaction)
            except _WorkerLost as lost:
                reason = str(lost)
        try:
            await self._once(canary())
        except _WorkerLost:
            raise InspectionUnavailable("inspection workers fail on every message") from None
        return judge_uninspected(self.policy, _directions(transaction, self._settings.domains), reason)

    async def _once(self, transaction: Transaction) -> Judgement:
        worker = await self._free()
        try:
            if worker is None:
                worker = await self._fork()
            judgement = await asyncio.wait_for(worker.inspect(transaction), self._settings.seconds + GRACE_SECONDS)
        except (WireError, OSError, ValueError, TimeoutError) as error:
            self._discard(worker)
            raise _WorkerLost(_words(error)) from None
        except BaseException:
            self._discard(worker)
            raise
        if worker.messages >= MESSAGES_PER_WORKER:
            self._discard(worker)
        else:
            self._idle.put_nowait(worker)
        return judgement

    async def _free(self) -> _Worker | None:
        """The place of a worker, whose worker may still have to be forked."""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return await self._idle.get()
        except TimeoutError:
            raise InspectionUnavailable(f"all workers busy for {WAIT_SECONDS:.0f} s") from None

    def _discard(self, worker: _Worker | None) -> None:
        if worker is not None:
            worker.close()
            self._kill(worker.pid)
        self._idle.put_nowait(None)

    async def _fork(self) -> _Worker:
        async with self._starting:
            if self._closed:
                raise InspectionUnavailable("the pool is closed")
            if self._parent is None or self._parent.returncode is not None:
                await self._start_parent()
        if self._control is None:
            raise InspectionUnavailable("the inspection side is gone")
        ours, theirs = socket.socketpair()
        try:
            socket.send_fds(self._control, [FORK], [theirs.fileno()])
        finally:
            theirs.close()
        ours.setblocking(False)
        worker = _Worker(ours)
        try:
            started = await asyncio.wait_for(worker.ready(), START_SECONDS)
        except BaseException:
            worker.close()
            raise
        self._note(started)
        return worker

    def _note(self, started: Started) -> None:
        """Each missing layer is logged once."""
        for refusal in set(started.refused) - self._refused:
            _log.warning("inspection workers go without %s: %s", refusal.layer.value, refusal.reason)
        self._refused |= set(started.refused)

    def _kill(self, pid: int) -> None:
        if pid and self._control is not None:
            try:
                self._control.sendall(KILL + pid.to_bytes(4, "big"))
            except OSError:
                return  # the parent is gone, and its workers with it

    async def _start_parent(self) -> None:
        await self._stop_parent()
        ours, theirs = socket.socketpair()
        self._private = tempfile.TemporaryDirectory(prefix="mailward-", ignore_cleanup_errors=True)
        told = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        with theirs:
            self._parent = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "gateway.inspector"),
                stdin=theirs.fileno(),
                stdout=asyncio.subprocess.DEVNULL,
                env={**told, "TMPDIR": self._private.name},
            )
        settings = to_json(self._settings, WorkerSettings)
        ours.sendall(HEADER.pack(len(settings), 0) + settings)
        ours.setblocking(False)
        self._control = ours
        try:
            started = await asyncio.wait_for(_frame(ours, MAX_STARTED), START_SECONDS)
            self._note(from_json(started, Started))
        except (WireError, OSError, ValueError, TimeoutError):
            await self._stop_parent()
            raise InspectionUnavailable("the inspection side did not start") from None
        ours.setblocking(True)

    async def _stop_parent(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._parent is not None:
            with contextlib.suppress(ProcessLookupError):
                self._parent.kill()
            await self._parent.wait()
            self._parent = None
        if self._private is not None:
            self._private.cleanup()
            self._private = None


def _directions(transaction: Transaction, domains: tuple[str, ...]) -> list[tuple[Address, Direction]]:
    directory = Directory(domains=frozenset(domains))
    reverse_path = transaction.envelope.reverse_path
    return [
        (recipient.address, direction_of(transaction.direction, reverse_path, recipient.address, directory))
        for recipient in transaction.envelope.recipients
    ]


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "reading it took longer than the time allowed"
    return "reading it ended the inspection worker"
