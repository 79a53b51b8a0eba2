"""Commits: what happens between the final dot and our reply, whatever the client does meanwhile.

Each runs in a task of its own that owns its outcome; a client that hangs up cannot tear it (reliability L4).
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
        self._tasks: set[asyncio.Task[Reply]] = set()

    @property
    def in_flight(self) -> int:
        return len(self._tasks)

    async def run(self, pending: PendingTransaction, transaction: Transaction, release: Callable[[], None]) -> Reply:
        """Process the transaction to its end and give everything back; cancelling the caller changes nothing.

        An error in our own code is the sender's to retry: it becomes TRY_LATER and a traceback in the log.
        """
        task = asyncio.create_task(self._commit(pending, transaction, release))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def _commit(
        self, pending: PendingTransaction, transaction: Transaction, release: Callable[[], None]
    ) -> Reply:
        try:
            return await self._process(transaction, pending.egress)
        except Exception:
            log.exception("%s: processing failed", transaction.id)
            return TRY_LATER
        finally:
            await pending.close()
            release()

    async def settle(self, seconds: float) -> int:
        """Wait at most so long for the commits in flight; how many are left."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        return len(self._tasks)
