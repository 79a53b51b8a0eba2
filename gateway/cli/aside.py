"""Why something that was seen had no consequence: an exemption, a rule that was satisfied, a direction, or no rule.

Tells what the engine did from the policy that it did it under. Never decides.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from gateway.cli.terminal import escaped
from rules.address import Address
from rules.finding import Observation
from rules.policy_file import Exemption
from rules.verdict import Judgement, LetOff

if TYPE_CHECKING:
    from rules.policy import Policy, Probe, Rule

SHOWN_NAMES = 3  # of the recipients that one line is about


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a judgement was made under and does not itself say."""

    policy: "Policy"
    sender: Address | None
    now: datetime


def asides(judgement: Judgement, case: Case | None) -> Iterator[str]:
    """The lines about what was seen, escaped. Without a case, nothing is claimed about any rule."""
    used = {finding.observation for verdict in judgement.verdicts for finding in verdict.findings + verdict.observed}
    for index, observation in enumerate(judgement.observations):
        if not observation.detected:
            continue
        seen = escaped(f"{observation.detector}: {observation.summary}".removesuffix(": "))
        if case is None:
            reasons = [] if index in used else ["seen, and without consequence"]
        else:
            reasons = list(_let_off(judgement, index, case))
            if index not in used:
                reasons = reasons or list(_quiet(judgement, observation, case)) or _of_none(observation, case)
        yield from (f"  {reason}: {seen}" for reason in reasons)


def whom(concerned: Sequence[str], judgement: Judgement) -> str:
    """`, for a and b`; nothing when it is everyone. Escaped."""
    if len(concerned) == len(judgement.verdicts):
        return ""
    more = f" and {len(concerned) - SHOWN_NAMES} more" if len(concerned) > SHOWN_NAMES else ""
    return f", for {escaped(', '.join(concerned[:SHOWN_NAMES]))}{more}"


def _let_off(judgement: Judgement, index: int, case: Case) -> Iterator[str]:
    """The exemptions that the engine says it applied to this observation, each with the copies that it let off."""
    concerned: dict[LetOff, list[str]] = {}
    for verdict in judgement.verdicts:
        for item in verdict.let_off:
            if item.observation == index:
                concerned.setdefault(item, []).append(verdict.recipient)
    known = exemptions_by_key(case.policy)
    for item, recipients in concerned.items():
        told = f" ({_told(known[item.exemption])})" if item.exemption in known else ""
        yield f"seen, and {escaped(item.rule)} lets it off{whom(recipients, judgement)}{told}"


def exemptions_by_key(policy: "Policy") -> dict[str, Exemption]:
    """All of a policy, as a judgement names them."""
    return {item.key: item for _, item in policy.exemptions}


def _speaking(judgement: Judgement, observation: Observation, case: Case) -> "Iterator[Rule]":
    """The rules that this observation makes fire, were it not for whom they concern."""
    for rule in case.policy.rules:
        asked = rule.when.detector == observation.detector and _joined(judgement, rule)
        if asked and not _saw(judgement, rule.unless):
            yield rule


def _quiet(judgement: Judgement, observation: Observation, case: Case) -> Iterator[str]:
    for rule in case.policy.rules:
        yield from _satisfied(judgement, observation, rule)
        yield from _waiting(judgement, observation, rule, case)
    for rule in _speaking(judgement, observation, case):
        if not any(verdict.direction in rule.directions for verdict in judgement.verdicts):
            yield f"seen, and {escaped(rule.name)} speaks of {' and '.join(rule.directions)} mail only"


def _of_none(observation: Observation, case: Case) -> list[str]:
    """That no rule speaks of it; nothing where one asks this detector: near, or beside another that saw nothing."""
    asked = any(probe.detector == observation.detector for rule in case.policy.rules for probe in rule.probes)
    return [] if asked else ["seen, and no rule speaks of it here"]


def _satisfied(judgement: Judgement, observation: Observation, rule: "Rule") -> Iterator[str]:
    if rule.unless is None or not (_saw(judgement, rule.when) and _saw(judgement, rule.unless)):
        return
    if observation.detector == rule.when.detector:
        yield f"seen, and {escaped(rule.name)} is satisfied by {rule.unless.detector}"
    elif observation.detector == rule.unless.detector:
        yield f"seen, and {escaped(rule.name)} is satisfied by it"


def _waiting(judgement: Judgement, observation: Observation, rule: "Rule", case: Case) -> Iterator[str]:
    """What else the rule waits for: a second observation, or its hours."""
    if rule.when.detector != observation.detector:
        return
    if not _joined(judgement, rule):
        names = " or ".join(dict.fromkeys(probe.detector for probe in rule.also))
        yield f"seen, and {escaped(rule.name)} asks for {names} too"
    elif rule.active is not None and not rule.active.covers(case.now, case.policy.zone):
        yield f"seen, and {escaped(rule.name)} is not active at this time"


def _joined(judgement: Judgement, rule: "Rule") -> bool:
    return not rule.also or any(_saw(judgement, probe) for probe in rule.also)


def _saw(judgement: Judgement, probe: "Probe | None") -> bool:
    return probe is not None and any(
        seen.detected and seen.detector == probe.detector for seen in judgement.observations
    )


def _told(exemption: Exemption) -> str:
    return escaped(f"{exemption.whom}: {exemption.because}, by {exemption.by}, until {exemption.until}")
