"""The author for DMARC: F01 and F02, the From fields that readers would read differently have none."""

import pytest

from gateway.identity.author import author_of
from rules.message import Message


def author(*lines: bytes) -> str | None:
    found = author_of(tuple(Message(b"\r\n".join(lines) + b"\r\n\r\n").fields()))
    return str(found) if found is not None else None


@pytest.mark.parametrize(
    "body",
    [
        b"a@city.example",
        b"Ann Marlow <a@city.example>",
        b'"Marlow, Ann" <a@city.example>',
        b'"mayor@elsewhere.example" <a@city.example>',
        b"Ann (of the city <clerk@x.example>) <a@city.example>",
        b"Ann\r\n <a@city.example>",
        b"=?utf-8?q?Ann?= <a@CITY.example>",
    ],
)
def test_one_mailbox(body: bytes) -> None:
    assert author(b"From: " + body) == "a@city.example"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Ann",
        b"<>",
        b'"Ann" <>',
        b'"a@city.example" <>',
        b"a@city.example, b@city.example",
        b"<a@city.example>b@elsewhere.example",
        b"a@city.example <b@elsewhere.example>",
        b"<@route.example:a@city.example>",
        b"<a@city.example",
        b"<<a@city.example>>",
        b'"Ann <a@city.example>',
        b"Ann (open <a@city.example>",
        b"=?utf-8?q?a=40city.example?=",
        b"a@city.example;",
        b"Group: a@city.example;",
    ],
)
def test_f02_anything_else_is_nobody(body: bytes) -> None:
    assert author(b"From: " + body) is None


def test_f01_several_from_fields_are_nobody() -> None:
    assert author(b"From: a@city.example", b"From: b@elsewhere.example") is None
    assert author(b"From: a@city.example", b"From : b@elsewhere.example") is None
    assert author(b"Sender: a@city.example") is None
