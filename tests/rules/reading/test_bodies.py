"""The text of a packed message becomes a member that is read as text, page or RTF."""

import struct

from rules.reading.bodies import page_body, plain_body, rich_body


def test_each_body_says_what_it_is():
    assert (plain_body("Grüße").octets, plain_body("x").declared_type) == ("Grüße".encode(), "text/plain")
    assert (page_body(b"<p>x").octets, page_body(b"").declared_type) == (b"<p>x", "text/html")


def test_compressed_rtf_is_unpacked():
    member = rich_body(struct.pack("<II4sI", 20, 8, b"MELA", 0) + b"{\\rtf1 }")
    assert (member.octets, member.declared_type) == (b"{\\rtf1 }", "text/rtf")


def test_malformed_rtf_is_empty():
    assert rich_body(b"nothing").octets == b""
