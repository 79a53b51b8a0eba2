"""The header as the most tolerant reader takes it, and what it took liberties with."""

import time

import pytest

from rules.reading.fields import read_header


def header(text: str):
    octets = text.encode()
    return read_header(octets, 0, len(octets)), octets


def test_an_orderly_header():
    found, octets = header("From: a\r\nSubject: b\r\n c\r\n\r\nbody")
    assert [(field.name, field.body) for field in found.fields] == [("from", b" a"), ("subject", b" b\r\n c")]
    assert octets[found.body :] == b"body"
    assert not found.oddities


@pytest.mark.parametrize("end", ["\r\n\r\n", "\n\n", "\r\r", "\n\r\n", "\r\n\n"])
def test_the_empty_line_in_any_line_end(end):
    found, octets = header(f"Subject: x{end}body")
    assert octets[found.body :] == b"body"


@pytest.mark.parametrize(
    ("text", "oddity"),
    [
        ("Content-Type : text/plain\n\nx", "blank or NUL"),
        ("Content-Type\0: text/plain\n\nx", "blank or NUL"),
        ("Content-Type\n : text/plain\n\nx", "blank or NUL around the field name content-type"),
        ("Content-Type\r\r\n : text/plain\n\nx", "blank or NUL around the field name content-type"),
        (" From: x\n\nx", "blank or NUL"),
        ("X: 1\nstray\nContent-Type: text/plain\n\nx", "without a colon"),
        ("MIME-Version: 1.0\n \nContent-Type: text/plain\n\nx", "line of blanks"),
        ("Content-Type(c): text/plain\n\nx", "a comment in the field name content-type"),
        ("Content-(Type: text/plain\n\nx", "a comment in the field name content-type"),
        ("X: 1\n Content-Transfer-Encoding: base64\n\nx", "behind blanks"),
        ("X: 1\n\tContent-Disposition: attachment; filename=a.exe\n\nx", "behind blanks"),
        ("X: 1\rY: 2\n\nx", "bare CR"),
        ("X: 1\nDear Bob\n\nx", "no empty line"),
    ],
)
def test_liberties_are_told(text, oddity):
    assert oddity in "; ".join(header(text)[0].oddities)


@pytest.mark.parametrize("text", ["From x@y Mon Sep 1\nSubject: a\n\nx", ">From x\nSubject: a\n\nx", "X : 1\n\nx"])
def test_habits_of_mail_stores_are_not(text):
    assert header(text)[0].oddities == ()


def test_where_the_body_begins_without_an_empty_line():
    found, octets = header("Subject: x\nDear Bob\nall is well\n")
    assert octets[found.body :] == b"Dear Bob\nall is well\n"


def test_a_field_folded_without_a_blank():
    found, _ = header("Content-Disposition: attachment;\nfilename=a.exe\nX: 1\n\nx")
    assert found.all("content-disposition") == [b" attachment;filename=a.exe"]


def test_1000_fields_are_read_and_1001_are_cut():
    assert header("X: 1\n" * 1_000 + "\nx")[0].limit == ""
    assert header("X: 1\n" * 1_001 + "\nx")[0].limit == "more than 1,000 header fields"


@pytest.mark.parametrize(("more", "found"), [(0, True), (1, False)])
def test_100_lines_that_have_lost_their_blank_are_folded_back_and_one_more_is_told(more, found):
    lost = "".join(f"a{number}=1;\n" for number in range(99 + more))
    read, _ = header(f"Content-Disposition: attachment;\n{lost}filename=a.exe\nSubject: x\n\nx")
    assert (b"filename=a.exe" in read.all("content-disposition")[0]) == found
    assert read.oddities == (() if found else ("line without a colon in the header before subject",))


@pytest.mark.parametrize("mark", ["VALUE: ", "a:", ":", "a ", "a:\r\n "])
def test_a_line_that_ends_oddly_is_tried_once(mark):
    began = time.process_time()
    found, _ = header(f"X-Long: {mark * (60_000 // len(mark))}\r\r\n\r\nbody")
    assert time.process_time() - began < 2
    assert [field.name for field in found.fields][:1] == ["x-long"]
