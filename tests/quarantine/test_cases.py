"""One mailing is one case: by what its messages have in common, and not when weeks lie between them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from quarantine.cases import GAP, cases_of
from quarantine.item import HeldMessage, State
from rules.verdict import Mailing

SECOND = timedelta(seconds=1)


def piece(keeping, number, prints, *, after=timedelta(0), reaches=()) -> HeldMessage:
    """A held message with these prints, so long after the start."""
    item = keeping.hold(f"p{number}@city.example", body=b"%d\r\n" % number)
    mailing = Mailing(originator="zoe@city.example", prints=tuple(prints), reaches=tuple(reaches))
    return replace(item, held=item.held + after, judgement=replace(item.judgement, mailing=mailing))


def grouped(*items: HeldMessage) -> list[list[int]]:
    """The places of the items in each case."""
    ids = [item.id for item in items]
    return [[ids.index(item.id) for item in case.items] for case in cases_of(items)]


def test_messages_with_a_print_in_common_are_one_case(keeping):
    items = [piece(keeping, n, marks, after=n * SECOND) for n, marks in enumerate((("a", "b"), ("c",), ("b", "d")))]
    assert grouped(*items) == [[0, 2], [1]]


def test_a_third_joins_two(keeping):
    items = [piece(keeping, n, marks, after=n * SECOND) for n, marks in enumerate((("a",), ("b",), ("a", "b"), ("b",)))]
    assert grouped(*items) == [[0, 1, 2, 3]]


def test_what_was_not_counted_stands_alone(keeping):
    items = [keeping.hold(f"p{number}@city.example", body=b"%d\r\n" % number) for number in range(2)]
    assert [len(case.items) for case in cases_of(items)] == [1, 1]


@pytest.mark.parametrize(("gap", "cases"), [(GAP, 1), (GAP + SECOND, 2)])
def test_the_same_words_a_day_later_are_another(keeping, gap, cases):
    items = [piece(keeping, 0, ("a",)), piece(keeping, 1, ("a",), after=gap)]
    assert len(cases_of(items)) == cases


def test_a_case_that_goes_on_stays_one(keeping):
    items = [piece(keeping, number, ("a",), after=number * GAP) for number in range(4)]
    assert grouped(*reversed(items)) == [[3, 2, 1, 0]]


def test_it_counts_copies_and_people_once(keeping):
    items = [
        piece(keeping, 0, ("a",), reaches=("p0@city.example", "p1@city.example")),
        piece(keeping, 1, ("a",), reaches=("p1@city.example",)),
    ]
    done = replace(items[1], recipients=tuple(replace(one, state=State.DELETED) for one in items[1].recipients))
    (case,) = cases_of([items[0], done])
    assert (case.copies, case.open_copies, case.people) == (2, 1, 2)
