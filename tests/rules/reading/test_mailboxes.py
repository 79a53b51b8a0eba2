"""Address lists as people write them and as attackers do, taken apart in linear time."""

import time

import pytest

from rules.reading.mailboxes import mailboxes_of


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


def test_mailboxes_are_bounded_and_one_more_tells_of_it():
    assert len(mailboxes_of([b"a@city.example," * 1_000])) == 1_000
    assert len(mailboxes_of([b"a@city.example," * 3_000])) == 1_001


@pytest.mark.parametrize(("more", "limited"), [(0, False), (1, True)])
def test_as_many_addresses_as_are_read_and_one_more(facts_of, more, limited):
    fields = "".join(f"Cc: a{number}@city.example\n" for number in range(500 + more))
    listed = ",\n ".join(f"b{number}@city.example" for number in range(500))
    facts = facts_of(f"From: ann@city.example\nTo: {listed}\n{fields}\nwords\n")
    assert ["more than 1,000 addresses in its header"] * limited == [entry.detail for entry in facts.unread]


def test_routes_and_marks_that_turn_the_writing_are_left_out():
    (mailbox,) = mailboxes_of(["Ann\u202e <@relay.example:ann@city.example>".encode()])
    assert (mailbox.name, mailbox.address) == ("Ann", "ann@city.example")


@pytest.mark.parametrize("mark", ["(", "<", '"', "\\", ",", ":"])
def test_a_field_full_of_marks_ends_soon(mark):
    began = time.process_time()
    mailboxes_of([mark.encode() * 60_000])
    assert time.process_time() - began < 3
