"""Messages as files are known by their header; those of a folder and those behind something else come out."""

import pytest

from rules.reading.budget import Budget
from rules.reading.mbox import is_mbox, is_message, message_behind, unpack_mbox

LINE = b"From ann@city.example Mon Sep  1 09:00:00 2025\r\n"
ONE, TWO = (b"From: a@city.example\r\nSubject: %s\r\n\r\n>From here on\r\n" % word for word in (b"one", b"two"))


@pytest.mark.parametrize(
    "head",
    [
        b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\nx",
        b"From: <Saved by a browser>\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type:\r\n\tmultipart/related\r\n",
        b"\r\n\r\nFrom: a\nReceived: by b\n\nx",
        b"Received: by b\r\nFrom: a\r\n\r\n",
    ],
)
def test_a_message_is_known_by_its_header(head):
    assert is_message(head)


@pytest.mark.parametrize(
    "head",
    [b"Subject: minutes\r\nFrom: the clerk\r\n\r\nx", b"Hello\r\nMIME-Version: 1.0\r\nContent-Type: x", b"", b"a: b"],
)
def test_a_letter_is_not(head):
    assert not is_message(head)


def test_each_message_of_a_folder_comes_out():
    folder = LINE + ONE + b"\r\n" + LINE + TWO
    assert is_mbox(folder)
    assert [member.octets.strip() for member in unpack_mbox(folder, Budget())] == [ONE.strip(), TWO.strip()]
    assert not is_mbox(b"From here on all is well\r\n")


def test_e15_a_web_archive_behind_a_pdf_comes_out():
    archive = b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\nx"
    (member,) = message_behind(b"%PDF-1.7\r\n" + archive, Budget())
    assert (member.octets, member.declared_type) == (archive, "message/rfc822")
    assert list(message_behind(archive, Budget())) == []
    assert list(message_behind(b"the MIME-Version: field", Budget())) == []


@pytest.mark.parametrize("before", [8 * 1024 * 1024, 40 * 1024 * 1024])
def test_e15_a_web_archive_comes_out_however_much_stands_before_it(before):
    archive = b"\nMIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\nx"
    (member,) = message_behind(b"%PDF-1.7".ljust(before) + archive, Budget())
    assert member.octets == archive[1:]


def test_e15_a_web_archive_is_not_hidden_by_its_beginning_within_a_line():
    archive = b"mime-version: 1.0\rContent-Type: multipart/related\r\rx"
    (member,) = message_behind(b"%PDF-1.7 mime-version: 1.0\r" + archive, Budget())
    assert member.octets == archive
