"""One strong word or two mild ones; names, quotations and complaints are not profane."""

from collections.abc import Callable

import pytest

from rules.detectors.profanity import Parameters, detect
from rules.facts import Facts

FactsOf = Callable[..., Facts]


def detected(facts: Facts) -> bool:
    return any(observation.detected for observation in detect(facts, Parameters()))


@pytest.mark.parametrize(
    "words",
    [
        "Where is my fucking report?",
        "That is bullshit.",
        "f**k this",
        "f.u.c.k this, what a pile of sh1t",
        "Kiss my ass.",
        "What an arrogant prick.",
        "Damn it, what the hell is that?",
        "What an asshole.",
    ],
)
def test_swearing(facts_of: FactsOf, words: str) -> None:
    assert detected(facts_of(words))


@pytest.mark.parametrize(
    "words",
    [
        "The damn printer is down.",
        "Mr. Dickson of Scunthorpe passes Shitterton; the class assembles at the Essex bass drum.",
        "Finger pricks are part of the screening, and the bitumen is hell-bent on cracking.",
        "The resident said it was bullshit; her complaint is attached.",
    ],
)
def test_one_mild_word_names_and_complaints_pass(facts_of: FactsOf, words: str) -> None:
    assert not detected(facts_of(words))


def test_one_mild_word_is_told_though_not_detected(facts_of: FactsOf) -> None:
    (observation,) = detect(facts_of("Damn it, the crap printer."), Parameters(threshold=0.9))
    assert (observation.detected, observation.score) == (False, 0.55)


def test_what_another_wrote(facts_of: FactsOf) -> None:
    assert not detected(facts_of("It will be mended on Monday.", subject="Re: street", quoted="Fix my fucking street."))
    assert detected(facts_of("Ha!", subject="FW: street", forwarded="Fix my fucking street."))
    assert not detected(facts_of("See below.", subject="FW: x", forwarded="Fuck you.", to=("hr@city.example",)))
