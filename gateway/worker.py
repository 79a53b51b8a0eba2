"""One inspection worker as the gateway sees it: a socket that a message goes into and one judgement comes out of.

Trusts nothing that comes back. Whoever holds a worker ends it after the first error; it is never asked again.
"""

import asyncio
import os
import socket
import time

from gateway.answers import Answers
from gateway.sandbox.limits import CPU_SECONDS
from gateway.wire import (
    DESCRIPTOR,
    HEADER,
    INLINE,
    JUDGED,
    LAST,
    MAX_INLINE,
    MAX_STARTED,
    Ended,
    Preface,
    Started,
    WireError,
    content_descriptor,
    preface_of,
    read_frame,
    reply_limit,
)
from rules.document import from_json, to_json
from rules.transaction import Transaction
from rules.verdict import Judgement

GRACE_SECONDS = 2.0  # a worker kills itself at its deadline; after this we stop waiting for its end

# Reasons as an administrator reads them in the verdict; Ended has those that a worker can still tell itself.
TOO_LONG = "reading it took longer than the time allowed"
DIED = "reading it ended the inspection worker"


class WorkerLost(Exception):
    """This worker died, was late or broke the protocol over a message; the text is for the verdict, `cause` our log."""

    def __init__(self, reason: str, cause: str = "") -> None:
        super().__init__(reason)
        self.cause = cause


class NoRoom(Exception):
    """No memory or descriptor is left to hand a message over: not the message's fault."""


class Worker:
    """A forked worker behind its socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.pid = 0
        self.messages = 0
        self.spent = False  # it has said that it ends

    async def ready(self) -> Started:
        """What the worker says first. Raises WireError or ValueError."""
        _, told = await read_frame(self._sock, MAX_STARTED)
        started = from_json(told, Started)
        self.pid = started.pid
        return started

    @property
    def silent(self) -> bool:
        """Whether it waits for a message: alive, and with nothing said unasked."""
        try:
            self._sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    async def judge(self, transaction: Transaction, answers: Answers, seconds: float) -> Judgement:
        """One answer to one message. Raises WorkerLost for anything else, NoRoom."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(seconds + GRACE_SECONDS):
                await self._send(transaction)
                limit = reply_limit(len(transaction.envelope.recipients))
                kind, octets = await read_frame(self._sock, limit)
            if kind not in (JUDGED, LAST):
                raise WorkerLost(from_json(octets, Ended).value, "it said so itself")
            judgement = answers.checked(from_json(octets, Judgement), transaction)
        except TimeoutError:
            raise WorkerLost(TOO_LONG, "no answer") from None
        except (WireError, OSError, ValueError) as error:
            out_of_time = time.monotonic() - began >= min(seconds, CPU_SECONDS)  # its own clocks have killed it
            # pydantic's errors show what they are about, which is the message's text
            cause = "not a judgement" if isinstance(error, ValueError) else str(error)
            raise WorkerLost(TOO_LONG if out_of_time else DIED, cause) from None
        self.messages += 1
        self.spent = kind == LAST
        return judgement

    def close(self) -> None:
        self._sock.close()

    async def _send(self, transaction: Transaction) -> None:
        loop = asyncio.get_running_loop()
        preface = to_json(preface_of(transaction), Preface)
        octets = transaction.message.octets
        head = HEADER.pack(len(preface), len(octets)) + preface
        if len(octets) <= MAX_INLINE:
            await loop.sock_sendall(self._sock, INLINE + head + octets[:])
            return
        try:
            descriptor = content_descriptor(octets)
        except OSError as error:
            raise NoRoom(f"no room to hand the message over: {error.strerror}") from error
        try:
            frame = DESCRIPTOR + head
            sent = socket.send_fds(self._sock, [frame], [descriptor])
        finally:
            os.close(descriptor)
        await loop.sock_sendall(self._sock, frame[sent:])
