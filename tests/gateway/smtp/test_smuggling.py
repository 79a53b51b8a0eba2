"""One message in, one message out: no line end but CRLF ends anything, whatever the next hop might make of it."""

import pytest

from rules.transaction import ListenerKind

ENDS = [
    b"\n.\n", b"\n.\r\n", b"\n.\r", b"\r.\r", b"\r.\n", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r\n\0.\r\n",
    b"\r\n.\0\r\n", b"\r\n.\r\r\n", b"\r\r\n.\r\r\n",
]  # fmt: skip
EVIL = b"MAIL FROM:<evil@elsewhere.example>\r\nRCPT TO:<pat@city.example>\r\nDATA\r\nSubject: evil\r\n\r\nx\r\n"
GOOD = b"Subject: good\r\n\r\nwords"


@pytest.mark.parametrize("end", ENDS)
async def test_no_other_end_is_one_and_an_edge_listener_refuses_what_has_it_c01(edge, end):
    client = await edge.talk()
    assert (await client.mail(GOOD + end + EVIL)).startswith("550 5.6.11")
    assert (await client.ask("NOOP")).startswith("250"), "nothing of it was run as a command"
    assert edge.city.received == []


@pytest.mark.parametrize("end", ENDS)
async def test_an_internal_listener_passes_one_message_on_and_nothing_in_it_is_an_end_c01_c04(internal, end):
    client = await internal.talk()
    assert (await client.mail(GOOD + end + EVIL)).startswith("250 2.0.0")
    assert (await client.ask("NOOP")).startswith("250")
    ((transaction, content),) = internal.city.received
    assert str(transaction.envelope.reverse_path) == "ada@elsewhere.example"
    assert b"\0" not in content and content.replace(b"\r\n", b"").translate(None, b"\r\n") == content.replace(
        b"\r\n", b""
    )
    assert bytes(transaction.message.octets[:]) == content, "what is inspected is what leaves"


@pytest.mark.parametrize("kind", [ListenerKind.EDGE, ListenerKind.INTERNAL])
@pytest.mark.parametrize("octet", [b"\x7f", b"\x1b", b"\x85", b"\x0b", b"\x0c", b"\x1a"])
async def test_other_controls_are_for_inspection_and_arrive_as_they_came_c05(opened, kind, octet):
    house = await opened(kind)
    client = await house.talk()
    content = b"Subject: a" + octet + b"b\r\n\r\nc" + octet + b"d\r\n"
    assert (await client.mail(content)).startswith("250 2.0.0")
    assert house.city.contents == [content]


@pytest.mark.parametrize("content", [b"Subject: a\0b\r\n\r\nc\r\n", b"Subject: a\r\n\r\nc\0d\r\n", b"\0"])
async def test_a_nul_anywhere_is_refused_at_the_edge_and_gone_inside_c05(edge, internal, content):
    assert (await (await edge.talk()).mail(content + b"\r\n")).startswith("550 5.6.11")
    assert (await (await internal.talk()).mail(content + b"\r\n")).startswith("250 2.0.0")
    assert internal.city.contents == [content.replace(b"\0", b"") + b"\r\n"]
