"""Threats, slurs, discriminatory or demeaning wording.

Looks at the sender's own words and at what the sender passes on. Whoever complains of abuse and repeats it abuses
nobody: the words of a complaint, a desk that takes reports and a police report speak against.
Weights and phrases stand in harassment.yaml.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rules.document import Threshold
from rules.entries import LocalPart, Phrase
from rules.facts import Facts
from rules.finding import Observation
from rules.passing_on import REPORT_DESKS, reported, sent_words
from rules.signals import Weighed, scale_of
from rules.weighing import weigh

NAME = Path(__file__).stem
MODEL = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters(Weighed):
    # Score, 0 to 1, from which a message counts as harassment.
    threshold: Threshold = 0.5
    # What also counts as harassment here.
    phrases: tuple[Phrase, ...] = ()
    # Local parts of desks that take complaints: what is sent there with a brief comment is reported.
    report_desks: tuple[LocalPart, ...] = REPORT_DESKS


def detect(facts: Facts, parameters: Parameters) -> Iterable[Observation]:
    """Yield one observation when the message is, or comes near, harassment."""
    return weigh(
        NAME,
        sent_words(facts),
        scale_of(MODEL),
        parameters,
        measures=(reported(facts, parameters.report_desks),),
    )
