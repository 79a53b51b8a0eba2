"""Recipients who are probably a slip of the hand, and those who are not."""

from collections.abc import Callable

import pytest

from rules.detectors.unlikely_recipient import Parameters, detect
from rules.directory import Directory, Person
from rules.facts import Facts

FactsOf = Callable[..., Facts]
KESSLER = Person(address="martin.kessler@city.example", name="Martin Kessler")
CITY = Directory(domains=frozenset({"city.example"}), people={KESSLER.address: KESSLER})
INSIDE = tuple(f"p{number}@city.example" for number in range(4))


def unlikely(facts: Facts, **parameters: object) -> list[str]:
    found = detect(facts, Parameters(**parameters))  # type: ignore[arg-type]
    return [address for observation in found if observation.detected for address in observation.recipients or ()]


def test_a_domain_that_looks_like_ours(facts_of: FactsOf) -> None:
    assert unlikely(facts_of("x", to=("bo@c1ty.example", "cy@elsewhere.example"))) == ["bo@c1ty.example"]


@pytest.mark.parametrize("shown", [("Martin Kessler", "mk77@mailbox.example"), ("", "martin.kessler@mailbox.example")])
def test_a_colleagues_name_over_an_outside_address(facts_of: FactsOf, shown: tuple[str, str]) -> None:
    facts = facts_of("x", to=(shown[1],), addressed=(shown,), directory=CITY)
    assert unlikely(facts) == [shown[1]]


def test_anybody_else_is_likely(facts_of: FactsOf) -> None:
    assert unlikely(facts_of("x", to=("ruth.ames@lawfirm.example",), directory=CITY)) == []


def test_one_outsider_among_enough_of_ours_is_a_stray(facts_of: FactsOf) -> None:
    assert unlikely(facts_of("x", to=(*INSIDE, "bo@elsewhere.example"))) == ["bo@elsewhere.example"]
    assert unlikely(facts_of("x", to=(*INSIDE[:3], "bo@elsewhere.example"))) == []
    assert unlikely(facts_of("x", to=(*INSIDE, "bo@elsewhere.example", "di@elsewhere.example"))) == []


def test_known_domains_are_never_unlikely(facts_of: FactsOf) -> None:
    facts = facts_of("x", to=(*INSIDE, "bo@County.example"))
    assert unlikely(facts, known_domains=("county.example",)) == []
