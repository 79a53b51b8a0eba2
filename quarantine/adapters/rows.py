"""Values of the quarantine ↔ columns of a relational store, whichever database it is. Knows no SQL.

A moment is ISO 8601 in UTC with microseconds, which sorts as text. What is never asked for by its parts is JSON.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from quarantine.item import (
    Cause,
    Count,
    Event,
    HeldMessage,
    HeldRecipient,
    Outcome,
    Period,
    Report,
    ReportState,
    State,
    Trial,
)
from rules.address import Address
from rules.document import from_json, to_json
from rules.transaction import Client, Recipient
from rules.verdict import Judgement


def item_row(item: HeldMessage) -> dict[str, object]:
    return {
        "id": item.id,
        "key": item.key,
        "transaction_id": item.transaction,
        "held": text(item.held),
        "received": text(item.received),
        "listener": item.listener,
        "next_hop": item.next_hop,
        "client": to_json(item.client, Client).decode(),
        "reverse_path": None if item.reverse_path is None else str(item.reverse_path),
        "body": item.body,
        "ret": item.ret,
        "envid": item.envid,
        "smtputf8": int(item.smtputf8),
        "size": item.size,
        "sha256": item.sha256,
        "cause": item.cause.value,
        "legal_hold": item.legal_hold,
        "expires": None if item.expires is None else text(item.expires),
        "purged": None,
        **judgement_columns(item.judgement),
    }


def judgement_columns(judgement: Judgement) -> dict[str, str]:
    return {
        "judgement": to_json(replace(judgement, preview=""), Judgement).decode(),
        "preview": judgement.preview,
    }


def recipient_rows(item: HeldMessage) -> list[dict[str, object]]:
    return [
        {
            "item": item.id,
            "position": position,
            "address": str(held.recipient.address),
            "key": held.recipient.address.key,
            "notify": held.recipient.notify,
            "orcpt": held.recipient.orcpt,
            "state": held.state.value,
            "changed": None if held.changed is None else text(held.changed),
            "by": held.by,
            "reason": held.reason,
            "reply": held.reply,
        }
        for position, held in enumerate(item.recipients)
    ]


def items(found: Sequence[Any], copies: Iterable[Any]) -> list[HeldMessage]:
    """The rows of items, each with its rows of recipients, which stand in their order."""
    held: dict[str, list[HeldRecipient]] = {row.id: [] for row in found}
    for copy in copies:
        held[copy.item].append(recipient(copy))
    return [item(row, tuple(held[row.id])) for row in found]


def item(row: Any, copies: tuple[HeldRecipient, ...]) -> HeldMessage:
    judgement = from_json(row.judgement, Judgement)
    return HeldMessage(
        id=row.id,
        key=row.key,
        transaction=row.transaction_id,
        received=moment(row.received),
        held=moment(row.held),
        listener=row.listener,
        next_hop=row.next_hop,
        client=from_json(row.client, Client),
        reverse_path=None if row.reverse_path is None else _address(row.reverse_path),
        body=row.body,
        ret=row.ret,
        envid=row.envid,
        smtputf8=bool(row.smtputf8),
        recipients=copies,
        size=row.size,
        sha256=row.sha256,
        cause=Cause(row.cause),
        judgement=replace(judgement, preview=getattr(row, "preview", "")),
        legal_hold=row.legal_hold,
        expires=None if row.expires is None else moment(row.expires),
        purged=None if row.purged is None else moment(row.purged),
    )


def recipient(row: Any) -> HeldRecipient:
    return HeldRecipient(
        recipient=Recipient(address=_address(row.address), notify=row.notify, orcpt=row.orcpt),
        state=State(row.state),
        changed=None if row.changed is None else moment(row.changed),
        by=row.by,
        reason=row.reason,
        reply=row.reply,
    )


def event_row(event: Event) -> dict[str, object]:
    return {
        "at": text(event.at),
        "item": event.item,
        "recipient": event.recipient,
        "before": None if event.before is None else event.before.value,
        "after": None if event.after is None else event.after.value,
        "by": event.by,
        "reason": event.reason,
        "reply": event.reply,
    }


def event(row: Any) -> Event:
    return Event(
        at=moment(row.at),
        item=row.item,
        recipient=row.recipient,
        before=None if row.before is None else State(row.before),
        after=None if row.after is None else State(row.after),
        by=row.by,
        reason=row.reason,
        reply=row.reply,
    )


def count_key(count: Count) -> dict[str, str]:
    """What a count is found by. A rule on trial stands behind the outcome: stores made before have no column for it."""
    trial = "" if count.observed is None else f" {to_json(count.observed, Trial).decode()}"
    return {"start": text(count.start), "listener": count.listener, "outcome": f"{count.outcome.value}{trial}"}


def count(row: Any) -> Count:
    outcome, _, trial = row.outcome.partition(" ")
    return Count(
        start=moment(row.start),
        listener=row.listener,
        outcome=Outcome(outcome),
        number=row.number,
        observed=from_json(trial, Trial) if trial else None,
    )


def report_row(report: Report) -> dict[str, object]:
    return {
        "start": text(report.period.start),
        "end": text(report.period.end),
        "state": report.state.value,
        "changed": text(report.changed),
        "by": report.by,
    }


def report(row: Any) -> Report:
    period = Period(start=moment(row.start), end=moment(row.end))
    return Report(period=period, state=ReportState(row.state), changed=moment(row.changed), by=row.by)


def _address(text: str) -> Address:
    """An address that was parsed before it was stored; a quoted local part may hold an @ of its own."""
    local, _, domain = text.rpartition("@")
    return Address(local=local, domain=domain)


def text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
