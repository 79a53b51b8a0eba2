"""Weighs the words of one message by a model of signals: score, evidence and the words that explain both.

Decides nothing; knows no detector.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rules.facts import Role, Text
from rules.finding import Evidence, Observation
from rules.normalising import normalise
from rules.patterns import Phrase, evidence_of
from rules.signals import MAX_SCANNED, Measure, Model, Scale, Signal, Weighed, ready
from rules.vocabulary import read_words, shown

NEAR = 0.2  # score from which a detector reports although it has not detected: an administrator may ask why not
ROUNDING = 1e-9  # by which a sum taken in another order may differ
OWN_PHRASE = 8.0  # weight of an administrator's phrase: enough alone, beside every shipped bias
MAX_EVIDENCE = 20  # passages of one observation
_WHOLE = (Role.SUBJECT, Role.SIGNATURE, Role.FOOTER)  # short, and said of the whole message


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A text, what it reads like normalised, and the phrases that may stand in it, by the pattern they belong to."""

    text: Text
    normalised: str
    octets: bytes
    possible: Mapping[int, tuple[Phrase, ...]]

    def fires(self, pattern: int) -> bool:
        return any(phrase.stands_in(self.octets) for phrase in self.possible.get(pattern, ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One match: the signal it belongs to, what it says, and where (offsets in the normalised text)."""

    owner: int
    said: str
    text: Text
    start: int
    end: int

    @property
    def place(self) -> int:
        """About where in the part's readable text."""
        return self.text.start + self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A signal that fired: how often it counts, and where it was seen."""

    signal: Signal
    count: int
    evidence: tuple[Evidence, ...]

    @property
    def adds(self) -> float:
        return self.signal.weight * self.count


def weigh(
    detector: str,
    texts: Sequence[Text],
    scale: Scale,
    parameters: Weighed,
    *,
    measures: Sequence[Measure] = (),
) -> Iterable[Observation]:
    """Yield one observation when the texts come near the model's subject, and nothing otherwise."""
    threshold, phrases = parameters.threshold, parameters.phrases
    enough = -math.inf if phrases else _logit(min(NEAR, threshold)) - ROUNDING
    told = _told_by_words(scale.model, texts)
    fired = _fired(scale, _scans(scale, texts), measures, enough - told)
    if fired is None:
        return
    hits = [*_hits(scale, fired, measures), *_vocabulary(scale.model, texts, told), *_own(phrases, texts)]
    score = 1 / (1 + math.exp(-scale.model.bias - sum(hit.adds for hit in hits)))
    if score < min(NEAR, threshold):
        return
    yield Observation(
        detector=detector,
        detected=score >= threshold,
        score=round(score, 3),
        summary="; ".join(f"{hit.signal.name} ({hit.adds:+.1f})" for hit in hits),
        evidence=tuple(item for hit in hits for item in hit.evidence)[:MAX_EVIDENCE],
    )


def _told_by_words(model: Model, texts: Sequence[Text]) -> float:
    """What the words of the texts add, whatever phrases they stand in."""
    if model.vocabulary is None:
        return 0.0
    return model.vocabulary.told_by(read_words(texts, frozenset(model.roles)))


def _vocabulary(model: Model, texts: Sequence[Text], told: float) -> Iterable[Hit]:
    """The vocabulary as one signal, its words shown."""
    if model.vocabulary is not None:
        roles = frozenset(model.roles)
        evidence = tuple(shown(model.vocabulary, read_words(texts, roles), texts, roles))
        yield Hit(signal=Signal(name=model.vocabulary.name, weight=told), count=1, evidence=evidence)


@lru_cache(maxsize=64)
def _logit(score: float) -> float:
    bounded = min(max(score, 1e-6), 1 - 1e-6)
    return math.log(bounded / (1 - bounded))


def _scans(scale: Scale, texts: Sequence[Text]) -> tuple[Scan, ...]:
    """The texts that the model looks at, those in which no phrase may stand left out."""
    scans = []
    used: dict[Role, int] = {}
    for text in texts:
        if text.role not in scale.roles:
            continue
        room = MAX_SCANNED - used.get(text.role, 0)  # the first so many characters of each role
        if room <= 0:
            continue
        used[text.role] = MAX_SCANNED - room + len(text.text)
        seen = text if len(text.text) <= room else replace(text, text=text.text[:room])
        if possible := scale.needed.possible(seen.text):
            normalised = normalise(seen.text).text[: scale.model.scanned]
            octets = normalised.encode("utf-8", "replace")
            scans.append(Scan(text=seen, normalised=normalised, octets=octets, possible=_by_pattern(scale, possible)))
    return tuple(scans)


def _by_pattern(scale: Scale, phrases: Iterable[int]) -> dict[int, tuple[Phrase, ...]]:
    found: dict[int, tuple[Phrase, ...]] = {}
    for number in phrases:
        pattern = scale.belongs[number]
        found[pattern] = (*found.get(pattern, ()), scale.phrases[number])
    return found


def _fired(
    scale: Scale, scans: Sequence[Scan], measures: Sequence[Measure], enough: float
) -> tuple[tuple[Scan, tuple[int, ...]], ...] | None:
    """Each text with the patterns that match in it; None when their sum cannot be `enough`.

    Those that could add most are asked first: after a few of them most mail is known to be far from the subject.
    """
    possible = {pattern for scan in scans for pattern in scan.possible}
    best = _at_best(scale, possible, measures)
    fired: list[list[int]] = [[] for _ in scans]
    for pattern in sorted(possible, key=lambda pattern: -scale.gains[pattern]):
        if best < enough:
            return None
        where = [number for number, scan in enumerate(scans) if scan.fires(pattern)]
        for number in where:
            fired[number].append(pattern)
        best -= 0.0 if where else scale.gains[pattern]
    return tuple(zip(scans, map(tuple, fired), strict=True)) if best >= enough else None


def _at_best(scale: Scale, patterns: Iterable[int], measures: Sequence[Measure]) -> float:
    """The highest sum that these patterns and measures could reach."""
    best = scale.model.bias + sum([scale.gains[pattern] for pattern in patterns])
    for measure in measures:
        if measure.count:
            best += scale.measured.get(measure.name, 0.0)
    return best


def _hits(scale: Scale, fired: Sequence[tuple[Scan, tuple[int, ...]]], measures: Sequence[Measure]) -> list[Hit]:
    """Every signal that fired, the heaviest first."""
    found = _together(scale.model, _passages(scale, fired))
    hits = []
    for index, signal in enumerate(scale.model.signals):
        distinct = {passage.said: passage for passage in reversed(found) if passage.owner == index}
        if distinct:
            places = tuple(reversed(distinct.values()))[: signal.at_most]
            hits.append(Hit(signal=signal, count=len(places), evidence=tuple(_shown(signal, item) for item in places)))
    for measure in measures:
        for signal in scale.model.signals if measure.count else ():
            if signal.measure == measure.name:
                count = min(measure.count, signal.at_most)
                hits.append(Hit(signal=signal, count=count, evidence=measure.evidence[:count]))
    return sorted(hits, key=lambda hit: -abs(hit.adds))


def _passages(scale: Scale, fired: Sequence[tuple[Scan, tuple[int, ...]]]) -> list[Passage]:
    passages = []
    for scan, patterns in fired:
        for match in scale.patterns.find(scan.normalised, patterns):
            owner = scale.owners[match.index]
            if scan.text.role not in (scale.model.signals[owner].roles or scale.model.roles):
                continue
            matched = scan.normalised[match.start : match.end]
            start = match.start + len(matched) - len(matched.lstrip())
            said = matched.strip()
            passages.append(
                Passage(owner=owner, said=said.casefold(), text=scan.text, start=start, end=start + len(said))
            )
    return passages


def _together(model: Model, passages: Sequence[Passage]) -> list[Passage]:
    """Those that always count, and the weightiest window of the others, in order of place."""
    always: list[Passage] = []
    others: list[Passage] = []
    for item in passages:
        counts_anywhere = item.text.role in _WHOLE or model.signals[item.owner].weight < 0
        (always if counts_anywhere else others).append(item)
    others.sort(key=lambda item: (item.text.part, item.place))
    window = _Window(model)
    best, best_sum, first = (0, 0), 0.0, 0
    for last, item in enumerate(others):
        window.enter(item)
        while others[first].text.part != item.text.part or item.place - others[first].place > model.window:
            window.leave(others[first])
            first += 1
        if window.sum > best_sum:
            best, best_sum = (first, last + 1), window.sum
    return [*always, *others[slice(*best)]]


class _Window:
    """The sum of the passages within, kept as they enter and leave.

    The same words twice, as in the two forms of one body, count once.
    """

    def __init__(self, model: Model) -> None:
        self._signals = model.signals
        self._said: Counter[tuple[int, str]] = Counter()
        self._different: Counter[int] = Counter()
        self.sum = 0.0

    def enter(self, passage: Passage) -> None:
        key = passage.owner, passage.said
        self._said[key] += 1
        if self._said[key] == 1:
            self._different[passage.owner] += 1
            if self._different[passage.owner] <= self._signals[passage.owner].at_most:
                self.sum += self._signals[passage.owner].weight

    def leave(self, passage: Passage) -> None:
        key = passage.owner, passage.said
        self._said[key] -= 1
        if self._said[key] == 0:
            if self._different[passage.owner] <= self._signals[passage.owner].at_most:
                self.sum -= self._signals[passage.owner].weight
            self._different[passage.owner] -= 1


def _shown(signal: Signal, passage: Passage) -> Evidence:
    place = normalise(passage.text.text).original(passage.start, passage.end)
    return replace(evidence_of(passage.text, *place), signal=f"{signal.name} {signal.weight:+}")


def _own(phrases: tuple[str, ...], texts: Sequence[Text]) -> list[Hit]:
    """The administrator's own phrases, one signal."""
    if not phrases:
        return []
    scale = _own_scale(phrases)
    return _hits(scale, _fired(scale, _scans(scale, texts), (), -math.inf) or (), ())


@lru_cache(maxsize=64)
def _own_scale(phrases: tuple[str, ...]) -> Scale:
    signal = Signal(name="a phrase of this city", weight=OWN_PHRASE, patterns=phrases)
    model = Model(about="", bias=0, window=MAX_SCANNED, roles=tuple(Role), signals=(signal,))
    return ready(model, (phrases,), (0,))
