"""What became of every recipient: sums by outcome, and rows for those that were neither relayed nor held.

What rules on trial found is summed for everyone whose mail was not deferred. What is held is in the quarantine's own
rows and is not written twice. Proves that the books agree: these, the daybooks, the quarantine and the audit record.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock, Timer

from quarantine.adapters.files import sync_folder
from quarantine.audit import HOLDS, Record
from quarantine.daybook import BAD, Begun, Daybook, Ended, Position, Retired, abandoned, names, read, set_aside
from quarantine.item import TRANSITIONS, Count, Entry, Event, HeldMessage, Outcome, State, Trial
from quarantine.ports import Book, Contents, Index, StoreUnavailable

Summed = tuple[datetime, str, Outcome, Trial | None]

FLUSH_SECONDS = 1.0  # from a line in the daybook to its sum in the books
FEW_LINES = 5  # named in a fault; the file has them all
MOST_ROWS = 10_000  # kept while the store is away; older ones are told by the log alone
CLOSED = -1  # position of a daybook that is in the books to its end, also what was open in it
ACKNOWLEDGED = frozenset({Outcome.RELAYED, Outcome.TAGGED, Outcome.HELD})
CUT_OFF = "451 4.3.0 the gateway ended before the next hop's answer was known"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(9999, 12, 31, tzinfo=UTC)

_log = logging.getLogger("mailward.ledger")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """What one flush brings into the books, and how far the daybooks are in them with it."""

    sums: "Counter[Summed]"
    rows: tuple[Entry, ...]
    positions: tuple[Position, ...]


@dataclass(slots=True, kw_only=True)
class Ledger:
    """What is noted stands in the daybook at once, and within a second in the books, each line exactly once."""

    book: Book
    daybook: Daybook
    clock: Callable[[], datetime]
    _sums: "Counter[Summed]" = field(default_factory=Counter, init=False)
    _rows: list[Entry] = field(default_factory=list, init=False)
    _retired: list[Retired] = field(default_factory=list, init=False)  # daybooks to be removed by the next flush
    _failed: _Batch | None = field(default=None, init=False)  # its commit failed, so that it may stand there or not
    _kept: tuple[Position, ...] = field(default=(), init=False)  # of the last batch that stands in the books
    _timer: Timer | None = field(default=None, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)  # of all above and the daybook; never held while we wait
    _flushing: Lock = field(default_factory=Lock, init=False)  # one after another, or a position could go back

    def begin(self, begun: Begun) -> None:
        """Copies are about to be sent: should we not come to say how that ended, it is in doubt."""
        with self._lock:
            self.daybook.begin(begun)

    def note(self, transaction: str, entries: Sequence[Entry]) -> bool:
        """How a transaction ended; to be called before its answer. True when there are rows: flush soon."""
        rows = tuple(entry for entry in entries if entry.outcome not in (Outcome.RELAYED, Outcome.HELD))
        start = count_start(self.clock())
        sums = Counter((start, entry.listener, *summed) for entry in entries for summed in _summed(entry))
        with self._lock:
            self.daybook.end(Ended(transaction=transaction, rows=rows, counts=_counts(sums)))
            self._sums.update(sums)
            self._rows += rows
            if (self._sums or self._rows) and self._timer is None:
                self._timer = Timer(FLUSH_SECONDS, self._flush_quietly)
                self._timer.daemon = True
                self._timer.start()
        return bool(rows)

    def flush(self) -> None:
        """Bring what is noted into the books. Raises StoreUnavailable, and keeps it."""
        with self._flushing:
            self._look_again()
            batch = self._taken()
            if not batch.rows and not batch.sums:
                return
            self._failed = batch
            self.book.record(batch.rows, _counts(batch.sums), self.clock(), batch.positions)
            self._stands(batch)

    def _taken(self) -> _Batch:
        with self._lock:
            sums, self._sums = self._sums, Counter()
            rows, self._rows = self._rows, []
            old = self.daybook.renew()
            self._retired += [old] if old is not None else []
            positions = [Position(name=one.path.name, octets=CLOSED) for one in self._retired]
            positions += [current] if (current := self.daybook.position) is not None else []
        return _Batch(sums=sums, rows=tuple(rows), positions=tuple(positions))

    def _look_again(self) -> None:
        """A commit whose last sync failed has failed and stands all the same; its positions tell. StoreUnavailable.

        Where they are those of the batch before, for the daybook could not be written, it is taken not to stand.
        """
        if (batch := self._failed) is None:
            return
        there = self.book.positions()
        written = batch.positions not in ((), self._kept)
        if written and all(there.get(one.name) == one.octets for one in batch.positions):
            self._stands(batch)
            return
        with self._lock:
            self._failed = None
            self._sums.update(batch.sums)
            self._rows = [*batch.rows, *self._rows][-MOST_ROWS:]

    def _stands(self, batch: _Batch) -> None:
        self._failed, self._kept = None, batch.positions
        while self._retired:
            self._retired.pop().remove()

    def close(self) -> None:
        """Bring everything into the books and end the daybook. Raises StoreUnavailable."""
        self.flush()
        with self._lock:
            old = self.daybook.close()
        if old is not None:
            self._remove(old)

    def recover(self) -> Sequence[Entry]:
        """Bring into the books what processes that were killed had noted; what is in doubt because of that.

        Raises StoreUnavailable. Safe beside processes at work, and beside another recovery.
        """
        doubtful: list[Entry] = []
        try:
            for path in abandoned(self.daybook.folder):
                doubtful += self._recover(path)
            known = self.book.positions().keys()  # asked first: a daybook that is begun just now must keep its position
            self._forget(*(known - {path.name for path in names(self.daybook.folder)}))
        except OSError as error:
            raise StoreUnavailable(f"daybook: {error.strerror}") from error
        return doubtful

    def _recover(self, path: Path) -> Sequence[Entry]:
        position = self.book.positions().get(path.name, 0)
        found = read(path, position)
        doubtful: list[Entry] = []
        if position != CLOSED:
            doubtful = [entry for begun in found.open for entry in _in_doubt(begun)]
            start = count_start(self.clock())
            sums = Counter((start, entry.listener, *summed) for entry in doubtful for summed in _summed(entry))
            counts = [*(count for ended in found.ended for count in ended.counts), *_counts(sums)]
            rows = [*(row for ended in found.ended for row in ended.rows), *doubtful]
            self.book.record(rows, counts, self.clock(), [Position(name=path.name, octets=CLOSED)])
        if found.unsynced:
            _log.warning("%s: %d lines were not on the disk yet when it ended", path.name, found.unsynced)
        if found.bad:
            _log.error("%s: %s; kept as %s%s", path.name, _unreadable(found.bad), path.name, BAD)
        self._remove(path, keep=bool(found.bad))
        return doubtful

    def _remove(self, path: Path, *, keep: bool = False) -> None:
        """A daybook that is in the books, as far as it can be read; `keep`: somebody has to look at it.

        What is left of it after a failure, the next recovery removes.
        """
        with suppress(OSError, StoreUnavailable):
            if keep:
                path.rename(path.with_name(path.name + BAD))
            else:
                path.unlink()
            self._forget(path.name)

    def _forget(self, *gone: str) -> None:
        """Daybooks that are there no more, nor after a power cut: else they would count a second time."""
        if gone and self.daybook.folder.is_dir():
            sync_folder(self.daybook.folder)
        for name in gone:
            self.book.forget_position(name)

    def _flush_quietly(self) -> None:
        with self._lock:
            self._timer = None
        try:
            self.flush()
        except StoreUnavailable as error:
            _log.error("the ledger could not be written: %s", error)  # kept, and the next note tries again


def _counts(sums: "Counter[Summed]") -> tuple[Count, ...]:
    return tuple(
        Count(start=start, listener=listener, outcome=outcome, number=number, observed=observed)
        for (start, listener, outcome, observed), number in sums.items()
    )


def _in_doubt(begun: Begun) -> Iterator[Entry]:
    for recipient in begun.recipients:
        yield Entry(
            at=begun.at,
            transaction=begun.transaction,
            listener=begun.listener,
            reverse_path=begun.reverse_path,
            recipient=recipient,
            outcome=Outcome.IN_DOUBT,
            reply=CUT_OFF,
        )


def _summed(entry: Entry) -> Iterator[tuple[Outcome, Trial | None]]:
    """What one recipient adds one to. One whose mail comes again would count for a trial each time."""
    yield entry.outcome, None
    if entry.outcome not in (Outcome.DEFERRED, Outcome.IN_DOUBT):
        yield from ((entry.outcome, trial) for trial in entry.observed)


def count_start(moment: datetime) -> datetime:
    """The minute that a moment lies in: a city's day begins and ends on whole minutes, in every zone."""
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """`totals` counts held copies by state, `outcomes` recipients by what became of them when they came; `noted` are
    those of them that stand in a daybook only; `open` are being sent, or in doubt until the next start. `unsynced` are
    lines of daybooks that a power cut took: their recipients were served, and are missing from `outcomes`.

    `faults` are sentences, empty when the books agree.
    """

    items: int
    copies: int
    totals: tuple[tuple[State, int], ...]
    outcomes: tuple[tuple[Outcome, int], ...]
    noted: int
    open: int
    unsynced: int
    faults: tuple[str, ...]

    @property
    def accepted(self) -> int:
        """Recipients that were acknowledged."""
        return sum(number for outcome, number in self.outcomes if outcome in ACKNOWLEDGED)


