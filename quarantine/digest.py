"""The daily report to IT: what it says of a period, which periods are due, and that each is sent once.

How it looks is quarantine.digest_mail's. Holds no text that was not made safe by quarantine.display.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from quarantine.audit import Standing, verify
from quarantine.cases import Case, cases_of
from quarantine.display import address_line, masked, numbers_masked, quoted, readable, subject_of
from quarantine.item import Count, Entry, Event, HeldMessage, HeldRecipient, Outcome, Period, State
from quarantine.quarantine import Store
from quarantine.statistics import exemption_statistics
from rules.address import key_of
from rules.finding import Action, Finding
from rules.verdict import Judgement

if TYPE_CHECKING:
    from rules.policy import Policy

MAX_LISTED = 200  # tagged and refused copies told one by one; held ones are all told
MAX_EVIDENCE = 3  # passages for each finding
LATE = timedelta(minutes=5)  # after a period's end, for transactions that are being committed across it


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingLine:
    rule: str
    cites: str
    summary: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyLine:
    """One recipient's copy, in the state that it has when the report is made."""

    recipient: str
    state: str
    by: str
    reason: str
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLine:
    id: str
    held: datetime
    reverse_path: str
    subject: str
    size: int
    cause: str
    legal_hold: str
    copies: tuple[CopyLine, ...]
    findings: tuple[FindingLine, ...]
    also: tuple[str, ...] = ()  # further messages of the same mailing, whose copies stand here too


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    at: datetime
    item: str
    what: str
    recipient: str
    by: str
    reason: str
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    at: datetime
    outcome: str
    reverse_path: str
    recipient: str
    subject: str
    rules: str
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """Copies (recipients, not messages) that a rule was found for in the period."""

    rule: str
    cites: str
    held: int
    tagged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedLine:
    """Copies that a rule in status `observe` found something in, whatever became of them; deferred ones apart."""

    rule: str
    cites: str
    copies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemptionLine:
    """An exemption that somebody should look at: unused, over, or about to end."""

    rule: str
    whom: str
    because: str
    by: str
    until: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Copies in the period, but `messages` counts held messages; `waiting` is what is held now, whenever it came."""

    messages: int
    held: int
    tagged: int
    relayed: int
    refused: int
    deferred: int
    in_doubt: int
    released: int
    deleted: int
    expired: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    period: Period
    totals: Totals
    held: tuple[HeldLine, ...]
    events: tuple[EventLine, ...]
    tagged: tuple[EntryLine, ...]
    refused: tuple[EntryLine, ...]
    unlisted: int  # of tagged and refused
    rules: tuple[RuleLine, ...]
    observed: tuple[ObservedLine, ...]
    exemptions: tuple[ExemptionLine, ...]
    alerts: tuple[str, ...]
    audit: Standing


def boundary(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When that day's report ends, in UTC. A time that the change to summer time leaves out comes an hour later; of
    one that comes twice, the first."""
    local = datetime.combine(day, at.replace(second=0, microsecond=0, tzinfo=None), tzinfo=zone)
    return local.astimezone(UTC)


def due_periods(start: datetime, now: datetime, at: time, zone: ZoneInfo) -> tuple[Period, ...]:
    """The whole periods from `start` to `now`, oldest first, each beginning where the one before ended."""
    return tuple(_periods(start, now, at, zone))


def _periods(start: datetime, now: datetime, at: time, zone: ZoneInfo) -> Iterator[Period]:
    day = start.astimezone(zone).date()
    while (end := boundary(day, at, zone)) <= now:
        if end > start:
            yield Period(start=start, end=end)
            start = end
        day += timedelta(days=1)


def collect(store: Store, period: Period, policy: "Policy | None" = None) -> Digest:
    """Everything that the store knows of the period. Raises StoreUnavailable.

    `policy` is the one in force, whose exemptions are looked after; None: nothing is said of them.
    """
    index = store.quarantine.index
    items = index.list(since=period.start, until=period.end)
    events = index.events(period.start, period.end)
    entries = store.ledger.book.entries(period.start, period.end)
    counts = store.ledger.book.counts(period.start, period.end)
    relayed = sum(count.number for count in counts if count.observed is None and count.outcome is Outcome.RELAYED)
    waiting = index.list(states=(State.HELD, State.RELEASING))
    audit = verify(store.quarantine.audit.folder)
    tagged = [entry for entry in entries if entry.outcome is Outcome.TAGGED]
    refused = [entry for entry in entries if entry.outcome is Outcome.REFUSED]
    return Digest(
        period=period,
        totals=_totals(items, events, entries, relayed, waiting),
        held=tuple(_held_line(case) for case in cases_of(items)),
        events=tuple(_event_line(event) for event in events if event.after is not State.RELEASING),
        tagged=tuple(_entry_line(entry) for entry in tagged[:MAX_LISTED]),
        refused=tuple(_entry_line(entry) for entry in refused[:MAX_LISTED]),
        unlisted=max(0, len(tagged) - MAX_LISTED) + max(0, len(refused) - MAX_LISTED),
        rules=_rule_lines(items, tagged),
        observed=_observed_lines(counts),
        exemptions=_exemption_lines(store, period, policy) if policy is not None else (),
        alerts=tuple(_alerts(store, waiting, audit)),
        audit=audit,
    )


