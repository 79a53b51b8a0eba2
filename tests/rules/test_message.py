"""The ordered view of the header fields over octets that are never changed."""

from hypothesis import given
from hypothesis import strategies as st

from rules.message import MAX_FIELDS, MAX_HEADER, Message

MAIL = (
    b"Received: from a\r\n\tby b;\r\n Tue, 1 Jan 2030\r\n"
    b"From: Ann <ann@city.example>\r\n"
    b"Subject : spaced name\r\n"
    b"no colon here\r\n"
    b"SUBJECT: second\r\n"
    b"\r\n"
    b"Body: not a field\r\n"
)


def test_fields_come_in_order_with_their_place_in_the_octets() -> None:
    fields = list(Message(MAIL).fields())
    assert [field.key for field in fields] == ["received", "from", "subject", "subject"]
    for field in fields:
        assert MAIL[field.start : field.end].startswith(field.name + b":")
        assert MAIL[field.start : field.end].endswith(b"\r\n")


def test_a_folded_body_is_told_on_one_line() -> None:
    assert Message(MAIL).first("received") == "from a by b; Tue, 1 Jan 2030"


def test_the_first_field_of_a_name_is_found_whatever_its_case() -> None:
    assert Message(MAIL).first("subject") == "spaced name"
    assert Message(MAIL).first("reply-to") is None


def test_what_follows_the_empty_line_is_no_field() -> None:
    assert Message(MAIL).first("body") is None


def test_a_message_without_body_is_all_header() -> None:
    message = Message(b"From: a@city.example\r\n")
    assert message.header_end == len(message)
    assert message.first("from") == "a@city.example"


def test_a_message_that_begins_with_the_empty_line_has_no_header() -> None:
    message = Message(b"\r\nFrom: a@city.example\r\n\r\n")
    assert message.header_end == 0
    assert list(message.fields()) == []


def test_octets_above_ascii_are_kept_as_they_stand() -> None:
    assert Message(b"Subject: caf\xe9\r\n\r\n").first("subject") == "caf\xe9"


def test_the_number_of_fields_is_bounded() -> None:
    assert len(list(Message(b"A: b\r\n" * (MAX_FIELDS * 2) + b"\r\n").fields())) == MAX_FIELDS


def test_nothing_is_read_beyond_the_header_limit() -> None:
    fields = list(Message(b"A: " + b"x" * MAX_HEADER + b"\r\nB: c\r\n\r\n").fields())
    assert [field.key for field in fields] == ["a"]


@given(st.binary(max_size=400))
def test_any_octets_give_fields_that_follow_one_another_within_the_header(octets: bytes) -> None:
    message, position = Message(octets), 0
    for field in message.fields():
        assert position <= field.start < field.end <= len(octets)
        assert octets[field.start : field.end] == field.name + b":" + field.body
        position = field.end


@given(st.lists(st.sampled_from([b"A: b\r\n", b"C: d\r\n e\r\n", b"junk\r\n"]), max_size=8))
def test_lines_without_a_colon_are_passed_over(lines: list[bytes]) -> None:
    fields = list(Message(b"".join(lines) + b"\r\n").fields())
    assert [field.name for field in fields] == [line[:1] for line in lines if b":" in line]


def test_a_first_line_that_claims_to_continue_another_is_no_field() -> None:
    assert [field.key for field in Message(b" X-Folded: a\r\nFrom: b\r\n\r\n").fields()] == ["from"]
