"""Political endorsement, proselytizing, soliciting membership or support.

Looks at the sender's own words and at what is forwarded. What an election office announces speaks against.
Weights and phrases stand in advocacy.yaml.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rules.document import Threshold
from rules.entries import Phrase
from rules.facts import Facts
from rules.finding import Observation
from rules.passing_on import endorsed_words
from rules.signals import Weighed, scale_of
from rules.weighing import weigh

NAME = Path(__file__).stem
MODEL = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters(Weighed):
    # Score, 0 to 1, from which a message counts as advocacy.
    threshold: Threshold = 0.5
    # What also counts as advocacy here.
    phrases: tuple[Phrase, ...] = ()


def detect(facts: Facts, parameters: Parameters) -> Iterable[Observation]:
    """Yield one observation when the message is, or comes near, advocacy."""
    return weigh(NAME, endorsed_words(facts), scale_of(MODEL), parameters)
