"""Mail that speaks as the city is told from mail that merely comes from there."""

from collections.abc import Callable

import pytest

from rules.detectors.official_voice import Parameters, detect
from rules.facts import Facts

FactsOf = Callable[..., Facts]
SIGNATURE = "Cyrus Bell\nRecreation Coordinator\nParks Department\nCity of Harlow"


def detected(facts: Facts, **parameters: object) -> bool:
    return any(observation.detected for observation in detect(facts, Parameters(**parameters)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "words",
    [
        "On behalf of the city I can tell you that this was a mistake.",
        "I write as the department and I say no.",
        "The city's position is that the levy is too high.",
        "The police department believes the bill is dangerous.",
        "We at City Hall support the amendment.",
        "This is an official statement of the City.",
    ],
)
def test_words_in_the_citys_name(facts_of: FactsOf, words: str) -> None:
    assert detected(facts_of(words))
    assert detected(facts_of(words), signature=False)


@pytest.mark.parametrize(
    "words",
    [
        "I work for the city and I think the levy is too high.",
        "The department will be closed on Friday.",
        "Please send the form to the city clerk.",
        "My own view of the city is a fond one.",
    ],
)
def test_mail_that_only_names_the_city(facts_of: FactsOf, words: str) -> None:
    assert not detected(facts_of(words))


def test_a_signature_with_office_and_title_counts_where_it_is_asked_for(facts_of: FactsOf) -> None:
    signed = facts_of("Buy my boat.", signature=SIGNATURE)
    assert detected(signed)
    assert not detected(signed, signature=False)
    assert not detected(facts_of("Buy my boat.", signature="Cyrus"))


def test_what_another_said_is_not_the_senders(facts_of: FactsOf) -> None:
    assert not detected(facts_of("See below.", forwarded="On behalf of the city I can tell you: no."))


def test_a_phrase_of_this_city_is_enough(facts_of: FactsOf) -> None:
    assert detected(facts_of("Harlow, a city that cares."), phrases=("a city that cares",))
