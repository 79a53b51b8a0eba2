"""What the walk has found, within the bounds on text."""

import pytest

from rules.facts import Alternative, Reason, Role, Text
from rules.reading.budget import MAX_TEXT
from rules.reading.record import MAX_NOTES, Record


@pytest.mark.parametrize("parts", [1, 4])
def test_texts_of_exactly_the_bound_are_kept_and_one_character_more_is_cut(parts):
    record = Record()
    for number in range(parts):
        record.say(str(number), Role.AUTHOR, "x" * (MAX_TEXT // parts))
    assert record.unread == [] and not record.is_full
    record.say("more", Role.AUTHOR, "x")
    assert record.is_full
    assert [(entry.reason, entry.detail) for entry in record.unread] == [
        (Reason.LIMIT, "more than 16 million characters of text")
    ]
    assert [len(text.text) for text in record.texts] == [MAX_TEXT // parts] * parts


def test_blank_texts_are_passed_over():
    record = Record()
    record.say("1", Role.AUTHOR, " \n\t")
    assert record.texts == []


def test_alternatives_beyond_the_bound_are_told_without_their_words():
    record = Record()
    for number in range(6):
        text = Text(part=str(number), role=Role.AUTHOR, text="x" * (MAX_TEXT // 2))
        record.offer(Alternative(body="1", chosen=(str(number),), text=text))
    assert sum(len(item.text.text) for item in record.alternatives) == MAX_TEXT
    assert len(record.alternatives) == 6


def test_notes_are_told_once_and_bounded():
    record = Record()
    for number in range(2 * MAX_NOTES):
        record.doubt("1", "twice")
        record.doubt(str(number), "each")
    assert len(record.ambiguities) == MAX_NOTES
    assert sum(ambiguity.detail == "twice" for ambiguity in record.ambiguities) == 1
