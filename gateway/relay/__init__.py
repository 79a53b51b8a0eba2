"""The way out: SMTP to the next hops, or a Maildir folder.

`NextHops` is all that the rest of the gateway needs of this folder.
"""

import asyncio
from collections.abc import Mapping, Sequence

from gateway.config import NextHop
from gateway.egress import Egress
from gateway.relay.maildir import MaildirEgress
from gateway.relay.pool import Health, Pool
from gateway.relay.smtp_egress import SmtpEgress


class NextHops:
    """A pool for each SMTP next hop. Raises OSError or ssl.SSLError when a file of authorities cannot be read."""

    def __init__(self, hops: Sequence[NextHop], hostname: str) -> None:
        self._hops = {hop.name: hop for hop in hops}
        self._pools = {hop.name: Pool(hop, hostname) for hop in hops if hop.maildir is None}
        self._hostname = hostname

    def egress(self, name: str) -> Egress:
        """A way out for one message. KeyError when no next hop has that name; load_config has checked it."""
        folder = self._hops[name].maildir
        return SmtpEgress(self._pools[name]) if folder is None else MaildirEgress(folder, self._hostname)

    def health(self) -> Mapping[str, Health]:
        """By name; a Maildir folder has none."""
        return {name: pool.health for name, pool in self._pools.items()}

    async def close(self) -> None:
        """Idle connections are closed at once, others as their messages end. Nothing new is opened."""
        for pool in self._pools.values():
            pool.close()
        await asyncio.sleep(0)  # transports close in the loop's next turn, which may be its last
