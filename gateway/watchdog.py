"""One timer for each connection, of ours or to us, however often its deadline moves. Knows nothing of what is late."""

import asyncio
from collections.abc import Callable

# Seconds for which a timer is set at the most. A deadline further away is looked for again then, so that one that
# comes nearer, as in DATA after a command, seldom needs another timer: to make and to end one costs as much as a line.
LOOK = 30.0


class Watchdog:
    """Calls `expired` when a deadline has passed; it may then be set again."""

    def __init__(self, loop: asyncio.AbstractEventLoop, expired: Callable[[], None]) -> None:
        self._loop = loop
        self._expired = expired
        self._deadline: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0

    def until(self, deadline: float) -> None:
        """Expire at that moment of the loop's clock, unless moved before."""
        self._deadline = deadline
        if self._timer is None or self._timer_at > deadline:
            self._set(deadline)

    def suspend(self) -> None:
        """Nobody is waited for: do not expire."""
        self._deadline = None

    def stop(self) -> None:
        """Suspend and let the timer go."""
        self.suspend()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set(self, deadline: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = min(deadline, self._loop.time() + LOOK)
        self._timer = self._loop.call_at(self._timer_at, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._deadline is None:
            return
        if self._deadline <= self._loop.time():
            self._expired()
        else:
            self._set(self._deadline)
