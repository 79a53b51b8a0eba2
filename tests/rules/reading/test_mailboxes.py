"""Address lists as people write them and as attackers do, taken apart in linear time."""

import time

import pytest

from rules.reading.mailboxes import MAX_MAILBOXES, mailboxes_of


@pytest.mark.parametrize(
    ("written", "mailboxes"),
    [
        ('"Example, Ann" <ann@city.example>', [("Example, Ann", "ann@city.example")]),
        ("ann@city.example (Ann Example)", [("Ann Example", "ann@city.example")]),
        ("Council: a@city.example, B <b@city.example>;", [("", "a@city.example"), ("B", "b@city.example")]),
        ("<alice@city.example>bob@evil.example", [("bob@evil.example", "alice@city.example")]),
        ("=?utf-8?Q?Ann=2C_Clerk?= <ann@city.example>", [("Ann, Clerk", "ann@city.example")]),
        ('"a\\"b" <x@city.example>', [('a"b', "x@city.example")]),
        ("undisclosed-recipients:;", []),
        ("Ann Example", [("Ann Example", "")]),
        ('"unclosed <x@city.example>, y@city.example', [("unclosed", "x@city.example"), ("", "y@city.example")]),
    ],
)
def test_address_lists(written, mailboxes):
    found = mailboxes_of([written.encode()])
    assert [(mailbox.name.strip('"'), mailbox.address) for mailbox in found] == mailboxes


def test_mailboxes_are_bounded():
    assert len(mailboxes_of([b"a@city.example," * 3_000])) == MAX_MAILBOXES


def test_routes_and_marks_that_turn_the_writing_are_left_out():
    (mailbox,) = mailboxes_of(["Ann\u202e <@relay.example:ann@city.example>".encode()])
    assert (mailbox.name, mailbox.address) == ("Ann", "ann@city.example")


@pytest.mark.parametrize("mark", ["(", "<", '"', "\\", ",", ":"])
def test_a_field_full_of_marks_ends_soon(mark):
    began = time.process_time()
    mailboxes_of([mark.encode() * 60_000])
    assert time.process_time() - began < 3
