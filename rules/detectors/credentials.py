"""Passwords and keys: told in prose, in tables, in configuration; tokens by their form; and requests for passwords.

A text that only speaks of passwords (a policy, a notice of reset) is silent: there must be a value, or somebody asking
for one. Codes of conference calls are not credentials: every invitation holds one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rules.document import STRICT, Threshold
from rules.facts import Facts, Role
from rules.finding import Observation
from rules.identifiers.secrets import find_secrets
from rules.masking import hidden
from rules.patterns import evidence_of

NAME = Path(__file__).stem
ROLES = tuple(role for role in Role if role is not Role.FOOTER)
MAX_EVIDENCE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    __pydantic_config__ = STRICT
    threshold: Threshold = 0.6  # score from which the message is detected; a plain word after "password:" alone is 0.7
    requests: bool = True  # count it when somebody asks for a password
    meeting_codes: bool = False  # count codes of conference calls too


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Report the secrets of a message in one observation, wholly masked in its evidence."""
    found = [
        (text, item)
        for text in facts.said(*ROLES)
        for item in find_secrets(text.text, requests=parameters.requests, meeting_codes=parameters.meeting_codes)
    ]
    if not found:
        return
    score = max(item.weight for _, item in found)
    kinds = dict.fromkeys(item.what for _, item in sorted(found, key=lambda pair: -pair[1].weight))
    masked = {
        text: hidden(text, [(item.start, item.end) for other, item in found if other is text and item.secret], shown=0)
        for text in dict.fromkeys(text for text, _ in found)
    }
    chosen = sorted(found, key=lambda pair: -pair[1].weight)[:MAX_EVIDENCE]
    yield Observation(
        detector=NAME,
        detected=score >= parameters.threshold,
        score=score,
        summary=", ".join(kinds),
        evidence=tuple(evidence_of(masked[text], item.start, item.end) for text, item in chosen),
    )
