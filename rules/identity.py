"""Who a message comes from, as far as it was proved before judgement. Values only; proves nothing itself.

What is absent here was not looked at: it accuses nobody.
"""

from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """The outcome of one method of authentication (RFC 8601 section 2.7)."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"
    FAIL = "fail"
    SOFTFAIL = "softfail"
    POLICY = "policy"  # valid, and not to be relied upon
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


class Rung(StrEnum):
    """How the sending side was proved, from not at all to the very person."""

    UNKNOWN = "unknown"
    NETWORK = "network"  # one of our own machines, by its address
    TLS = "tls"  # by its certificate too
    EXCHANGE = "exchange-auth"  # Exchange's stamp: it knows the mailbox
    SMTP_AUTH = "smtp-auth"  # a user of the MTA before us

    @property
    def proves_person(self) -> bool:
        return self in (Rung.EXCHANGE, Rung.SMTP_AUTH)


class DmarcPolicy(StrEnum):
    """What the author's domain asks for (RFC 9989), less one step while it is testing."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfResult:
    """`domain` is the reverse-path's, or the HELO name when that is null."""

    result: Result = Result.NONE
    domain: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimResult:
    """One DKIM signature. `aligned`: its domain belongs to the author's (RFC 9989, relaxed or strict as asked)."""

    result: Result
    domain: str = ""
    selector: str = ""
    aligned: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcResult:
    """`author` is the domain of the one From mailbox, empty when there is not exactly one. Policy None: no record."""

    result: Result = Result.NONE
    author: str = ""
    policy: DmarcPolicy | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArcResult:
    """`sealers` from the first to the last; `trusted`: the chain is whole and the last is on our list."""

    result: Result = Result.NONE
    sealers: tuple[str, ...] = ()
    trusted: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """What DNS says of a message from outside."""

    spf: SpfResult = SpfResult()
    spf_aligned: bool = False
    dkim: tuple[DkimResult, ...] = ()
    dmarc: DmarcResult = DmarcResult()
    arc: ArcResult = ArcResult()

    @property
    def undecided(self) -> bool:
        """Whether an answer that did not come could have changed what is said of the author's domain."""
        if self.aligned:
            return False
        results = (self.spf.result, self.dmarc.result, *(item.result for item in self.dkim))
        return Result.TEMPERROR in results

    @property
    def aligned(self) -> bool:
        """Whether SPF or a signature speaks for the author's domain, with a DMARC record or without."""
        signed = any(item.aligned and item.result is Result.PASS for item in self.dkim)
        return signed or (self.spf_aligned and self.spf.result is Result.PASS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """`person` is the address key of the mailbox proved, None below Rung.EXCHANGE; `authentication` None: not asked."""

    rung: Rung = Rung.UNKNOWN
    person: str | None = None
    authentication: Authentication | None = None


UNKNOWN = Identity()
