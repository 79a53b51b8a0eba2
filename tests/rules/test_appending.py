"""Words below a text as octets of its part; test_disclaiming reads whole messages with another parser."""

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.appending import NotEncodable, append, below_page, below_plain
from rules.reading.encodings import Encoding

ADDED = b"\r\nWords.\r\n"


def edited(body: bytes, encoding: Encoding, *, page: bool = False) -> bytes:
    edit = append(body, 0, encoding, ADDED, page=page)
    return body[: edit.start] + edit.octets + body[edit.end :]


@given(st.binary(max_size=300), st.integers(1, 80))
def test_base64_of_any_content_in_lines_of_any_length_is_the_content_and_the_words(content: bytes, width: int) -> None:
    encoded = base64.b64encode(content)
    body = b"\r\n".join(encoded[at : at + width] for at in range(0, len(encoded), width))
    for end in (b"", b"\r\n", b"\r\n\r\n"):
        decoded = base64.b64decode(edited(body + end, Encoding.BASE64))
        assert decoded.startswith(content) and decoded.endswith(ADDED)
        assert len(decoded) <= len(content) + len(ADDED) + 2


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=200))
def test_quoted_printable_of_any_text_is_the_text_and_the_words(text: str) -> None:
    body = quopri.encodestring(text.encode()).replace(b"\n", b"\r\n")
    decoded = quopri.decodestring(edited(body, Encoding.QUOTED_PRINTABLE).replace(b"\r\n", b"\n")).decode()
    assert decoded.endswith("\nWords.\n")
    assert decoded.split() == [*text.split(), "Words."]


@pytest.mark.parametrize("body", [b"abc*", b"YQ==YQ==", b"YQ", b"YWJjZ", b"--b\r\n"])
def test_what_is_not_base64_is_not_added_to(body: bytes) -> None:
    with pytest.raises(NotEncodable):
        edited(body, Encoding.BASE64)


def test_other_encodings_are_none_of_text() -> None:
    with pytest.raises(NotEncodable):
        edited(b"begin 644 x\r\n", Encoding.UUENCODE)


def test_a_paragraph_has_short_lines_and_a_blank_one_before_it() -> None:
    octets = below_plain("word " * 60, "utf-8", seven_bit=True)
    assert octets.startswith(b"\r\nword") and octets.endswith(b"word\r\n")
    assert max(map(len, octets.split(b"\r\n"))) <= 72


def test_markup_within_the_words_is_none() -> None:
    assert below_page("a < b & c", "", seven_bit=True) == b"<p>a &lt; b &amp; c</p>\r\n"
