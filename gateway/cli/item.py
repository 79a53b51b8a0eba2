"""How a held item looks to a person and to a script. Reads nothing and decides nothing."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gateway.cli.aside import Case as RuleCase
from gateway.cli.explain import explanation
from gateway.cli.judged import judgement_object
from gateway.cli.terminal import SHORT, escaped, is_terminal
from quarantine.approval import approvers_of
from quarantine.cases import Case
from quarantine.digest import findings_of
from quarantine.display import one_line, readable
from quarantine.item import Event, HeldMessage
from rules.policy_file import Exemption
from rules.transaction import Client

if TYPE_CHECKING:
    from rules.policy import Policy


def item_object(item: HeldMessage) -> Mapping[str, object]:
    """One line of `list --json`: names that scripts depend on."""
    return {
        "id": item.id,
        "received": item.received.astimezone(UTC).isoformat(),
        "state": item.state.value,
        "quarantine": item.cause.value,
        "mail_from": "" if item.reverse_path is None else str(item.reverse_path),
        "recipients": [
            {"address": str(copy.recipient.address), "state": copy.state.value, "reply": copy.reply}
            for copy in item.recipients
        ],
        "subject": item.judgement.subject,
        "size": item.size,
        "sha256": item.sha256,
        "findings": [
            {
                "rule": finding.rule,
                "cites": list(finding.cites),
                "action": finding.action.value,
                "summary": item.judgement.observations[finding.observation].summary,
            }
            for finding in findings_of(item)
        ],
        "approvers": list(approvers_of(item)),
        "legal_hold": item.legal_hold or None,
        "expires": None if item.expires is None else item.expires.astimezone(UTC).isoformat(),
    }


def shown_object(item: HeldMessage, history: Sequence[Event], exemptions: Mapping[str, Exemption]) -> dict[str, object]:
    """All that `show --json` prints. `exemptions` are those of the policy in force, by their keys."""
    judgement = item.judgement
    return {
        **item_object(item),
        "transaction": item.transaction,
        "held": item.held.isoformat(),
        "listener": item.listener,
        "client": {
            "address": item.client.address,
            "name": item.client.name,
            "tls": item.client.tls,
            "authenticated": item.client.authenticated,
            "certificate": list(item.client.certificate),
        },
        "policy": judgement.policy,
        "policy_hash": judgement.policy_hash,
        **judgement_object(judgement, exemptions),
        "text": judgement.preview,
        "history": [
            {
                "at": event.at.isoformat(),
                "recipient": event.recipient,
                "before": event.before,
                "after": event.after,
                "by": event.by,
                "reason": event.reason,
                "reply": event.reply,
            }
            for event in history
        ],
    }


def item_row(item: HeldMessage, zone: ZoneInfo) -> tuple[str, ...]:
    """One line of `list`, not yet escaped; dates in the city's `zone`."""
    addresses = [str(copy.recipient.address) for copy in item.recipients]
    more = f" +{len(addresses) - 1}" if len(addresses) > 1 else ""
    rules = ", ".join(dict.fromkeys(finding.rule for finding in findings_of(item)))
    return (
        item.id,
        _when(item.held, zone),
        f"{item.state.value}, legal hold" if item.legal_hold else item.state.value,
        rules or item.cause.value,
        one_line(str(item.reverse_path or "<>"), SHORT),
        one_line(addresses[0], SHORT) + more,
        one_line(readable(item).subject, SHORT),
    )


def case_object(case: Case) -> Mapping[str, object]:
    """One line of `list --cases --json`."""
    return {
        "id": case.first.id,
        "items": [item.id for item in case.items],
        "first": case.first.held.astimezone(UTC).isoformat(),
        "last": case.last.astimezone(UTC).isoformat(),
        "copies": case.copies,
        "open": case.open_copies,
        "people": case.people,
        "mail_from": str(case.first.reverse_path or ""),
        "subject": case.first.judgement.subject,
    }


def case_row(case: Case, zone: ZoneInfo) -> tuple[str, ...]:
    """One line of `list --cases`, not yet escaped."""
    first = case.first
    return (
        first.id,
        _when(first.held, zone),
        str(len(case.items)),
        f"{case.open_copies} of {case.copies}",
        str(case.people),
        one_line(str(first.reverse_path or "<>"), SHORT),
        one_line(readable(first).subject, SHORT),
    )


def item_lines(
    item: HeldMessage, history: Sequence[Event], policy: "Policy | None", zone: ZoneInfo, *, missing: bool
) -> Iterator[str]:
    """Everything that `show` prints, safe for a terminal.

    `policy` is the one in force, as far as it is known. `missing`: the content should be there and is not.
    """
    yield from _head(item, zone, missing)
    yield from _judged(item, policy)
    yield from _text(item)
    yield from _told(history, item, zone)


def _when(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def _client(client: Client) -> str:
    """Its address, and the user it was where it proved that."""
    return f"{client.address}, as {client.authenticated}" if client.authenticated else client.address


def _head(item: HeldMessage, zone: ZoneInfo, missing: bool) -> Iterator[str]:
    yield f"{item.id}: {item.state.value}, {item.cause.value}"
    yield f"  held      {_when(item.held, zone)}, came by {escaped(item.listener)} from {escaped(_client(item.client))}"
    yield f"  from      {escaped(str(item.reverse_path or '<>'))}"
    for copy in item.recipients:
        tail = f", {escaped(copy.reply)}" if copy.reply else ""
        yield f"  to        {escaped(str(copy.recipient.address))}: {copy.state.value}{tail}"
    yield f"  subject   {escaped(readable(item).subject)}"
    yield f"  size      {item.size} octets, SHA-256 {item.sha256}"
    if item.legal_hold:
        yield f"  legal hold: {escaped(item.legal_hold)}"
    if item.expires is not None:
        yield f"  expires   {_when(item.expires, zone)}"
    if item.purged is not None:
        yield f"  content given up {_when(item.purged, zone)}"
    if missing:
        yield "  content missing: it cannot be released"


def _judged(item: HeldMessage, policy: "Policy | None") -> Iterator[str]:
    yield ""
    yield f"judged under {escaped(item.judgement.policy)} {item.judgement.policy_hash[:12]}"
    clauses = {} if policy is None else policy.clauses
    yield from explanation(readable(item), clauses, terminal=is_terminal(sys.stdout), case=_case(item, policy))


def _case(item: HeldMessage, policy: "Policy | None") -> RuleCase | None:
    """What it was judged under; None when that is no longer the policy in force, or the evidence was given up."""
    if policy is None or policy.hash != item.judgement.policy_hash or item.purged is not None:
        return None
    return RuleCase(policy=policy, sender=item.reverse_path, now=item.received)


def _text(item: HeldMessage) -> Iterator[str]:
    if item.judgement.preview:
        yield ""
        yield "text"
        for line in escaped(item.judgement.preview, lines=True).split("\n"):
            yield f"  | {line}"


def _told(history: Sequence[Event], item: HeldMessage, zone: ZoneInfo) -> Iterator[str]:
    yield ""
    yield "history"
    yield f"  {_when(item.held, zone)}  held"
    for event in history:
        what = event.after.value if event.after is not None else ""
        words = " ".join(filter(None, (event.recipient, what, f"by {event.by}:", event.reason)))
        tail = f" ({event.reply})" if event.reply else ""
        yield f"  {_when(event.at, zone)}  {escaped(words + tail)}"
