"""The author's own view on a matter of policy or public debate.

Looks at the author's words, and at those of another that are handed on with no more than a brief comment. What is
quoted in an answer, signed or printed below is not a view.
Weights and phrases stand in personal_opinion.yaml.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rules.document import Threshold
from rules.entries import Phrase
from rules.facts import Facts
from rules.finding import Observation
from rules.passing_on import endorsed_words, own_words
from rules.signals import Weighed, scale_of
from rules.weighing import weigh

NAME = Path(__file__).stem
MODEL = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters(Weighed):
    # Score, 0 to 1, from which a message counts as an opinion.
    threshold: Threshold = 0.5
    # What also counts as an opinion here.
    phrases: tuple[Phrase, ...] = ()
    # Whether a view of another that is handed on with no more than a brief comment counts as the sender's.
    passed_on: bool = True


def detect(facts: Facts, parameters: Parameters) -> Iterable[Observation]:
    """Yield one observation when the message is, or comes near, an opinion."""
    texts = endorsed_words(facts) if parameters.passed_on else own_words(facts)
    return weigh(NAME, texts, scale_of(MODEL), parameters)
