"""Protected health information: a person together with a condition or a medicine, care, and a date or record number.

Health as a topic (a clinic's hours, a wellness programme, a plan's benefits) is no finding: it names no patient.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rules.document import STRICT, Threshold
from rules.facts import Facts, Role, Text
from rules.finding import Evidence, Observation
from rules.identifiers import find_identifiers
from rules.identifiers.health_words import CARE, CODED, CONDITIONS, MEDICINES
from rules.identifiers.names import names_person
from rules.masking import hidden
from rules.patterns import compile_patterns, evidence_of

NAME = Path(__file__).stem
ROLES = tuple(role for role in Role if role not in (Role.FOOTER, Role.SIGNATURE))
PASSED_ON = (Role.FORWARDED, Role.QUOTED)
MAX_PASSAGES = 50  # of one text
MAX_EVIDENCE = 5
AROUND = 180  # characters on each side of a word of care that are read with it: some three lines

CONDITION = 0.35  # somebody is cared for, and why
SEVERAL = 0.1  # several conditions or medicines
PERSON = 0.25  # somebody is named
RECORD = 0.3  # a record number, a code of ICD-10, a birth date or another identifier of a person
DAY = 0.1  # a date
OF_THEM = 0.1  # the condition is said of a person by name, in so many words

# ICD-10-CM (FY 2025): a letter but U, a digit, a digit or letter, up to four more; announced, for E10 is a road too.
_ICD = re.compile(r"(?i:\bicd(?:-?10)?(?:-cm)?|\bdx|\bdiagnos[ie]s(?: codes?)?)\W{1,3}(?:\w{1,12}\W{1,3}){0,2}"
                  r"[A-TV-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?\b")  # fmt: skip
_OF_THEM = re.compile(
    r"[A-Z](?<!\w.)[a-z'-]{1,20}\s(?:[A-Z]\.\s)?[A-Z][A-Za-z'-]{1,20}\s"
    r"(?:(?:also|now|still|just)\s)?(?:ha[sd]|contracted|is\s(?:living\swith|fighting|starting|getting)"
    r"|starts?|started|begins|began|needs|gets|receives)\s"
    r"(?:[a-z0-9'-]{1,12}\s){0,3}(?i:hiv|aids|cancer|leuka?emia|lymphoma|diabetes|hepatitis(?:\s[abc])?|tuberculosis"
    r"|epilepsy|dementia|alzheimer'?s|lupus|ptsd|schizophrenia|chemo(?:therapy)?|dialysis)"
    r"(?=[.,;:!?)\n]|\s(?:and|since|so|but|again|now|on|next|this|today|tomorrow)\b|$)"
)
# Somebody tells of himself, and another passes it on.
_OF_ONESELF = re.compile(
    r"\b(?:I\s(?:have|had|was|am|will|need|got|underwent)|[Mm]y\s(?:doctor|dentist|surgeon|oncologist|surgery|biopsy"
    r"|diagnosis|treatment|chemo|cancer|tumor|test|condition|leave))\b"
)
_RECORD = re.compile(
    r"\b(?:mrn|(?:medical record|patient|member|medicare|medicaid|health plan|chart) (?:id|number|no\.?))"
    r"\s?[:#]{0,2}\s{0,3}[a-z]{0,3}\d[\w-]{3,14}",
    re.IGNORECASE,
)
_DAY = re.compile(
    r"\b\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?\b|\b\d{4}-\d\d-\d\d\b"
    r"|\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}\.? \d{1,2}\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    __pydantic_config__ = STRICT
    # Score from which it is detected: a named person, care, a condition and a date are 0.7; without the date 0.6.
    threshold: Threshold = 0.65


@dataclass(frozen=True, slots=True, kw_only=True)
class _Passage:
    text: Text
    start: int
    end: int
    score: float
    signals: tuple[str, ...]


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Report the passages that join a person and a condition; identifiers in the evidence are masked."""
    today = facts.received.date()
    passages = [item for text in facts.said(*ROLES) for item in _passages(text, today)]
    if not passages:
        return
    passages.sort(key=lambda item: -item.score)
    best = passages[0]
    yield Observation(
        detector=NAME,
        detected=best.score >= parameters.threshold,
        score=best.score,
        summary=", ".join(best.signals),
        evidence=tuple(_evidence(item, today) for item in passages[:MAX_EVIDENCE]),
    )


def _passages(text: Text, today: date) -> Iterator[_Passage]:
    conditions = compile_patterns(CONDITIONS + MEDICINES)
    if not conditions.fires(text.text) and not compile_patterns(CODED).fires(text.text):
        return
    done = 0
    for match in compile_patterns(CARE).find(text.text)[:MAX_PASSAGES]:
        if match.start < done:
            continue
        passage = text.text[max(0, match.start - AROUND) : match.end + AROUND]
        signals = _signals(passage, len(conditions.find(passage)), today, own=text.role not in PASSED_ON)
        if signals:
            done = match.end + AROUND
            yield _Passage(
                text=text,
                start=match.start,
                end=match.end,
                score=round(sum(weight for _, weight in signals), 2),
                signals=tuple(name for name, _ in signals),
            )


def _signals(passage: str, conditions: int, today: date, *, own: bool) -> tuple[tuple[str, float], ...]:
    """What the passage holds, each with its weight; nothing without a condition, a medicine or a code."""
    coded = _ICD.search(passage) is not None
    if not conditions and not coded:
        return ()
    recorded = coded or _RECORD.search(passage) is not None or bool(find_identifiers(passage, today))
    found = [("care and a condition", CONDITION)]
    if conditions > 1:
        found.append(("several conditions", SEVERAL))
    if names_person(passage):
        found.append(("a named person", PERSON))
        of_them = _OF_THEM.search(passage)
        if of_them is not None and names_person(of_them.group()):
            found.append(("said of them by name", OF_THEM))
    elif not own and _OF_ONESELF.search(passage):
        found.append(("of the one who wrote it", PERSON))
    if recorded:
        found.append(("a record", RECORD))
    elif _DAY.search(passage):
        found.append(("a date", DAY))
    return tuple(found)


def _evidence(passage: _Passage, today: date) -> Evidence:
    text = passage.text
    spans = [(item.start, item.end) for item in find_identifiers(text.text, today)]
    return evidence_of(hidden(text, spans), passage.start, passage.end)
