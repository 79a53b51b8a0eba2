"""The marks of a message, each with its place and with those of its outside recipients to whom it is not new.

What marks are, `rules.markings` tells, and who had a message before, `rules.threads`; decides nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rules.facts import Facts, Role, Text
from rules.finding import Evidence
from rules.markings import NAME_WEIGHT, find_markings, name_marking, subject_marking
from rules.patterns import evidence_of
from rules.threads import who_had, who_had_subject

PASSED_ON = (Role.QUOTED, Role.FORWARDED)  # words of earlier messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A mark of a message and its weight, 0 to 1; `footer` when it belongs to a legal notice."""

    evidence: Evidence
    weight: float
    footer: bool = False
    had: frozenset[str] = frozenset()  # address keys of outside recipients to whom it is not new


def marks_of_subject(facts: Facts) -> Iterator[Mark]:
    for text in facts.said(Role.SUBJECT):
        marking = subject_marking(text.text)
        if marking is not None:
            evidence = evidence_of(text, marking.start, marking.end)
            yield Mark(evidence=evidence, weight=marking.weight, had=who_had_subject(facts))


def marks_of_names(facts: Facts) -> Iterator[Mark]:
    """Those in the names of files, which are new to everybody."""
    for part in facts.parts:
        name = name_marking(part.names)
        if name is not None:
            yield Mark(evidence=Evidence(part=part.path, text=f"file name {name}"), weight=NAME_WEIGHT)


def marks_of_text(facts: Facts, text: Text) -> Iterator[Mark]:
    """Also those of legal notices."""
    for item in find_markings(text.text):
        evidence = evidence_of(text, item.start, item.end)
        had = had_by(facts, text, item.start)
        yield Mark(evidence=evidence, weight=item.weight, footer=item.footer, had=had)


def had_by(facts: Facts, text: Text, place: int) -> frozenset[str]:
    """Those to whom text[place] is not new: nobody, unless it is passed on."""
    return who_had(facts, text, place) if text.role in PASSED_ON else frozenset()
