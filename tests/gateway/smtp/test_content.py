"""Contents that are refused before anybody judges them, each at its exact bound."""

import pytest

from gateway.smtp import data
from gateway.smtp.content import header_refusal, refusal_of
from gateway.smtp.data import DataReader
from gateway.smtp.replies import BARE_LINE_END, HEADER_TOO_LARGE, NO_ROOM, TOO_LARGE, TOO_MANY_HOPS
from gateway.smtp.spool import SPOOL_BUDGET, Spool
from rules.message import Message
from rules.transaction import ListenerKind

KIB = 1024


def field(octets: int, name: bytes = b"X") -> bytes:
    """A header field of so many octets, CRLF included."""
    return name + b": " + b"y" * (octets - len(name) - 4) + b"\r\n"


def refusal(header: bytes) -> object:
    return header_refusal(Message(header + b"\r\nReceived: in the body\r\n"))


def read(tmp_path, content: bytes, *, repair=False, limit=SPOOL_BUDGET, budget=SPOOL_BUDGET) -> DataReader:
    reader = DataReader(limit=limit, spool=Spool(tmp_path, budget), repair=repair)
    assert reader.feed(content) is None  # in a piece of its own, so that blocks leave for the spool
    assert reader.feed(b".\r\n") == b""
    return reader


@pytest.mark.parametrize("kind", ListenerKind)
def test_a_sound_content_is_taken(tmp_path, kind):
    assert refusal_of(read(tmp_path, b"Subject: x\r\n\r\nbody\r\n"), kind) is None
    assert refusal_of(read(tmp_path, b""), kind) is None


@pytest.mark.parametrize("octets", [b"a\rb\r\n", b"a\nb\r\n", b"a\0b\r\n"], ids=repr)
def test_unsound_line_ends_are_refused_at_the_edge_and_were_repaired_inside_c01(tmp_path, octets):
    assert refusal_of(read(tmp_path, octets), ListenerKind.EDGE) == BARE_LINE_END
    assert refusal_of(read(tmp_path, octets, repair=True), ListenerKind.INTERNAL) is None


@pytest.mark.parametrize("kind", ListenerKind)
def test_what_the_reader_could_not_keep_is_refused_for_that_reason(tmp_path, kind, monkeypatch):
    monkeypatch.setattr(data, "BLOCK", 16)
    unsound = b"a\nb" * 20 + b"\r\n"
    assert refusal_of(read(tmp_path, unsound, limit=61), kind) == TOO_LARGE
    assert refusal_of(read(tmp_path, unsound, budget=61), kind) == NO_ROOM


@pytest.mark.parametrize("kind", ListenerKind)
def test_the_header_of_a_spooled_content_is_looked_at_too(tmp_path, kind, monkeypatch):
    monkeypatch.setattr(data, "BLOCK", 16)
    reader = read(tmp_path, b"Received: x\r\n" * 31 + b"\r\nbody\r\n")
    assert not isinstance(reader.content, bytes)
    assert refusal_of(reader, kind) == TOO_MANY_HOPS


def test_a_header_of_256_kib_is_taken_and_one_more_octet_is_not():
    fields = field(60 * KIB) * 4
    assert refusal(fields + field(16 * KIB)) is None
    assert refusal(fields + field(16 * KIB + 1)) == HEADER_TOO_LARGE


def test_a_content_without_an_empty_line_is_all_header():
    assert header_refusal(Message(field(60 * KIB) * 5)) == HEADER_TOO_LARGE


def test_a_field_of_64_kib_is_taken_and_one_more_octet_is_not():
    assert refusal(field(64 * KIB) + field(10)) is None
    assert refusal(field(64 * KIB + 1)) == HEADER_TOO_LARGE


def test_a_field_is_as_long_as_all_its_lines():
    folded = b"X: y\r\n" + (b" " + b"y" * 61 + b"\r\n") * KIB
    assert refusal(folded) == HEADER_TOO_LARGE


def test_999_fields_are_taken_and_1_000_are_not():
    assert refusal(b"X: y\r\n" * 999) is None
    assert refusal(b"X: y\r\n" * 1_000) == HEADER_TOO_LARGE


def test_lines_that_go_on_with_a_field_are_not_counted():
    assert refusal(b"X: y\r\n z\r\n\tz\r\n" * 999) is None


def test_lines_that_are_no_fields_hide_none_behind_them():
    assert refusal(b"no field\r\n" * 2 + b"X: y\r\n" * 998) == HEADER_TOO_LARGE
    assert refusal(b"no field\r\n" * 1_000 + b"Received: x\r\n" * 31) == HEADER_TOO_LARGE


@pytest.mark.parametrize("name", [b"Received", b"RECEIVED", b"received "])
def test_30_hops_are_taken_and_31_are_a_loop_f08(name):
    assert refusal(field(20, name) * 30) is None
    assert refusal(field(20, name) * 31) == TOO_MANY_HOPS


def test_what_we_have_passed_on_three_times_is_a_loop_f08():
    ours = b"Received: from x ([192.0.2.1])\r\n\tby MX.city.example (Mailward) with ESMTP id 1;\r\n\tdate\r\n"
    for header, reply in (
        (ours * 2, None),
        (ours * 3, TOO_MANY_HOPS),
        (ours * 2 + b"X: by mx.city.example (Mailward)\r\n", None),
        (ours.replace(b"MX", b"mx2") * 3, None),
    ):
        assert header_refusal(Message(header + b"\r\n"), "mx.city.example") == reply
        assert header_refusal(Message(header + b"\r\n")) is None


def test_other_words_of_receiving_are_no_hops():
    assert refusal(b"Received-SPF: pass\r\nX: received, received\r\n" * 31) is None
