"""Judges facts under a policy: detectors observe, rules find, each recipient gets the strictest action.

The only place where an observation becomes a decision.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from rules.address import Address, key_of
from rules.detectors import BY_NAME
from rules.facts import Facts, Reason, Unread
from rules.finding import Action, Evidence, Finding, Observation, strictest
from rules.masking import masked_alike
from rules.policy import Policy, Probe, Rule
from rules.policy_file import NOT_INSPECTED_RULE, Exemption, RuleClass, Status
from rules.remembering import forget_message
from rules.transaction import Direction
from rules.verdict import Inspected, Judgement, LetOff, Verdict

NOT_INSPECTED = "not_inspected"  # names the observation that stands for what could not be read

_log = logging.getLogger("mailward.engine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What the probes saw: all observations in one list, which of them each probe made if any, which probes failed."""

    observations: tuple[Observation, ...]
    by_probe: dict[Probe, tuple[int, ...]]
    failed: tuple[Probe, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What a judgement needs to know of a message beside what detectors saw in it."""

    sender: Address | None
    received: datetime
    recipients: tuple[tuple[Address, Direction], ...]
    unread: tuple[Unread, ...]
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)  # of the directory: an exemption may name one


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A rule and the observations that make it fire, before it is asked whom it concerns.

    `also` are those of its second detectors; None when it asks none.
    """

    rule: Rule
    observations: tuple[int, ...]
    also: tuple[int, ...] | None = None

    def concerning(self, recipient: str, observations: Sequence[Observation]) -> tuple[int, ...]:
        """The observations that make it fire for this copy, of an Address.key."""
        first = _of_copy(self.observations, recipient, observations)
        second = () if self.also is None else _of_copy(self.also, recipient, observations)
        return () if not first or (self.also is not None and not second) else first + second


def _ask(facts: Facts, policy: Policy, numbers: Iterable[int]) -> dict[int, tuple[Observation, ...] | None]:
    """What these probes see, each by its number; None for a detector that raised: it failed, and is not silent."""
    seen: dict[int, tuple[Observation, ...] | None] = {}
    for number in numbers:
        probe = policy.probes[number]
        try:
            found = tuple(BY_NAME[probe.detector].detect(facts, probe.parameters))
        except Exception:
            _log.exception("detector %s failed", probe.detector)
            seen[number] = None
            continue
        seen[number] = tuple([_located(item, number, facts) for item in found])
    return seen


def _observed(policy: Policy, seen: Mapping[int, tuple[Observation, ...] | None]) -> Observed:
    observations: list[Observation] = []
    by_probe: dict[Probe, tuple[int, ...]] = {}
    failed: list[Probe] = []
    for number in sorted(seen):
        found = seen[number]
        if found is None:
            failed.append(policy.probes[number])
        elif found:
            by_probe[policy.probes[number]] = tuple(range(len(observations), len(observations) + len(found)))
            observations += found
    return Observed(observations=masked_alike(tuple(observations)), by_probe=by_probe, failed=tuple(failed))


def _located(observation: Observation, number: int, facts: Facts) -> Observation:
    """With the probe that made it, and the octets of the message in which the part of each piece of evidence lies."""
    octets = {part.path: part.octets for part in facts.parts}
    evidence = tuple(replace(item, octets=item.octets or octets.get(item.part)) for item in observation.evidence)
    return replace(observation, probe=number, evidence=evidence)


def judge(facts: Facts, policy: Policy, *, preview: str = "", every_detector: bool = False) -> Judgement:
    """The judgement of one message for all its recipients. `preview` is kept for whoever reads a held message.

    A detector is asked when a rule speaks of a copy of this message. Where one has something to say, and with
    `every_detector`, all are, for whoever reads about it.
    """
    matter = Matter(
        sender=facts.envelope.reverse_path,
        received=facts.received,
        recipients=tuple((item.address, facts.directions[item.address.key]) for item in facts.envelope.recipients),
        unread=facts.unread,
        groups=facts.directory.groups,
    )
    every = range(len(policy.probes))
    ways = {direction for _, direction in matter.recipients}
    seen = _ask(facts, policy, [one for one in every if every_detector or not ways.isdisjoint(policy.asked_for[one])])
    judgement = judge_seen(_observed(policy, seen), matter, policy)
    if len(seen) < len(every) and any(map(_says_something, judgement.verdicts)):
        seen |= _ask(facts, policy, [one for one in every if one not in seen])
        judgement = judge_seen(_observed(policy, seen), matter, policy)
    forget_message()
    return replace(judgement, subject=facts.subject, preview=preview)


def _says_something(verdict: Verdict) -> bool:
    return bool(verdict.findings or verdict.observed or verdict.let_off)


def judge_seen(seen: Observed, matter: Matter, policy: Policy) -> Judgement:
    """The judgement of what was seen, now or when it was stored; by itself it has no subject and no preview."""
    undetermined = tuple(rule for rule in policy.rules if _is_undetermined(rule, seen)) if seen.failed else ()
    unread = matter.unread + tuple(_unevaluated(rule) for rule in undetermined)
    observations = (*seen.observations, _not_inspected(unread)) if unread else seen.observations
    case = _Case(
        policy=policy,
        observations=observations,
        hits=_hits(policy, seen),
        undetermined=undetermined,
        sender=matter.sender,
        now=matter.received,
        groups=matter.groups,
    )
    verdicts = []
    for address, direction in matter.recipients:
        findings, let_off = _for_unread(matter.unread, address.key, case)
        verdict = Verdict(
            recipient=str(address),
            direction=direction,
            action=strictest(*(finding.action for finding in findings)),
            findings=findings,
            let_off=let_off,
        )
        verdicts.append(_tighten(verdict, case))
    return Judgement(
        policy=policy.name,
        policy_hash=policy.hash,
        observations=observations,
        verdicts=tuple(verdicts),
        inspected=Inspected.PARTLY if unread else Inspected.FULLY,
        not_inspected=unread,
        subject="",
        preview="",
    )


def judge_uninspected(policy: Policy, recipients: Sequence[tuple[Address, Direction]], detail: str) -> Judgement:
    """The judgement of a message that could not be read at all: held under the policy's own rule for that."""
    unread = (Unread(part="", reason=Reason.FAILED, detail=detail),)
    finding = _not_inspected_finding(policy, 0)
    return Judgement(
        policy=policy.name,
        policy_hash=policy.hash,
        observations=(_not_inspected(unread),),
        verdicts=tuple(
            Verdict(recipient=str(address), direction=direction, action=finding.action, findings=(finding,))
            for address, direction in recipients
        ),
        inspected=Inspected.NOT,
        not_inspected=unread,
        subject="",
        preview="",
    )


def add_observation(
    judgement: Judgement, policy: Policy, probe: Probe, observation: Observation, sender: Address | None, now: datetime
) -> Judgement:
    """Judge what `probe` observed in a sum over messages, by the rules that ask it, and tighten the verdicts."""
    number = policy.probes.index(probe) if probe in policy.probes else None
    observations = (*judgement.observations, replace(observation, probe=number))
    indices = (len(judgement.observations),)
    rules = (rule for rule in policy.rules if rule.when == probe)
    hits = tuple(Hit(rule=rule, observations=indices) for rule in rules) if observation.detected else ()
    case = _Case(policy=policy, observations=observations, hits=hits, undetermined=(), sender=sender, now=now)
    verdicts = tuple(_tighten(verdict, case) for verdict in judgement.verdicts)
    return replace(judgement, observations=observations, verdicts=verdicts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What is the same for all recipients of a message."""

    policy: Policy
    observations: tuple[Observation, ...]
    hits: tuple[Hit, ...]
    undetermined: tuple[Rule, ...]
    sender: Address | None
    now: datetime
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def concerns(self, rule: Rule, verdict: Verdict) -> bool:
        """Whether the rule speaks of this copy now: its direction and its hours."""
        active = rule.active is None or rule.active.covers(self.now, self.policy.zone)
        return active and verdict.direction in rule.directions

    def lets_off(self, exemptions: tuple[Exemption, ...], recipient: str) -> Exemption | None:
        """The first exemption that covers this copy, of an Address.key."""
        asked = (self.sender, recipient, self.now, self.policy.zone, self.groups)
        return next((item for item in exemptions if item.covers(*asked)), None)


def _hits(policy: Policy, seen: Observed) -> tuple[Hit, ...]:
    """The rules that fire: `when` detected, one of `also` where there are any, and `unless` not."""
    if not seen.by_probe:  # so it is with most mail
        return ()
    hits = (_hit(rule, seen) for rule in policy.rules if rule.when in seen.by_probe)
    return tuple(hit for hit in hits if hit.observations and hit.also != () and not _detected(hit.rule.unless, seen))


def _hit(rule: Rule, seen: Observed) -> Hit:
    also = tuple(index for probe in rule.also for index in _detected(probe, seen)) if rule.also else None
    return Hit(rule=rule, observations=_detected(rule.when, seen), also=also)


def _of_copy(indices: Iterable[int], recipient: str, observations: Sequence[Observation]) -> tuple[int, ...]:
    """Those that speak of this copy."""
    narrowed = ((index, observations[index].recipients) for index in indices)
    return tuple(index for index, only in narrowed if only is None or recipient in only)


def _detected(probe: Probe | None, seen: Observed) -> tuple[int, ...]:
    if probe is None:
        return ()
    return tuple(index for index in seen.by_probe.get(probe, ()) if seen.observations[index].detected)


def _tighten(verdict: Verdict, case: _Case) -> Verdict:
    """Add what the case finds for this recipient; the action only ever grows stricter."""
    acted, noted, let_off = list(verdict.findings), list(verdict.observed), list(verdict.let_off)
    key = key_of(verdict.recipient)
    for hit in case.hits:
        indices = hit.concerning(key, case.observations) if case.concerns(hit.rule, verdict) else ()
        exemption = case.lets_off(hit.rule.exemptions, key) if indices else None
        if exemption is not None:
            let_off.append(LetOff(rule=hit.rule.name, exemption=exemption.key, observation=indices[0]))
            continue
        target = acted if hit.rule.status is Status.ENFORCE else noted
        target += [_finding(hit.rule, index) for index in indices]
    acted += _failures(verdict, case)
    return replace(
        verdict,
        findings=tuple(acted),
        observed=tuple(noted),
        let_off=tuple(let_off),
        action=strictest(*(finding.action for finding in acted)),
    )


def _finding(rule: Rule, observation: int) -> Finding:
    return Finding(
        rule=rule.name, cites=rule.cites, action=rule.action, observation=observation, approver=rule.approver
    )


def _is_undetermined(rule: Rule, seen: Observed) -> bool:
    """Whether a detector that failed could have changed what the rule says."""
    if not any(probe in seen.failed for probe in rule.probes):
        return False
    fires = rule.when in seen.failed or bool(_detected(rule.when, seen))
    joined = not rule.also or any(probe in seen.failed or _detected(probe, seen) for probe in rule.also)
    if rule.unless is not None and rule.unless not in seen.failed and _detected(rule.unless, seen):
        return False
    if not fires or not joined:
        return False
    certain = rule.when not in seen.failed and (not rule.also or any(_detected(probe, seen) for probe in rule.also))
    return not certain or rule.unless in seen.failed


def _for_unread(
    unread: tuple[Unread, ...], recipient: str, case: _Case
) -> tuple[tuple[Finding, ...], tuple[LetOff, ...]]:
    """What parts that could not be read mean for this copy; an exemption covers protected parts only."""
    if not unread:
        return (), ()
    index = len(case.observations) - 1
    excusable = all(item.reason is Reason.ENCRYPTED for item in unread)
    exemption = case.lets_off(case.policy.not_inspected.exceptions, recipient) if excusable else None
    if exemption is not None:
        return (), (LetOff(rule=NOT_INSPECTED_RULE, exemption=exemption.key, observation=index),)
    return (_not_inspected_finding(case.policy, index),), ()


def _failures(verdict: Verdict, case: _Case) -> tuple[Finding, ...]:
    """What a rule that could not be evaluated means for this copy.

    A conduct rule's is delivered with a mark, any other's is treated as not inspected; a rule that
    only observes never acts.
    """
    if any(finding.rule == NOT_INSPECTED_RULE for finding in verdict.findings):
        return ()
    index = len(case.observations) - 1
    key = key_of(verdict.recipient)
    failed = [
        rule
        for rule in case.undetermined
        if rule.status is Status.ENFORCE
        and case.concerns(rule, verdict)
        and case.lets_off(rule.exemptions, key) is None
    ]
    if any(rule.kind is RuleClass.SECURITY for rule in failed):
        return (_not_inspected_finding(case.policy, index),)
    return (replace(_not_inspected_finding(case.policy, index), action=Action.TAG),) if failed else ()


def _unevaluated(rule: Rule) -> Unread:
    return Unread(part="", reason=Reason.FAILED, detail=f"rule {rule.name} could not be evaluated")


def _not_inspected_finding(policy: Policy, observation: int) -> Finding:
    action = policy.not_inspected.action
    return Finding(rule=NOT_INSPECTED_RULE, cites=policy.not_inspected.cites, action=action, observation=observation)


def _not_inspected(unread: tuple[Unread, ...]) -> Observation:
    summary = "; ".join(dict.fromkeys(f"{item.reason.value}: {item.detail}" for item in unread))
    return Observation(
        detector=NOT_INSPECTED,
        detected=True,
        score=1.0,
        summary=f"not inspected in full: {summary}"[:500],
        evidence=tuple(Evidence(part=item.part, text=item.detail) for item in unread[:50]),
    )