def verify(index: Index, contents: Contents, book: Book, daybooks: Path, records: Iterable[Record]) -> Verification:
    """Check every held item, each acknowledgement against the audit record, and that against the items.

    A recipient is acknowledged as held only after the audit record names his copy, and that only after the item is
    kept: so no more may be acknowledged than are recorded, and every one recorded must be there.
    """
    # In this order, for the gateway may be at work: what it does meanwhile makes each book fuller than those before.
    outcomes = Counter(book.totals())
    noted = _in_daybooks(book, daybooks)
    outcomes.update(noted.outcomes)
    recorded = list(records)
    items = index.list()
    events: dict[str, list[Event]] = {}
    for event in index.events(BEGINNING, END):
        events.setdefault(event.item, []).append(event)
    faults = [fault for item in items for fault in _faults(item, events.get(item.id, []), contents)]
    faults += noted.faults
    faults += _record_faults({item.id: item for item in items}, recorded, outcomes[Outcome.HELD])
    copies = [copy for item in items for copy in item.recipients]
    totals = Counter(copy.state for copy in copies)
    return Verification(
        items=len(items),
        copies=len(copies),
        totals=tuple((state, totals[state]) for state in State),
        outcomes=tuple((outcome, outcomes[outcome]) for outcome in Outcome),
        noted=sum(noted.outcomes.values()),
        open=noted.open,
        unsynced=noted.unsynced,
        faults=tuple(faults),
    )


