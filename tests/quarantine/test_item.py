"""The state table, and what a message's own state is."""

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from quarantine.item import TRANSITIONS, Cause, HeldMessage, HeldRecipient, State
from rules.address import parse_address
from rules.transaction import Client, Recipient
from rules.verdict import Inspected, Judgement

FINAL = {State.RELEASED, State.DELETED, State.EXPIRED}


def test_every_state_stands_in_the_table():
    assert set(TRANSITIONS) == set(State)


def test_nothing_follows_an_end():
    assert {state for state, after in TRANSITIONS.items() if not after} == FINAL


def test_only_a_release_under_way_becomes_released():
    assert [state for state, after in TRANSITIONS.items() if State.RELEASED in after] == [State.RELEASING]


@given(st.lists(st.sampled_from(State), max_size=30))
def test_any_path_that_the_table_allows_has_one_end_at_most(wishes):
    path = [State.HELD]
    for wish in wishes:
        if wish in TRANSITIONS[path[-1]]:
            path.append(wish)
    assert sum(state in FINAL for state in path) <= 1
    assert all(after in TRANSITIONS[before] for before, after in pairwise(path))
    if State.RELEASED in path:
        assert path[-2] is State.RELEASING


@given(st.lists(st.sampled_from(State), min_size=1, max_size=5))
def test_a_message_is_held_while_any_copy_is(states):
    nothing = Judgement(
        policy="", policy_hash="", observations=(), verdicts=(), inspected=Inspected.FULLY, not_inspected=(),
        subject="", preview="",
    )  # fmt: skip
    recipient = Recipient(address=parse_address("ann@city.example"))
    item = HeldMessage(
        id="", key="", transaction="", received=datetime.now(UTC), held=datetime.now(UTC), listener="", next_hop="",
        client=Client(address="", name=""), reverse_path=None, body=None, ret=None, envid=None, smtputf8=False,
        recipients=tuple(HeldRecipient(recipient=recipient, state=state) for state in states),
        size=0, sha256="", cause=Cause.POLICY, judgement=nothing,
    )  # fmt: skip
    assert item.state in states
    assert (item.state is State.HELD) == (State.HELD in states)
    assert (item.state is State.DELETED) == (set(states) == {State.DELETED})
