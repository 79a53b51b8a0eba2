"""What a listener needs from the rest of the gateway, in one value."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.config import Limits, Listener
from gateway.egress import Abilities, Egress
from gateway.reply import Reply
from gateway.smtp.spool import Spool
from rules.transaction import Transaction

Process = Callable[[Transaction, Egress], Awaitable[Reply]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """`domains` are ours, lower case. `postmaster_domain` completes `<postmaster>`; the first by name when empty.

    `process` owns the outcome: it runs to its end whatever the client does, and its egress is closed after it.
    `busy`: mail that came now would wait too long to be judged.
    `refused` counts what ended before it was a message: its stage, and the class of our reply.
    `abilities`: what the next hops have offered, which is what we can offer.
    `spool` is for contents too large for memory, of all listeners of the process together; nothing in it has a name or
    outlives its transaction.
    """

    listener: Listener
    limits: Limits
    hostname: str
    domains: frozenset[str]
    spool: Spool
    open_egress: Callable[[], Egress]
    process: Process
    postmaster_domain: str = ""
    busy: Callable[[], bool] = lambda: False
    abilities: Callable[[], Abilities] = Abilities
    refused: Callable[[str, str], None] = lambda *_: None

    @property
    def banner(self) -> str:
        """The first line of a session."""
        return f"220 {self.hostname} ESMTP Mailward"

    @property
    def message_octets(self) -> int:
        """The largest message that is of use to send us: our limit, or the next hop's where that is lower."""
        return min(self.limits.message_octets, self.abilities().octets or self.limits.message_octets)

    @property
    def postmaster(self) -> str:
        """The mailbox meant by `<postmaster>` (RFC 5321 section 4.5.1)."""
        return f"postmaster@{self.postmaster_domain or min(self.domains)}"
