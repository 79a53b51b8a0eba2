"""Parameters of structured fields, every way a reader may take them apart."""

import pytest

from rules.reading.parameters import parse_structured, texts_of, values_of


@pytest.mark.parametrize(
    "written",
    [
        "text/plain",
        " Text/Plain ",
        "text/plain (a comment)",
        "(c) text/plain",
        "text / plain",
        "text(a;b)/plain",
        'text/plain (a " b); charset="x"',
        '"text/plain"',
        "text/plain;",
    ],
)
def test_the_value(written):
    assert parse_structured(written.encode()).value == "text/plain"


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("x; a=b", [b"b"]),
        ('x; a="b;c"', [b"b;c"]),
        ('x; a="b\\"c"', [b'b"c', b'b\\"c']),
        ("x; a=b c", [b"b c", b"b"]),
        ("x; a=b(c)", [b"b(c)", b"b"]),
        ('x; a="b', [b"b"]),
        ('x; a="b"c', [b"b", b"bc"]),
        ("x; a='b'", [b"'b'", b"b"]),
        ("x; A=b; a=c", [b"b", b"c"]),
        ("x; a*=utf-8''b%20c", [b"b c"]),
        ("x; a*1=c; a*0=b", [b"bc", b"cb"]),
        ('x; (a comment) a="b"', [b"b"]),
        ('x; (a " comment) a="b"', [b"b"]),
        ("x; (one (in another); c=d) a=b", [b"b"]),
        ('x; (one with \\) in it) a="b(c)"', [b"b(c)"]),
        ("x; a (comment) =b", [b"b"]),
        ('x; a=(comment)"b"', [b'(comment)"b"', b'"b"', b'(comment)"b', b"b"]),
        ('x; c="("; a=b', [b"b"]),
    ],
)
def test_the_candidates_for_a_parameter(written, values):
    assert values_of(parse_structured(written.encode()), "a") == values


def test_an_extended_text_in_its_charset():
    assert texts_of(parse_structured(b"x; name*=iso-8859-1'de'gr%FC%DF"), "name") == ["gr\u00fc\u00df"]


def sections(count: int) -> bytes:
    return b"x; " + b"; ".join(b"a*%d=b" % number for number in range(count))


def test_100_sections_are_read_and_101_are_too_many():
    assert parse_structured(sections(100)).limit == ""
    assert parse_structured(sections(101)).limit == "more than 100 sections of parameters in one header field"
