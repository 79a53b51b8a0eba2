"""What detectors ask of the facts."""

from collections.abc import Callable

from rules.facts import Facts, Role
from rules.transaction import Direction


def test_texts_are_asked_for_by_whose_words_they_are(facts_of: Callable[..., Facts]) -> None:
    facts = facts_of("mine", subject="about", quoted="theirs")
    assert [text.text for text in facts.said(Role.AUTHOR, Role.QUOTED)] == ["mine", "theirs"]
    assert facts.said(Role.HIDDEN) == ()


def test_the_first_field_of_a_name_is_the_one(facts_of: Callable[..., Facts]) -> None:
    facts = facts_of(fields=(("list-id", "one"), ("list-id", "two")))
    assert facts.field("list-id") == "one"
    assert facts.field("precedence") is None


def test_recipients_are_asked_for_by_direction(facts_of: Callable[..., Facts]) -> None:
    facts = facts_of(to=("in@city.example", "OUT@elsewhere.example"))
    assert [str(address) for address in facts.recipients(Direction.OUTBOUND)] == ["OUT@elsewhere.example"]
    assert len(facts.recipients(Direction.OUTBOUND, Direction.INTERNAL)) == 2
