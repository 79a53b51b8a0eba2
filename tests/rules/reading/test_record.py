"""What the walk has found, within the bounds on text."""

import pytest

from rules.facts import Alternative, Reason, Role, Text
from rules.reading.record import Record


@pytest.mark.parametrize("parts", [1, 4])
def test_texts_of_exactly_the_bound_are_kept_and_one_character_more_is_cut(parts):
    record = Record()
    for number in range(parts):
        record.say(str(number), Role.AUTHOR, "x" * ((16 * 1024 * 1024) // parts))
    assert record.unread == [] and not record.is_full
    record.say("more", Role.AUTHOR, "x")
    assert record.is_full
    assert [(entry.reason, entry.detail) for entry in record.unread] == [
        (Reason.LIMIT, "more than 16 million characters of text")
    ]
    assert [len(text.text) for text in record.texts] == [(16 * 1024 * 1024) // parts] * parts


def test_blank_texts_are_passed_over():
    record = Record()
    record.say("1", Role.AUTHOR, " \n\t")
    assert record.texts == []


def test_alternatives_beyond_the_bound_are_told_without_their_words():
    record = Record()
    for number in range(6):
        text = Text(part=str(number), role=Role.AUTHOR, text="x" * ((16 * 1024 * 1024) // 2))
        record.offer(Alternative(body="1", chosen=(str(number),), text=text))
    assert sum(len(item.text.text) for item in record.alternatives) == 16 * 1024 * 1024
    assert len(record.alternatives) == 6


def test_notes_are_told_once_and_bounded():
    record = Record()
    for number in range(400):
        record.doubt("1", "twice")
        record.doubt(str(number), "each")
    assert len(record.ambiguities) == 200
    assert sum(ambiguity.detail == "twice" for ambiguity in record.ambiguities) == 1


@pytest.mark.parametrize(
    ("header", "body", "begins"),
    [
        ("Content-Type : text/plain", "words", "Content-Type : "),
        ("Content-Type: text/plain\nContent-Type: text/html", "words", "Content-Type: text/plain"),
        ("Content-Transfer-Encoding: base64 x", "d29yZHM=", "Content-Transfer-Encoding: base64 x"),
        ("Content-Type: text/plain", "--x\nContent-Disposition: inline\n\nwords\n--x--", "--x"),
        ("Content-Type: multipart/mixed; boundary=y", "--y, \n\nwords\n--y--", "Content-Type: multipart/mixed"),
        ("Content-Type: multipart/mixed", "--y\nContent-Type: text/plain\n\nwords", "Content-Type: multipart/mixed"),
        ("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64", "Zm9v", "Content-Type: message/rfc822"),
    ],
)
def test_what_readers_read_differently_is_told_with_its_octets(facts_of, header, body, begins):
    """In the message, wherever the part that it concerns is no leaf, has a name or lies in another message."""
    inner = f"{header}\n\n{body}".replace("\n", "\r\n")
    parts = "--b1\nContent-Type: text/plain\n\nsee the file\n--b1\nContent-Type: text/plain\n\nhello\n\n"
    outer = "From: ann@city.example\nTo: bob@elsewhere.example\nSubject: hello\nMIME-Version: 1.0\n"
    octets = f'{outer}Content-Type: multipart/mixed; boundary="b1"\n\n{parts}'.replace("\n", "\r\n")
    octets += f"--b1\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n{inner}\r\n--b1--\r\n"
    facts = facts_of(octets.encode())
    assert facts.ambiguities
    for ambiguity in facts.ambiguities:
        assert ambiguity.octets is not None, ambiguity
        start, end = ambiguity.octets
        assert "words" in octets[start:end] or "Zm9v" in octets[start:end] or "d29y" in octets[start:end], ambiguity
    assert any(begins in octets[slice(*ambiguity.octets)] for ambiguity in facts.ambiguities)
