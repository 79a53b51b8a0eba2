"""Commits: what happens between the final dot and our reply, whatever the client does meanwhile.

Each runs in a task of its own that owns its outcome; a client that hangs up cannot tear it.
"""

import asyncio
import logging
from collections.abc import Callable

from gateway.reply import TRY_LATER, Reply
from gateway.smtp.pending import PendingTransaction
from gateway.smtp.reception import Process
from rules.transaction import Transaction

log = logging.getLogger("mailward.smtp")


class Commits:
    """The commits in flight. One for each listener."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def in_flight(self) -> int:
        return len(self._tasks)

    async def run(self, pending: PendingTransaction, transaction: Transaction, release: Callable[[], None]) -> Reply:
        """Process the transaction to its end and give everything back; cancelling the caller changes nothing.

        An error in our own code is the sender's to retry: it becomes TRY_LATER and a traceback in the log.
        """
        told: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._commit(pending, transaction, release, told))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await told

    async def _commit(
        self,
        pending: PendingTransaction,
        transaction: Transaction,
        release: Callable[[], None],
        told: asyncio.Future[Reply],
    ) -> None:
        reply = TRY_LATER
        try:
            reply = await self._process(transaction, pending.egress)
        except Exception:
            log.exception("%s: processing failed", transaction.id)
        finally:
            await pending.close()
            release()
            if not told.done():  # the caller was cancelled
                told.set_result(reply)

    async def settle(self, seconds: float) -> int:
        """Wait at most so long for the commits in flight; how many are left."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        return len(self._tasks)
