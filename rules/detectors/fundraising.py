"""Asks for money or goods for a cause.

Looks at the sender's own words and at what the sender passes on. Talk of budgets, grants and payroll speaks
against.
Weights and phrases stand in fundraising.yaml.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from rules.document import Threshold
from rules.entries import Phrase, Words
from rules.facts import Facts, Text
from rules.finding import Observation
from rules.normalising import normalise
from rules.passing_on import sent_words
from rules.signals import MAX_SCANNED, Weighed, scale_of
from rules.weighing import weigh

NAME = Path(__file__).stem
MODEL = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters(Weighed):
    # Score, 0 to 1, from which a message counts as fund-raising.
    threshold: Threshold = 0.5
    # What also counts as fund-raising here.
    phrases: tuple[Phrase, ...] = ()
    # Names of campaigns that the city sponsors: mail that names one passes.
    sponsored: tuple[Words, ...] = ()


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Yield one observation when the message is, or comes near, fund-raising; a sponsored one passes."""
    texts = sent_words(facts)
    found = weigh(NAME, texts, scale_of(MODEL), parameters)
    for observation in found:
        campaign = _named(texts, parameters.sponsored)
        if campaign is None:
            yield observation
        else:
            yield replace(observation, detected=False, summary=f"for {campaign}, which the city sponsors")


def _named(texts: Iterable[Text], campaigns: tuple[str, ...]) -> str | None:
    """The first of these names that stands in the texts."""
    said = [normalise(text.text[:MAX_SCANNED]).text.casefold() for text in texts] if campaigns else []
    return next(
        (name for name in campaigns if any(normalise(name).text.casefold() in text for text in said)),
        None,
    )
