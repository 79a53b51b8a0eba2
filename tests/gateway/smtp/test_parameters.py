"""The grammar of MAIL and RCPT, as pure functions; the dialogues show it at work."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smtp.parameters import Refused, is_relay_form, read_mail, read_rcpt
from rules.address import parse_address


def rcpt(argument: str):
    return read_rcpt(argument, postmaster="postmaster@city.example", smtputf8=False)


def test_a_blank_after_the_colon_is_forgiven():
    assert str(read_mail("from: <ada@elsewhere.example>").reverse_path) == "ada@elsewhere.example"


def test_a_quoted_local_part_may_hold_what_would_end_a_path():
    assert rcpt(r'TO:<"a> b\"c"@city.example> NOTIFY=NEVER').address.local == r'"a> b\"c"'


def test_parameters_that_are_absent_are_none():
    mail = read_mail("FROM:<>")
    assert (mail.reverse_path, mail.size, mail.body, mail.ret, mail.envid, mail.smtputf8) == (None,) * 5 + (False,)


def test_an_envid_keeps_its_case():
    assert read_mail("FROM:<> ENVID=AbC").envid == "AbC"


@pytest.mark.parametrize("length, refused", [(100, False), (101, True)])
def test_an_envid_has_a_length(length, refused):
    if refused:
        with pytest.raises(Refused):
            read_mail("FROM:<> ENVID=" + "a" * length)
    else:
        assert len(read_mail("FROM:<> ENVID=" + "a" * length).envid) == length


@pytest.mark.parametrize("address, form", [("a%b@c", True), ("a!b@c", True), ('"a@b"@c', True), ("a+b=c@d", False)])
def test_relay_forms(address, form):
    assert is_relay_form(parse_address(address)) is form


@given(st.text(max_size=40))
def test_any_argument_is_read_or_refused(text):
    for argument in (text, f"FROM:<{text}>", f"FROM:<a@b> {text}"):
        try:
            read_mail(argument)
        except Refused as refusal:
            assert 500 <= refusal.reply.code <= 599


@given(st.text(max_size=40))
def test_any_recipient_is_read_whole_or_refused(text):
    with suppress(Refused):
        assert str(rcpt(f"TO:<{text}@city.example>").address) == f"{text}@city.example"
