"""Asks the reader to pass it on to many: luck and money chains, hoaxes, petitions to sign and send on, joke forwards.

Looks at the sender's own words and at what the sender passes on; a report of such a letter is not one. Weights and
phrases stand in chain_letter.yaml.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rules.document import STRICT
from rules.facts import Facts
from rules.finding import Observation
from rules.passing_on import comment_is_brief, sent_words, times_forwarded
from rules.signals import Measure, check_phrases, scale_of
from rules.weighing import weigh

NAME = Path(__file__).stem
MODEL = Path(__file__).with_suffix(".yaml")
REPORT_WORDS = 80  # a report is short; above this the sender tells a story of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """`phrases` are patterns in RE2's syntax, looked for as whole words without regard to case."""

    __pydantic_config__ = STRICT
    # Score, 0 to 1, from which a message counts as a chain letter.
    threshold: float = 0.5
    # What also makes a chain letter here.
    phrases: tuple[str, ...] = ()
    # Local parts of desks that take reports: a letter sent there is reported, not passed on.
    report_desks: tuple[str, ...] = (
        "abuse",
        "helpdesk",
        "help",
        "hr",
        "humanresources",
        "itsupport",
        "phishing",
        "postmaster",
        "report",
        "security",
        "servicedesk",
        "spam",
        "support",
    )

    def __post_init__(self) -> None:
        check_phrases(self.phrases)


def detect(facts: Facts, parameters: Parameters) -> Iterable[Observation]:
    """Yield one observation when the message is, or comes near, a chain letter."""
    return weigh(
        NAME,
        sent_words(facts),
        scale_of(MODEL),
        threshold=parameters.threshold,
        phrases=parameters.phrases,
        measures=(
            Measure(name="forwards", count=max(0, times_forwarded(facts) - 1)),
            Measure(name="reported", count=int(_reported(facts, parameters.report_desks))),
        ),
    )


def _reported(facts: Facts, desks: tuple[str, ...]) -> bool:
    """Whether every recipient is a desk that takes reports and the sender adds little."""
    locals_ = [recipient.address.local.casefold() for recipient in facts.envelope.recipients]
    plain = ["".join(sign for sign in local if sign.isalnum()) for local in locals_]
    return bool(plain) and all(local in desks for local in plain) and comment_is_brief(facts, REPORT_WORDS)
