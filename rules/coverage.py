"""Which part of a policy serves each of its clauses: rules, exemptions, what becomes of unread mail, or a feature.

Reads a compiled policy and the names of the samples beside its rules. Judges nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rules.detectors import organization_wide
from rules.finding import Action
from rules.policy import Policy, Rule
from rules.policy_file import Clause, Exemption
from rules.samples import samples_of
from rules.shipped import library_rules

NOT_INSPECTED = "not_inspected"  # as it is called in a policy file


@dataclass(frozen=True, slots=True, kw_only=True)
class Enforcer:
    """One rule of the policy that cites a clause, or one that lets off by it when `exemption` says why."""

    rule: str
    action: str
    directions: tuple[str, ...]
    status: str
    matching: int  # samples that must make it fire
    passing: int
    exemption: str = ""
    approver: str = ""  # whose word it needs to release what the rule holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """One clause. `gap` says what is missing; empty when nothing is."""

    clause: str
    ref: str
    enforce: str
    says: str
    rules: tuple[Enforcer, ...]
    served_by: str
    why: str
    gap: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """All clauses in the policy's order, the rules of it that cite none, and rules of the library it does not use."""

    clauses: tuple[Covered, ...]
    citing_nothing: tuple[str, ...]
    unused: tuple[str, ...]

    @property
    def gaps(self) -> tuple[str, ...]:
        """Every gap in one sentence."""
        of_clauses = (f"{item.clause}: {item.gap}" for item in self.clauses if item.gap)
        return (*of_clauses, *(f"{name}: the rule cites no clause" for name in self.citing_nothing))


def coverage_of(policy: Policy) -> Coverage:
    """The coverage of a policy, which may have been loaded with gaps."""
    used = {rule.name for rule in policy.rules}
    return Coverage(
        clauses=tuple(_covered(name, clause, policy) for name, clause in policy.clauses.items()),
        citing_nothing=tuple(dict.fromkeys(rule.name for rule in policy.rules if not rule.cites)),
        unused=tuple(name for name in library_rules() if name not in used),
    )


def unapproved(policy: Policy) -> tuple[str, ...]:
    """Rules that hold mail to everybody until somebody permits it, and do not say who."""
    return tuple(
        dict.fromkeys(
            rule.name
            for rule in policy.rules
            if rule.when.detector == organization_wide.NAME and rule.action is Action.QUARANTINE and not rule.approver
        )
    )


def _covered(name: str, clause: Clause, policy: Policy) -> Covered:
    enforcers = tuple(_enforcers(name, policy))
    return Covered(
        clause=name,
        ref=clause.ref,
        enforce=clause.enforce,
        says=clause.says,
        rules=enforcers,
        served_by=clause.served_by,
        why=clause.why,
        gap=_gap(clause, enforcers),
    )


def _gap(clause: Clause, enforcers: tuple[Enforcer, ...]) -> str:
    match clause.enforce:
        case "support":
            return "" if clause.served_by else "no feature is named that serves it (served_by)"
        case "outside":
            return "" if clause.why else "no reason is given why it lies outside mail (why)"
        case "gateway":
            if not enforcers:
                return "no rule and no exemption cites it"
            bare = [item.rule for item in enforcers if not (item.matching and item.passing)]
            return f"no sample that matches, or none that passes: {', '.join(bare)}" if bare else ""


def _enforcers(clause: str, policy: Policy) -> Iterator[Enforcer]:
    for rule in policy.rules:
        if clause in rule.cites:
            yield _enforcer(rule)
        yield from (_enforcer(rule, item) for item in _allowing(clause, rule.exemptions))
    unread = policy.not_inspected
    if clause in unread.cites:
        yield _unread(unread.action)
    yield from (_unread(unread.action, item) for item in _allowing(clause, unread.exceptions))


def _allowing(clause: str, exemptions: Iterable[Exemption]) -> Iterator[Exemption]:
    return (item for item in exemptions if clause in item.cites)


def _enforcer(rule: Rule, exemption: Exemption | None = None) -> Enforcer:
    promised = [action for _, action in samples_of(rule.folder)]
    return Enforcer(
        rule=rule.name,
        action=rule.action.value,
        directions=tuple(direction.value for direction in rule.directions),
        status=rule.status.value,
        matching=sum(action is not Action.PASS for action in promised),
        passing=promised.count(Action.PASS),
        exemption=exemption.because if exemption else "",
        approver=rule.approver,
    )


def _unread(action: Action, exemption: Exemption | None = None) -> Enforcer:
    """What cannot be read is held by the engine itself, whose tests stand for samples."""
    return Enforcer(
        rule=NOT_INSPECTED,
        action=action.value,
        directions=("inbound", "outbound", "internal"),
        status="enforce",
        matching=1,
        passing=1,
        exemption=exemption.because if exemption else "",
    )
