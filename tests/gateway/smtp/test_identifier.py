"""Transaction ids: read over the telephone, sorted by time, guessed by nobody."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smtp.identifier import new_identifier

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NOW_MS = 1_800_000_000_000  # in 2027
LAST_MS = 2**48 - 1  # in 10889


def number_of(identifier: str) -> int:
    number = 0
    for digit in identifier:
        number = number * 32 + DIGITS.index(digit)
    return number


def id_at(milliseconds: int) -> str:
    return ids_at(milliseconds, 1)[0]


def ids_at(milliseconds: int, count: int) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time_ns", lambda: milliseconds * 1_000_000 + 999_999)
        return [new_identifier() for _ in range(count)]


def test_an_id_is_26_digits_that_nobody_misreads():
    for identifier in ids_at(NOW_MS, 200):
        assert len(identifier) == 26
        assert set(identifier) <= set(DIGITS)


@given(first=st.integers(0, LAST_MS), second=st.integers(0, LAST_MS))
def test_ids_sort_by_time_as_text(first, second):
    if first != second:
        assert (id_at(first) < id_at(second)) is (first < second)


@given(st.integers(0, LAST_MS))
def test_an_id_tells_its_millisecond(milliseconds):
    assert number_of(id_at(milliseconds)) >> 80 == milliseconds


def test_ids_of_one_millisecond_are_unlike():
    assert len(set(ids_at(NOW_MS, 1_000))) == 1_000


def test_80_bits_of_an_id_are_random():
    numbers = [number_of(identifier) for identifier in ids_at(NOW_MS, 200)]  # a bit is missed once in 2**199
    changing = 0
    for number in numbers:
        changing |= number ^ numbers[0]
    assert changing == 2**80 - 1


def test_ids_do_not_come_from_a_generator_that_can_be_foretold():
    state = random.getstate()
    try:
        random.seed(1)
        first = id_at(NOW_MS)
        random.seed(1)
        assert id_at(NOW_MS) != first
    finally:
        random.setstate(state)
