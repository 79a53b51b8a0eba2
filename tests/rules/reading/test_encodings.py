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
    uuencoded_lines,
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
    lines = b"#86)C\n#86)C   extra\nend\n#86)C"
    assert uuencoded_lines(lines) == (b"abcabc", lines.index(b"end"))


def test_a_line_that_is_no_uuencode_ends_it_for_some_readers_and_not_for_others():
    lines = b"begin 644 a\n#86)C\nDear Ann, no line of it\n#86)C\nend\n"
    octets, reach = uuencoded_lines(lines)
    assert (octets, lines[reach:][:4]) == (b"abc", b"Dear")
    assert uuencoded_lines(lines, passing_over=True)[0] == b"abcabc"


@given(st.binary(max_size=400), st.sampled_from(Encoding))
def test_any_octets_decode_in_any_encoding(octets, encoding):
    assert isinstance(decode(octets, encoding).octets, bytes)


def test_what_is_no_binhex():
    assert decode_binhex(b"no colon") == (b"", b"")


@pytest.mark.parametrize(("lines", "others"), [(3, 0), (2, 2)])
def test_as_many_lines_that_end_with_padding_as_show_a_habit_and_one_fewer(lines, others):
    """Of fewer each reader makes something else."""
    found = decode(b"\n".join([b"YQ==", b"YWI=", b"YWJj"][-lines:]).replace(b"YWJj", b"YQ=="), Encoding.BASE64)
    assert len(found.others) == others
