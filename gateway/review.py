"""Judges a held message once more, in inspection workers, under the policy in force now (quarantine.ports.Review).

The workers' side, and with it every detector, is loaded when a message is released: the keeper and most commands, which
only could release one, would start a fifth slower.
"""

import asyncio
from collections.abc import Sequence

from gateway.config import Config
from gateway.held import transaction_again
from quarantine.item import HeldMessage
from quarantine.ports import ReviewUnavailable
from rules.transaction import Recipient, Transaction
from rules.verdict import Judgement


class WorkerReview:
    """Starts workers for each call: a release is rare, and sees the policy of this very moment."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def rejudge(self, item: HeldMessage, octets: bytes, recipients: Sequence[Recipient]) -> Judgement:
        """All rules on the content for these recipients; raises ReviewUnavailable."""
        from gateway.workers import InspectionUnavailable

        transaction = transaction_again(item, octets, recipients, self._config)
        try:
            return asyncio.run(self._inspect(transaction))
        except InspectionUnavailable as error:
            raise ReviewUnavailable(str(error)) from error

    async def _inspect(self, transaction: Transaction) -> Judgement:
        from gateway.workers import WorkerPool, worker_settings

        async with WorkerPool(worker_settings(self._config)) as pool:
            return await pool.inspect(transaction)
