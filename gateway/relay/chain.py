"""Several next hops in order: the first that can be reached takes the message.

Owns which one a connection came from; after a session has begun nothing is tried anywhere else.
"""

from collections.abc import Sequence

from gateway.relay.connection import Connection
from gateway.relay.pool import Pool, Unreachable


class Chain:
    """For one message, which has one connection at a time. `used` is the pool of the last."""

    def __init__(self, pools: Sequence[Pool]) -> None:
        self._pools = pools
        self.used = pools[0]

    async def acquire(self, *, fresh: bool = False) -> Connection:
        """Of the first that can be reached, those last that could not a moment ago. Raises NextHopError."""
        # Also when all are down: one of them may be back.
        *others, last = sorted(self._pools, key=lambda pool: pool.down)
        for pool in others:
            try:
                return await self._from(pool, fresh)
            except Unreachable as error:
                pool.failed(str(error))
        return await self._from(last, fresh)

    async def _from(self, pool: Pool, fresh: bool) -> Connection:
        self.used = pool
        return await pool.acquire(fresh=fresh)

    def release(self, connection: Connection) -> None:
        self.used.release(connection)

    def failed(self, reason: str) -> None:
        self.used.failed(reason)
