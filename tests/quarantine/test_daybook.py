"""The daybook: lines that are there when their process is not, read up to the first that is cut off."""

import os
from datetime import UTC, datetime

import pytest

from quarantine import daybook
from quarantine.daybook import Begun, Daybook, Ended, abandoned, read
from quarantine.item import Count, Outcome

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def begun(id):
    return Begun(transaction=id, at=NOW, listener="edge", reverse_path="", recipients=("ann@city.example",))


def ended(id, number=1):
    count = Count(start=NOW, listener="edge", outcome=Outcome.RELAYED, number=number)
    return Ended(transaction=id, rows=(), counts=(count,))


@pytest.fixture
def book(tmp_path):
    return Daybook(folder=tmp_path / "daybook")


def written(book):
    return book.folder / book.position.name


def test_what_ended_beyond_a_position_and_what_is_open_in_all_of_it(book):
    book.begin(begun("one"))
    book.begin(begun("two"))
    book.end(ended("two"))
    position = book.position
    book.end(ended("three"))
    assert read(written(book), 0) == daybook.Found(ended=(ended("two"), ended("three")), open=(begun("one"),))
    assert read(written(book), position.octets).ended == (ended("three"),)
    assert position.octets < written(book).stat().st_size == book.position.octets


@pytest.mark.parametrize("lost", [1, 10])
def test_a_line_that_is_cut_off_does_not_count(book, lost):
    book.begin(begun("one"))
    book.end(ended("one"))
    os.truncate(written(book), book.position.octets - lost)
    assert read(written(book), 0) == daybook.Found(ended=(), open=(begun("one"),), unsynced=1)


def test_a_line_in_the_middle_that_cannot_be_read_is_told_and_hides_nothing_behind_it(book):
    book.begin(begun("one"))
    path, damaged = written(book), book.position.octets
    book.end(ended("one"))
    book.end(ended("two"))
    octets = path.read_bytes()
    path.write_bytes(octets[:damaged] + b"#" + octets[damaged + 1 :])
    assert read(path, 0) == daybook.Found(ended=(ended("two"),), open=(begun("one"),), bad=(2,))


def test_what_a_power_cut_left_out_is_no_damage_and_hides_nothing_behind_it(book):
    """A page that was not written is a hole, of zeros: here it takes the end of one line and the start of the next."""
    book.begin(begun("one"))
    first = book.position.octets
    book.end(ended("one"))
    second = book.position.octets
    book.end(ended("two"))
    path = written(book)
    octets = path.read_bytes()
    path.write_bytes(octets[: first - 5] + bytes(10) + octets[first + 5 :])
    assert read(path, 0) == daybook.Found(ended=(ended("two"),), open=(), unsynced=1)
    assert read(path, second) == daybook.Found(ended=(ended("two"),), open=()), "what it said is in the books"


def test_nothing_is_written_of_what_changes_no_book(book):
    book.end(Ended(transaction="held", rows=(), counts=()))
    assert book.position is None


def test_one_that_is_being_written_is_not_abandoned(book):
    book.begin(begun("one"))
    assert list(abandoned(book.folder)) == []
    path = written(book)
    assert book.close() is None, "something is open in it"
    assert list(abandoned(book.folder)) == [path]


def test_it_is_private(book):
    book.begin(begun("one"))
    assert written(book).stat().st_mode & 0o777 == 0o600


def test_a_large_one_is_followed_by_another_that_knows_what_is_open(book, monkeypatch):
    book.begin(begun("one"))
    old = written(book)
    monkeypatch.setattr(daybook, "LARGEST", book.position.octets + 1)
    assert book.renew() is None
    monkeypatch.setattr(daybook, "LARGEST", book.position.octets)
    retired = book.renew()
    assert retired.path == old != written(book)
    assert read(written(book), 0).open == (begun("one"),)
    assert list(abandoned(book.folder)) == [], "nobody else may bring it into the books"
    retired.remove()
    assert not old.exists()


def test_a_disk_that_fails_leaves_no_half_line_before_the_next(book, monkeypatch, caplog):
    book.begin(begun("one"))
    right = os.write

    def half(descriptor, octets):
        right(descriptor, octets[:10])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", half)
        book.end(ended("one"))
    assert "No space left" in caplog.text
    book.end(ended("two"))
    assert read(written(book), 0) == daybook.Found(ended=(ended("two"),), open=(begun("one"),))
