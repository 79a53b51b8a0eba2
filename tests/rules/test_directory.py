"""Whom a message reaches, and which way each copy travels."""

import pytest

from rules.address import Address, parse_address
from rules.directory import Directory, Person, direction_of
from rules.transaction import Direction

CITY = Directory(
    domains=frozenset({"city.example"}),
    people={"ann@city.example": Person(address="ann@city.example", name="Ann Lee")},
    groups={"council@city.example": frozenset({"ann@city.example", "bo@city.example"})},
)
OURS, THEIRS = parse_address("ann@city.example"), parse_address("them@elsewhere.example")
INBOUND, OUTBOUND, INTERNAL = Direction.INBOUND, Direction.OUTBOUND, Direction.INTERNAL


@pytest.mark.parametrize(
    ("declared", "reverse_path", "recipient", "expected"),
    [
        (None, THEIRS, OURS, INBOUND),
        (None, OURS, THEIRS, OUTBOUND),
        (None, OURS, OURS, INTERNAL),
        (None, THEIRS, THEIRS, OUTBOUND),  # what we send on to others leaves us, whoever wrote it
        (None, None, OURS, INTERNAL),  # nobody said that a bounce came from outside: judged the stricter way
        (INBOUND, OURS, OURS, INBOUND),  # a listener to the Internet is believed, not the address
        (INBOUND, OURS, THEIRS, INBOUND),
        (OUTBOUND, OURS, THEIRS, OUTBOUND),
        (OUTBOUND, OURS, OURS, INTERNAL),
        (OUTBOUND, THEIRS, OURS, INTERNAL),
        (INTERNAL, OURS, THEIRS, OUTBOUND),
    ],
)
def test_direction(
    declared: Direction | None, reverse_path: Address | None, recipient: Address, expected: Direction
) -> None:
    assert direction_of(declared, reverse_path, recipient, CITY) is expected


def test_a_subdomain_is_ours_only_when_it_is_listed() -> None:
    assert not CITY.owns(parse_address("x@parks.city.example"))


def test_groups_reach_their_members_and_everybody_counts_once() -> None:
    reached = CITY.expand([parse_address("council@city.example"), parse_address("ANN@city.example"), THEIRS])
    assert reached == {"ann@city.example", "bo@city.example"}


def test_people_are_found_by_their_names() -> None:
    people = {
        "a@city.example": Person(address="a@city.example", name="José M. Núñez"),
        "b@city.example": Person(address="b@city.example", name="Vic Nowak", active=False),
        "c@city.example": Person(address="c@city.example", name="Reception"),
    }
    names = Directory(domains=frozenset({"city.example"}), people=people).names
    assert {pair: person.address for pair, person in names.items()} == {("jose", "nunez"): "a@city.example"}
