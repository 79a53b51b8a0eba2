"""Identifiers of people: numbers of the state, of banks and cards, birth dates with names; each kind validated.

Telephone numbers, streets and addresses of mail are not among them: city business consists of these. An address that is
called somebody's home is told, and counts where it is one of several.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import prod
from pathlib import Path

from rules.document import STRICT, Threshold
from rules.facts import Facts, Role, Text
from rules.finding import Evidence, Observation
from rules.identifiers import Identifier, IdentifierKind, find_identifiers
from rules.masking import hidden
from rules.patterns import evidence_of

NAME = Path(__file__).stem
ROLES = tuple(role for role in Role if role is not Role.FOOTER)
MAX_EVIDENCE = 10
PUBLISHED = (IdentifierKind.EIN, IdentifierKind.NPI)
LIST = 3  # different identifiers of one kind from which they are a list, and chance is no explanation
LIST_BONUS = 0.15
PAIR_BONUS = 0.1  # for two of a kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    __pydantic_config__ = STRICT
    # Which kinds count. What businesses and physicians publish of themselves is left out.
    kinds: tuple[IdentifierKind, ...] = tuple(kind for kind in IdentifierKind if kind not in PUBLISHED)
    # Score from which the message is reported as detected; 0.6 is a valid number that words near it explain.
    threshold: Threshold = 0.6
    # Different identifiers below which it is not, whatever the score.
    minimum: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    text: Text
    identifier: Identifier


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Report all identifiers of a message in one observation, masked in the evidence but for their last signs."""
    places = tuple(_places(facts, frozenset(parameters.kinds)))
    if not places:
        return
    distinct = {(place.identifier.kind, place.identifier.value): place for place in places}
    score = _score([place.identifier for place in distinct.values()])
    yield Observation(
        detector=NAME,
        detected=score >= parameters.threshold and len(distinct) >= parameters.minimum,
        score=score,
        summary=_summary([place.identifier.kind for place in distinct.values()]),
        evidence=_evidence(places, facts.received.date()),
    )


def _places(facts: Facts, kinds: frozenset[IdentifierKind]) -> Iterator[_Place]:
    today = facts.received.date()
    for text in facts.said(*ROLES):
        for identifier in find_identifiers(text.text, today):
            if identifier.kind in kinds:
                yield _Place(text=text, identifier=identifier)


def _score(identifiers: Sequence[Identifier]) -> float:
    """The heaviest of each kind, a little more for a list; kinds speak independently of each other."""
    counts = Counter(identifier.kind for identifier in identifiers)
    weights = (
        max(item.weight for item in identifiers if item.kind is kind)
        + (LIST_BONUS if count >= LIST else PAIR_BONUS if count == 2 else 0.0)
        for kind, count in counts.items()
    )
    return round(1.0 - prod(1.0 - min(weight, 1.0) for weight in weights), 3)


def _summary(kinds: Sequence[IdentifierKind]) -> str:
    return ", ".join(f"{count} × {kind.value}" for kind, count in Counter(kinds).items())


def _evidence(places: Sequence[_Place], today: date) -> tuple[Evidence, ...]:
    """The heaviest first; everything that looks like an identifier is masked, also the neighbours of the one shown."""
    chosen = sorted(places, key=lambda place: -place.identifier.weight)[:MAX_EVIDENCE]
    masked: dict[Text, Text] = {}
    for place in chosen:
        if place.text not in masked:
            spans = [(item.start, item.end) for item in find_identifiers(place.text.text, today)]
            masked[place.text] = hidden(place.text, spans)
    return tuple(evidence_of(masked[place.text], place.identifier.start, place.identifier.end) for place in chosen)