@dataclass(slots=True, kw_only=True)
class _Noted:
    """What daybooks hold that is not in the books yet, and how many recipients are being sent to, or were."""

    outcomes: "Counter[Outcome]" = field(default_factory=Counter)
    open: int = 0
    unsynced: int = 0
    faults: list[str] = field(default_factory=list)


def _in_daybooks(book: Book, folder: Path) -> _Noted:
    noted = _Noted(faults=[f"daybook {path.name}: is damaged, see the log" for path in set_aside(folder)])
    for path in names(folder):
        position = book.positions().get(path.name, 0)
        if position == CLOSED:
            continue
        try:
            found = read(path, position)
        except OSError:  # removed meanwhile: it is in the books
            continue
        counts = (count for ended in found.ended for count in ended.counts if count.observed is None)
        for count in counts:
            noted.outcomes[count.outcome] += count.number
        noted.open += sum(len(begun.recipients) for begun in found.open)
        noted.unsynced += found.unsynced
        noted.faults += [f"daybook {path.name}: {_unreadable(found.bad)}"] if found.bad else []
    return noted


def _unreadable(lines: Sequence[int]) -> str:
    told = ", ".join(map(str, lines[:FEW_LINES])) + (", …" if len(lines) > FEW_LINES else "")
    return f"what cannot be read is in no book: line {told}"


def _record_faults(items: Mapping[str, HeldMessage], records: Iterable[Record], acknowledged: int) -> Iterator[str]:
    recorded = 0
    for record in records:
        if record.act not in HOLDS:
            continue
        recorded += len(record.recipients)
        item = items.get(record.item)
        if item is None:
            yield f"{record.item}: was held on {record.at:%Y-%m-%d} and is not there"
            continue
        there = {str(copy.recipient.address) for copy in item.recipients}
        yield from (f"{item.id}: no copy for {address}" for address in record.recipients if address not in there)
    if acknowledged > recorded:
        yield f"{acknowledged} recipients were acknowledged as held, the audit record names {recorded}"


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
