"""Held messages that are one mailing, as one case: one sender's letter to three hundred people in thirty messages.

Pure, and keeps nothing: what belongs together is told by the prints that a judgement carries (rules.mailing).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from quarantine.item import OPEN, HeldMessage

# Between one copy and the next. A mailing is summed over hours; the same words a week later are another one.
GAP = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`items`, oldest first; most cases have one."""

    items: tuple[HeldMessage, ...]

    @property
    def first(self) -> HeldMessage:
        return self.items[0]

    @property
    def last(self) -> datetime:
        return self.items[-1].held

    @property
    def copies(self) -> int:
        return sum(len(item.recipients) for item in self.items)

    @property
    def open_copies(self) -> int:
        """Those that nobody has decided on."""
        return sum(copy.state in OPEN for item in self.items for copy in item.recipients)

    @property
    def people(self) -> int:
        """How many of ours it would have reached; recipients where that was not counted."""
        reached = {key for item in self.items if item.judgement.mailing for key in item.judgement.mailing.reaches}
        return len(reached) or self.copies


def cases_of(items: Iterable[HeldMessage]) -> tuple[Case, ...]:
    """The cases of these items, each with its items oldest first, in the order of their first.

    Two items are one mailing when they have a print in common and not more than GAP between them; so are those that a
    third joins.
    """
    ordered = sorted(items, key=lambda item: item.held)
    heads = list(range(len(ordered)))  # of each item, one that stands before it in its case; itself when it is first
    last: dict[str, int] = {}  # the item that had a print last
    for number, item in enumerate(ordered):
        for mark in item.judgement.mailing.prints if item.judgement.mailing is not None else ():
            other = last.get(mark)
            if other is not None and item.held - ordered[other].held <= GAP:
                first, second = sorted((_head(heads, other), _head(heads, number)))
                heads[second] = first
            last[mark] = number
    found: dict[int, list[HeldMessage]] = {}
    for number, item in enumerate(ordered):
        found.setdefault(_head(heads, number), []).append(item)
    return tuple(Case(items=tuple(case)) for case in found.values())


def _head(heads: list[int], number: int) -> int:
    """The first of the case; the way to it is shortened for the next."""
    while heads[number] != number:
        heads[number] = heads[heads[number]]
        number = heads[number]
    return number
