"""Replies are read octet by octet, and nothing a server sends is believed beyond the grammar (reliability B09)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.relay.replies import MAX_LINE, MAX_LINES, MAX_TEXT, ReplyError, ReplyParser, WireReply
from gateway.relay.smtp_egress import upward


def read(octets: bytes) -> list[WireReply]:
    return list(ReplyParser().feed(octets))


def test_one_line() -> None:
    [reply] = read(b"250 2.1.5 Recipient fine\r\n")
    assert (reply.reply().code, reply.reply().status, reply.reply().text) == (250, "2.1.5", "Recipient fine")


def test_several_lines_become_one() -> None:
    [reply] = read(b"550-5.1.1 No such person\r\n550 5.1.1 at this city\r\n")
    assert str(reply.reply()) == "550 5.1.1 No such person at this city"


def test_what_a_next_hop_said_is_known_as_its_words() -> None:
    for octets in (b"550 5.1.1 EX1\r\n", b"421 4.3.2 EX1\r\n", b"503 5.5.1 EX1\r\n"):
        [reply] = read(octets)
        assert upward(reply).quoted and upward(reply).text == "EX1"


def test_code_alone_is_a_reply() -> None:
    [reply] = read(b"250\r\n")
    assert str(reply.reply()) == "250"


def test_two_replies_in_one_segment_keep_their_order() -> None:
    assert [reply.code for reply in read(b"250 OK\r\n550 no\r\n354 go\r\n")] == [250, 550, 354]


def test_reply_split_at_every_octet() -> None:
    parser = ReplyParser()
    replies = [reply for octet in b"250-a\r\n250 b\r\n" for reply in parser.feed(bytes([octet]))]
    assert [reply.lines for reply in replies] == [("a", "b")]
    assert not parser.partial


def test_the_longest_line_may_come_in_any_pieces() -> None:
    line = b"250 ".ljust(MAX_LINE, b"x")
    parser = ReplyParser()
    assert [reply.code for piece in (line, b"\r", b"\n") for reply in parser.feed(piece)] == [250]
    with pytest.raises(ReplyError, match="too long"):
        list(ReplyParser().feed(line + b"x"))


def test_status_of_another_class_is_not_believed() -> None:
    [reply] = read(b"550 2.0.0 fine\r\n")
    assert str(reply.reply()) == "550 2.0.0 fine" and reply.reply().status == ""


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"250-more\r\n" * (MAX_LINES + 1), id="endless 250-"),
        pytest.param(b"250 " + b"x" * 1_000_000, id="1 MB line without end"),
        pytest.param(b"250 " + b"x" * MAX_LINE + b"\r\n", id="long line"),
        pytest.param(b"250 a\rb\r\n", id="bare CR"),
        pytest.param(b"250 a\nb\r\n", id="bare LF"),
        pytest.param(b"250 a\0b\r\n", id="NUL"),
        pytest.param(b"999 what\r\n", id="code 999"),
        pytest.param(b"150 wait\r\n", id="code 150"),
        pytest.param(b"\r\n", id="empty line"),
        pytest.param(b"250x\r\n", id="no separator"),
        pytest.param(b"250-a\r\n550 b\r\n", id="code changes"),
        pytest.param(b"SSH-2.0-server\r\n", id="no SMTP at all"),
    ],
)
def test_b09_malformed_is_an_error(octets: bytes) -> None:
    with pytest.raises(ReplyError):
        read(octets)


def test_good_replies_before_a_bad_one_are_given_out() -> None:
    got = []
    with pytest.raises(ReplyError):
        for reply in ReplyParser().feed(b"250 OK\r\n999 bad\r\n"):
            got.append(reply.code)
    assert got == [250]


def test_text_is_printable_ascii_and_short() -> None:
    [reply] = read(b"550 5.7.1 caf\xc3\xa9 \x1b[31m\x7f " + b"y" * 1_000 + b"\r\n")
    text = reply.reply().text
    assert text.startswith("caf?? ?[31m? y") and len(text) == MAX_TEXT and text.isascii() and text.isprintable()


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.binary(max_size=60) | st.sampled_from([b"250 ", b"250-", b"\r\n", b"\r", b"354 a\r\n"]), max_size=12)
)
def test_any_octets_give_clean_replies_or_an_error(pieces: list[bytes]) -> None:
    parser = ReplyParser()
    try:
        for piece in pieces:
            for reply in parser.feed(piece):
                assert 200 <= reply.code < 560 and str(reply.reply()).isprintable()
    except ReplyError:
        pass
