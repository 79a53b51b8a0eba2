"""The way out: SMTP or LMTP to the next hops, or a Maildir folder.

`NextHops` is all that the rest of the gateway needs of this folder.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence

from gateway.config import NextHop, Route
from gateway.egress import Abilities, Egress
from gateway.relay.maildir import MaildirEgress
from gateway.relay.pool import Health, Pool
from gateway.relay.routed import RoutedEgress
from gateway.relay.smtp_egress import SmtpEgress


class NextHops:
    """A pool for each server. Raises OSError or ssl.SSLError when a file of authorities cannot be read."""

    def __init__(self, hops: Sequence[NextHop], hostname: str, routes: Sequence[Route] = ()) -> None:
        self._hops = {hop.name: hop for hop in hops}
        # The first route that names a domain counts, so it is written last.
        self._routes = {domain: route.next_hop for route in reversed(routes) for domain in route.domains}
        self._abilities: dict[str, Abilities] = {}  # by next hop, until one of them offers something else
        self._pools = {hop.name: Pool(hop, hostname, self._abilities.clear) for hop in hops if hop.maildir is None}
        self._hostname = hostname

    def egress(self, name: str) -> Egress:
        """A way out for one message. KeyError when no next hop has that name; load_config has checked it."""
        self._hops[name]
        return RoutedEgress(name, self._routes, self._to) if self._routes else self._to(name)

    def _to(self, name: str) -> Egress:
        hop = self._hops[name]
        if hop.maildir is not None:
            return MaildirEgress(hop.maildir, self._hostname)
        return SmtpEgress(*(self._pools[one] for one in self._in_order(hop)))

    def _in_order(self, hop: NextHop) -> Iterator[str]:
        """This one and those that are tried when it cannot be reached; load_config has checked that they end."""
        yield hop.name
        while hop.otherwise is not None:
            hop = self._hops[hop.otherwise]
            yield hop.name

    def abilities(self, name: str) -> Abilities:
        """What mail for this next hop may need, of all servers that it may go to: what one of them takes is offered.

        But reports of delivery, which all must give: where we promise them, no server before us will (RFC 3461
        section 5.2.1).
        """
        found = self._abilities.get(name)
        if found is None:
            found = self._abilities[name] = self._joint_abilities(name)
        return found

    def _joint_abilities(self, name: str) -> Abilities:
        mail_to = [self._hops[one] for one in dict.fromkeys((name, *self._routes.values()))]
        known = [_abilities(self._pools.get(one)) for hop in mail_to for one in self._in_order(hop)]
        bounds = [one.octets for one in known]
        return Abilities(
            eight_bit=any(one.eight_bit for one in known),
            smtputf8=any(one.smtputf8 for one in known),
            dsn=all(one.dsn for one in known),
            octets=None if None in bounds else max(filter(None, bounds)),
        )

    async def greet(self) -> None:
        """Learn what every server offers, before the first message needs it."""
        await asyncio.gather(*(pool.greet() for pool in self._pools.values()))

    def health(self) -> Mapping[str, Health]:
        """By name; a Maildir folder has none."""
        return {name: pool.health for name, pool in self._pools.items()}

    async def close(self) -> None:
        """Idle connections are closed at once, others as their messages end. Nothing new is opened."""
        for pool in self._pools.values():
            pool.close()
        await asyncio.sleep(0)  # transports close in the loop's next turn, which may be its last


def _abilities(pool: Pool | None) -> Abilities:
    if pool is None:  # a Maildir folder takes everything and reports nothing
        return Abilities(dsn=False)
    if (has := pool.extensions) is None:
        return Abilities()
    return Abilities(eight_bit=has.eight_bit, smtputf8=has.smtputf8, dsn=has.dsn, octets=has.size or None)
