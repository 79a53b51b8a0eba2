"""Secrets in a text: what each form weighs, where it stands, and what turns it into something else."""

import pytest

from rules.identifiers.secret_shapes import TOKENS
from rules.identifiers.secrets import Secret, find_secrets


def found(text: str) -> tuple[Secret, ...]:
    return find_secrets(text, requests=True, meeting_codes=False)


def weight(text: str) -> float:
    return max((item.weight for item in found(text)), default=0.0)


def test_the_place_is_that_of_the_secret_alone():
    text = "The portal's password is Tulip-4471, as ever"
    (item,) = found(text)
    assert text[item.start : item.end] == "Tulip-4471" and item.secret


def test_a_request_is_a_passage_and_no_secret():
    text = "Hello, please send me your password today"
    (item,) = found(text)
    assert text[item.start : item.end] == "send me your password" and not item.secret


def test_a_user_s_name_before_it_adds_weight():
    assert weight("user: ann\npassword: harvest") > weight("password: harvest") > weight("password: harvest is near")


def test_the_last_of_several_requests_is_judged_by_what_follows_it():
    assert not found("Passwords are on the agenda. Send me the password policy.")
    assert found("Send me the password policy, and send me your password.")


@pytest.mark.parametrize(
    ("rows", "cells"),
    [
        ("user,password\nann,harvest\nbob,thistle\n", ["harvest", "thistle"]),
        ("user\tpwd\trole\nann\tharvest\tclerk\n", ["harvest"]),
        ("user;password\nann;harvest\nthe end of the table\nbob;thistle\n", ["harvest"]),
        ("user,password\nann,\nbob,none\ncy,xxxx\n", []),
    ],
)
def test_cells_under_a_heading(rows, cells):
    assert [rows[item.start : item.end] for item in found(rows) if item.what == "table of passwords"] == cells


@pytest.mark.parametrize("beginning", sorted({beginning for beginning, _, _ in TOKENS}))
def test_the_beginning_of_a_token_alone_is_none(beginning):
    assert not found(f"we talked about {beginning} yesterday")


def test_a_variable_in_a_setting_is_no_secret():
    assert not found("api_key=$API_KEY4711 and client_secret=<your secret 1>")


def test_behind_the_name_of_a_user_a_plain_word_is_a_password():
    def heaviest(text: str) -> float:
        return max((item.weight for item in find_secrets(text, requests=True, meeting_codes=False)), default=0.0)

    assert heaviest("log-on: north password: tulip and then the map") == 0.65
    assert heaviest("north password: tulip and then the map") == 0.4
    assert heaviest("user name: north password: required") == 0.0
