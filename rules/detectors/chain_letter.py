"""Asks the reader to pass it on to many: luck and money chains, hoaxes, petitions to sign and send on, joke forwards.

Looks at the sender's own words and at what the sender passes on; a report of such a letter is not one. Weights and
phrases stand in chain_letter.yaml.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rules.document import STRICT
from rules.facts import Facts, Role
from rules.finding import Observation
from rules.signals import Measure, check_phrases, said_by_author, scale_of, weigh

NAME = Path(__file__).stem
MODEL = Path(__file__).with_suffix(".yaml")
REPORT_WORDS = 80  # a report is short; above this the sender tells a story of their own
MAX_PREFIXES = 10  # of a subject; more marks say nothing more

_PREFIX = re.compile(r"\s{0,3}\[?(fwd?|wg|tr|rv|re|aw)(?:\[\d\])?\s{0,2}[:>\]]", re.IGNORECASE)


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
    marks = _prefixes(facts.subject)
    # A reply carries what it answers; only a forward hands quoted lines on.
    passed_on = () if marks[:1] == ("re",) else (Role.QUOTED,)
    return weigh(
        NAME,
        facts.said(Role.SUBJECT, Role.AUTHOR, Role.FORWARDED, *passed_on),
        scale_of(MODEL),
        threshold=parameters.threshold,
        phrases=parameters.phrases,
        measures=(
            Measure(name="forwards", count=max(0, sum(mark.startswith("f") for mark in marks) - 1)),
            Measure(name="reported", count=int(_reported(facts, parameters.report_desks))),
        ),
    )


def _prefixes(subject: str) -> tuple[str, ...]:
    """The marks of replies and forwards before a subject, lower case."""
    found: list[str] = []
    place = 0
    while len(found) < MAX_PREFIXES and (match := _PREFIX.match(subject, place)):
        found.append(match.group(1).lower())
        place = match.end()
    return tuple(found)


def _reported(facts: Facts, desks: tuple[str, ...]) -> bool:
    """Whether every recipient is a desk that takes reports and the sender adds little."""
    locals_ = [recipient.address.local.casefold() for recipient in facts.envelope.recipients]
    plain = ["".join(sign for sign in local if sign.isalnum()) for local in locals_]
    return bool(plain) and all(local in desks for local in plain) and said_by_author(facts) <= REPORT_WORDS
