"""Hides identifiers and secrets in what is shown as evidence: reports and digests must not spread what a rule stopped.

Changes signs and never lengths, so that every offset stays true.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rules.facts import Text
from rules.finding import Evidence, Observation

MASK = "*"
SHOWN = 4  # last signs of an identifier that stay, enough for its owner to know it by


def hidden(text: Text, spans: Iterable[tuple[int, int]], *, shown: int = SHOWN) -> Text:
    """`text` with letters and digits of each span (from, to) as `*`, but the last `shown` and never more than half.

    With nothing `shown`, every sign but blanks: those between tell much of a password.
    """
    pieces, done = [], 0
    for start, end in sorted(spans):
        if start < done:
            continue
        pieces.append(text.text[done:start] + _stars(text.text[start:end], shown))
        done = end
    return replace(text, text="".join(pieces) + text.text[done:])


def _stars(secret: str, shown: int) -> str:
    cut = len(secret) - min(shown, len(secret) // 2)
    return "".join(MASK if _tells(sign, shown) else sign for sign in secret[:cut]) + secret[cut:]


def _tells(sign: str, shown: int) -> bool:
    return sign.isalnum() if shown else not sign.isspace()


def masked_alike(observations: Sequence[Observation]) -> tuple[Observation, ...]:
    """The observations, each with everything masked that another has masked at the same place of the same part.

    A detector hides what it found itself; what stands around its find may be what another hides.
    """
    places = frozenset(place for seen in observations for item in seen.evidence for place in _masked_places(item))
    if not places:
        return tuple(observations)
    return tuple(
        replace(seen, evidence=tuple(_masked_at(item, places) for item in seen.evidence)) if seen.evidence else seen
        for seen in observations
    )


def _masked_places(item: Evidence) -> Iterable[tuple[str, int]]:
    first = _first(item)
    if first is None or MASK not in item.text:
        return ()
    return [(item.part, first + index) for index, sign in enumerate(item.text) if sign == MASK]


def _masked_at(item: Evidence, places: frozenset[tuple[str, int]]) -> Evidence:
    first = _first(item)
    if first is None:
        return item
    text = "".join(MASK if (item.part, first + index) in places else sign for index, sign in enumerate(item.text))
    return item if text == item.text else replace(item, text=text)


def _first(item: Evidence) -> int | None:
    """The offset of the first sign that evidence shows; None where the whole part is meant."""
    return None if item.start is None or item.mark is None else item.start - item.mark[0]
