"""What changed between two policies, in words: clauses, rules, parameters, lists and exemptions.

Compares compiled policies, so that a changed rule of the library counts as much as a changed line of the file.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from itertools import zip_longest

from rules.detectors import BY_NAME
from rules.policy import Policy, Probe, Rule
from rules.policy_file import Clause, Exemption, NotInspected
from rules.schedule import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference. `part` is policy, clause, rule or not_inspected; `what` says it in words."""

    part: str
    name: str
    what: str

    def __str__(self) -> str:
        return f"{self.part} {self.name}: {self.what}"


def difference(before: Policy, after: Policy) -> tuple[Change, ...]:
    """Everything that `after` does otherwise than `before`, in the order of the files."""
    return (
        *_of_policy(before, after),
        *_of_clauses(before.clauses, after.clauses),
        *_of_not_inspected(before.not_inspected, after.not_inspected),
        *_of_rules(before.rules, after.rules),
    )


def _of_policy(before: Policy, after: Policy) -> Iterator[Change]:
    for what, old, new in (
        ("name", before.name, after.name),
        ("title", before.title, after.title),
        ("time zone", before.zone.key, after.zone.key),
    ):
        if old != new:
            yield Change(part="policy", name=after.name, what=_turned(what, old, new))


def _of_clauses(before: dict[str, Clause], after: dict[str, Clause]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        if name not in after:
            yield Change(part="clause", name=name, what="removed")
        elif name not in before:
            yield Change(part="clause", name=name, what=f"added, {after[name].enforce}")
        else:
            for item in fields(Clause):
                old, new = getattr(before[name], item.name), getattr(after[name], item.name)
                if old != new:
                    yield Change(part="clause", name=name, what=_turned(item.name, old, new))


def _of_not_inspected(before: NotInspected, after: NotInspected) -> Iterator[Change]:
    what = [
        *([_turned("action", before.action, after.action)] if before.action is not after.action else []),
        *_of_lists("clauses", before.cites, after.cites),
        *_of_exemptions(before.exceptions, after.exceptions),
    ]
    yield from (Change(part="not_inspected", name="", what=text) for text in what)


def _of_rules(before: Sequence[Rule], after: Sequence[Rule]) -> Iterator[Change]:
    for name in dict.fromkeys(rule.name for rule in (*before, *after)):
        old = [rule for rule in before if rule.name == name]
        new = [rule for rule in after if rule.name == name]
        for first, second in _pairs(old, new):
            for text in _of_rule(first, second):
                yield Change(part="rule", name=_called(second or first, max(len(old), len(new))), what=text)


def _pairs(old: Sequence[Rule], new: Sequence[Rule]) -> Iterator[tuple[Rule | None, Rule | None]]:
    """The uses of one rule: those of equal directions belong together, the others by their order."""
    rest_old, rest_new = list(old), list(new)
    for first in old:
        second = next((rule for rule in rest_new if rule.directions == first.directions), None)
        if second is not None:
            rest_old.remove(first)
            rest_new.remove(second)
            yield first, second
    yield from zip_longest(rest_old, rest_new)


def _called(rule: Rule | None, uses: int) -> str:
    assert rule is not None
    return f"{rule.name} ({', '.join(rule.directions)})" if uses > 1 else rule.name


def _of_rule(before: Rule | None, after: Rule | None) -> Iterator[str]:
    if before is None or after is None:
        found = before or after
        assert found is not None
        yield f"{'removed' if after is None else 'added'}: {_summary(found)}"
        return
    for what in ("action", "status", "kind"):
        if getattr(before, what) is not getattr(after, what):
            yield _turned({"kind": "class"}.get(what, what), getattr(before, what), getattr(after, what))
    yield from _of_lists("directions", before.directions, after.directions)
    yield from _of_lists("clauses", before.cites, after.cites)
    if before.approver != after.approver:
        yield _turned("approver", before.approver or "nobody", after.approver or "nobody")
    if before.active != after.active:
        yield _turned("active", hours_in_words(before.active), hours_in_words(after.active))
    yield from _of_probes(before, after)
    yield from _of_exemptions(before.exemptions, after.exemptions)


def _summary(rule: Rule) -> str:
    cites = ", ".join(rule.cites)
    return f"{rule.action.value}, {rule.status.value}, {', '.join(rule.directions)}, for {cites}"


def _of_probes(before: Rule, after: Rule) -> Iterator[str]:
    old = {probe.detector: probe for probe in before.probes}
    new = {probe.detector: probe for probe in after.probes}
    yield from _of_lists("detectors", tuple(old), tuple(new))
    for name in old.keys() & new.keys():
        yield from _of_parameters(old[name], new[name])


def _of_parameters(before: Probe, after: Probe) -> Iterator[str]:
    if type(before.parameters) is not type(after.parameters):
        return
    for item in fields(before.parameters):
        old, new = getattr(before.parameters, item.name), getattr(after.parameters, item.name)
        if isinstance(old, tuple) and isinstance(new, tuple):
            yield from _of_lists(item.name, old, new)
        elif old != new:
            yield _turned(item.name, old, new)


def _of_lists(what: str, before: Iterable[object], after: Iterable[object]) -> Iterator[str]:
    old, new = tuple(map(_shown, before)), tuple(map(_shown, after))
    added, removed = [item for item in new if item not in old], [item for item in old if item not in new]
    if added:
        yield f"{what}: {', '.join(added)} added"
    if removed:
        yield f"{what}: {', '.join(removed)} removed"


def _of_exemptions(before: Sequence[Exemption], after: Sequence[Exemption]) -> Iterator[str]:
    yield from (f"exemption added: {exemption_in_words(item)}" for item in after if item not in before)
    yield from (f"exemption removed: {exemption_in_words(item)}" for item in before if item not in after)


def exemption_in_words(item: Exemption) -> str:
    """Whom it lets off, until when, why and by whose word."""
    since = f" from {item.since}" if item.since else ""
    return f"{item.whom}{since} until {item.until}: {item.because} (by {item.by})"


def parameters_in_words(rule: Rule) -> Iterator[str]:
    """Each parameter of its detectors that is not what it is when left out."""
    for probe in rule.probes:
        usual = BY_NAME[probe.detector].parameters()
        for item in fields(usual):
            value = getattr(probe.parameters, item.name)
            if value != getattr(usual, item.name):
                of = f"{probe.detector} " if probe is not rule.when else ""
                yield f"{of}{item.name}: {_shown(value)}"


def hours_in_words(schedule: Schedule | None) -> str:
    """When a rule is active."""
    if schedule is None:
        return "always"
    given = ((item.name, getattr(schedule, item.name)) for item in fields(Schedule))
    return ", ".join(f"{name} {_shown(value)}" for name, value in given if value not in (None, ())) or "always"


def _turned(what: str, old: object, new: object) -> str:
    return f"{what} {_shown(old)} → {_shown(new)}"


def _shown(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value)) or "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if value != "" else "nothing"
