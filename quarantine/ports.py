"""What the quarantine needs of a technology. Adapters implement these; one contract suite tests them all."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from quarantine.item import HeldMessage, State
from rules.message import Octets
from rules.verdict import Mailing


class StoreUnavailable(Exception):
    """Our surroundings failed: disk full, database locked or away. Temporary: the sender is told 451."""


class Contents(Protocol):
    """Message contents, named by the SHA-256 of their octets."""

    def put(self, octets: Octets) -> str:
        """Keep durably (reliability D6) and return the hex digest. Raises StoreUnavailable."""
        ...

    def get(self, sha256: str) -> bytes:
        """The octets. Raises KeyError when missing, StoreUnavailable when damaged or unreadable."""
        ...

    def remove(self, sha256: str) -> None: ...


class Index(Protocol):
    """The rows. Every method is one transaction and raises StoreUnavailable."""

    def insert(self, item: HeldMessage) -> HeldMessage:
        """Keep; when the key is known already, the item that is there."""
        ...

    def get(self, id: str) -> HeldMessage | None: ...

    def list(
        self, *, states: Iterable[State] = (), since: datetime | None = None, until: datetime | None = None
    ) -> Sequence[HeldMessage]: ...

    def change(
        self,
        id: str,
        recipients: Sequence[str],
        to: State,
        *,
        at: datetime,
        by: str,
        reason: str,
        reply: str,
    ) -> Sequence[str]:
        """Move these recipients (address keys) where the table allows it; returns those that moved."""
        ...


class Reach(Protocol):
    """Whom one mailing has reached, summed over messages and nodes within a window."""

    def add(self, mailing: Mailing, at: datetime, window_seconds: int) -> int:
        """Add this copy's people and return how many distinct people it has reached within the window."""
        ...
