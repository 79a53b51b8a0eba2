"""Rules that came near: their detector saw something and not enough of it. Tells; never decides."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.cli.aside import Case
from gateway.cli.terminal import escaped, marked
from rules.finding import Evidence, Observation
from rules.verdict import Judgement

if TYPE_CHECKING:
    from rules.policy import Rule

SHOWN_NEAR = 10  # rules; --json has them all
SHOWN_EVIDENCE = 5  # passages of one observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A rule that did not fire, the observation that it did not fire for, and what it would have needed.

    `threshold` is the score from which it fires, `minimum` how many different ones it asks for.
    """

    rule: str
    observation: int
    score: float
    threshold: float | None
    minimum: int | None

    @property
    def missing(self) -> float:
        """How much of the score; nothing where only their number was too small."""
        return max(0.0, (1.0 if self.threshold is None else self.threshold) - self.score)


def near_rules(judgement: Judgement, case: Case) -> tuple[Near, ...]:
    """The rules that came near, nearest first. Of those whose direction no copy travels in, nothing is said."""
    directions = {verdict.direction for verdict in judgement.verdicts}
    found = {
        (rule.name, index): Near(
            rule=rule.name,
            observation=index,
            score=observation.score,
            threshold=getattr(rule.when.parameters, "threshold", None),
            minimum=getattr(rule.when.parameters, "minimum", None),
        )
        for index, observation in enumerate(judgement.observations)
        for rule in case.policy.rules
        if not observation.detected and _asked(rule, observation, case) and directions & set(rule.directions)
    }
    return tuple(sorted(found.values(), key=lambda item: item.missing or 1.0))


def near_lines(judgement: Judgement, case: Case, *, terminal: bool) -> Iterator[str]:
    """The lines about them, escaped."""
    found = near_rules(judgement, case)
    for item in found[:SHOWN_NEAR]:
        observation = judgement.observations[item.observation]
        yield escaped(f"  near: {item.rule}: {_short_of(item)}: {observation.summary}".removesuffix(": "))
        for evidence in observation.evidence[:SHOWN_EVIDENCE]:
            yield f"      {evidence_line(evidence, terminal=terminal)}"
    if len(found) > SHOWN_NEAR:
        yield f"  … and {len(found) - SHOWN_NEAR} rules more"


def _short_of(item: Near) -> str:
    """What was seen, and what the rule asks for."""
    if item.minimum is not None and not item.missing:
        return f"fewer than {item.minimum}"
    return f"{item.score:g}" if item.threshold is None else f"{item.score:g} of {item.threshold:g}"


def evidence_line(item: Evidence, *, terminal: bool) -> str:
    """A passage with its place and its mark, and what it counted for where its detector weighs."""
    place = f"{escaped(item.part)}: " if item.part else ""
    signal = f"  [{escaped(item.signal)}]" if item.signal else ""
    return place + marked(item.text, item.mark, terminal=terminal) + signal


def _asked(rule: "Rule", observation: Observation, case: Case) -> bool:
    """Whether it was this rule's own question: a detector may have been asked several with other parameters."""
    if observation.probe is None or observation.probe >= len(case.policy.probes):
        return rule.when.detector == observation.detector
    return rule.when == case.policy.probes[observation.probe]
