"""Whether the mandated disclaimer stands in the author's own text, and not merely in what is quoted or hidden.

Of a body in several alternatives each one must have it, for a reader sees only one. Compares words, so that line ends,
typography, case and punctuation do not matter, and a slip or two is forgiven.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Annotated, TypeAlias

from rules.document import STRICT, between
from rules.facts import Alternative, Facts, Role, Text
from rules.finding import Observation
from rules.normalising import normalise
from rules.patterns import Patterns, compile_patterns, evidence_of, literal

NAME = Path(__file__).stem
OWN = frozenset({Role.AUTHOR, Role.SIGNATURE, Role.FOOTER})
MAX_SCANNED = 256 * 1024  # characters of one body: the first and the last half of it
MAX_CANDIDATES = 50  # places that are compared word by word
NEGATIONS = frozenset({"no", "non", "nor", "not", "never"})  # a slip in one of these turns the sense
NEAR = 0.7  # similarity from which the attempt is reported
# Words below which an alternative that says what no other does is a note to readers of old programs, not the letter.
MIN_LETTER = 25

_WORD = re.compile(r"[^\W_]+")  # linear: one class, no alternatives
_BREAK = "- "  # what normalising leaves of a hyphen at the end of a line

Versions: TypeAlias = dict[tuple[str, ...], list[Text]]  # by the alternatives chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    __pydantic_config__ = STRICT
    # The words that must stand in the message; punctuation and line ends do not count.
    disclaimer: str = (
        "The opinions expressed in this communication are those of the author and not the opinions of the City "
        "Government or management, nor are the opinions endorsed and/or encouraged in any way by the City of Stamford."
    )
    # Share of its words that must agree, 0.7 to 1: 0.94 forgives two slips in the thirty-seven words above.
    similarity: Annotated[float, between(0.7, 1)] = 0.94

    def __post_init__(self) -> None:
        if not _words(self.disclaimer):
            raise ValueError("a disclaimer of at least one word")
        if not NEAR <= self.similarity <= 1:
            raise ValueError(f"a similarity between {NEAR} and 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the words stand best: the text, the span in it, and the share of words that agree."""

    text: Text
    start: int
    end: int
    similarity: float


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Yield one observation when the disclaimer, or something near it, stands in the sender's own text."""
    places = list(filter(None, (_best(body, parameters) for body in _bodies(_alone(facts)))))
    for body in _together(facts.alternatives):
        if (place := _in_all(body, parameters)) is not None:
            places.append(place)
    if not places:
        return
    best = max(places, key=_similarity)
    yield Observation(
        detector=NAME,
        detected=best.similarity >= parameters.similarity,
        score=round(best.similarity, 3),
        summary=f"{round(best.similarity * 100)} % of the disclaimer's words, in the author's own text",
        evidence=(evidence_of(best.text, best.start, best.end),),
    )


def _alone(facts: Facts) -> tuple[Text, ...]:
    """The texts that every reader sees: those of no alternative."""
    parts = {alternative.text.part for alternative in facts.alternatives}
    return tuple(text for text in facts.texts if text.part not in parts)


def _together(alternatives: tuple[Alternative, ...]) -> Iterable[Versions]:
    """For each body the texts that are seen by the same choice of alternatives."""
    bodies: dict[str, Versions] = {}
    for alternative in alternatives:
        bodies.setdefault(alternative.body, {}).setdefault(alternative.chosen, []).append(alternative.text)
    return bodies.values()


def _in_all(body: Versions, parameters: Parameters) -> Place | None:
    """Where it stands worst among what readers of one body may see; None when some see it without."""
    best = {chosen: _best_of(texts, parameters) for chosen, texts in body.items()}
    if not any(best.values()):
        return None
    seen = [
        max(filter(None, map(best.get, _steps(chosen))), key=_similarity, default=None) for chosen in _letters(body)
    ]
    found = [place for place in seen if place is not None]
    return min(found, key=_similarity, default=None) if len(found) == len(seen) else None


