"""The rows of a relational database, whichever it is; quarantine.adapters.sql_engine opens it.

Every public method is one transaction and raises StoreUnavailable when the database fails.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Connection, Engine, ForeignKey, Table, Text, delete, func, insert, select, update

from quarantine.adapters import rows
from quarantine.adapters.sql_engine import batches, read, sqlite_engine, write
from quarantine.daybook import Position
from quarantine.item import (
    OPEN,
    TRANSITIONS,
    Count,
    Entry,
    Event,
    HeldMessage,
    Outcome,
    Period,
    Report,
    ReportState,
    State,
)
from quarantine.ports import SchemaMismatch
from rules.document import from_json, to_json
from rules.verdict import Judgement

SCHEMA = 1
DAYBOOK = "daybook "  # in META, before the name of one: how far it is in the books
LOSING = (State.DELETED, State.EXPIRED)  # what a legal hold forbids


def _required(*names: str) -> Iterator[Column[str]]:
    return (Column(name, Text, nullable=False) for name in names)


def _optional(*names: str) -> Iterator[Column[str]]:
    return (Column(name, Text) for name in names)


_tables = sa.MetaData()

# Moments are text that sorts (adapters.rows); addresses stand as in the envelope, keys folded.
META = Table("meta", _tables, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

ITEMS = Table(
    "items",
    _tables,
    Column("id", Text, primary_key=True),
    Column("held", Text, nullable=False, index=True),
    Column("sha256", Text, nullable=False, index=True),
    *_required("key", "transaction_id", "received", "listener", "next_hop", "client", "cause"),
    *_required("judgement", "preview", "legal_hold"),  # the judgement's preview stands apart: lists do without it
    *_optional("reverse_path", "body", "ret", "envid", "purged"),
    Column("expires", Text, index=True),
    Column("smtputf8", sa.Integer, nullable=False),
    Column("size", sa.Integer, nullable=False),
)

RECIPIENTS = Table(
    "recipients",
    _tables,
    Column("item", ForeignKey("items.id"), primary_key=True),
    Column("position", sa.Integer, primary_key=True),
    Column("state", Text, nullable=False, index=True),
    *_required("address", "key", "by", "reason", "reply"),
    *_optional("notify", "orcpt", "changed"),
)

# An item's idempotency key while it is in force.
KEYS = Table(
    "keys",
    _tables,
    Column("key", Text, primary_key=True),
    Column("item", ForeignKey("items.id"), nullable=False),
    Column("until", Text, nullable=False),
)

HISTORY = Table(
    "history",
    _tables,
    Column("number", sa.Integer, primary_key=True, autoincrement=True),
    Column("at", Text, nullable=False, index=True),
    Column("item", ForeignKey("items.id"), nullable=False, index=True),
    *_required("recipient", "by", "reason", "reply"),
    *_optional("before", "after"),
)

ENTRIES = Table(
    "entries",
    _tables,
    Column("number", sa.Integer, primary_key=True, autoincrement=True),
    Column("at", Text, nullable=False, index=True),
    *_required("entry"),
)

COUNTS = Table(
    "counts",
    _tables,
    Column("start", Text, primary_key=True),
    Column("listener", Text, primary_key=True),
    Column("outcome", Text, primary_key=True),
    Column("number", sa.Integer, nullable=False),
)

REPORTS = Table(
    "reports",
    _tables,
    Column("start", Text, primary_key=True),
    *_required("end", "state", "changed", "by"),
)


@dataclass(frozen=True, slots=True)
class SqlIndex:
    engine: Engine

    def insert(self, item: HeldMessage, until: datetime) -> HeldMessage:
        def work(connection: Connection) -> HeldMessage:
            there = connection.execute(select(KEYS).where(KEYS.c.key == item.key)).first()
            # A copy that was released or deleted answers for no later message: octets alone do not make it a retry.
            if there is not None and there.until > rows.text(item.held) and _is_open(connection, there.item):
                return _items(connection, select(ITEMS).where(ITEMS.c.id == there.item))[0]
            connection.execute(insert(ITEMS), rows.item_row(item))
            connection.execute(insert(RECIPIENTS), rows.recipient_rows(item))
            if there is not None:
                connection.execute(delete(KEYS).where(KEYS.c.key == item.key))
            connection.execute(insert(KEYS), {"key": item.key, "item": item.id, "until": rows.text(until)})
            return item

        return write(self.engine, work)

    def get(self, id: str) -> HeldMessage | None:
        found = read(self.engine, lambda connection: _items(connection, select(ITEMS).where(ITEMS.c.id == id)))
        return found[0] if found else None

    def find(self, prefix: str) -> Sequence[str]:
        query = select(ITEMS.c.id).where(ITEMS.c.id.startswith(prefix, autoescape=True)).order_by(ITEMS.c.id).limit(2)
        return read(self.engine, lambda connection: connection.scalars(query).all())

    def list(
        self,
        *,
        states: Iterable[State] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        expired: datetime | None = None,
    ) -> Sequence[HeldMessage]:
        query = select(*(column for column in ITEMS.c if column is not ITEMS.c.preview)).order_by(ITEMS.c.held)
        if expired is not None:
            query = query.where(ITEMS.c.expires <= rows.text(expired), ITEMS.c.purged.is_(None))
        if since is not None:
            query = query.where(ITEMS.c.held >= rows.text(since))
        if until is not None:
            query = query.where(ITEMS.c.held < rows.text(until))
        wanted = [state.value for state in states]
        if wanted:
            query = query.where(sa.exists().where(RECIPIENTS.c.item == ITEMS.c.id, RECIPIENTS.c.state.in_(wanted)))
        return read(self.engine, lambda connection: _items(connection, query))

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
        change = _Change(id=id, keys=frozenset(recipients), to=to, at=at, by=by, reason=reason, reply=reply)
        return write(self.engine, change.apply)

    def set_legal_hold(self, id: str, reason: str, *, at: datetime, by: str) -> None:
        def work(connection: Connection) -> None:
            connection.execute(update(ITEMS).where(ITEMS.c.id == id).values(legal_hold=reason))
            text = f"legal hold: {reason}" if reason else "legal hold lifted"
            connection.execute(insert(HISTORY), rows.event_row(_note(id, at, by, text)))

        write(self.engine, work)

    def set_judgement(self, id: str, judgement: Judgement) -> None:
        values = rows.judgement_columns(judgement)
        write(
            self.engine, lambda connection: connection.execute(update(ITEMS).where(ITEMS.c.id == id).values(**values))
        )

    def purge(self, id: str, judgement: Judgement, at: datetime) -> bool:
        def work(connection: Connection) -> bool:
            row = connection.execute(
                select(ITEMS.c.legal_hold, ITEMS.c.purged).where(ITEMS.c.id == id).with_for_update()
            ).first()
            if row is None or row.legal_hold or _is_open(connection, id):
                return False
            if row.purged is None:
                values = {"purged": rows.text(at), **rows.judgement_columns(judgement)}
                connection.execute(update(ITEMS).where(ITEMS.c.id == id).values(**values))
            return True

        return write(self.engine, work)

    def needed(self, names: Sequence[str]) -> Collection[str]:
        def work(connection: Connection) -> set[str]:
            found: set[str] = set()
            for part in batches(names):
                query = select(ITEMS.c.sha256).where(ITEMS.c.sha256.in_(part), ITEMS.c.purged.is_(None))
                found.update(connection.scalars(query))
            return found

        return read(self.engine, work)

    def note(self, id: str, *, at: datetime, recipient: str, by: str, reason: str, reply: str = "") -> None:
        row = rows.event_row(_note(id, at, by, reason, recipient, reply))
        write(self.engine, lambda connection: connection.execute(insert(HISTORY), row))

    def history(self, id: str) -> Sequence[Event]:
        query = select(HISTORY).where(HISTORY.c.item == id).order_by(HISTORY.c.number)
        return read(self.engine, lambda connection: [rows.event(row) for row in connection.execute(query)])

    def events(self, since: datetime, until: datetime) -> Sequence[Event]:
        query = select(HISTORY).where(HISTORY.c.at >= rows.text(since), HISTORY.c.at < rows.text(until))
        query = query.order_by(HISTORY.c.number)
        return read(self.engine, lambda connection: [rows.event(row) for row in connection.execute(query)])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """A move of some recipients of one item to one state."""

    id: str
    keys: frozenset[str]
    to: State
    at: datetime
    by: str
    reason: str
    reply: str

    def apply(self, connection: Connection) -> list[str]:
        hold = connection.scalar(select(ITEMS.c.legal_hold).where(ITEMS.c.id == self.id).with_for_update())
        if hold is None or (hold and self.to in LOSING):
            return []
        copies = connection.execute(select(RECIPIENTS).where(RECIPIENTS.c.item == self.id)).all()
        return [row.key for row in copies if row.key in self.keys and self._move(connection, row)]

    def _move(self, connection: Connection, row: sa.Row[Any]) -> bool:
        if self.to not in TRANSITIONS[State(row.state)]:
            return False
        moved = connection.execute(
            update(RECIPIENTS)
            .where(RECIPIENTS.c.item == self.id, RECIPIENTS.c.position == row.position)
            .where(RECIPIENTS.c.state == row.state)
            .values(state=self.to.value, changed=rows.text(self.at), by=self.by, reason=self.reason, reply=self.reply)
        )
        if moved.rowcount != 1:
            return False
        event = Event(
            at=self.at,
            item=self.id,
            recipient=row.address,
            before=State(row.state),
            after=self.to,
            by=self.by,
            reason=self.reason,
            reply=self.reply,
        )
        connection.execute(insert(HISTORY), rows.event_row(event))
        return True


@dataclass(frozen=True, slots=True)
class SqlBook:
    engine: Engine

    def record(
        self, entries: Sequence[Entry], counts: Sequence[Count], at: datetime, positions: Sequence[Position] = ()
    ) -> None:
        def work(connection: Connection) -> None:
            if entries:
                values = [{"at": rows.text(at), "entry": to_json(entry, Entry).decode()} for entry in entries]
                connection.execute(insert(ENTRIES), values)
            for count in counts:
                _add(connection, count)
            for position in positions:
                name = f"{DAYBOOK}{position.name}"
                connection.execute(delete(META).where(META.c.name == name))
                connection.execute(insert(META), {"name": name, "value": str(position.octets)})

        write(self.engine, work)

    def entries(self, since: datetime, until: datetime) -> Sequence[Entry]:
        query = select(ENTRIES.c.entry).where(ENTRIES.c.at >= rows.text(since), ENTRIES.c.at < rows.text(until))
        query = query.order_by(ENTRIES.c.number)
        return read(self.engine, lambda connection: [from_json(row, Entry) for row in connection.scalars(query)])

    def counts(self, since: datetime, until: datetime) -> Sequence[Count]:
        query = select(COUNTS).where(COUNTS.c.start >= rows.text(since), COUNTS.c.start < rows.text(until))
        query = query.order_by(COUNTS.c.start, COUNTS.c.listener, COUNTS.c.outcome)
        return read(self.engine, lambda connection: [rows.count(row) for row in connection.execute(query)])

    def totals(self) -> Mapping[Outcome, int]:
        query = select(COUNTS.c.outcome, func.sum(COUNTS.c.number).label("number")).group_by(COUNTS.c.outcome)
        query = query.where(COUNTS.c.outcome.in_([outcome.value for outcome in Outcome]))  # the others are of trials
        return read(self.engine, lambda c: {Outcome(row.outcome): row.number for row in c.execute(query)})

    def positions(self) -> Mapping[str, int]:
        query = select(META).where(META.c.name.startswith(DAYBOOK, autoescape=True))
        return read(self.engine, lambda c: {row.name.removeprefix(DAYBOOK): int(row.value) for row in c.execute(query)})

    def forget_position(self, name: str) -> None:
        drop = delete(META).where(META.c.name == f"{DAYBOOK}{name}")
        write(self.engine, lambda connection: connection.execute(drop))


@dataclass(frozen=True, slots=True)
class SqlReports:
    engine: Engine

    def start(self) -> datetime:
        return rows.moment(read(self.engine, _report_start))

    def claim(self, period: Period, *, at: datetime, by: str) -> bool:
        def work(connection: Connection) -> bool:
            if _report_start(connection) != rows.text(period.start):
                return False
            report = Report(period=period, state=ReportState.CLAIMED, changed=at, by=by)
            connection.execute(insert(REPORTS), rows.report_row(report))
            return True

        return write(self.engine, work)

    def mark(self, period: Period, state: ReportState, *, at: datetime, before: ReportState) -> bool:
        change = update(REPORTS).where(REPORTS.c.start == rows.text(period.start), REPORTS.c.state == before.value)
        change = change.values(state=state.value, changed=rows.text(at))
        return write(self.engine, lambda connection: connection.execute(change).rowcount == 1)

    def give_back(self, period: Period, before: ReportState) -> None:
        newest = select(func.max(REPORTS.c.start)).scalar_subquery()
        drop = delete(REPORTS).where(REPORTS.c.start == rows.text(period.start), REPORTS.c.start == newest)
        write(self.engine, lambda connection: connection.execute(drop.where(REPORTS.c.state == before.value)))

    def list(self) -> Sequence[Report]:
        query = select(REPORTS).order_by(REPORTS.c.start)
        return read(self.engine, lambda connection: [rows.report(row) for row in connection.execute(query)])


def open_sqlite(path: Path) -> Engine:
    """The quarantine's database at `path`, made when absent. Raises StoreUnavailable, SchemaMismatch."""
    engine = sqlite_engine(path, synchronous="EXTRA", journal="DELETE")
    if not read(engine, lambda connection: _check(connection, path)):
        write(engine, lambda connection: _create(connection, path))
    return engine


