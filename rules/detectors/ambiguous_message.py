"""Content that mail readers would read differently: how files are smuggled past a reader that is not theirs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rules.document import STRICT
from rules.entries import Words
from rules.facts import Facts
from rules.finding import Evidence, Observation

NAME = Path(__file__).stem
MAX_EVIDENCE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    __pydantic_config__ = STRICT
    tolerated: tuple[Words, ...] = ()  # an ambiguity whose description holds one of these is let off


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Report all ambiguities of a message in one observation."""
    found = [
        ambiguity
        for ambiguity in facts.ambiguities
        if not any(words.casefold() in ambiguity.detail.casefold() for words in parameters.tolerated)
    ]
    if found:
        yield Observation(
            detector=NAME,
            detected=True,
            score=1.0,
            summary="; ".join(dict.fromkeys(ambiguity.detail for ambiguity in found))[:500],
            evidence=tuple(
                Evidence(part=item.part, text=item.detail, octets=item.octets) for item in found[:MAX_EVIDENCE]
            ),
        )
