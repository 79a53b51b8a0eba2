"""A chain letter asks to be passed on to many; a report of one does not."""

from collections.abc import Callable

import pytest

from rules.detectors.chain_letter import Parameters, detect
from rules.facts import Facts
from rules.patterns import PatternError

FactsOf = Callable[..., Facts]
LETTER = "Do not break the chain! Send this to ten people within four days and good luck will come to you."


def detected(facts: Facts, parameters: Parameters | None = None) -> bool:
    return any(observation.detected for observation in detect(facts, parameters or Parameters()))


def test_a_chain_letter_of_ones_own(facts_of: FactsOf) -> None:
    assert detected(facts_of(LETTER))


@pytest.mark.parametrize(
    "words",
    [
        "Acorn Software will pay 5 cents for every time this message is forwarded. It works!",
        "You receive $80.00 for each person you forward it to.",
        "Too true. Please send to all your friends.",
        "Pass this blessing on to nine people and a miracle will happen.",
        "Copy and paste this to your page, do not share.",
    ],
)
def test_one_clear_sign_is_enough(facts_of: FactsOf, words: str) -> None:
    assert detected(facts_of(words))


def test_a_chain_letter_handed_on(facts_of: FactsOf) -> None:
    assert detected(facts_of("Could not resist.", subject="FW: luck", forwarded=LETTER))


def test_an_answer_above_a_chain_letter_is_none(facts_of: FactsOf) -> None:
    assert not detected(facts_of("How is your mother?", subject="Re: luck", quoted=LETTER))


def test_a_chain_letter_sent_to_the_help_desk_is_reported_not_passed_on(facts_of: FactsOf) -> None:
    assert not detected(facts_of("See below.", subject="FW: luck", forwarded=LETTER, to=("Help-Desk@city.example",)))


def test_a_chain_letter_sent_to_the_help_desk_and_to_friends_is_passed_on(facts_of: FactsOf) -> None:
    to = ("helpdesk@city.example", "friend@elsewhere.example")
    assert detected(facts_of("See below.", subject="FW: luck", forwarded=LETTER, to=to))


def test_a_complaint_that_quotes_one_passes(facts_of: FactsOf) -> None:
    words = "I keep receiving these chain letters from a vendor. Can you block the address? The last one said: "
    assert not detected(facts_of(words + "send this to ten people.", to=("it.director@city.example",)))


@pytest.mark.parametrize(
    "words",
    [
        "Please forward this to everyone in your department and let me have questions by Friday.",
        "Please pass this on to your staff: the north gate is closed tomorrow.",
        "Good luck with the audit, and send this back to me once it is signed.",
        "A new virus is going around; IT will update your computer tonight. Do not open attachments you do not expect.",
    ],
)
def test_ordinary_requests_pass(facts_of: FactsOf, words: str) -> None:
    assert not detected(facts_of(words))


def test_hidden_text_does_not_count(facts_of: FactsOf) -> None:
    assert not detected(facts_of("Agenda below.", hidden=LETTER))


def test_typography_does_not_matter(facts_of: FactsOf) -> None:
    text = "Don’t break the\r\n chain!  Send this to\r\n ten pe\u00adople and good\u00a0luck will find you."
    assert detected(facts_of(text))


def test_a_citys_own_phrase(facts_of: FactsOf) -> None:
    facts = facts_of("Join the penny parade.")
    assert not detected(facts)
    assert detected(facts, Parameters(phrases=("penny parade",)))


def test_a_phrase_that_is_no_pattern_is_refused() -> None:
    with pytest.raises(PatternError):
        Parameters(phrases=("(open",))
