import pytest

from gateway.egress import Shipment
from gateway.fields import edited, edits
from gateway.milter.changes import header_changes
from rules.message import Message
from tests.gateway.milter.mta import responses

HOST = "mx.city.example"
ADDED = b"DKIM-Signature: v=1;\r\n\tb=x\r\nReceived: from x\r\n\tby y; now\r\nMailward-Verdict: pass\r\n"


def changes(content: bytes, tag: str = "", added: bytes = b"", *, exact: bool = True) -> list[tuple[str, bytes]]:
    message = Message(content)
    told = edits(message, HOST, tag)
    shipment = Shipment(recipients=(), pieces=edited(message, added, told), edits=told)
    return list(responses(b"".join(header_changes(message, shipment, exact=exact))))


def test_our_fields_go_on_top_in_their_order_without_the_trace_of_a_hop_that_we_are_not() -> None:
    assert changes(b"Subject: a\r\n\r\n", added=ADDED) == [
        ("i", b"\0\0\0\0Mailward-Verdict\0 pass\0"),
        ("i", b"\0\0\0\0DKIM-Signature\0 v=1;\n\tb=x\0"),
    ]


def test_forged_fields_are_removed_from_the_last_to_the_first() -> None:
    content = (
        b"Mailward-Tag: 1\r\nSubject: a\r\nmailward-tag: 2\r\nX-Mailward-Exch-Auth: s\r\n"
        b"Authentication-Results: elsewhere.example; spf=pass\r\n"
        b"Authentication-Results: mx.city.example; spf=pass\r\n\r\n"
    )
    assert changes(content) == [
        ("m", b"\0\0\0\2Authentication-Results\0\0"),
        ("m", b"\0\0\0\1X-Mailward-Exch-Auth\0\0"),
        ("m", b"\0\0\0\2mailward-tag\0\0"),
        ("m", b"\0\0\0\1Mailward-Tag\0\0"),
    ]


@pytest.mark.parametrize(("exact", "expected"), [(True, b" [opinion] a\n\tb"), (False, b"[opinion] a\n\tb")])
def test_a_subject_tag_is_that_edit_and_no_other(exact: bool, expected: bytes) -> None:
    content = b"From: x\r\nSubject: a\r\n\tb\r\nSubject: c\r\n\r\nbody"
    assert changes(content, "[opinion]", exact=exact) == [("m", b"\0\0\0\1Subject\0" + expected + b"\0")]


def test_a_message_that_stays_as_it_is_needs_nothing() -> None:
    assert changes(b"From: x\r\nSubject: a\r\n\r\n") == []
