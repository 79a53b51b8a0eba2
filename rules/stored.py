"""What is kept of a judged message so that a candidate policy can be tried on it later: scores, never text.

A stored fact says which detector saw what, with which score and for whom. A candidate is judged from that as long as it
asks its detectors as the mail was asked, or with another threshold; what it asks otherwise cannot be told.
"""

import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import lru_cache

from rules.address import Address
from rules.engine import Matter, Observed, judge_seen
from rules.facts import Reason, Unread
from rules.finding import Action, Observation
from rules.policy import Policy, Probe, weights_of
from rules.policy_file import NO_GROUPS
from rules.transaction import Direction, Transaction
from rules.verdict import Inspected, Judgement, Verdict

THRESHOLD = "threshold"  # the one parameter that a score can be measured against afterwards


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An observation without its words; `only` are the address keys that it concerns, None for all."""

    probe: int
    detected: bool
    score: float
    only: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFact:
    """One message. `sender` is empty for the null reverse-path; `copies` are addresses with their directions."""

    id: str
    at: datetime
    sender: str
    copies: tuple[tuple[str, Direction], ...]
    seen: tuple[Seen, ...] = ()
    unread: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProbe:
    """How a detector was asked: `digest` names its parameters and weights, but for the threshold.

    Only of messages with a copy in one of these `directions` did anybody want to know what it says.
    """

    detector: str
    digest: str
    threshold: float | None
    directions: frozenset[Direction] = frozenset(Direction)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What all facts of one file were asked, under which policy."""

    policy: str
    hash: str
    probes: tuple[StoredProbe, ...]


def asked_by(policy: Policy) -> Asked:
    """What stands at the head of a file of facts that were seen under this policy."""
    probes = zip(policy.probes, policy.asked_for, strict=True)
    return Asked(policy=policy.name, hash=policy.hash, probes=tuple(itertools.starmap(stored_probe, probes)))


def stored_probe(probe: Probe, directions: frozenset[Direction]) -> StoredProbe:
    """The same for a detector that is asked alike, whichever process says so."""
    threshold = getattr(probe.parameters, THRESHOLD, None)
    given = ((item.name, getattr(probe.parameters, item.name)) for item in fields(probe.parameters))
    rest = tuple((name, value) for name, value in given if name != THRESHOLD)
    digest = hashlib.sha256(repr(rest).encode() + _weights(probe.detector)).hexdigest()[:16]
    return StoredProbe(detector=probe.detector, digest=digest, threshold=threshold, directions=directions)


@lru_cache(maxsize=64)
def _weights(detector: str) -> bytes:
    """Read once: it is asked for every probe of a policy, by every process that keeps facts."""
    return weights_of(detector)


def stored_fact(transaction: Transaction, judgement: Judgement) -> StoredFact | None:
    """What is kept of one judgement; None where something failed, for nobody knows what it would have been."""
    failed = any(item.reason is Reason.FAILED for item in judgement.not_inspected)
    if judgement.inspected is Inspected.NOT or failed:
        return None
    reverse_path = transaction.envelope.reverse_path
    return StoredFact(
        id=transaction.id,
        at=transaction.received,
        sender="" if reverse_path is None else str(reverse_path),
        copies=tuple((verdict.recipient, verdict.direction) for verdict in judgement.verdicts),
        seen=tuple(
            Seen(probe=item.probe, detected=item.detected, score=round(item.score, 3), only=item.recipients)
            for item in judgement.observations
            if item.probe is not None
        ),
        unread=tuple(dict.fromkeys(item.reason for item in judgement.not_inspected)),
    )


class Rejudging:
    """Judges stored facts that were asked alike under a policy. `untold` names the rules that they cannot tell of."""

    def __init__(self, asked: Asked, policy: Policy, *, without: frozenset[str] = frozenset()) -> None:
        """`without`: rules to leave out besides."""
        wanted = zip(policy.probes, policy.asked_for, strict=True)
        matches = {probe: match for probe, ways in wanted if (match := _match(probe, ways, asked)) is not None}
        self._by_index: dict[int, list[tuple[Probe, _Match]]] = {}
        for probe, match in matches.items():
            self._by_index.setdefault(match.index, []).append((probe, match))
        self.untold = frozenset(
            rule.name for rule in policy.rules if any(probe not in matches for probe in rule.probes)
        )
        left_out = self.untold | without
        self._policy = replace(policy, rules=tuple(rule for rule in policy.rules if rule.name not in left_out))

    def judge(self, fact: StoredFact, groups: Mapping[str, frozenset[str]] = NO_GROUPS) -> Judgement:
        """Without subject, preview and words: those were never kept. `groups` are the directory's of today."""
        observations: list[Observation] = []
        by_probe: dict[Probe, tuple[int, ...]] = {}
        for seen in fact.seen:
            for probe, match in self._by_index.get(seen.probe, ()):
                by_probe[probe] = (*by_probe.get(probe, ()), len(observations))
                observations.append(match.observation(seen, probe))
        if not fact.unread and not any(item.detected for item in observations):
            return self._passed(fact)  # most mail: no rule has anything to say
        matter = Matter(
            sender=_address(fact.sender) if fact.sender else None,
            received=fact.at,
            recipients=tuple((_address(address), direction) for address, direction in fact.copies),
            unread=tuple(Unread(part="", reason=reason, detail="") for reason in fact.unread),
            groups=groups,
        )
        return judge_seen(
            Observed(observations=tuple(observations), by_probe=by_probe, failed=()), matter, self._policy
        )

    def _passed(self, fact: StoredFact) -> Judgement:
        return Judgement(
            policy=self._policy.name,
            policy_hash=self._policy.hash,
            observations=(),
            verdicts=tuple(
                Verdict(recipient=address, direction=direction, action=Action.PASS, findings=())
                for address, direction in fact.copies
            ),
            inspected=Inspected.FULLY,
            not_inspected=(),
            subject="",
            preview="",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    """The stored probe that a policy's probe can be told from, and both thresholds."""

    index: int
    then: float | None
    now: float | None

    def observation(self, seen: Seen, probe: Probe) -> Observation:
        return Observation(
            detector=probe.detector,
            detected=self._detected(seen),
            score=seen.score,
            summary="",
            recipients=seen.only,
        )

    def _detected(self, seen: Seen) -> bool:
        """Against the threshold of now; what another reason than the score decided then stays decided."""
        if self.then is None or self.now is None or self.then == self.now:
            return seen.detected
        by_score = seen.score >= self.then
        return seen.score >= self.now if seen.detected == by_score else seen.detected


def _match(probe: Probe, directions: frozenset[Direction], asked: Asked) -> _Match | None:
    wanted = stored_probe(probe, directions)
    alike = [
        (index, item)
        for index, item in enumerate(asked.probes)
        if (item.detector, item.digest) == (wanted.detector, wanted.digest) and item.directions >= wanted.directions
    ]
    best = min(alike, key=lambda found: found[1].threshold != wanted.threshold, default=None)
    return None if best is None else _Match(index=best[0], then=best[1].threshold, now=wanted.threshold)


def _address(text: str) -> Address:
    """An address that was parsed before it was stored; a quoted local part may hold an @ of its own."""
    local, _, domain = text.rpartition("@")
    return Address(local=local, domain=domain)
