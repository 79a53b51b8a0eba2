"""The connections to one next hop: how many, how long, how often used (within Exchange's limits).

Owns dialling and re-use; never speaks of messages.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from gateway.config import NextHop
from gateway.relay.channel import NextHopError
from gateway.relay.commands import Extensions
from gateway.relay.connection import Connection
from gateway.relay.session import connect, tls_context

MESSAGES_PER_CONNECTION = 50  # OpenSMTPD takes 100 and tells the sender of the next to come later
IDLE_SECONDS = 45.0  # an Edge server hangs up after 60 s
AGE_SECONDS = 240.0  # an Edge server hangs up after 5 min, even while a content is on its way
DOWN_SECONDS = 30.0  # a next hop that did not answer is not asked again for so long where there is another
WAIT_SECONDS = 30.0  # for a free connection; more would eat the 60 s in which a message must be sent

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How it stands with a next hop, for monitors. `last_failure` is for administrators' eyes."""

    in_use: int
    idle: int
    connects: int
    failures: int
    last_failure: str | None
    down: bool = False  # could not be reached a moment ago


class Unreachable(NextHopError):
    """No session could be had. Where there is another next hop, it is the other's turn."""


class Pool:
    """At most `hop.connections` are open. Every acquire must be followed by one release."""

    def __init__(self, hop: NextHop, hostname: str, learned: Callable[[], None] = lambda: None) -> None:
        """`learned` is called when a session offers something else than the one before."""
        self._hop = hop
        self._learned = learned
        self._hostname = hostname
        self._context = tls_context(hop)
        self._slots = asyncio.Semaphore(hop.connections)
        self._idle: list[Connection] = []  # the last one released is used first, so that the others grow old
        self._sweeper: asyncio.TimerHandle | None = None
        self._closed = False
        self._in_use = self._connects = self._failures = 0
        self._down_until = float("-inf")  # loop time
        self._last_failure: str | None = None
        self.extensions: Extensions | None = None  # that its last session offered; None before the first

    @property
    def health(self) -> Health:
        return Health(
            in_use=self._in_use,
            idle=len(self._idle),
            connects=self._connects,
            failures=self._failures,
            last_failure=self._last_failure,
            down=self.down,
        )

    @property
    def down(self) -> bool:
        """Could not be reached within the last DOWN_SECONDS."""
        return asyncio.get_running_loop().time() < self._down_until

    async def acquire(self, *, fresh: bool = False) -> Connection:
        """A connection that takes commands; a new one when `fresh`. Raises NextHopError, Unreachable being one."""
        await self._slot()
        try:
            connection = None if fresh else self._reusable()
            if connection is None:
                connection = await self._connect()
        except BaseException:
            self._slots.release()
            raise
        self._in_use += 1
        return connection

    async def greet(self) -> None:
        """Learn what the next hop offers before the first message needs it. One that is away is noted, no more."""
        try:
            self.release(await self.acquire())
        except NextHopError as error:
            self.failed(str(error))

    def release(self, connection: Connection) -> None:
        """Give back, in whatever state. One that does not wait for a command is closed."""
        self._in_use -= 1
        connection.limit(float("inf"))
        connection.released = asyncio.get_running_loop().time()
        if self._closed or not self._good(connection):
            connection.close()
        else:
            connection.kept = True
            self._idle.append(connection)
            self._sweep_later()
        self._slots.release()

    def failed(self, reason: str) -> None:
        """Note and log a failure of the next hop."""
        self._failures += 1
        self._last_failure = reason
        _LOG.warning("next hop %s: %s", self._hop.name, reason)

    def close(self) -> None:
        """Close what is idle now, and what is in use as it is released."""
        self._closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        while self._idle:
            self._idle.pop().close()

    async def _slot(self) -> None:
        if self._closed:
            raise NextHopError("shutting down")
        if not self._slots.locked():
            await self._slots.acquire()
            return
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._slots.acquire()
        except TimeoutError:
            raise NextHopError(f"all {self._hop.connections} connections busy for {WAIT_SECONDS:.0f} s") from None

    def _reusable(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if self._good(connection):
                return connection
            connection.close()
        return None

    async def _connect(self) -> Connection:
        if self._idle:  # a new one although some are idle: keep within the number allowed
            self._idle.pop(0).close()
        self._connects += 1
        try:
            connection = await connect(self._hop, self._hostname, self._context)
        except NextHopError as error:
            self._down_until = asyncio.get_running_loop().time() + DOWN_SECONDS
            raise Unreachable(str(error)) from error
        self._down_until = float("-inf")
        if connection.extensions != self.extensions:
            self.extensions = connection.extensions
            self._learned()
        return connection

    def _good(self, connection: Connection) -> bool:
        now = asyncio.get_running_loop().time()
        return (
            connection.usable
            and connection.messages < MESSAGES_PER_CONNECTION
            and now - connection.opened < AGE_SECONDS
            and now - connection.released < IDLE_SECONDS
        )

    def _sweep_later(self) -> None:
        if self._sweeper is None and self._idle:  # the first has been idle longest
            when = self._idle[0].released + IDLE_SECONDS
            self._sweeper = asyncio.get_running_loop().call_at(when, self._sweep)

    def _sweep(self) -> None:
        self._sweeper = None
        for connection in [one for one in self._idle if not self._good(one)]:
            self._idle.remove(connection)
            connection.close()
        self._sweep_later()
