"""Selling, advertising, private business and offers of private gain.

Looks at the sender's own words and at what the sender passes on; an advertiser's marks count in footers too.
Weights and phrases stand in commercial_solicitation.yaml.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rules.document import Threshold
from rules.entries import Phrase
from rules.facts import Facts
from rules.finding import Observation
from rules.passing_on import sent_words
from rules.signals import Weighed, scale_of
from rules.weighing import weigh

NAME = Path(__file__).stem
MODEL = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters(Weighed):
    # Score, 0 to 1, from which a message counts as commercial solicitation.
    threshold: Threshold = 0.5
    # What also counts as commercial solicitation here.
    phrases: tuple[Phrase, ...] = ()


def detect(facts: Facts, parameters: Parameters) -> Iterable[Observation]:
    """Yield one observation when the message is, or comes near, commercial solicitation."""
    return weigh(NAME, sent_words(facts), scale_of(MODEL), parameters)
