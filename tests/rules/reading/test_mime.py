"""Where the parts of a multipart lie."""

import pytest

from rules.reading.encodings import Encoding
from rules.reading.mime import Span, boundaries_of, guess_boundary, read_entity, split_multipart


def split(body: str, boundary: str = "b"):
    octets = body.replace("\n", "\r\n").encode()
    found = split_multipart(octets, Span(0, len(octets)), boundary.encode())
    if found is None:
        return None
    return [octets[span.start : span.end].decode() for span in found.parts], found.troubles


def test_the_line_end_before_a_delimiter_belongs_to_it():
    assert split("before\n--b\none\n\n--b\ntwo\n--b--\nafter") == (["one\r\n", "two"], ())


def test_blanks_after_a_delimiter():
    assert split("--b \t\none\n--b-- \n") == (["one"], ())


@pytest.mark.parametrize("body", ["", "--c\nx\n--c--\n", "text --b\nx"])
def test_no_delimiter(body):
    assert split(body) is None


@pytest.mark.parametrize(("others", "troubles"), [(20, ()), (21, ("delimiter with more than its boundary",))])
def test_as_many_inner_boundaries_that_begin_alike_as_are_known_and_one_more(others, troubles):
    """The last is then taken for a delimiter of ours, as by readers that ask for no more than its beginning."""
    body = "".join(f'boundary="b{number}"\n--b{number}\n' for number in range(others))
    found, told = split(f"--b\n{body}\n--b--\n")
    assert (len(found), told) == (2 if troubles else 1, troubles)


def test_a_second_closing_line_is_a_slip():
    assert split("--b\none\n--b--\n--b--\n") == (["one"], ())


def test_an_empty_part():
    assert split("--b\n--b\none\n--b--\n") == (["", "one"], ())


def test_the_first_line_that_content_fields_follow_is_the_guess():
    octets = b"-- \nsignature\n--x y\nContent-Type: text/plain\n\n"
    assert guess_boundary(octets, Span(0, len(octets))) == b"x y"
    assert guess_boundary(b"--x\nwords\n", Span(0, 10)) is None


def test_boundaries_are_at_most_996_octets():
    for length, count in ((996, 1), (997, 0)):
        octets = b"Content-Type: multipart/mixed; boundary=" + b"x" * length + b"\n\n"
        assert len(boundaries_of(read_entity(octets, 0, len(octets)))) == count


@pytest.mark.parametrize(
    ("written", "encodings", "troubled"),
    [
        ("base64", (Encoding.BASE64,), False),
        ("8-bit", (Encoding.IDENTITY,), False),
        ("utf-8", (Encoding.IDENTITY,), False),
        ("quoted-printable, 8bit", (Encoding.QUOTED_PRINTABLE, Encoding.IDENTITY), True),
        ("foo64", (Encoding.IDENTITY,), True),
        (" " * 60_000 + "base64", (Encoding.BASE64,), False),
    ],
)
def test_the_candidates_for_an_encoding(written, encodings, troubled):
    octets = f"Content-Transfer-Encoding: {written}\n\nx".encode()
    entity = read_entity(octets, 0, len(octets))
    assert entity.encodings == encodings
    assert bool(entity.troubles) == troubled


@pytest.mark.parametrize("written", ["text", "", "nonsense", "text/"])
def test_a_type_that_is_none_is_text(written):
    octets = f"Content-Type: {written}\n\nx".encode()
    assert read_entity(octets, 0, len(octets)).media_types("text/plain") == ("text/plain",)


@pytest.mark.parametrize(("ends", "begins"), [(1, b"A"), (2, b"A"), (8, b"A"), (9, b"\r")])
def test_several_carriage_returns_before_a_line_feed_are_one_line_end(ends, begins):
    octets = b"--b" + b"\r" * ends + b"\nA: b\r\n\r\nwords\r\n--b--"
    split = split_multipart(octets, Span(0, len(octets)), b"b")
    assert split is not None
    assert octets[split.parts[0].start : split.parts[0].start + 1] == begins
