"""Marks of confidentiality: in the subject, in header fields, as banners and requests in the text, on attachments.

A legal footer is no mark: alone it is told and not detected. What an earlier message is marked with, or the subject of
an answer, does not concern outside recipients who had that message; the author's own words and files concern everybody.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from rules.document import STRICT, Threshold
from rules.entries import Words
from rules.facts import Facts, Role
from rules.finding import Evidence, Observation
from rules.marked import Mark, had_by, marks_of_names, marks_of_subject, marks_of_text
from rules.markings import MAX_MARKS
from rules.patterns import evidence_of
from rules.threads import concerned, had_before
from rules.transaction import Direction

NAME = Path(__file__).stem
ROLES = tuple(role for role in Role if role not in (Role.SUBJECT, Role.FOOTER))
MAX_EVIDENCE = 10
MAX_BODY = 1_000  # characters of a field body that are read

_FIELDS = frozenset(
    {
        "sensitivity",
        "classification",
        "keywords",
        "msip_labels",
        "x-classification",
        "x-confidentiality",
        "x-security-classification",
        "x-sensitivity",
        "x-tituslabs-classifications-30",
    }
)
# RFC 4021 section 2.1.55 knows personal, private and company-confidential; the first two tell of manners alone.
_FIELD_MARK = re.compile(
    r"confidential|internal|restricted|secret|sensitive|privileged|law enforcement|cji|official use", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    __pydantic_config__ = STRICT
    # Score from which the message is detected: a banner is 0.9, "keep this confidential" 0.7
    threshold: Threshold = 0.6
    labels: tuple[Words, ...] = ()  # the city's own marks, as plain words: found anywhere, whatever their case


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Report the marks of a message in one observation, or that it has a legal footer and no mark."""
    texts = (mark for text in facts.said(*ROLES) for mark in marks_of_text(facts, text))
    header = (*marks_of_subject(facts), *_of_fields(facts))
    found = (*header, *marks_of_names(facts), *texts, *_of_labels(facts, parameters))
    marks = sorted((mark for mark in found if not mark.footer), key=lambda mark: -mark.weight)
    if not marks:
        footers = tuple(mark.evidence for mark in found)[:1]
        if footers:
            yield Observation(detector=NAME, detected=False, score=0.1, summary="legal footer only", evidence=footers)
        return
    keys = [recipient.address.key for recipient in facts.envelope.recipients]
    score, new = concerned(keys, [(mark.weight, mark.had) for mark in marks], parameters.threshold)
    let_off = [address.key for address in facts.recipients(Direction.OUTBOUND) if address.key not in new]
    shown = tuple(mark for mark in marks if not mark.had.issuperset(new)) or tuple(marks)
    yield Observation(
        detector=NAME,
        detected=bool(new) and score >= parameters.threshold,
        score=score or shown[0].weight,
        summary=f"marked: {_marked(shown[0].evidence)}{had_before(let_off)}",
        evidence=tuple(mark.evidence for mark in shown[:MAX_EVIDENCE]),
        recipients=new if let_off else None,
    )


def _marked(evidence: Evidence) -> str:
    return evidence.text[slice(*evidence.mark)] if evidence.mark else evidence.text


def _of_fields(facts: Facts) -> Iterator[Mark]:
    for name, body in facts.fields:
        if name in _FIELDS and _FIELD_MARK.search(body, 0, MAX_BODY):
            yield Mark(evidence=Evidence(part="", text=f"{name}: {body[:200]}"), weight=0.9)


def _of_labels(facts: Facts, parameters: Parameters) -> Iterator[Mark]:
    for label in filter(None, map(str.casefold, parameters.labels)):
        for text in facts.said(Role.SUBJECT, *ROLES):
            for start in islice(_places(text.text.casefold(), label), MAX_MARKS):
                evidence = evidence_of(text, start, start + len(label))
                yield Mark(evidence=evidence, weight=0.9, had=had_by(facts, text, start))


def _places(text: str, wanted: str) -> Iterator[int]:
    start = text.find(wanted)
    while start >= 0:
        yield start
        start = text.find(wanted, start + len(wanted))
