"""Command lines: read exactly or refused; no octet that could forge a line or a log entry comes through."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.smtp.commands import Farewell, read_command, read_hello
from gateway.smtp.parameters import Refused
from gateway.smtp.replies import BAD_ARGUMENT, BAD_COMMAND, BAD_LINE_END, BYE, CONTROL_CHARACTER, NOT_UTF8


@pytest.mark.parametrize(
    "line, verb, argument",
    [
        (b"NOOP", "NOOP", ""),
        (b"quit", "QUIT", ""),
        (b"Mail FROM:<Ada@elsewhere.example>", "MAIL", "FROM:<Ada@elsewhere.example>"),
        (b"HELP  two  words  ", "HELP", "two  words"),
        ("RCPT TO:<zoë@city.example>".encode(), "RCPT", "TO:<zoë@city.example>"),
        (b"FROBNICATE", "FROBNICATE", ""),
    ],
)
def test_a_line_is_a_verb_in_capitals_and_an_argument_as_written(line, verb, argument):
    command = read_command(line)
    assert (command.verb, command.argument) == (verb, argument)


@pytest.mark.parametrize(
    "line, reply",
    [
        (b"NOOP\rRSET", BAD_LINE_END),
        (b"NOOP\nRSET", BAD_LINE_END),
        (b"NOOP \xff\n", BAD_LINE_END),
        (b"HELP \xff", NOT_UTF8),
        (b"HELP \xed\xa0\x80", NOT_UTF8),
        (b"HELP \0", CONTROL_CHARACTER),
        (b"MAIL\tFROM:<>", CONTROL_CHARACTER),
        (b"HELP \x1b[2J", CONTROL_CHARACTER),
        (b"HELP \x7f", CONTROL_CHARACTER),
        ("HELP \x80".encode(), CONTROL_CHARACTER),
        ("HELP \x85".encode(), CONTROL_CHARACTER),
        ("HELP \x9f".encode(), CONTROL_CHARACTER),
        ("HELP \u2028".encode(), CONTROL_CHARACTER),
        ("HELP \u2029".encode(), CONTROL_CHARACTER),
        (b"", BAD_COMMAND),
        (b" NOOP", BAD_COMMAND),
        (b"NOOP1", BAD_COMMAND),
        (b"MAIL:FROM <>", BAD_COMMAND),
        ("ſtarttls".encode(), BAD_COMMAND),
    ],
    ids=repr,
)
def test_any_other_octet_is_refused_by_what_it_is(line, reply):
    with pytest.raises(Refused) as refusal:
        read_command(line)
    assert refusal.value.reply == reply


@given(
    st.one_of(st.binary(max_size=60), st.text(max_size=40).map(lambda text: f"NOOP {text}".encode("utf8", "replace")))
)
@example("NOOP \x85".encode())
def test_no_line_end_comes_through_whatever_the_octets_c06(line):
    try:
        command = read_command(line)
    except Refused as refusal:
        assert refusal.reply.permanent
    else:
        assert re.fullmatch("[A-Z]+", command.verb)
        assert len(f"{command.argument}.".splitlines()) == 1
        assert "\0" not in command.argument


@pytest.mark.parametrize(
    "name", ["mx.elsewhere.example", "[192.0.2.1]", "[IPv6:2001:db8::1]", "SCANNER_2", "localhost", "a" * 255]
)
def test_a_client_may_call_itself_what_devices_do(name):
    assert read_hello(name) == name


@pytest.mark.parametrize(
    "name", ["", "a" * 256, "two words", "a(b)", "a)", 'a"', "a;b", "a,b", "<a>", "a@b", "a\\b", "zoë.example"]
)
def test_a_name_that_a_received_field_would_quote_is_refused(name):
    with pytest.raises(Refused) as refusal:
        read_hello(name)
    assert refusal.value.reply == BAD_ARGUMENT


def test_a_farewell_carries_its_reply():
    farewell = Farewell(BYE)
    assert farewell.reply == BYE
    assert str(farewell) == "221 2.0.0 Bye"
