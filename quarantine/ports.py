"""What the quarantine needs of a technology and of the gateway.

Adapters implement the stores; one contract suite tests them all. `gateway` implements Courier and Review.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from quarantine.daybook import Position
from quarantine.item import Count, Entry, Event, HeldMessage, Outcome, Period, Report, ReportState, State
from rules.address import Address
from rules.message import Octets
from rules.transaction import Recipient
from rules.verdict import Judgement, Mailing


class StoreUnavailable(Exception):
    """Our surroundings failed: disk full, database locked or away. Temporary: the sender is told 451."""


class SchemaMismatch(StoreUnavailable):
    """The store was written by another version of Mailward; nothing was touched."""


class ReviewUnavailable(Exception):
    """The message could not be judged again now. Temporary."""


class NoSuchItem(LookupError):
    """No item, no recipient of it, or more than one item has this id."""


class Refused(Exception):
    """The act is not allowed: its text says why. For good, unless something changes."""


class Busy(Exception):
    """Someone else is at work on the same item. Temporary."""


class Contents(Protocol):
    """Message contents, named by the SHA-256 of their octets."""

    def keeping(self) -> AbstractContextManager[None]:
        """Held from before `put` until the row that needs the content is committed: meanwhile nothing is removed."""
        ...

    def put(self, octets: Octets) -> str:
        """Keep durably and return the hex digest. Raises StoreUnavailable."""
        ...

    def get(self, sha256: str) -> bytes:
        """The octets. Raises KeyError when missing, StoreUnavailable when damaged or unreadable."""
        ...

    def has(self, sha256: str) -> bool:
        """Whether there is one, undamaged or not."""
        ...

    def names(self) -> Iterator[str]:
        """The digests of all contents."""
        ...

    def remove(self, names: Sequence[str], needed: Callable[[Sequence[str]], Collection[str]]) -> Sequence[str]:
        """Remove what is not needed, asked once more while no one is keeping, and abandoned pieces; what went."""
        ...


class Index(Protocol):
    """The rows. Every method is one transaction and raises StoreUnavailable."""

    def insert(self, item: HeldMessage, until: datetime) -> HeldMessage:
        """Keep, and its key until then; when the key is in force already for an item with an open copy, that item."""
        ...

    def get(self, id: str) -> HeldMessage | None: ...

    def find(self, prefix: str) -> Sequence[str]:
        """The ids that begin so, at most two."""
        ...

    def list(
        self,
        *,
        states: Iterable[State] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        expired: datetime | None = None,
    ) -> Sequence[HeldMessage]:
        """Items held in [since, until) with a copy in one of the states, oldest first; previews left out.

        `expired`: only those that had to go by then and have not.
        """
        ...

    def change(
        self,
        id: str,
        recipients: Sequence[str],
        to: State,
        *,
        at: datetime,
        by: str,
        reason: str,
        reply: str = "",
    ) -> Sequence[str]:
        """Move these recipients (address keys) where the table allows it; returns those that moved.

        Under legal hold nothing moves to DELETED or EXPIRED.
        """
        ...

    def set_legal_hold(self, id: str, reason: str, *, at: datetime, by: str) -> None:
        """Empty lifts it."""
        ...

    def set_judgement(self, id: str, judgement: Judgement) -> None: ...

    def purge(self, id: str, judgement: Judgement, at: datetime) -> bool:
        """Mark the content as given up and keep this judgement of it; False under legal hold or while a copy is held.

        True also when it was given up before.
        """
        ...

    def needed(self, names: Sequence[str]) -> Collection[str]:
        """Those contents (digests) that an item which was not purged still names."""
        ...

    def note(self, id: str, *, at: datetime, recipient: str, by: str, reason: str, reply: str = "") -> None:
        """Add to the history something that changes no state."""
        ...

    def history(self, id: str) -> Sequence[Event]:
        """What befell the item, oldest first."""
        ...

    def events(self, since: datetime, until: datetime) -> Sequence[Event]:
        """The same for all items, in [since, until)."""
        ...


class Book(Protocol):
    """What became of every recipient: sums by outcome, rows of those neither relayed nor held.

    Every method is one transaction and raises StoreUnavailable.
    """

    def record(
        self, entries: Sequence[Entry], counts: Sequence[Count], at: datetime, positions: Sequence[Position] = ()
    ) -> None:
        """Add rows, add to counts, and keep how far daybooks are in the books by that, in one transaction.

        `at` is now: what reports go by.
        """
        ...

    def entries(self, since: datetime, until: datetime) -> Sequence[Entry]: ...

    def counts(self, since: datetime, until: datetime) -> Sequence[Count]: ...

    def totals(self) -> Mapping[Outcome, int]:
        """Recipients by outcome, since counting began."""
        ...

    def positions(self) -> Mapping[str, int]:
        """How far each daybook is in the books, by its name."""
        ...

    def forget_position(self, name: str) -> None:
        """Of a daybook that is not there any more."""
        ...


class Reports(Protocol):
    """Which periods have been reported; raises StoreUnavailable."""

    def start(self) -> datetime:
        """Where the next period begins: the end of the last one claimed, or when the store was made."""
        ...

    def claim(self, period: Period, *, at: datetime, by: str) -> bool:
        """Take a period for sending; False when it does not begin where the last one ends, or is taken."""
        ...

    def mark(self, period: Period, state: ReportState, *, at: datetime, before: ReportState) -> bool:
        """Change the state where it is `before`; whether it was."""
        ...

    def give_back(self, period: Period, before: ReportState) -> None:
        """Drop the newest claim where its state is `before`: the period is due again."""
        ...

    def list(self) -> Sequence[Report]:
        """All, oldest first."""
        ...


class Reach(Protocol):
    """Whom one mailing has reached, summed over messages and nodes within a window."""

    def add(self, mailing: Mailing, at: datetime, window_seconds: int) -> int:
        """Add this copy's people and return how many distinct people it has reached within the window."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What the next hop said of one recipient. `in_doubt`: our final dot went out and no reply came."""

    recipient: Recipient
    code: int
    text: str  # the whole reply on one line of printable ASCII, code included
    in_doubt: bool = False

    @property
    def accepted(self) -> bool:
        return 200 <= self.code < 300 and not self.in_doubt

    @property
    def permanent(self) -> bool:
        return self.code >= 500 and not self.in_doubt


class Courier(Protocol):
    """The way to a next hop, synchronous. Never raises for what a next hop does or fails to do."""

    def send(self, item: HeldMessage, recipients: Sequence[Recipient], octets: bytes) -> Sequence[Attempt]:
        """Send a held message to these recipients through the item's next hop, with the item's envelope.

        `octets` are those received. One Attempt for each recipient. A next hop that cannot be reached is a 4xx.
        """
        ...

    def submit(
        self, next_hop: str, reverse_path: Address, recipients: Sequence[Recipient], octets: bytes
    ) -> Sequence[Attempt]:
        """Send a message of our own (CRLF line ends, 7-bit) through the next hop of that name.

        Never with the null reverse-path, which is for notices that a standard demands it for (RFC 5321 section 4.5.5):
        filters drop or count what comes with it, and a report that is lost later on its way would be lost unsaid. No
        loop comes of it: the notice itself has the null one, and Auto-Submitted stops replies (RFC 3834).
        """
        ...


class Review(Protocol):
    """Judgement once more, under the policy in force now."""

    def rejudge(self, item: HeldMessage, octets: bytes, recipients: Sequence[Recipient]) -> Judgement:
        """All rules on the content for these recipients: one verdict each, in their order, none waived.

        Sums over messages are not added to again. Raises ReviewUnavailable.
        """
        ...
