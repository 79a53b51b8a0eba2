"""What became of every recipient that was not held: rows for the exceptions, sums for the mail that simply passed.

What rules on trial found is summed for everyone whose mail was not deferred. What is held is in the quarantine's own
rows and is not written twice. Proves that the books agree.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock, Timer

from quarantine.item import TRANSITIONS, Count, Entry, Event, HeldMessage, Outcome, State, Trial
from quarantine.ports import Book, Contents, Index, StoreUnavailable

FLUSH_SECONDS = 1.0  # what a crash may take from the sum of relayed mail; the mail itself was delivered
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Sums, of relayed recipients and of what rules on trial found, are kept in memory and written once a second; rows
    at once."""

    book: Book
    clock: Callable[[], datetime]
    _sums: "Counter[tuple[datetime, str, Outcome, Trial | None]]" = field(default_factory=Counter, init=False)
    _timer: Timer | None = field(default=None, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def record(self, entries: Sequence[Entry]) -> None:
        """Add these; rows are durable on return. Raises StoreUnavailable."""
        now = self.clock()
        rows = [entry for entry in entries if entry.outcome not in (Outcome.RELAYED, Outcome.HELD)]
        with self._lock:
            for entry in entries:
                self._sums.update((count_start(now), entry.listener, *summed) for summed in _summed(entry))
            if self._sums and self._timer is None and not rows:
                self._timer = Timer(FLUSH_SECONDS, self._flush_quietly)
                self._timer.start()
        if rows:
            self._write(rows, now)

    def flush(self) -> None:
        """Write what is summed. Raises StoreUnavailable, and keeps the sums."""
        self._write([], self.clock())

    def _flush_quietly(self) -> None:
        with self._lock:
            self._timer = None
        try:
            self.flush()
        except StoreUnavailable:
            return  # the sums are kept, and the next record tries again

    def _write(self, rows: Sequence[Entry], now: datetime) -> None:
        with self._lock:
            sums, self._sums = self._sums, Counter()
        counts = [
            Count(start=start, listener=listener, outcome=outcome, number=number, observed=observed)
            for (start, listener, outcome, observed), number in sums.items()
        ]
        if not rows and not counts:
            return
        try:
            self.book.record(rows, counts, now)
        except StoreUnavailable:
            with self._lock:
                self._sums.update(sums)
            raise


def _summed(entry: Entry) -> Iterator[tuple[Outcome, Trial | None]]:
    """What one recipient adds one to. A deferred one comes again, and would count each time."""
    if entry.outcome is Outcome.RELAYED:
        yield entry.outcome, None
    if entry.outcome is not Outcome.DEFERRED:
        yield from ((entry.outcome, trial) for trial in entry.observed)


def count_start(moment: datetime) -> datetime:
    """The minute that a moment lies in: a city's day begins and ends on whole minutes, in every zone."""
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """`totals` counts copies by state; `faults` are sentences, empty when the books agree."""

    items: int
    copies: int
    totals: tuple[tuple[State, int], ...]
    faults: tuple[str, ...]


def verify(index: Index, contents: Contents) -> Verification:
    """Check every held item: each copy in one state that its history leads to, and each content there and whole."""
    items = index.list()
    events: dict[str, list[Event]] = {}
    for event in index.events(BEGINNING, END):
        events.setdefault(event.item, []).append(event)
    faults = tuple(fault for item in items for fault in _faults(item, events.get(item.id, []), contents))
    copies = [copy for item in items for copy in item.recipients]
    totals = Counter(copy.state for copy in copies)
    return Verification(
        items=len(items),
        copies=len(copies),
        totals=tuple((state, totals[state]) for state in State),
        faults=faults,
    )


def _faults(item: HeldMessage, events: Sequence[Event], contents: Contents) -> Iterator[str]:
    if not item.recipients:
        yield f"{item.id}: no recipient"
    for copy in item.recipients:
        address = str(copy.recipient.address)
        state = State.HELD
        for event in events:
            if event.after is None or event.recipient != address:
                continue
            if event.before is not state or event.after not in TRANSITIONS[state]:
                yield f"{item.id}: {address}: {event.before} to {event.after} does not follow {state}"
            state = event.after
        if state is not copy.state:
            yield f"{item.id}: {address}: is {copy.state}, its history ends with {state}"
        if copy.state is State.RELEASED and not copy.reply.startswith("2"):
            yield f"{item.id}: {address}: released without the next hop's acceptance"
    if item.purged is None:
        yield from _content_faults(item, contents)


def _content_faults(item: HeldMessage, contents: Contents) -> Iterator[str]:
    try:
        octets = contents.get(item.sha256)
    except KeyError:
        yield f"{item.id}: content missing"
    except StoreUnavailable as error:
        yield f"{item.id}: {error}"
    else:
        if len(octets) != item.size:
            yield f"{item.id}: content has {len(octets)} octets, {item.size} were received"
