"""The quarantine: holds, finds, deletes, and hands out held mail, each act with its record in the audit chain.

Releases are quarantine.release's, expiry is quarantine.retention's. Knows no file and no database.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from quarantine.adapters.files import FileContents
from quarantine.adapters.sql import SqlBook, SqlIndex, SqlReports, open_sqlite
from quarantine.adapters.sql_reach import SqlReach, open_reach
from quarantine.adapters.stock import DATABASE
from quarantine.audit import GATEWAY, HOLD, HOLD_AGAIN, Audit, Record, folder_of, records
from quarantine.daybook import Daybook
from quarantine.item import OPEN, Cause, Event, HeldMessage, HeldRecipient, State, typed_id
from quarantine.ledger import Ledger, Verification, verify
from quarantine.ports import Busy, Contents, Index, NoSuchItem, Reach, Refused, Reports
from quarantine.retention import Retention
from rules.transaction import Recipient, Transaction
from rules.verdict import Judgement

KEY_LIFE = timedelta(days=7)  # longer than any sender retries (RFC 5321 section 4.5.4.1 asks for 4 to 5 days)
ID_BITS = 80  # never guessed
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # base 32 without i, l, o and u: read aloud and typed without doubt
ID_LENGTH = ID_BITS // 5
MIN_PREFIX = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """`keep_days` after its hold an item expires; 0: never."""

    contents: Contents
    index: Index
    audit: Audit
    clock: Callable[[], datetime]
    keep_days: int = 0

    @property
    def retention(self) -> Retention:
        return Retention(contents=self.contents, index=self.index, audit=self.audit)

    def hold(
        self,
        transaction: Transaction,
        judgement: Judgement,
        recipients: Sequence[Recipient],
        *,
        cause: Cause,
        next_hop: str,
    ) -> HeldMessage:
        """Keep the message for these recipients, durably, before returning: content, then row, then audit record.

        A retry of the same transaction finds the item that its first try made. Should that one lack a recipient (the
        policy changed in between, or the copy was decided on), the lacking ones become an item of their own: the same
        octets may also be another message, and nobody has decided on that one. Raises StoreUnavailable.
        """
        now = self.clock()
        with self.contents.keeping():
            sha256 = self.contents.put(transaction.message.octets)
            item = self._item(transaction, judgement, recipients, cause, next_hop, sha256, now)
            kept = [(item, self._keep(item))]
            lacking = _lacking(*kept[0])
            if lacking:
                key = _digest(item.key, *sorted(copy.recipient.address.key for copy in lacking))
                other = replace(item, id=new_id(), key=key, recipients=lacking)
                kept.append((other, self._keep(other)))
        for asked, there in kept:
            act = HOLD if there.id == asked.id else HOLD_AGAIN
            self._record(now, act, GATEWAY, there, [copy.recipient for copy in there.recipients], cause.value, sha256)
        return kept[-1][1]

    def get(self, id: str) -> HeldMessage:
        """Raises NoSuchItem."""
        item = self.index.get(id)
        if item is None:
            raise NoSuchItem(f"no item {id}")
        return item

    def find(self, prefix: str) -> str:
        """The id that a person meant: whole or its unambiguous beginning, look-alikes forgiven. Raises NoSuchItem."""
        wanted = typed_id(prefix)
        if not wanted or set(wanted) - set(ALPHABET):
            raise NoSuchItem(f"no item {prefix}")
        if len(wanted) < MIN_PREFIX:
            raise NoSuchItem(f"{prefix} is too short, give at least {MIN_PREFIX} characters")
        found = self.index.find(wanted)
        if len(found) > 1:
            raise NoSuchItem(f"more than one item begins with {prefix}")
        if not found:
            raise NoSuchItem(f"no item {prefix}")
        return found[0]

    def list(
        self,
        *,
        states: Iterable[State] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        rule: str | None = None,
        sender: str | None = None,
        recipient: str | None = None,
    ) -> Sequence[HeldMessage]:
        """Items held from `since` on and before `until`, oldest first, without previews.

        `sender` (the reverse-path; "" is the null one) and `recipient` are addresses in any case of letters.
        """
        items = self.index.list(states=states, since=since, until=until)
        return [item for item in items if _has_rule(item, rule) and _is_of(item, sender) and _is_for(item, recipient)]

    def view(self, id: str, *, by: str) -> tuple[HeldMessage, Sequence[Event]]:
        """The item with all that was found in it, and its history; that someone read it is recorded first.

        Raises NoSuchItem.
        """
        item = self.get(id)
        self._record(self.clock(), "view", by, item)
        return item, self.index.history(id)

    def export(self, id: str, *, by: str, reason: str = "") -> bytes:
        """The octets received; recorded first. Raises NoSuchItem, Refused when the content is gone."""
        item = self.get(id)
        octets = self.content(item)
        self._record(self.clock(), "export", by, item, reason=reason, detail=item.sha256)
        return octets

    def content(self, item: HeldMessage) -> bytes:
        """The octets of an item, for acts that make their own record. Raises Refused when they are gone."""
        if item.purged is not None:
            raise Refused(f"{item.id}: the content was given up on {item.purged:%Y-%m-%d}")
        try:
            return self.contents.get(item.sha256)
        except KeyError:
            raise Refused(f"{item.id}: content missing") from None

    def delete(self, ids: Sequence[str], recipients: Sequence[str] = (), *, by: str, reason: str) -> None:
        """Delete the held copies of these items, or of these recipients (address keys) only.

        All or, when one may not be deleted, none. Raises NoSuchItem, Refused, Busy.
        """
        items = [self.get(id) for id in ids]
        chosen = [held_copies(item, recipients) for item in items]
        for item in items:
            if item.legal_hold:
                raise Refused(f"{item.id} is under legal hold: {item.legal_hold}")
        for item, copies in zip(items, chosen, strict=True):
            self._delete(item, copies, by, reason)

    def _delete(self, item: HeldMessage, copies: Sequence[HeldRecipient], by: str, reason: str) -> None:
        now = self.clock()
        self._record(now, "delete", by, item, [copy.recipient for copy in copies], reason, item.sha256)
        keys = [copy.recipient.address.key for copy in copies]
        moved = self.index.change(item.id, keys, State.DELETED, at=now, by=by, reason=reason)
        if len(moved) < len(keys):
            raise Busy(f"{item.id}: someone else is at work on it")
        if all(copy.state in (State.DELETED, State.EXPIRED) for copy in self.get(item.id).recipients):
            self.retention.give_up(item, now)

    def set_legal_hold(self, id: str, *, by: str, reason: str) -> None:
        """Keep the item from deletion and expiry whatever the schedule says.

        Raises NoSuchItem, Refused when the content is gone.
        """
        item = self.get(id)
        if item.purged is not None:
            raise Refused(f"{item.id}: the content was given up on {item.purged:%Y-%m-%d}")
        now = self.clock()
        self._record(now, "legal hold", by, item, reason=reason)
        self.index.set_legal_hold(id, reason, at=now, by=by)

    def lift_legal_hold(self, id: str, *, by: str, reason: str) -> None:
        """Raises NoSuchItem, Refused where there is none."""
        item = self.get(id)
        if not item.legal_hold:
            raise Refused(f"{item.id} is not under legal hold")
        now = self.clock()
        self._record(now, "legal hold lifted", by, item, reason=reason)
        self.index.set_legal_hold(id, "", at=now, by=by)

    def _keep(self, item: HeldMessage) -> HeldMessage:
        return self.index.insert(item, item.held + KEY_LIFE)

    def _item(
        self,
        transaction: Transaction,
        judgement: Judgement,
        recipients: Sequence[Recipient],
        cause: Cause,
        next_hop: str,
        sha256: str,
        now: datetime,
    ) -> HeldMessage:
        envelope = transaction.envelope
        return HeldMessage(
            id=new_id(),
            key=idempotency_key(transaction, sha256, cause),
            transaction=transaction.id,
            received=transaction.received,
            held=now,
            listener=transaction.listener,
            next_hop=next_hop,
            client=transaction.client,
            reverse_path=envelope.reverse_path,
            body=envelope.body,
            ret=envelope.ret,
            envid=envelope.envid,
            smtputf8=envelope.smtputf8,
            recipients=tuple(HeldRecipient(recipient=recipient) for recipient in recipients),
            size=len(transaction.message),
            sha256=sha256,
            cause=cause,
            judgement=judgement,
            expires=now + timedelta(days=self.keep_days) if self.keep_days else None,
        )

    def _record(
        self,
        now: datetime,
        act: str,
        by: str,
        item: HeldMessage,
        recipients: Sequence[Recipient] = (),
        reason: str = "",
        detail: str = "",
    ) -> None:
        names = tuple(str(recipient.address) for recipient in recipients)
        self.audit.append(Record(at=now, act=act, by=by, item=item.id, recipients=names, reason=reason, detail=detail))


def idempotency_key(transaction: Transaction, sha256: str, cause: Cause) -> str:
    """What makes a transaction a retry of an earlier one: listener, whole envelope, content, cause."""
    envelope = transaction.envelope
    reverse_path = "" if envelope.reverse_path is None else envelope.reverse_path.key
    recipients = sorted(recipient.address.key for recipient in envelope.recipients)
    return _digest(transaction.listener, reverse_path, sha256, cause.value, *recipients)


def new_id() -> str:
    """ID_BITS of chance as ID_LENGTH characters of ALPHABET."""
    number = secrets.randbits(ID_BITS)
    return "".join(ALPHABET[number >> shift & 31] for shift in range(ID_BITS - 5, -1, -5))


def held_copies(item: HeldMessage, recipients: Sequence[str] = ()) -> tuple[HeldRecipient, ...]:
    """The copies still held, of these recipients (addresses) or of all. Raises NoSuchItem, Busy, Refused when none."""
    wanted = {recipient.casefold() for recipient in recipients}
    unknown = wanted - {copy.recipient.address.key for copy in item.recipients}
    if unknown:
        raise NoSuchItem(f"{item.id} has no recipient {', '.join(sorted(unknown))}")
    chosen = [copy for copy in item.recipients if not wanted or copy.recipient.address.key in wanted]
    held = tuple(copy for copy in chosen if copy.state is State.HELD)
    if not held:
        states = ", ".join(dict.fromkeys(copy.state.value for copy in chosen))
        busy = any(copy.state is State.RELEASING for copy in chosen)
        raise (Busy if busy else Refused)(f"{item.id} is not held any more: {states}")
    return held


def _lacking(wanted: HeldMessage, there: HeldMessage) -> tuple[HeldRecipient, ...]:
    known = {copy.recipient.address.key for copy in there.recipients if copy.state in OPEN}
    return tuple(copy for copy in wanted.recipients if copy.recipient.address.key not in known)


def _has_rule(item: HeldMessage, rule: str | None) -> bool:
    return rule is None or any(rule == f.rule for verdict in item.judgement.verdicts for f in verdict.findings)


def _is_of(item: HeldMessage, sender: str | None) -> bool:
    return sender is None or (item.reverse_path.key if item.reverse_path else "") == sender.casefold()


def _is_for(item: HeldMessage, recipient: str | None) -> bool:
    return recipient is None or any(copy.recipient.address.key == recipient.casefold() for copy in item.recipients)


def _digest(*parts: str) -> str:
    # No part holds a NUL: addresses are of a strict grammar, the others our own.
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Everything that is kept, wired together."""

    quarantine: Quarantine
    ledger: Ledger
    reports: Reports
    reach: Reach

    def verify(self) -> Verification:
        """Whether all books agree. Raises StoreUnavailable."""
        index, contents, ledger = self.quarantine.index, self.quarantine.contents, self.ledger
        found = records(self.quarantine.audit.folder)
        return verify(index, contents, ledger.book, ledger.daybook.folder, found)


def open_store(state: Path, *, keep_days: int = 0) -> Store:
    """The embedded store under the state folder, made when absent. Raises StoreUnavailable.

    Open it in the process that uses it: its connections must not cross a fork. Its calls block.
    """

    def clock() -> datetime:
        return datetime.now(UTC)

    engine = open_sqlite(state / DATABASE)
    quarantine = Quarantine(
        contents=FileContents(root=state / "content"),
        index=SqlIndex(engine),
        audit=Audit(folder=folder_of(state)),
        clock=clock,
        keep_days=keep_days,
    )
    return Store(
        quarantine=quarantine,
        ledger=Ledger(book=SqlBook(engine), daybook=Daybook(folder=state / "daybook"), clock=clock),
        reports=SqlReports(engine),
        reach=SqlReach(open_reach(state / "reach.sqlite")),
    )
