"""A judgement as scripts read it: the same words wherever a command prints one with --json. Decides nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rules.finding import Finding, Observation
from rules.policy_file import Exemption
from rules.verdict import Judgement, LetOff, Verdict


def judgement_object(judgement: Judgement, exemptions: Mapping[str, Exemption]) -> dict[str, object]:
    """Observations, verdicts and what was not inspected. `exemptions` by their keys, as far as they are known.

    What a detector saw alike with several parameters is one observation; `places` tells which.
    """
    at = places(judgement)
    seen = dict(zip(at, judgement.observations, strict=True))
    return {
        "observations": [_observation(item) for item in seen.values()],
        "verdicts": [_verdict(item, exemptions, at) for item in judgement.verdicts],
        "inspected": judgement.inspected.value,
        "not_inspected": [
            {"part": item.part, "reason": item.reason.value, "detail": item.detail} for item in judgement.not_inspected
        ],
    }


def places(judgement: Judgement) -> tuple[int, ...]:
    """For each observation its place among the different ones, in the order in which they were made."""
    found: dict[Observation, int] = {}
    return tuple(found.setdefault(replace(item, probe=None), len(found)) for item in judgement.observations)


def _observation(observation: Observation) -> dict[str, object]:
    return {
        "detector": observation.detector,
        "detected": observation.detected,
        "score": observation.score,
        "summary": observation.summary,
        "evidence": [
            {
                "part": item.part,
                "start": item.start,
                "end": item.end,
                "text": item.text,
                "mark": item.mark,
                "signal": item.signal,
                "octets": item.octets,
            }
            for item in observation.evidence
        ],
    }


def _verdict(verdict: Verdict, exemptions: Mapping[str, Exemption], at: Sequence[int]) -> dict[str, object]:
    return {
        "recipient": verdict.recipient,
        "direction": verdict.direction.value,
        "action": verdict.action.value,
        "findings": [_finding(item, at) for item in verdict.findings],
        "observed": [_finding(item, at) for item in verdict.observed],
        "let_off": [_let_off(item, exemptions.get(item.exemption), at) for item in verdict.let_off],
    }


def _finding(finding: Finding, at: Sequence[int]) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "cites": finding.cites,
        "action": finding.action.value,
        "observation": at[finding.observation],
    }


def _let_off(item: LetOff, exemption: Exemption | None, at: Sequence[int]) -> dict[str, object]:
    said = {} if exemption is None else {"because": exemption.because, "by": exemption.by, "until": exemption.until}
    return {"rule": item.rule, "observation": at[item.observation], **said}
