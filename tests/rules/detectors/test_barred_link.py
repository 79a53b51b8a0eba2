"""A listed host bars what lies below it; the nearest entry decides."""

from collections.abc import Callable

import pytest

from rules.detectors.barred_link import Parameters, detect, shipped
from rules.facts import Facts

FactsOf = Callable[..., Facts]


def detected(facts: Facts, parameters: Parameters | None = None) -> bool:
    return any(observation.detected for observation in detect(facts, parameters or Parameters()))


@pytest.mark.parametrize(
    "words",
    [
        "https://www.fanduel.com/x",
        "see www.pornhub.com.",
        "My odds <http://a.b.casino:8080/>",
        "http://city.example@bet365.com/",
    ],
)
def test_barred(facts_of: FactsOf, words: str) -> None:
    assert detected(facts_of(words))


@pytest.mark.parametrize(
    "words",
    ["https://city.example/fanduel.com", "https://myfanduel.example/", "The casino's hearing", "https://roblox.com/"],
)
def test_not_barred(facts_of: FactsOf, words: str) -> None:
    assert not detected(facts_of(words))


def test_barred_behind_thousands_of_others(facts_of: FactsOf) -> None:
    assert detected(facts_of("https://city.example/ " * 10_000 + "https://www.fanduel.com/"))


def test_an_administrators_lists(facts_of: FactsOf) -> None:
    facts = facts_of("https://shop.games.example/ and https://news.games.example/")
    assert not detected(facts)
    (observation,) = detect(facts, Parameters(hosts=("games.example",), allowed=("news.games.example",)))
    assert observation.summary == "shop.games.example (listed here)"
    assert detected(facts_of("https://roblox.com/"), Parameters(categories=("games",)))


def test_an_unknown_category_is_refused() -> None:
    with pytest.raises(ValueError, match="categories known are adult, gambling"):
        Parameters(categories=("sports",))


def test_what_another_linked_to_below_an_answer(facts_of: FactsOf) -> None:
    assert not detected(facts_of("Stop it.", subject="Re: x", quoted="https://www.fanduel.com/"))


def test_no_host_is_listed_twice() -> None:
    hosts = [host for category in shipped() for host in category.hosts]
    assert len(hosts) == len(set(hosts))
