"""Judges facts under a policy: detectors observe, rules find, each recipient gets the strictest action.

The only place where an observation becomes a decision.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rules.address import Address
from rules.detectors import BY_NAME
from rules.facts import Facts, Reason, Unread
from rules.finding import Evidence, Finding, Observation, strictest
from rules.policy import Policy, Probe, Rule, RuleClass, Status
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
    return Observed(observations=tuple(observations), by_probe=by_probe, failed=tuple(failed))


def judge(facts: Facts, policy: Policy, *, preview: str = "") -> Judgement:
    """The judgement of one message for all its recipients. `preview` is kept for whoever reads a held message."""
    seen = observe(facts, policy.probes)
    unread = facts.unread + _unchecked(policy, seen)
    observations = seen.observations
    always: tuple[Finding, ...] = ()
    if _blocking(policy, seen, facts.unread):
        always = (_not_inspected_finding(policy, len(observations)),)
    if unread:
        observations = (*observations, _not_inspected(unread))
    hits = tuple(Hit(rule=rule, observations=_hits(rule, seen)) for rule in policy.rules)
    verdicts = tuple(
        _tighten(
            Verdict(
                recipient=str(recipient.address),
                direction=facts.directions[recipient.address.key],
                action=strictest(*(finding.action for finding in always)),
                findings=always,
            ),
            hits,
            observations,
            policy,
            facts.envelope.reverse_path,
            facts.received,
        )
        for recipient in facts.envelope.recipients
    )
    return Judgement(
        policy=policy.name,
        policy_hash=policy.hash,
        observations=observations,
        verdicts=verdicts,
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
    judgement: Judgement, policy: Policy, observation: Observation, sender: Address | None, now: datetime
) -> Judgement:
    """Judge an observation that was summed up over messages, and tighten the verdicts by it."""
    observations = (*judgement.observations, observation)
    indices = (len(judgement.observations),) if observation.detected else ()
    hits = tuple(
        Hit(rule=rule, observations=indices) for rule in policy.rules if rule.when.detector == observation.detector
    )
    return replace(
        judgement,
        observations=observations,
        verdicts=tuple(_tighten(verdict, hits, observations, policy, sender, now) for verdict in judgement.verdicts),
    )


def _hits(rule: Rule, seen: Observed) -> tuple[int, ...]:
    if rule.unless is not None and _detected(rule.unless, seen):
        return ()
    return _detected(rule.when, seen)


def _detected(probe: Probe, seen: Observed) -> tuple[int, ...]:
    return tuple(index for index in seen.by_probe.get(probe, ()) if seen.observations[index].detected)


def _tighten(
    verdict: Verdict,
    hits: Sequence[Hit],
    observations: Sequence[Observation],
    policy: Policy,
    sender: Address | None,
    now: datetime,
) -> Verdict:
    """Add what these hits find for this recipient; the action only ever grows stricter."""
    acted, noted = list(verdict.findings), list(verdict.observed)
    for hit in hits:
        if verdict.direction not in hit.rule.directions:
            continue
        if any(item.covers(sender, verdict.recipient, now, policy.zone) for item in hit.rule.exemptions):
            continue
        for index in hit.observations:
            concerned = observations[index].recipients
            if concerned is None or verdict.recipient.casefold() in concerned:
                target = acted if hit.rule.status is Status.ENFORCE else noted
                target.append(
                    Finding(rule=hit.rule.name, cites=hit.rule.cites, action=hit.rule.action, observation=index)
                )
    return replace(
        verdict,
        findings=tuple(acted),
        observed=tuple(noted),
        action=strictest(*(finding.action for finding in acted)),
    )


def _unchecked(policy: Policy, seen: Observed) -> tuple[Unread, ...]:
    return tuple(
        Unread(part="", reason=Reason.FAILED, detail=f"rule {rule.name} could not be evaluated")
        for rule in policy.rules
        if rule.when in seen.failed or rule.unless in seen.failed
    )


def _blocking(policy: Policy, seen: Observed, unread: tuple[Unread, ...]) -> bool:
    """A conduct rule that failed is delivered with a mark; all else that was not determined is not."""
    return bool(unread) or any(
        rule.kind is RuleClass.SECURITY and (rule.when in seen.failed or rule.unless in seen.failed)
        for rule in policy.rules
    )


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
