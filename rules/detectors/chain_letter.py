"""Asks the reader to pass it on to many: luck and money chains, hoaxes, petitions to sign and send on, joke forwards.

Looks at the sender's own words and at what the sender passes on; a report of such a letter is not one. Weights and
phrases stand in chain_letter.yaml.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rules.document import Threshold
from rules.entries import LocalPart, Phrase
from rules.facts import Facts
from rules.finding import Observation
from rules.passing_on import REPORT_DESKS, reported, sent_words, times_forwarded
from rules.signals import Measure, Weighed, scale_of
from rules.weighing import weigh

NAME = Path(__file__).stem
MODEL = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters(Weighed):
    # Score, 0 to 1, from which a message counts as a chain letter.
    threshold: Threshold = 0.5
    # What also makes a chain letter here.
    phrases: tuple[Phrase, ...] = ()
    # Local parts of desks that take reports: a letter sent there is reported, not passed on.
    report_desks: tuple[LocalPart, ...] = REPORT_DESKS


def detect(facts: Facts, parameters: Parameters) -> Iterable[Observation]:
    """Yield one observation when the message is, or comes near, a chain letter."""
    return weigh(
        NAME,
        sent_words(facts),
        scale_of(MODEL),
        parameters,
        measures=(
            Measure(name="forwards", count=max(0, times_forwarded(facts) - 1)),
            reported(facts, parameters.report_desks),
        ),
    )
