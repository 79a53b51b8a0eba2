"""Marks of confidentiality: in the subject, in header fields, as banners and requests in the text, on attachments.

A legal footer is no mark: alone it is told and not detected.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rules.document import STRICT, Threshold
from rules.entries import Words
from rules.facts import Facts, Role, Text
from rules.finding import Evidence, Observation
from rules.markings import NAME_WEIGHT, find_markings, name_marking, subject_marking
from rules.patterns import evidence_of

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A mark of a message and its weight, 0 to 1; `footer` when it belongs to a legal notice."""

    evidence: Evidence
    weight: float
    footer: bool = False


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Report the marks of a message in one observation, or that it has a legal footer and no mark."""
    found = (*_of_header(facts), *_of_names(facts), *_of_texts(facts.said(*ROLES)), *_of_labels(facts, parameters))
    marks = sorted((mark for mark in found if not mark.footer), key=lambda mark: -mark.weight)
    if not marks:
        footers = tuple(mark.evidence for mark in found)[:1]
        if footers:
            yield Observation(detector=NAME, detected=False, score=0.1, summary="legal footer only", evidence=footers)
        return
    score = marks[0].weight
    yield Observation(
        detector=NAME,
        detected=score >= parameters.threshold,
        score=score,
        summary=f"marked: {_marked(marks[0].evidence)}",
        evidence=tuple(mark.evidence for mark in marks[:MAX_EVIDENCE]),
    )


def _marked(evidence: Evidence) -> str:
    return evidence.text[slice(*evidence.mark)] if evidence.mark else evidence.text


def _of_header(facts: Facts) -> Iterator[Mark]:
    for text in facts.said(Role.SUBJECT):
        marking = subject_marking(text.text)
        if marking is not None:
            yield Mark(evidence=evidence_of(text, marking.start, marking.end), weight=marking.weight)
    for name, body in facts.fields:
        if name in _FIELDS and _FIELD_MARK.search(body, 0, MAX_BODY):
            yield Mark(evidence=Evidence(part="", text=f"{name}: {body[:200]}"), weight=0.9)


def _of_names(facts: Facts) -> Iterator[Mark]:
    for part in facts.parts:
        name = name_marking(part.names)
        if name is not None:
            yield Mark(evidence=Evidence(part=part.path, text=f"file name {name}"), weight=NAME_WEIGHT)


def _of_texts(texts: tuple[Text, ...]) -> Iterator[Mark]:
    for text in texts:
        for item in find_markings(text.text):
            evidence = evidence_of(text, item.start, item.end)
            yield Mark(evidence=evidence, weight=item.weight, footer=item.footer)


def _of_labels(facts: Facts, parameters: Parameters) -> Iterator[Mark]:
    for label in parameters.labels:
        wanted = label.casefold()
        for text in facts.said(Role.SUBJECT, *ROLES):
            start = text.text.casefold().find(wanted) if wanted else -1
            if start >= 0:
                yield Mark(evidence=evidence_of(text, start, start + len(label)), weight=0.9)
