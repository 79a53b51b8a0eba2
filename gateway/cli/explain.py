"""A judgement in words: the action for each recipient, the rule, the clause and what it says, and the evidence.

Makes lines that are safe to print. Never decides and never reads mail.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gateway.cli.aside import Case, asides, whom
from gateway.cli.near import evidence_line, near_lines
from gateway.cli.terminal import escaped
from rules.finding import Finding, Observation
from rules.policy_file import Clause
from rules.verdict import Inspected, Judgement, Verdict

if TYPE_CHECKING:
    from rules.policy import Rule

SHOWN_EVIDENCE = 5  # passages of one observation; --json has them all
SHOWN_RECIPIENTS = 20
SHOWN_UNREAD = 20
WEIGHTS = (
    "  The numbers: behind each sign stands how strongly it speaks for (+) or against (-); 1 is a hint, 3 a strong",
    "  sign. Together they make the score, from 0 (nothing) to 1 (no doubt); a rule needs a score of its own to fire.",
)


def explanation(
    judgement: Judgement, clauses: Mapping[str, Clause], *, terminal: bool, case: Case | None = None
) -> Iterator[str]:
    """The lines about one message, escaped. `clauses` are the policy's; `terminal`: marks in reverse video.

    `case` is what it was judged under, where that is known.
    """
    lines = tuple(_lines(judgement, clauses, terminal, case))
    yield from lines
    signals = {escaped(item.signal) for seen in judgement.observations for item in seen.evidence if item.signal}
    if any(line.endswith(f"[{signal}]") for line in lines for signal in signals):
        yield from WEIGHTS


def _lines(judgement: Judgement, clauses: Mapping[str, Clause], terminal: bool, case: Case | None) -> Iterator[str]:
    for verdict in judgement.verdicts[:SHOWN_RECIPIENTS]:
        yield f"  {verdict.action.value:<10}  {escaped(verdict.recipient)} ({verdict.direction.value})"
    if len(judgement.verdicts) > SHOWN_RECIPIENTS:
        yield f"  … and {len(judgement.verdicts) - SHOWN_RECIPIENTS} recipients more"
    for finding in _distinct(judgement, observed=False):
        yield from _finding(judgement, finding, clauses, finding.action.value, terminal, case)
    for finding in _distinct(judgement, observed=True):
        yield from _finding(judgement, finding, clauses, "observed only, not acted on", terminal, case)
    yield from asides(judgement, case)
    if case is not None:
        yield from near_lines(judgement, case, terminal=terminal)
    yield from _unread(judgement)


def _distinct(judgement: Judgement, *, observed: bool) -> tuple[Finding, ...]:
    """Each finding once, however many recipients it concerns; what holds stands before what only tags."""
    findings = (_findings(verdict, observed) for verdict in judgement.verdicts)
    distinct = dict.fromkeys(finding for group in findings for finding in group)
    return tuple(sorted(distinct, key=lambda finding: -finding.action.rank))


def _findings(verdict: Verdict, observed: bool) -> tuple[Finding, ...]:
    return verdict.observed if observed else verdict.findings


def _finding(
    judgement: Judgement,
    finding: Finding,
    clauses: Mapping[str, Clause],
    action: str,
    terminal: bool,
    case: Case | None,
) -> Iterator[str]:
    concerned = [verdict.recipient for verdict in judgement.verdicts if finding in verdict.findings + verdict.observed]
    approver = f"; {escaped(finding.approver)} decides" if finding.approver else ""
    yield f"  {escaped(finding.rule)}: {action}{whom(concerned, judgement)}{approver}"
    for name in finding.cites:
        yield f"    {_clause(name, clauses.get(name))}"
    observation = judgement.observations[finding.observation]
    yield f"    {escaped(observation.summary)}{_score(observation, finding, case)}"
    for item in observation.evidence[:SHOWN_EVIDENCE]:
        yield f"      {evidence_line(item, terminal=terminal)}"
    if len(observation.evidence) > SHOWN_EVIDENCE:
        yield f"      … and {len(observation.evidence) - SHOWN_EVIDENCE} passages more"


def _score(observation: Observation, finding: Finding, case: Case | None) -> str:
    """The score, where it is a sum of signs; elsewhere it says nothing that the summary does not."""
    if not any(item.signal for item in observation.evidence):
        return ""
    asked = () if case is None else (rule for rule in case.policy.rules if _is_of(finding, rule, observation))
    needed = next((f" of {rule.when.parameters.threshold:g} needed" for rule in asked), "")
    return f": score {observation.score:g}{needed}"


def _is_of(finding: Finding, rule: "Rule", observation: Observation) -> bool:
    return (rule.name, rule.cites, rule.when.detector) == (finding.rule, finding.cites, observation.detector)


def _clause(name: str, clause: Clause | None) -> str:
    if clause is None:
        return escaped(name)
    return escaped(f"{name} (clause {clause.ref}): {clause.says}" if clause.says else f"{name} (clause {clause.ref})")


def _unread(judgement: Judgement) -> Iterator[str]:
    if judgement.inspected is Inspected.FULLY:
        return
    yield f"  inspected: {judgement.inspected.value}"
    for item in judgement.not_inspected[:SHOWN_UNREAD]:
        yield f"    not inspected: {escaped(item.part or 'message')}: {escaped(f'{item.reason.value}: {item.detail}')}"
    if len(judgement.not_inspected) > SHOWN_UNREAD:
        yield f"    … and {len(judgement.not_inspected) - SHOWN_UNREAD} more"
