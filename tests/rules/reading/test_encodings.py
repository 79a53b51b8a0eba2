"""Transfer encodings undone, also when damaged: whatever some reader gets is among the results."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.reading.encodings import (
    Encoding,
    decode,
    decode_base64,
    decode_binhex,
    decode_quoted_printable,
    decode_uuencode,
)


@given(st.binary(max_size=300))
def test_base64_comes_back(octets):
    assert decode_base64(base64.encodebytes(octets)).octets == octets


@pytest.mark.parametrize(
    ("encoded", "octets"),
    [
        (b"QUJD", b"ABC"),
        (b"QU JD\r\n", b"ABC"),
        (b"QUJDRA", b"ABCD"),
        (b"QUJDR", b"ABC"),
        (b"!QUJD*", b"ABC"),
        (b"", b""),
    ],
)
def test_base64_with_little_damage(encoded, octets):
    assert decode_base64(encoded).octets == octets


def test_early_padding_gives_every_reading():
    decoded = decode_base64(b"QQ==QkNE")
    assert decoded.octets == b"ABCD"
    assert b"A" in decoded.others
    assert decoded.trouble


@pytest.mark.parametrize(
    ("encoded", "octets"),
    [
        (b"a=3Db", b"a=b"),
        (b"a=3db", b"a=b"),
        (b"a=\r\nb", b"ab"),
        (b"a= \t\r\nb", b"ab"),
        (b"a=XYb", b"a=XYb"),
        (b"a=\rb", b"ab"),
        (b"a=", b"a"),
    ],
)
def test_quoted_printable(encoded, octets):
    assert decode_quoted_printable(encoded).octets == octets


def test_uuencode_with_lines_too_short_and_too_long():
    assert decode_uuencode(b"#86)C\n#86)C   extra\nend\n#86)C") == b"abcabc"


@given(st.binary(max_size=400), st.sampled_from(Encoding))
def test_any_octets_decode_in_any_encoding(octets, encoding):
    assert isinstance(decode(octets, encoding).octets, bytes)


def test_what_is_no_binhex():
    assert decode_binhex(b"no colon") == (b"", b"")
