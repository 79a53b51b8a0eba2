"""Speaks as the city: in its name or a department's, or over a signature with office and title.

Alone it is every employee's daily mail; rules join it with what is personal. Weights and phrases stand in
official_voice.yaml.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rules.document import Threshold
from rules.entries import Phrase
from rules.facts import Facts, Role
from rules.finding import Observation
from rules.passing_on import own_words
from rules.signals import Weighed, scale_of
from rules.weighing import weigh

NAME = Path(__file__).stem
MODEL = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters(Weighed):
    # Score, 0 to 1, from which a message speaks as the city.
    threshold: Threshold = 0.5
    # What also speaks as the city here: its motto, the name of its newsletter.
    phrases: tuple[Phrase, ...] = ()
    # Whether a signature with office and title counts, or only words that speak in the city's name.
    signature: bool = True


def detect(facts: Facts, parameters: Parameters) -> Iterable[Observation]:
    """Yield one observation when the message speaks, or comes near speaking, as the city."""
    texts = own_words(facts)
    if not parameters.signature:
        texts = tuple(text for text in texts if text.role is not Role.SIGNATURE)
    return weigh(NAME, texts, scale_of(MODEL), parameters)
