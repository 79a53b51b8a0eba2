"""Confidential or internal content that is forwarded or attached to people outside, who are named.

Content counts when it is marked; a thread that stayed among our own people counts more. Whoever had the marked message
before is not concerned, unless something marked is attached.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rules.document import STRICT, Threshold
from rules.facts import Facts, Role
from rules.finding import Observation
from rules.marked import PASSED_ON, Mark, marks_of_names, marks_of_subject, marks_of_text
from rules.threads import MAX_NAMED, concerned, earlier_messages, had_before, who_took_part
from rules.transaction import Direction

NAME = Path(__file__).stem
MAX_EVIDENCE = 10
INTERNAL_BONUS = 0.1  # for a thread that has not left the house
INTERNAL_ALONE = 0.4  # such a thread without a mark: most are harmless


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    __pydantic_config__ = STRICT
    threshold: Threshold = 0.6  # score from which it is detected: marked by a banner 0.9, by words of its author 0.7
    internal_threads: bool = False  # count threads of our own people without a mark too


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Report marked content that goes out for the first time, naming the outside recipients concerned."""
    outside = facts.recipients(Direction.OUTBOUND)
    if not outside:
        return
    marks = sorted(_marks(facts), key=lambda mark: -mark.weight)
    internal = _is_internal(facts)
    keys = [address.key for address in outside]
    weight, new = concerned(keys, [(mark.weight, mark.had) for mark in marks], parameters.threshold)
    if not new and internal:
        new = tuple(key for key in keys if key not in who_took_part(facts))
    if not new:
        return
    score = _score(weight, internal=internal)
    content = f"{'marked content' if weight else 'a thread'}{' of our own people' if internal else ''}"
    let_off = had_before([key for key in keys if key not in new])
    yield Observation(
        detector=NAME,
        detected=score >= parameters.threshold or (internal and parameters.internal_threads),
        score=score,
        summary=f"{content} passed on to {', '.join(new[:MAX_NAMED])}{let_off}",
        evidence=tuple(mark.evidence for mark in marks if not mark.had.issuperset(new))[:MAX_EVIDENCE],
        recipients=new,
    )


def _score(weight: float, *, internal: bool) -> float:
    if not internal:
        return weight
    return round(min(1.0, weight + INTERNAL_BONUS), 2) if weight else INTERNAL_ALONE


def _is_internal(facts: Facts) -> bool:
    """Whether all whom the earlier messages name are ours, and more than one."""
    earlier = earlier_messages(facts)
    people = {key for one in earlier for key in one.people}
    return len(people) > 1 and all(key.rpartition("@")[2] in facts.directory.domains for key in people)


def _marks(facts: Facts) -> Iterator[Mark]:
    """Marks of what is passed on: in it, in the names of files, and in the subject it came with."""
    attached = facts.said(Role.ATTACHED)
    for text in (*facts.said(*PASSED_ON), *attached):
        yield from (mark for mark in marks_of_text(facts, text) if not mark.footer)
    yield from marks_of_names(facts)
    if facts.said(Role.FORWARDED) or attached:
        yield from marks_of_subject(facts)
