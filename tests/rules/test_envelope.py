"""Messages found in files: their form on the wire, and the envelope that they most likely had."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.envelope import MAX_RECIPIENTS, probable_envelope, wire_form
from rules.message import Message


def envelope(fields: str) -> tuple[str | None, list[str]]:
    found = probable_envelope(Message(fields.replace("\n", "\r\n").encode() + b"\r\n\r\nbody\r\n"))
    return str(found.reverse_path) if found.reverse_path else None, [str(item.address) for item in found.recipients]


def test_line_ends_of_a_unix_file_become_those_of_mail() -> None:
    assert wire_form(b"From: a\n\nb\n") == b"From: a\r\n\r\nb\r\n"


def test_octets_as_they_came_over_smtp_are_left_alone() -> None:
    """A bare line feed within is evidence of smuggling and must be seen as it is."""
    octets = b"From: a\r\n\r\nb\nc\r\n"
    assert wire_form(octets) == octets


@given(st.binary(max_size=200))
def test_the_wire_form_is_final(octets: bytes) -> None:
    assert wire_form(wire_form(octets)) == wire_form(octets)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("From: a@x.example\nTo: b@y.example", ("a@x.example", ["b@y.example"])),
        ("Return-Path: <r@x.example>\nFrom: a@x.example", ("r@x.example", [])),
        ("Return-Path: <>\nFrom: a@x.example", (None, [])),
        ("From: Ann Lee <a@x.example>", ("a@x.example", [])),
        ('From: "b@fake.example" <a@x.example>', ("a@x.example", [])),
        ("To: a@x.example, Bo <b@x.example>;\n  c@x.example\nCc: A@X.example\nBcc: d@x.example",
         (None, ["a@x.example", "b@x.example", "c@x.example", "d@x.example"])),
        ("To: Friends: a@x.example, b@x.example;", (None, ["a@x.example", "b@x.example"])),
        ("To: a@x.example (the boss)", (None, ["a@x.example"])),
        ("To: undisclosed-recipients:;", (None, [])),
        ("To: not an address, @, a@, @b, a@b@c", (None, [])),
        ("Subject: write to a@x.example", (None, [])),
    ],
)  # fmt: skip
def test_the_fields_tell_the_envelope(fields: str, expected: tuple[str | None, list[str]]) -> None:
    assert envelope(fields) == expected


def test_recipients_are_bounded() -> None:
    lines = "\n".join(f"To: u{number}@x.example, v{number}@x.example" for number in range(900))
    assert len(envelope(lines)[1]) == MAX_RECIPIENTS


@pytest.mark.parametrize("piece", ["<", "a@", "@", '"', ",", "a" * 10, " ", "(", "a@x."])
def test_no_field_costs_more_than_its_length(piece: str) -> None:
    start = time.process_time()
    envelope("To: " + piece * (250_000 // len(piece)))
    assert time.process_time() - start < 4.0
