"""How often each rule of a policy acted, how often people thought otherwise, and which rules and exemptions are idle.

A released copy is the measure of a false alarm: somebody looked at it and sent it on. One that a rule's approver let go
is none: that rule asks, and got its answer.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from quarantine.item import Count, HeldMessage, Outcome, Period, State
from quarantine.quarantine import Store
from rules.address import key_of
from rules.finding import Action, Finding
from rules.policy_file import NOT_INSPECTED_RULE, Exemption

if TYPE_CHECKING:
    from rules.policy import Policy

USED_WITHIN = timedelta(days=30)  # an exemption that nobody needed for so long is worth a question


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleStatistics:
    """Copies in the period. `held` ones are released, deleted, expired or still waiting, as they are now.

    `approved` are those of the released that the rule holds for somebody's approval.
    """

    rule: str
    held: int
    released: int
    approved: int
    deleted: int
    expired: int
    waiting: int
    tagged: int
    observed: int
    let_off: int

    @property
    def idle(self) -> bool:
        """Whether it never spoke."""
        return not (self.held or self.tagged or self.observed or self.let_off)

    @property
    def false_alarms(self) -> float | None:
        """Of the copies that people decided on, those that they released: 0 to 1; None when they decided on none.

        What waits for an approver is not decided by whether the rule was right.
        """
        released = self.released - self.approved
        decided = released + self.deleted
        return released / decided if decided else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemptionStatistics:
    """An exemption and the copies that it let off in USED_WITHIN. `note` says what is to be looked at, if anything."""

    rule: str
    whom: str
    because: str
    by: str
    until: str
    let_off: int
    note: str


def rule_statistics(store: Store, period: Period, policy: "Policy") -> tuple[RuleStatistics, ...]:
    """Every rule of the policy in its order, then rules that spoke in the period and are in it no more."""
    items = store.quarantine.index.list(since=period.start, until=period.end)
    entries = store.ledger.book.entries(period.start, period.end)
    counts = store.ledger.book.counts(period.start, period.end)
    copies = tuple(_held_copies(items))
    states = Counter((finding.rule, state) for finding, state in copies)
    approved = Counter(finding.rule for finding, state in copies if state is State.RELEASED and finding.approver)
    tagged = Counter(rule for entry in entries if entry.outcome is Outcome.TAGGED for rule in set(entry.rules))
    observed, let_off = _summed(counts, exempt=False), _summed(counts, exempt=True)
    spoke = dict.fromkeys((*(rule for rule, _ in states), *tagged, *observed, *let_off))
    names = dict.fromkeys((*(rule.name for rule in policy.rules), NOT_INSPECTED_RULE, *spoke))
    return tuple(
        RuleStatistics(
            rule=name,
            held=sum(states[name, state] for state in State),
            released=states[name, State.RELEASED],
            approved=approved[name],
            deleted=states[name, State.DELETED],
            expired=states[name, State.EXPIRED],
            waiting=states[name, State.HELD] + states[name, State.RELEASING],
            tagged=tagged[name],
            observed=observed[name],
            let_off=let_off[name],
        )
        for name in names
    )


def exemption_statistics(store: Store, now: datetime, policy: "Policy") -> tuple[ExemptionStatistics, ...]:
    """Every exemption of the policy, with what it was good for until `now`."""
    counts = store.ledger.book.counts(now - USED_WITHIN, now)
    used: Counter[str] = Counter()
    for count in counts:
        if count.observed is not None and count.observed.exemption:
            used[count.observed.exemption] += count.number
    return tuple(
        ExemptionStatistics(
            rule=rule,
            whom=item.whom,
            because=item.because,
            by=item.by,
            until=str(item.until),
            let_off=used[item.key],
            note=_note(item, used[item.key], now, policy),
        )
        for rule, item in policy.exemptions
    )


def _note(item: Exemption, used: int, now: datetime, policy: "Policy") -> str:
    unused = f"was not used in {USED_WITHIN.days} days"
    if item.end(policy.zone) <= now:
        return "is over"
    if item.ends_soon(now, policy.zone):
        return "is about to end" if used else f"is about to end, and {unused}"
    return "" if used else unused


def _held_copies(items: Sequence[HeldMessage]) -> Iterator[tuple[Finding, State]]:
    """For each copy, a finding of each rule that asked to hold it, and what became of the copy."""
    for item in items:
        states = {copy.recipient.address.key: copy.state for copy in item.recipients}
        for verdict in item.judgement.verdicts:
            state = states.get(key_of(verdict.recipient))
            if state is not None:
                held_for = {found.rule: found for found in verdict.findings if found.action is Action.QUARANTINE}
                yield from ((finding, state) for finding in held_for.values())


def _summed(counts: Sequence[Count], *, exempt: bool) -> "Counter[str]":
    found: Counter[str] = Counter()
    for count in counts:
        if count.observed is not None and bool(count.observed.exemption) == exempt:
            found[count.observed.rule] += count.number
    return found