def _check(connection: Connection, path: Path) -> bool:
    """Whether the tables are there, in our version."""
    if not sa.inspect(connection).has_table("meta"):
        return False
    version = connection.scalar(select(META.c.value).where(META.c.name == "schema"))
    if version != str(SCHEMA):
        raise SchemaMismatch(f"{path} has schema {version}, this Mailward needs {SCHEMA}; nothing was changed")
    return True


def _create(connection: Connection, path: Path) -> None:
    if _check(connection, path):  # another process was quicker
        return
    _tables.create_all(connection)
    # The first report begins here. Counts are kept by the minute, so a later second would leave the first ones out.
    created = rows.text(datetime.now(UTC).replace(second=0, microsecond=0))
    connection.execute(insert(META), [{"name": "schema", "value": str(SCHEMA)}, {"name": "created", "value": created}])


def _note(id: str, at: datetime, by: str, reason: str, recipient: str = "", reply: str = "") -> Event:
    return Event(at=at, item=id, recipient=recipient, before=None, after=None, by=by, reason=reason, reply=reply)


def _items(connection: Connection, query: sa.Select[Any]) -> list[HeldMessage]:
    found = connection.execute(query).all()
    copies: list[sa.Row[Any]] = []
    for part in batches([row.id for row in found]):
        chosen = select(RECIPIENTS).where(RECIPIENTS.c.item.in_(part))
        copies += connection.execute(chosen.order_by(RECIPIENTS.c.item, RECIPIENTS.c.position))
    return rows.items(found, copies)


def _is_open(connection: Connection, id: str) -> bool:
    return bool(connection.scalar(select(sa.exists().where(RECIPIENTS.c.item == id, RECIPIENTS.c.state.in_(OPEN)))))


def _add(connection: Connection, item: Count) -> None:
    row = rows.count_key(item)
    where = [COUNTS.c[name] == value for name, value in row.items()]
    added = connection.execute(update(COUNTS).where(*where).values(number=COUNTS.c.number + item.number))
    if added.rowcount == 0:
        connection.execute(insert(COUNTS), {**row, "number": item.number})


def _report_start(connection: Connection) -> str:
    last = connection.scalar(select(func.max(REPORTS.c.end)))
    created = select(META.c.value).where(META.c.name == "created")
    return str(last or connection.execute(created).scalar_one())
