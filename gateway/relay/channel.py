"""Octets out, replies in: the transport under one SMTP client connection.

Owns flow control, time limits and the count of replies owed to us; never knows what a command means.
Everything that goes wrong ends in one state, failed, with its reason; a failed channel is never used again.
"""

import asyncio
import ssl
from collections import deque
from typing import cast

from gateway.relay.replies import ReplyError, ReplyParser, WireReply
from gateway.watchdog import Watchdog


class NextHopError(Exception):
    """The next hop or the connection to it failed; the text is for the log, never for a peer."""


class Channel(asyncio.Protocol):
    """One reply is owed from the start, the greeting: it may arrive before create_connection returns (uvloop)."""

    def __init__(self) -> None:
        self.failure: str | None = None
        self.deadline = float("inf")  # loop time; no wait lasts beyond it
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser = ReplyParser()
        self._owed = 1
        self._replies: deque[WireReply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._watchdog = Watchdog(self._loop, self._late)
        self._complaint = ""  # what is said of the next hop when it is late,
        self._since = 0.0  # and since when we wait, in loop time
        self._paused = False

    @property
    def idle(self) -> bool:
        """Healthy, and every reply that was owed has come and been read."""
        return not (self.failure or self._owed or self._replies or self._parser.partial)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            for reply in self._parser.feed(data):
                if not self._owed:  # such as 421 before an idle connection is closed
                    raise ReplyError(f"unasked reply {reply.code}")
                self._owed -= 1
                self._replies.append(reply)
        except ReplyError as error:
            self.fail(str(error))
        self._wake()

    def eof_received(self) -> None:
        self.fail("closed by the next hop")

    def connection_lost(self, exc: Exception | None) -> None:
        self.fail(f"connection lost: {exc}" if exc else "closed by the next hop")

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._wake()

    def fail(self, reason: str) -> None:
        """Drop the connection at once. The first reason is the one that is kept."""
        self.failure = self.failure or reason
        self._watchdog.stop()
        if self._transport is not None and not self._transport.is_closing():
            self._transport.abort()
        self._wake()

    def write(self, octets: bytes | memoryview) -> None:
        """Send. Says nothing of a failure: the next wait will."""
        if self._transport is not None and not self.failure:
            self._transport.write(octets)

    def expect(self, replies: int) -> None:
        """So many more replies are owed to us; to be called in the same step as the write that asks for them."""
        self._owed += replies

    async def writable(self, seconds: float) -> None:
        """Wait until the transport takes more. Raises NextHopError."""
        while self._paused and not self.failure:
            await self._wait(seconds, "took no more octets")
        if self.failure:
            raise NextHopError(self.failure)

    async def reply(self, seconds: float) -> WireReply:
        """The next reply, in the order of the commands. Raises NextHopError; what came before a failure comes first."""
        return (await self.replies(1, seconds))[0]

    async def replies(self, number: int, seconds: float) -> list[WireReply]:
        """So many at once, each in its own time. Raises NextHopError where not all of them come."""
        while len(self._replies) < number:
            if self.failure:
                raise NextHopError(self.failure)
            await self._wait(seconds, "did not answer")
        return [self._replies.popleft() for _ in range(number)]

    async def start_tls(self, context: ssl.SSLContext, name: str, seconds: float) -> None:
        """Change to TLS; the channel must be idle. Raises NextHopError."""
        if self._transport is None or self.failure:
            raise NextHopError(self.failure or "not connected")
        try:
            secured = await self._loop.start_tls(
                self._transport, self, context, server_hostname=name, ssl_handshake_timeout=seconds
            )
        except OSError as error:  # ssl.SSLError is one
            self.fail(f"TLS: {error}")
            raise NextHopError(self.failure) from error
        self._transport = secured
        if secured is None:  # lost while the handshake ended
            self.fail("connection lost")

    def close(self) -> None:
        """Say QUIT and hang up without waiting for the answer."""
        self._watchdog.stop()
        if self._transport is not None and self.idle:
            self._transport.write(b"QUIT\r\n")
            self.failure = "closed"
            self._transport.close()
        else:
            self.fail("closed")

    async def _wait(self, seconds: float, complaint: str) -> None:
        now = self._loop.time()
        until = max(min(now + seconds, self.deadline), now)
        self._complaint, self._since = complaint, now
        self._watchdog.until(until)
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._watchdog.suspend()
            self._waiter = None

    def _late(self) -> None:
        self.fail(f"{self._complaint} for {self._loop.time() - self._since:.0f} s")

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
