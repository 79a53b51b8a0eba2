"""A judgement as scripts read it: the same words wherever a command prints one with --json. Decides nothing."""

from collections.abc import Mapping

from rules.finding import Finding, Observation
from rules.policy_file import Exemption
from rules.verdict import Judgement, LetOff, Verdict


def judgement_object(judgement: Judgement, exemptions: Mapping[str, Exemption]) -> dict[str, object]:
    """Observations, verdicts and what was not inspected. `exemptions` by their keys, as far as they are known."""
    return {
        "observations": [_observation(item) for item in judgement.observations],
        "verdicts": [_verdict(item, exemptions) for item in judgement.verdicts],
        "inspected": judgement.inspected.value,
        "not_inspected": [
            {"part": item.part, "reason": item.reason.value, "detail": item.detail} for item in judgement.not_inspected
        ],
    }


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


def _verdict(verdict: Verdict, exemptions: Mapping[str, Exemption]) -> dict[str, object]:
    return {
        "recipient": verdict.recipient,
        "direction": verdict.direction.value,
        "action": verdict.action.value,
        "findings": [_finding(item) for item in verdict.findings],
        "observed": [_finding(item) for item in verdict.observed],
        "let_off": [_let_off(item, exemptions.get(item.exemption)) for item in verdict.let_off],
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "cites": finding.cites,
        "action": finding.action.value,
        "observation": finding.observation,
    }


def _let_off(item: LetOff, exemption: Exemption | None) -> dict[str, object]:
    said = {} if exemption is None else {"because": exemption.because, "by": exemption.by, "until": exemption.until}
    return {"rule": item.rule, "observation": item.observation, **said}
