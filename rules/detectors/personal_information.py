"""Identifiers of people: numbers of the state, of banks and cards, birth dates with names; each kind validated. Numbers
of the city's own, such as customers' accounts, as the administrator describes them.

Telephone numbers, streets and addresses of mail are not among them: city business consists of these. An address that is
called somebody's home is told, and counts where it is one of several.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import prod
from pathlib import Path

from rules.document import STRICT, Amount, Threshold
from rules.facts import Facts, Role, Text
from rules.finding import Evidence, Observation
from rules.identifiers import IdentifierKind, find_identifiers
from rules.identifiers.own import OwnNumber, find_own
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
    minimum: Amount = 1
    # The city's own: each with its name, a pattern in RE2's syntax, examples that it finds, and words of which one
    # stands near such a number; without words the number alone is enough.
    own: tuple[OwnNumber, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """An identifier: text[start:end]. `what` is its kind, in words."""

    text: Text
    what: str
    start: int
    end: int
    weight: float
    value: str


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Report all identifiers of a message in one observation, masked in the evidence but for their last signs."""
    places = (*_places(facts, frozenset(parameters.kinds)), *_own_places(facts, parameters.own))
    if not places:
        return
    distinct = {(place.what, place.value): place for place in places}
    score = _score(tuple(distinct.values()))
    yield Observation(
        detector=NAME,
        detected=score >= parameters.threshold and len(distinct) >= parameters.minimum,
        score=score,
        summary=_summary(place.what for place in distinct.values()),
        evidence=_evidence(places, facts.received.date()),
    )


def _places(facts: Facts, kinds: frozenset[IdentifierKind]) -> Iterator[_Place]:
    today = facts.received.date()
    for text in facts.said(*ROLES):
        for item in find_identifiers(text.text, today):
            if item.kind in kinds:
                what = item.kind.value
                yield _Place(text=text, what=what, start=item.start, end=item.end, weight=item.weight, value=item.value)


def _own_places(facts: Facts, numbers: Sequence[OwnNumber]) -> Iterator[_Place]:
    for text in facts.said(*ROLES) if numbers else ():
        for item in find_own(text.text, numbers):
            yield _Place(
                text=text, what=item.name, start=item.start, end=item.end, weight=item.weight, value=item.value
            )


def _score(places: Sequence[_Place]) -> float:
    """The heaviest of each kind, a little more for a list; kinds speak independently of each other."""
    counts = Counter(place.what for place in places)
    weights = (
        max(place.weight for place in places if place.what == what)
        + (LIST_BONUS if count >= LIST else PAIR_BONUS if count == 2 else 0.0)
        for what, count in counts.items()
    )
    return round(1.0 - prod(1.0 - min(weight, 1.0) for weight in weights), 3)


def _summary(kinds: Iterable[str]) -> str:
    return ", ".join(f"{count} × {what}" for what, count in Counter(kinds).items())


def _evidence(places: Sequence[_Place], today: date) -> tuple[Evidence, ...]:
    """The heaviest first; everything that looks like an identifier is masked, also the neighbours of the one shown."""
    chosen = sorted(places, key=lambda place: -place.weight)[:MAX_EVIDENCE]
    masked: dict[Text, Text] = {}
    for place in chosen:
        if place.text not in masked:
            spans = [(item.start, item.end) for item in find_identifiers(place.text.text, today)]
            spans += [(other.start, other.end) for other in places if other.text is place.text]
            masked[place.text] = hidden(place.text, spans)
    return tuple(evidence_of(masked[place.text], place.start, place.end) for place in chosen)
