"""What the walk has found, within the bounds on text."""

from rules.facts import Alternative, Reason, Role, Text
from rules.reading.record import MAX_MESSAGE_TEXT, MAX_NOTES, MAX_PART_TEXT, Record


def test_a_text_of_exactly_the_bound_is_kept_and_one_more_is_cut():
    record = Record()
    record.say("1", Role.AUTHOR, "x" * MAX_PART_TEXT)
    assert record.unread == []
    record.say("2", Role.AUTHOR, "x" * (MAX_PART_TEXT + 1))
    assert [entry.reason for entry in record.unread] == [Reason.LIMIT]
    assert [len(text.text) for text in record.texts] == [MAX_PART_TEXT, MAX_PART_TEXT]


def test_a_message_has_a_bound_of_its_own():
    record = Record()
    for number in range(6):
        record.say(str(number), Role.AUTHOR, "x" * MAX_PART_TEXT)
    assert sum(len(text.text) for text in record.texts) == MAX_MESSAGE_TEXT


def test_blank_texts_are_passed_over():
    record = Record()
    record.say("1", Role.AUTHOR, " \n\t")
    assert record.texts == []


def test_alternatives_beyond_the_bound_are_told_without_their_words():
    record = Record()
    for number in range(6):
        text = Text(part=str(number), role=Role.AUTHOR, text="x" * MAX_PART_TEXT)
        record.offer(Alternative(body="1", chosen=(str(number),), text=text))
    assert sum(len(item.text.text) for item in record.alternatives) == MAX_MESSAGE_TEXT
    assert len(record.alternatives) == 6


def test_notes_are_told_once_and_bounded():
    record = Record()
    for number in range(2 * MAX_NOTES):
        record.doubt("1", "twice")
        record.doubt(str(number), "each")
    assert len(record.ambiguities) == MAX_NOTES
    assert sum(ambiguity.detail == "twice" for ambiguity in record.ambiguities) == 1
