"""Newsletters and junk by their own marks: fields of the header that mass mailers set, and words of leaving a list.

Judges no content. Automatic answers (RFC 3834) and calls to meetings are nobody's mailing.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

from rules.document import STRICT, Threshold
from rules.facts import Facts, Kind, Role
from rules.finding import Evidence, Observation
from rules.patterns import compile_patterns, evidence_of

NAME = Path(__file__).stem
MAX_BODY = 500  # characters of a field body that are read and shown

LIST_TRAFFIC = 0.3  # what every discussion list does, too
_MARKS = (
    ("x-spam-flag", re.compile(r"yes", re.IGNORECASE), 0.9),
    ("x-spam-status", re.compile(r"yes", re.IGNORECASE), 0.9),
    ("precedence", re.compile(r"junk", re.IGNORECASE), 0.9),
    ("precedence", re.compile(r"bulk", re.IGNORECASE), 0.6),
    ("precedence", re.compile(r"list", re.IGNORECASE), LIST_TRAFFIC),
    ("list-unsubscribe", re.compile(r"\S"), 0.6),  # RFC 2369
    ("list-unsubscribe-post", re.compile(r"one-click", re.IGNORECASE), 0.6),  # RFC 8058
    ("list-id", re.compile(r"\S"), LIST_TRAFFIC),  # RFC 2919
    ("feedback-id", re.compile(r"\S"), 0.6),
    ("x-campaignid", re.compile(r"\S"), 0.7),
    ("x-mailer", re.compile(r"mail ?chimp|constant ?contact|mass ?mail|bulk|campaign|blast", re.IGNORECASE), 0.7),
)
WORDS = 0.5  # words alone: an advertiser's, or a colleague's who asks how to leave a list
_LEAVING = (
    r"\bunsubscribe\b",
    r"\b(?:opt[- ]?out|remove yourself|be removed) (?:of|from) (?:this|our|the|future)\b",
    r"\byou(?:'re| are)? (?:receiving|received) this (?:e-?mail|message|newsletter) because\b",
    r"\bmanage (?:your )?(?:e-?mail )?(?:preferences|subscriptions?)\b",
    r"\bview (?:this (?:e-?mail|message|newsletter) )?in (?:your|a) browser\b",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    __pydantic_config__ = STRICT
    # Score, 0 to 1, from which a message is a mailing: one mark of a mass mailer is 0.6, a junk filter's verdict 0.9.
    threshold: Threshold = 0.6
    # Count the traffic of discussion lists too.
    discussion_lists: bool = False


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Report the marks of a mailing in one observation."""
    if _is_automatic(facts):
        return
    marks = [*_fields(facts), *_words(facts)]
    if not parameters.discussion_lists and _is_discussion(facts):
        marks = [mark for mark in marks if mark[0] > WORDS + 0.3]  # only what a junk filter said
    if not marks:
        return
    score = round(1.0 - prod(1.0 - weight for weight, _ in marks), 3)
    yield Observation(
        detector=NAME,
        detected=score >= parameters.threshold,
        score=score,
        summary=", ".join(dict.fromkeys(evidence.text.partition(":")[0] for _, evidence in marks))[:200],
        evidence=tuple(evidence for _, evidence in marks),
    )


def _fields(facts: Facts) -> Iterable[tuple[float, Evidence]]:
    """The heaviest mark of each field."""
    found: dict[str, tuple[float, Evidence]] = {}
    for name, body in facts.fields:
        for wanted, pattern, weight in _MARKS:
            if name == wanted and pattern.search(body, 0, MAX_BODY) and weight > found.get(name, (0.0,))[0]:
                found[name] = weight, Evidence(part="header", text=f"{name}: {body[:MAX_BODY]}")
    return found.values()


def _words(facts: Facts) -> Iterator[tuple[float, Evidence]]:
    patterns = compile_patterns(_LEAVING)
    for text in facts.said(Role.AUTHOR, Role.FOOTER):
        if patterns.fires(text.text):
            first = patterns.find(text.text)[0]
            yield WORDS, evidence_of(text, first.start, first.end)
            return


def _is_discussion(facts: Facts) -> bool:
    """A list that people answer on: an answer, or a list where one can post (RFC 2369 section 3.4)."""
    if facts.field("list-id") is None and facts.field("list-post") is None:
        return False
    return facts.field("in-reply-to") is not None or facts.field("list-post") is not None


def _is_automatic(facts: Facts) -> bool:
    answered = (facts.field("auto-submitted") or "no").strip().lower() != "no"
    invited = any(sign.kind is Kind.CALENDAR for part in facts.parts for sign in part.signs)
    return answered or invited or facts.envelope.reverse_path is None
