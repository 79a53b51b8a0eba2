"""The disclaimer as a city sees it: once for each thread, never where it would break something; the record says why."""

from collections.abc import Callable
from typing import Any

WORDS = "The opinions above are those of their author, whoever employs her, and of nobody else whatsoever."
CITY, OUTSIDE = "ann.clerk@city.example", "editor@elsewhere.example"
OPINION = (
    "Dear editor,\r\n\r\nIn my opinion the council made a serious mistake with the new parking ordinance. I believe\r\n"
    "the mayor should have listened to the voters, and I think we all deserve a better transit policy.\r\n\r\n"
)
SIGNATURE = "--b\r\nContent-Type: application/pgp-signature\r\n\r\niQEz\r\n--b--\r\n"


def letter(subject: str, kind: str, body: str) -> bytes:
    head = f"From: <{CITY}>\r\nTo: <{OUTSIDE}>\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
    return f"{head}Content-Type: {kind}\r\n\r\n{body}".encode()


def body_of(octets: bytes) -> bytes:
    return octets.partition(b"\r\n\r\n")[2]


def test_an_opinion_gets_the_disclaimer_once_for_each_thread(
    mailward: Callable[..., Any], delivered: Callable[[], list[bytes]]
) -> None:
    gateway = mailward(None, f"disclaimer: {{text: '{WORDS}'}}\nsubject_tag: '[opinion]'\n")
    first = letter("Letter to the editor", "text/plain; charset=utf-8", OPINION)
    assert gateway.send(CITY, [OUTSIDE], first, internal=True)[0] == 250
    (arrived,) = delivered()
    original, body = body_of(first), body_of(arrived)
    assert body.startswith(original) and body[len(original) :].split() == WORDS.encode().split()
    assert b"Subject: [opinion] Letter to the editor\r\n" in arrived

    quoted = "".join(f"> {line}\r\n" for line in body.decode().split("\r\n"))
    reply = letter("Re: =?utf-8?q?=5Bopinion=5D_Letter?=", "text/plain; charset=utf-8", OPINION + quoted)
    assert gateway.send(CITY, [OUTSIDE], reply, internal=True)[0] == 250
    (again,) = set(delivered()) - {arrived}
    assert body_of(again) == body_of(reply) and b"Mailward-Disclaimer" not in again
    assert b"Subject: Re: =?utf-8?q?=5Bopinion=5D_Letter?=\r\n" in again, "tagged once, however it is written"
    assert [line["disclaimer"] for line in gateway.transactions()] == ["added", "present"]


def test_a_signed_letter_gets_a_field_instead(
    mailward: Callable[..., Any], delivered: Callable[[], list[bytes]]
) -> None:
    gateway = mailward(None, f"disclaimer: {{text: '{WORDS}'}}\n")
    body = f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{OPINION}{SIGNATURE}"
    signed = letter("Letter", "multipart/signed; protocol=application/pgp-signature; boundary=b", body)
    assert gateway.send(CITY, [OUTSIDE], signed, internal=True)[0] == 250
    (arrived,) = delivered()
    assert arrived.endswith(signed) and b"Mailward-Disclaimer: not added; reason=signed\r\n" in arrived
    assert [line["disclaimer"] for line in gateway.transactions()] == ["signed"]