def _totals(
    items: Sequence[HeldMessage],
    events: Sequence[Event],
    entries: Sequence[Entry],
    relayed: int,
    waiting: Sequence[HeldMessage],
) -> Totals:
    moved = Counter(event.after for event in events)
    outcomes = Counter(entry.outcome for entry in entries)
    return Totals(
        messages=len(items),
        held=sum(len(item.recipients) for item in items),
        tagged=outcomes[Outcome.TAGGED],
        relayed=relayed,
        refused=outcomes[Outcome.REFUSED],
        deferred=outcomes[Outcome.DEFERRED],
        in_doubt=outcomes[Outcome.IN_DOUBT],
        released=moved[State.RELEASED],
        deleted=moved[State.DELETED],
        expired=moved[State.EXPIRED],
        waiting=sum(copy.state in (State.HELD, State.RELEASING) for item in waiting for copy in item.recipients),
    )


def _alerts(store: Store, waiting: Sequence[HeldMessage], audit: Standing) -> Iterator[str]:
    for item in waiting:
        if not store.quarantine.contents.has(item.sha256):
            yield f"{item.id}: content missing, the message cannot be released"
    yield from (f"audit record damaged: {fault}" for fault in audit.faults)


def _held_line(case: Case) -> HeldLine:
    """The first message of a case, with the copies of all."""
    item = case.first
    return HeldLine(
        id=item.id,
        held=item.held,
        reverse_path=address_line("" if item.reverse_path is None else str(item.reverse_path)),
        subject=quoted(subject_of(readable(item))),
        size=item.size,
        cause=item.cause.value,
        legal_hold=quoted(next((one.legal_hold for one in case.items if one.legal_hold), "")),
        copies=tuple(_copy_line(copy) for one in case.items for copy in one.recipients),
        findings=_finding_lines(item),
        also=tuple(one.id for one in case.items[1:]),
    )


def _copy_line(copy: HeldRecipient) -> CopyLine:
    return CopyLine(
        recipient=address_line(str(copy.recipient.address)),
        state=copy.state.value,
        by=quoted(copy.by),
        reason=quoted(copy.reason),
        reply=quoted(copy.reply),
    )


def findings_of(item: HeldMessage) -> tuple[Finding, ...]:
    """What was found for the item's own recipients, each finding once."""
    addresses = {copy.recipient.address.key for copy in item.recipients}
    verdicts = [verdict for verdict in item.judgement.verdicts if key_of(verdict.recipient) in addresses]
    return tuple(dict.fromkeys(finding for verdict in verdicts for finding in verdict.findings))


def _finding_lines(item: HeldMessage) -> tuple[FindingLine, ...]:
    judgement = readable(item)
    return tuple(_finding_line(finding, judgement) for finding in findings_of(item))


def _finding_line(finding: Finding, judgement: Judgement) -> FindingLine:
    observation = judgement.observations[finding.observation]
    return FindingLine(
        rule=finding.rule,
        cites=", ".join(finding.cites),
        summary=quoted(numbers_masked(observation.summary)),
        evidence=tuple(
            dict.fromkeys(f"{quoted(e.part)}: {masked(e)}".removeprefix(": ") for e in observation.evidence)
        )[:MAX_EVIDENCE],
    )


def _event_line(event: Event) -> EventLine:
    return EventLine(
        at=event.at,
        item=event.item,
        what=event.after.value if event.after is not None else "note",
        recipient=address_line(event.recipient) if event.recipient else "",
        by=quoted(event.by),
        reason=quoted(event.reason),
        reply=quoted(event.reply),
    )


def _entry_line(entry: Entry) -> EntryLine:
    return EntryLine(
        at=entry.at,
        outcome=entry.outcome.value,
        reverse_path=address_line(entry.reverse_path),
        recipient=address_line(entry.recipient),
        subject=quoted(entry.subject),
        rules=quoted(", ".join(entry.rules)),
        reply=quoted(entry.reply),
    )


def _rule_lines(items: Sequence[HeldMessage], tagged: Sequence[Entry]) -> tuple[RuleLine, ...]:
    held: Counter[str] = Counter()
    marked: Counter[str] = Counter()
    cites: dict[str, set[str]] = {}
    for item in items:
        addresses = {copy.recipient.address.key for copy in item.recipients}
        for verdict in item.judgement.verdicts:
            if key_of(verdict.recipient) in addresses:
                asked = [finding for finding in verdict.findings if finding.action is Action.QUARANTINE]
                held.update({finding.rule for finding in asked})
                for finding in asked:
                    cites.setdefault(finding.rule, set()).update(finding.cites)
    for entry in tagged:
        marked.update(set(entry.rules))
        for rule in entry.rules:
            cites.setdefault(rule, set()).update(entry.cites)
    return tuple(
        RuleLine(rule=rule, cites=", ".join(sorted(cites[rule])), held=held[rule], tagged=marked[rule])
        for rule in sorted(cites)
    )


def _exemption_lines(store: Store, period: Period, policy: "Policy") -> tuple[ExemptionLine, ...]:
    return tuple(
        ExemptionLine(
            rule=item.rule,
            whom=quoted(item.whom),
            because=quoted(item.because),
            by=quoted(item.by),
            until=item.until,
            note=item.note,
        )
        for item in exemption_statistics(store, period.end, policy)
        if item.note
    )


def _observed_lines(counts: Sequence[Count]) -> tuple[ObservedLine, ...]:
    copies: Counter[tuple[str, str]] = Counter()
    for count in counts:
        if count.observed is not None and not count.observed.exemption:
            copies[count.observed.rule, ", ".join(count.observed.cites)] += count.number
    return tuple(ObservedLine(rule=rule, cites=cites, copies=copies[rule, cites]) for rule, cites in sorted(copies))
