"""Actions stand in an order, and a finding cannot be changed once it is made."""

from dataclasses import FrozenInstanceError
from itertools import permutations

import pytest

from rules.finding import Action, Finding, strictest


def test_the_order_of_actions_is_from_mild_to_strict() -> None:
    assert [action.value for action in sorted(Action, key=lambda action: action.rank)] == ["pass", "tag", "quarantine"]


def test_the_strictest_wins_in_whatever_order_it_is_named() -> None:
    for actions in permutations(Action):
        assert strictest(*actions) is Action.QUARANTINE
    assert strictest(Action.TAG, Action.PASS) is Action.TAG


def test_without_findings_a_copy_is_passed() -> None:
    assert strictest() is Action.PASS


def test_a_finding_is_final() -> None:
    finding = Finding(rule="r", cites=("A",), action=Action.TAG, observation=0)
    with pytest.raises(FrozenInstanceError):
        finding.action = Action.PASS  # type: ignore[misc]
