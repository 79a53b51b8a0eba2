"""Confidential or internal content that is forwarded or attached to people outside, who are named.

Content counts when it is marked; a thread that stayed among our own people counts more. Whoever was in the thread
before is not concerned: he has it already.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from rules.address import Address, AddressError, key_of, parse_address
from rules.document import STRICT, Threshold
from rules.facts import Facts, Role, Text
from rules.finding import Evidence, Observation
from rules.markings import NAME_WEIGHT, find_markings, name_marking, subject_marking
from rules.patterns import evidence_of
from rules.transaction import Direction

NAME = Path(__file__).stem
MAX_EVIDENCE = 10
MAX_NAMED = 5  # recipients in the summary
MAX_TRAIL = 20_000  # characters of forwarded text in which the header lines of earlier messages are looked for
MAX_HEADER_LINES = 100  # of one text: a long thread
INTERNAL_BONUS = 0.1  # for a thread that has not left the house
INTERNAL_ALONE = 0.4  # such a thread without a mark: most are harmless

_HEADER_LINE = re.compile(r"^[ \t>*|]{0,8}(?:From|To|Cc|Bcc)\*?:\*?[ \t]{0,4}([^\n]{1,2000})", re.MULTILINE)
_WORD = re.compile(r"[^\W\d_]+")
_MAILBOX = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    __pydantic_config__ = STRICT
    threshold: Threshold = 0.6  # score from which it is detected: marked by a banner 0.9, by words of its author 0.7
    internal_threads: bool = False  # count threads of our own people without a mark too


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trail:
    """The header lines of earlier messages: whom they name, and whether all of these are ours."""

    people: frozenset[str]  # address keys
    lines: tuple[frozenset[str], ...]  # the words of each line, for mail programs that print names alone
    internal: bool


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Report marked content that goes out for the first time, naming the outside recipients concerned."""
    outside = facts.recipients(Direction.OUTBOUND)
    if not outside:
        return
    passed_on = facts.said(Role.QUOTED, Role.FORWARDED)
    trail = _trail(facts, passed_on)
    new = tuple(address.key for address in outside if not _took_part(address, facts, trail))
    marks = sorted(_marks(facts, passed_on), key=lambda mark: -mark[0])
    if not new or not (marks or trail.internal):
        return
    score = _score(marks[0][0] if marks else 0.0, trail)
    content = f"{'marked content' if marks else 'a thread'}{' of our own people' if trail.internal else ''}"
    yield Observation(
        detector=NAME,
        detected=score >= parameters.threshold or (trail.internal and parameters.internal_threads),
        score=score,
        summary=f"{content} passed on to {', '.join(new[:MAX_NAMED])}",
        evidence=tuple(evidence for _, evidence in marks[:MAX_EVIDENCE]),
        recipients=new,
    )


def _score(weight: float, trail: _Trail) -> float:
    if not trail.internal:
        return weight
    return round(min(1.0, weight + INTERNAL_BONUS), 2) if weight else INTERNAL_ALONE


def _marks(facts: Facts, passed_on: tuple[Text, ...]) -> Iterator[tuple[float, Evidence]]:
    """Marks of what is passed on: in it, in the names of files, and in the subject it came with."""
    attached = facts.said(Role.ATTACHED)
    for text in (*passed_on, *attached):
        for item in find_markings(text.text):
            if not item.footer:
                yield item.weight, evidence_of(text, item.start, item.end)
    for part in facts.parts:
        name = name_marking(part.names)
        if name is not None:
            yield NAME_WEIGHT, Evidence(part=part.path, text=f"file name {name}")
    for text in facts.said(Role.SUBJECT) if facts.said(Role.FORWARDED) or attached else ():
        marking = subject_marking(text.text)
        if marking is not None:
            yield marking.weight, evidence_of(text, marking.start, marking.end)


def _trail(facts: Facts, passed_on: tuple[Text, ...]) -> _Trail:
    lines = [
        match.group(1)
        for text in passed_on
        for match in islice(_HEADER_LINE.finditer(text.text, 0, MAX_TRAIL), MAX_HEADER_LINES)
    ]
    found = [_address(item) for line in lines for item in _MAILBOX.findall(line)]
    people = [address for address in found if address is not None]
    return _Trail(
        people=frozenset(address.key for address in people),
        lines=tuple(frozenset(_WORD.findall(line.casefold())) for line in lines),
        internal=len(people) > 1 and all(facts.directory.owns(address) for address in people),
    )


def _took_part(address: Address, facts: Facts, trail: _Trail) -> bool:
    """Whether the thread names this recipient, by address or by both his names."""
    if address.key in trail.people:
        return True
    shown = next((item.name for item in facts.addressed if key_of(item.address) == address.key), "")
    names = frozenset(_WORD.findall(shown.casefold()))
    return len(names) > 1 and any(names <= line for line in trail.lines)


def _address(text: str) -> Address | None:
    try:
        return parse_address(text)
    except AddressError:
        return None
