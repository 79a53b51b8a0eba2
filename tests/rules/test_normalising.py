"""Texts that a reader takes for the same are the same for matching, and each place leads back to the original."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.normalising import normalise

TRICKY = st.text(
    alphabet="ab \t\r\n-'`\u00a0\u00ad\u200b\u2019\u2014\u0301\ufb01\u00e9\uff0d\u2026\u1100\u1161\u11a8\ufe0f😀",
    max_size=40,
)


def test_wrapped_lines_and_runs_of_white_space_become_one_blank() -> None:
    assert normalise("  forward\r\n\tthis   to\u00a0all ").text == "forward this to all"


def test_curly_quotes_and_dashes_become_plain() -> None:
    assert normalise("“don’t” — wait – now").text == '"don\'t" - wait - now'


def test_what_is_not_shown_is_taken_out() -> None:
    assert normalise("vi\u200bag\u00adra").text == "viagra"


def test_compatibility_forms_become_letters() -> None:
    assert normalise("ｆｒｅｅ ﬁve").text == "free five"


def test_case_is_kept() -> None:
    assert normalise("Straße").text == "Straße"


@pytest.mark.parametrize(
    ("source", "phrase", "there"),
    [
        ("please\r\n  forward\tthis", "forward this", "forward\tthis"),
        ("so vi\u200bag\u00adra now", "viagra", "vi\u200bag\u00adra"),
        ("the ﬁve", "five", "ﬁve"),
        ("cafe\u0301 opens", "café", "cafe\u0301"),
        ("“don’t  stop”", "don't stop", "don’t  stop"),
    ],
)
def test_a_match_is_led_back_to_the_original(source: str, phrase: str, there: str) -> None:
    normalised = normalise(source)
    start = normalised.text.index(phrase)
    first, last = normalised.original(start, start + len(phrase))
    assert source[first:last] == there


@given(TRICKY)
def test_each_character_comes_from_its_own_place(source: str) -> None:
    """Normalising what `original` points at gives the character back, up to a cluster that cannot be cut."""
    normalised = normalise(source)
    last = 0
    for index, sign in enumerate(normalised.text):
        start, end = normalised.original(index, index + 1)
        assert last <= start < end <= len(source)
        last = start
        assert sign in " \u0301" or sign in normalise(source[start:end]).text


@pytest.mark.parametrize("source", ["\n\n Dear  all,\r\nthe pool\t\n\n opens. ", "one\n two", " ", "a \x01\n\n b`c"])
def test_ascii_is_placed_like_any_other_text(source: str) -> None:
    """ASCII takes a short cut; a sign beyond ASCII at the end makes the same text go the long way."""
    short, long = normalise(source), normalise(source + "é")
    for index in range(len(short.text)):
        assert short.original(index, index + 1) == long.original(index, index + 1)
