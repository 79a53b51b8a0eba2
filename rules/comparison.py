"""The same mail judged under two policies: which copies would meet another action, and which rule makes the difference.

Adds up judgements that others made; judges nothing.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from rules.finding import Action
from rules.verdict import Judgement, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyChange:
    """One recipient's copy that meets another action, or the same one for other rules.

    `gained` and `lost` are rules that act under one policy only.
    """

    message: str
    recipient: str
    before: Action
    after: Action
    gained: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """Copies that a rule acts on, or only observes, under each policy."""

    rule: str
    before: int
    after: int
    gained: int
    lost: int
    observed_before: int
    observed_after: int


@dataclass(slots=True, kw_only=True)
class Comparison:
    """What was added so far."""

    messages: int = 0
    copies: int = 0
    changed: int = 0  # copies that meet another action
    turns: Counter[tuple[Action, Action]] = field(default_factory=Counter)
    actions_before: Counter[Action] = field(default_factory=Counter)
    actions_after: Counter[Action] = field(default_factory=Counter)
    _rules: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, message: str, before: Judgement, after: Judgement) -> tuple[CopyChange, ...]:
        """Count one message; what changed for its recipients. Both judgements are of the same envelope."""
        self.messages += 1
        pairs = zip(before.verdicts, after.verdicts, strict=True)
        return tuple(change for old, new in pairs if (change := self._copy(message, old, new)) is not None)

    def merge(self, other: "Comparison") -> None:
        """Add what another one has counted."""
        self.messages += other.messages
        self.copies += other.copies
        self.changed += other.changed
        self.turns.update(other.turns)
        self.actions_before.update(other.actions_before)
        self.actions_after.update(other.actions_after)
        for name, count in other._rules.items():
            self._rules.setdefault(name, Counter()).update(count)

    @property
    def share(self) -> float:
        """Of the copies, those that meet another action: 0 to 1."""
        return self.changed / self.copies if self.copies else 0.0

    @property
    def rules(self) -> tuple[RuleChange, ...]:
        """Every rule that spoke under either policy, by name."""
        return tuple(
            RuleChange(
                rule=name,
                before=count["before"],
                after=count["after"],
                gained=count["gained"],
                lost=count["lost"],
                observed_before=count["observed_before"],
                observed_after=count["observed_after"],
            )
            for name, count in sorted(self._rules.items())
        )

    def _copy(self, message: str, before: Verdict, after: Verdict) -> CopyChange | None:
        self.copies += 1
        self.actions_before[before.action] += 1
        self.actions_after[after.action] += 1
        if before.action is not after.action:
            self.changed += 1
            self.turns[before.action, after.action] += 1
        old, new = acting(before), acting(after)
        gained, lost = tuple(rule for rule in new if rule not in old), tuple(rule for rule in old if rule not in new)
        self._count("before", old)
        self._count("after", new)
        self._count("gained", gained)
        self._count("lost", lost)
        self._count("observed_before", _observing(before))
        self._count("observed_after", _observing(after))
        if before.action is after.action and not gained and not lost:
            return None
        return CopyChange(
            message=message,
            recipient=after.recipient,
            before=before.action,
            after=after.action,
            gained=gained,
            lost=lost,
        )

    def _count(self, what: str, rules: Iterable[str]) -> None:
        for name in rules:
            self._rules.setdefault(name, Counter())[what] += 1


def acting(verdict: Verdict) -> tuple[str, ...]:
    """The rules that act on this copy, each once; a rule whose action is to pass does nothing."""
    return tuple(dict.fromkeys(item.rule for item in verdict.findings if item.action is not Action.PASS))


def _observing(verdict: Verdict) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.rule for item in verdict.observed))
