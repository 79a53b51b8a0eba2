"""A judgement's parts as JSON objects, alike in `inspect --json` and `quarantine show --json`. Decides nothing."""

from rules.finding import Finding, Observation
from rules.verdict import Judgement


def finding_object(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "cites": list(finding.cites),
        "action": finding.action.value,
        "observation": finding.observation,
    }


def observation_object(observation: Observation) -> dict[str, object]:
    """With all its evidence; positions as in rules.finding.Evidence."""
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


def unread_objects(judgement: Judgement) -> list[dict[str, object]]:
    """The parts that could not be read."""
    return [{"part": item.part, "reason": item.reason.value, "detail": item.detail} for item in judgement.not_inspected]
