"""Judges facts under a policy: detectors observe, rules find, each recipient gets the strictest action.

The only place where an observation becomes a decision.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rules.address import Address, key_of
from rules.detectors import BY_NAME
from rules.facts import Facts, Reason, Unread
from rules.finding import Action, Evidence, Finding, Observation, strictest
from rules.patterns import forget_texts
from rules.policy import Policy, Probe, Rule
from rules.policy_file import Exemption, RuleClass, Status
from rules.transaction import Direction
from rules.verdict import Inspected, Judgement, Verdict

NOT_INSPECTED = "not_inspected"  # names the observation that stands for what could not be read
NOT_INSPECTED_RULE = "not-inspected"

_log = logging.getLogger("mailward.engine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What the probes saw: all observations in one list, which of them each probe made, which probes failed."""

    observations: tuple[Observation, ...]
    by_probe: dict[Probe, tuple[int, ...]]
    failed: tuple[Probe, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A rule and the observations that make it fire, before it is asked whom it concerns."""

    rule: Rule
    observations: tuple[int, ...]


def observe(facts: Facts, probes: Iterable[Probe]) -> Observed:
    """Run every probe once; a detector that raises is reported as failed, never as silent."""
    observations: list[Observation] = []
    by_probe: dict[Probe, tuple[int, ...]] = {}
    failed: list[Probe] = []
    for probe in probes:
        try:
            found = tuple(BY_NAME[probe.detector].detect(facts, probe.parameters))
        except Exception:
            _log.exception("detector %s failed", probe.detector)
            failed.append(probe)
            continue
        by_probe[probe] = tuple(range(len(observations), len(observations) + len(found)))
        observations.extend(found)
    forget_texts()
    return Observed(observations=tuple(observations), by_probe=by_probe, failed=tuple(failed))


def judge(facts: Facts, policy: Policy, *, preview: str = "") -> Judgement:
    """The judgement of one message for all its recipients. `preview` is kept for whoever reads a held message."""
    seen = observe(facts, policy.probes)
    undetermined = tuple(rule for rule in policy.rules if _is_undetermined(rule, seen))
    unread = facts.unread + tuple(_unevaluated(rule) for rule in undetermined)
    observations = (*seen.observations, _not_inspected(unread)) if unread else seen.observations
    case = _Case(
        policy=policy,
        observations=observations,
        hits=_hits(policy, seen),
        undetermined=undetermined,
        sender=facts.envelope.reverse_path,
        now=facts.received,
    )
    verdicts = []
    for recipient in facts.envelope.recipients:
        findings = _for_unread(facts.unread, recipient.address.key, case)
        verdict = Verdict(
            recipient=str(recipient.address),
            direction=facts.directions[recipient.address.key],
            action=strictest(*(finding.action for finding in findings)),
            findings=findings,
        )
        verdicts.append(_tighten(verdict, case))
    return Judgement(
        policy=policy.name,
        policy_hash=policy.hash,
        observations=observations,
        verdicts=tuple(verdicts),
        inspected=Inspected.PARTLY if unread else Inspected.FULLY,
        not_inspected=unread,
        subject=facts.subject,
        preview=preview,
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
    observations = (*judgement.observations, observation)
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

    def concerns(self, rule: Rule, verdict: Verdict) -> bool:
        """Whether the rule speaks of this copy: its direction, and nobody let off."""
        return verdict.direction in rule.directions and not self.lets_off(rule.exemptions, key_of(verdict.recipient))

    def lets_off(self, exemptions: tuple[Exemption, ...], recipient: str) -> bool:
        return any(item.covers(self.sender, recipient, self.now, self.policy.zone) for item in exemptions)


def _hits(policy: Policy, seen: Observed) -> tuple[Hit, ...]:
    """The rules that fire: `when` detected and `unless` not."""
    hits = (Hit(rule=rule, observations=_detected(rule.when, seen)) for rule in policy.rules)
    return tuple(hit for hit in hits if hit.observations and not _detected(hit.rule.unless, seen))


def _detected(probe: Probe | None, seen: Observed) -> tuple[int, ...]:
    if probe is None:
        return ()
    return tuple(index for index in seen.by_probe.get(probe, ()) if seen.observations[index].detected)


def _tighten(verdict: Verdict, case: _Case) -> Verdict:
    """Add what the case finds for this recipient; the action only ever grows stricter."""
    acted, noted = list(verdict.findings), list(verdict.observed)
    for hit in case.hits:
        if not case.concerns(hit.rule, verdict):
            continue
        for index in hit.observations:
            only = case.observations[index].recipients
            if only is None or key_of(verdict.recipient) in only:
                target = acted if hit.rule.status is Status.ENFORCE else noted
                target.append(_finding(hit.rule, index))
    acted += _failures(verdict, case)
    return replace(
        verdict,
        findings=tuple(acted),
        observed=tuple(noted),
        action=strictest(*(finding.action for finding in acted)),
    )


def _finding(rule: Rule, observation: int) -> Finding:
    return Finding(rule=rule.name, cites=rule.cites, action=rule.action, observation=observation)


def _is_undetermined(rule: Rule, seen: Observed) -> bool:
    """Whether a detector that failed could have changed what the rule says."""
    if rule.when in seen.failed:
        return not _detected(rule.unless, seen)
    return rule.unless in seen.failed and bool(_detected(rule.when, seen))


def _for_unread(unread: tuple[Unread, ...], recipient: str, case: _Case) -> tuple[Finding, ...]:
    """What parts that could not be read mean for this copy; an exemption covers protected parts only."""
    excusable = all(item.reason is Reason.ENCRYPTED for item in unread)
    if not unread or (excusable and case.lets_off(case.policy.not_inspected.exceptions, recipient)):
        return ()
    return (_not_inspected_finding(case.policy, len(case.observations) - 1),)


def _failures(verdict: Verdict, case: _Case) -> tuple[Finding, ...]:
    """What a rule that could not be evaluated means for this copy.

    A conduct rule's is delivered with a mark (reliability D3), any other's is treated as not inspected; a rule that
    only observes never acts.
    """
    if any(finding.rule == NOT_INSPECTED_RULE for finding in verdict.findings):
        return ()
    index = len(case.observations) - 1
    failed = [rule for rule in case.undetermined if rule.status is Status.ENFORCE and case.concerns(rule, verdict)]
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
