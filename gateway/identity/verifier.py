"""Authenticates one message from outside: SPF, DKIM, DMARC and ARC, within one deadline.

Never raises for what the message or the DNS says; what is not known in time is `temperror`, and accuses nobody.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor

from gateway.identity.arc import NAMES as ARC_FIELDS
from gateway.identity.arc import verify_arc
from gateway.identity.author import author_of
from gateway.identity.bodies import Bodies
from gateway.identity.dkim import verify_dkim
from gateway.identity.dmarc import evaluate
from gateway.identity.resolver import Asking, Lookups
from gateway.identity.spf import check_spf
from rules.identity import ArcResult, Authentication, DkimResult, DmarcResult, Result, SpfResult
from rules.message import Field
from rules.transaction import Transaction

SECONDS = 5.0  # for all questions of a message

_log = logging.getLogger("mailward.identity")


class Verifier:
    """`trusted_sealers` are the domains whose ARC seal is believed. `executor` hashes large bodies."""

    def __init__(
        self,
        resolver: Asking,
        *,
        trusted_sealers: frozenset[str] = frozenset(),
        seconds: float = SECONDS,
        executor: Executor | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._resolver = resolver
        self._trusted = trusted_sealers
        self._seconds = seconds
        self._executor = executor
        self._clock = clock

    async def authenticate(self, transaction: Transaction) -> Authentication:
        """What the DNS and the message prove of its sender, in `seconds` at the most."""
        asking = Lookups(self._resolver)
        fields = tuple(transaction.message.fields())
        author = author_of(fields)
        domain = _ascii(author.domain) if author is not None and not author.domain.startswith("[") else ""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._evaluated(asking, transaction, fields, domain)
        except TimeoutError:
            _log.info("%s: no answer of the DNS within %.0f s", transaction.id, self._seconds)
        except Exception:
            _log.exception("%s: authentication failed", transaction.id)
        return _unknown(domain, fields)

    async def _evaluated(
        self, asking: Asking, transaction: Transaction, fields: Sequence[Field], author: str
    ) -> Authentication:
        bodies, now = Bodies(transaction.message, self._executor), self._clock()
        spf, signatures, arc = await asyncio.gather(
            _spf(asking, transaction),
            verify_dkim(asking, fields, bodies, now),
            verify_arc(asking, fields, bodies, now, self._trusted),
        )
        found = await evaluate(asking, author, spf, signatures)
        return Authentication(spf=found.spf, spf_aligned=found.spf_aligned, dkim=found.dkim, dmarc=found.dmarc, arc=arc)


async def _spf(asking: Asking, transaction: Transaction) -> SpfResult:
    """For a null reverse-path the HELO name stands in (RFC 7208 section 2.4)."""
    hello, path = transaction.client.name, transaction.envelope.reverse_path
    domain = _ascii(path.domain if path is not None else hello)
    sender = f"{path.local}@{domain}" if path is not None else f"postmaster@{domain}"
    return await check_spf(asking, transaction.client.address, domain, sender, hello)


def _ascii(domain: str) -> str:
    """The A-label form; a name that has none is asked for by nobody and stays as it is."""
    try:
        return domain.encode("idna").decode("ascii").lower() if not domain.isascii() else domain.lower()
    except UnicodeError:
        return domain.lower()


def _unknown(author: str, fields: Sequence[Field]) -> Authentication:
    signed = any(field.key == "dkim-signature" for field in fields)
    chained = any(field.key in ARC_FIELDS for field in fields)
    return Authentication(
        spf=SpfResult(result=Result.TEMPERROR),
        dkim=(DkimResult(result=Result.TEMPERROR),) if signed else (),
        dmarc=DmarcResult(result=Result.TEMPERROR, author=author),
        arc=ArcResult(result=Result.TEMPERROR if chained else Result.NONE),
    )
