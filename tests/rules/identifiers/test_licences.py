"""Licences look as some state issues them."""

import pytest

from rules.identifiers.licences import FORMATS, is_licence, licence_states


def test_every_state_and_the_capital_has_a_licence():
    assert len(FORMATS) == 51


@pytest.mark.parametrize(
    ("signs", "state"), [("K01234567", "KS"), ("F123456789012", "FL"), ("D1234567", "CA"), ("NHL12345678", "NH")]
)
def test_licences_look_as_their_state_issues_them(signs, state):
    assert state in licence_states(signs)


@pytest.mark.parametrize("signs", ["11111111", "K", "ABCDEFG", "K0123456789012345678901"])
def test_what_no_state_issues(signs):
    assert not is_licence(signs)
