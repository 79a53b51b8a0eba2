"""Cutting a multipart in every way that readers would, and saying in words where they differ."""

import base64

import pytest

from rules.reading.mime import read_entity
from rules.reading.splits import cut_multipart

BODY = "--a\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--a--\r\n--b--\r\n"


def cut(content_type: str, body: str = BODY, outer: bytes = b"", more: str = ""):
    octets = f"Content-Type: {content_type}\r\n{more}\r\n{body}".encode()
    return cut_multipart(octets, read_entity(octets, 0, len(octets)), outer)


def test_one_boundary_is_one_way_and_no_doubt():
    found = cut("multipart/mixed; boundary=a")
    assert [boundary for boundary, _ in found.splits] == [b"a"]
    assert found.doubts == ()


def test_two_boundaries_that_both_cut_are_both_taken():
    """Catalogue D01."""
    found = cut("multipart/mixed; boundary=a; boundary=b")
    assert {boundary for boundary, _ in found.splits} == {b"a", b"b"}
    assert found.doubts == ("several boundaries that differ",)


@pytest.mark.parametrize(("more", "doubts"), [(0, ()), (1, ("a boundary of more than 996 octets",))])
def test_a_boundary_as_long_as_is_followed_and_one_octet_longer(more, doubts):
    long = "x" * (996 + more)
    found = cut(f"multipart/mixed;\r\n boundary={long}", f"--{long}\r\n\r\none\r\n--{long}--\r\n")
    assert [boundary for boundary, _ in found.splits] == [long.encode()] * (not more)
    assert found.doubts == doubts


def test_the_boundary_around_is_told_when_it_comes_again():
    assert "same boundary" in cut("multipart/mixed; boundary=a", outer=b"a").doubts[0]


def test_without_a_boundary_the_first_delimiter_before_a_content_field_serves():
    body = "--x\r\nContent-Type: text/plain\r\n\r\none\r\n--x--\r\n"
    found = cut("multipart/mixed", body)
    assert [boundary for boundary, _ in found.splits] == [b"x"]
    assert found.doubts == ("multipart that does not say its boundary",)


def test_the_boundary_around_is_never_guessed():
    body = "--x\r\nContent-Type: text/plain\r\n\r\none\r\n--x--\r\n"
    assert cut("multipart/mixed", body, outer=b"x").splits == ()


def test_a_multipart_in_base64_is_undone_as_some_readers_do():
    body = base64.encodebytes(BODY.encode()).decode()
    found = cut("multipart/mixed; boundary=a", body, more="Content-Transfer-Encoding: base64\r\n")
    assert found.octets == BODY.encode()
    assert found.doubts == ("multipart in base64",)


@pytest.mark.parametrize("body", ["", "no delimiter at all\r\n"])
def test_a_multipart_without_delimiters_has_no_split(body):
    assert cut("multipart/mixed; boundary=a", body).splits == ()
