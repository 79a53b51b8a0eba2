"""Political endorsement, proselytizing, soliciting membership or support.

Looks at the sender's own words and at what is forwarded. What an election office announces speaks against.
Weights and phrases stand in advocacy.yaml.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rules.document import STRICT, Threshold
from rules.facts import Facts
from rules.finding import Observation
from rules.passing_on import endorsed_words
from rules.signals import check_phrases, scale_of
from rules.weighing import weigh

NAME = Path(__file__).stem
MODEL = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """`phrases` are patterns in RE2's syntax, looked for as whole words without regard to case."""

    __pydantic_config__ = STRICT
    # Score, 0 to 1, from which a message counts as advocacy.
    threshold: Threshold = 0.5
    # What also counts as advocacy here.
    phrases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_phrases(self.phrases)


def detect(facts: Facts, parameters: Parameters) -> Iterable[Observation]:
    """Yield one observation when the message is, or comes near, advocacy."""
    return weigh(
        NAME, endorsed_words(facts), scale_of(MODEL), threshold=parameters.threshold, phrases=parameters.phrases
    )