def _steps(chosen: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The choices one after another: what stands beside a nested body is seen with it."""
    return (chosen[:depth] for depth in range(1, len(chosen) + 1))


def _best_of(texts: Iterable[Text], parameters: Parameters) -> Place | None:
    places = [place for own in _bodies(texts) if (place := _best(own, parameters)) is not None]
    return max(places, key=_similarity, default=None)


def _similarity(place: Place) -> float:
    return place.similarity


def _letters(body: Versions) -> Iterator[tuple[str, ...]]:
    """The last choices, without such as only say that the letter is in another alternative."""
    before = {chosen[:depth] for chosen in body for depth in range(1, len(chosen))}
    last = {chosen: _vocabulary(texts) for chosen, texts in body.items() if chosen not in before}
    counts = Counter(word for words in last.values() for word in words)
    for chosen, words in last.items():
        shared = sum(counts[word] > 1 for word in words)
        if len(last) == 1 or len(words) >= MIN_LETTER or 2 * shared >= len(words):
            yield chosen


def _vocabulary(texts: Iterable[Text]) -> frozenset[str]:
    return frozenset(word.casefold() for text in texts for word in _WORD.findall(_looked_at(text.text)))


def _bodies(texts: Iterable[Text]) -> Iterator[Text]:
    """The sender's own words of each part, as they stand together: a signature or footer follows what it closes."""
    for (part, own), run in groupby(texts, key=lambda text: (text.part, text.role in OWN)):
        together = tuple(run)
        if own:
            words = "\n".join(text.text for text in together)
            yield Text(part=part, role=Role.AUTHOR, text=words, start=together[0].start)


def _best(body: Text, parameters: Parameters) -> Place | None:
    """The place in `body` where most of the disclaimer's words stand in order; None when nowhere near."""
    wanted = _words(parameters.disclaimer)
    if not _may_hold(_looked_at(normalise(body.text).text), wanted):
        return None
    found = _joined(normalise(body.text).text, frozenset(wanted))
    words = [word for word, _ in found]
    best: Place | None = None
    for first in _candidates(words, wanted):
        last, slips = _slips(wanted, words[first : first + len(wanted) + len(wanted) // 4])
        similarity = 1 - slips / len(wanted)
        if _negations(words[first : first + last]) != _negations(wanted):
            continue  # "and also the opinions of the City" is one word off, and the contrary
        if last and similarity >= NEAR and (best is None or similarity > best.similarity):
            start, end = normalise(body.text).original(found[first][1][0], found[first + last - 1][1][1])
            best = Place(text=body, start=start, end=end, similarity=similarity)
    return best


def _may_hold(text: str, wanted: tuple[str, ...]) -> bool:
    quarters = _quarters_of(wanted)
    return bool(quarters.fires(text) or (_BREAK in text and quarters.fires(text.replace(_BREAK, ""))))


def _joined(text: str, wanted: frozenset[str]) -> list[tuple[str, tuple[int, int]]]:
    """The words and their places; halves on two lines are one word where the disclaimer has that word."""
    found: list[tuple[str, tuple[int, int]]] = []
    for match in _scanned(text):
        word, (start, end) = match.group().casefold(), match.span()
        if found and text[found[-1][1][1] : start] == _BREAK and found[-1][0] + word in wanted:
            before, (start, _) = found.pop()
            word = before + word
        found.append((word, (start, end)))
    return found


def _looked_at(text: str) -> str:
    """What `_scanned` takes its words from."""
    half = MAX_SCANNED // 2
    return text if len(text) <= MAX_SCANNED else f"{text[:half]} {text[-half:]}"


def _scanned(text: str) -> Iterator[re.Match[str]]:
    """The words of the beginning and of the end: a disclaimer stands first or last, however long the letter."""
    half = MAX_SCANNED // 2
    yield from _WORD.finditer(text, 0, min(half, len(text)))
    if len(text) > half:
        yield from _WORD.finditer(text, max(half, len(text) - half))


@lru_cache(maxsize=16)
def _words(text: str) -> tuple[str, ...]:
    return tuple(match.group().casefold() for match in _WORD.finditer(normalise(text).text))


def _quarters(wanted: tuple[str, ...]) -> list[tuple[int, tuple[str, ...]]]:
    """The disclaimer in pieces, each with its offset: one at the least stands word for word where few are wrong.

    Five slips in forty words can spoil every piece; so many are not forgiven anyway.
    """
    size = max(1, len(wanted) // 4)
    return [(offset, wanted[offset : offset + size]) for offset in range(0, len(wanted), size)]


@lru_cache(maxsize=16)
def _quarters_of(wanted: tuple[str, ...]) -> Patterns:
    """The pieces as patterns: they tell at once that a text holds no disclaimer, as nearly every one does."""
    return compile_patterns(tuple(r"[\W_]+".join(map(literal, words)) for _, words in _quarters(wanted)))


def _candidates(words: Sequence[str], wanted: tuple[str, ...]) -> list[int]:
    """Where the disclaimer might begin."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(words):
        places.setdefault(word, []).append(place)
    begins = {
        max(0, place - offset)
        for offset, quarter in _quarters(wanted)
        for place in places.get(quarter[0], ())[:MAX_CANDIDATES]
        if tuple(words[place : place + len(quarter)]) == quarter
    }
    return sorted(begins)[:MAX_CANDIDATES]


def _negations(words: Sequence[str]) -> list[str]:
    return [word for word in words if word in NEGATIONS]


def _slips(wanted: Sequence[str], words: Sequence[str]) -> tuple[int, int]:
    """How many of `words` fit `wanted` best, and the edit distance in words, free at the end."""
    row = list(range(len(wanted) + 1))
    best = (0, row[-1])
    for count, word in enumerate(words, 1):
        before, row = row, [count]
        for index, want in enumerate(wanted):
            row.append(min(before[index + 1] + 1, row[index] + 1, before[index] + (want != word)))
        if row[-1] < best[1]:
            best = (count, row[-1])
    return best
