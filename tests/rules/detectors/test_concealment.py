"""Requests to destroy or avoid records; retention, mistakes and legal notices are none."""

from collections.abc import Callable

import pytest

from rules.detectors.concealment import Parameters, detect
from rules.facts import Facts

FactsOf = Callable[..., Facts]


def detected(facts: Facts) -> bool:
    return any(observation.detected for observation in detect(facts, Parameters()))


@pytest.mark.parametrize(
    "words",
    [
        "Read this and then delete it.",
        "Shred those reports before the auditors come.",
        "Can you backdate the time sheets so that the auditors don't see it? Nobody will know.",
        "Don't discuss the contract by e-mail, and keep it off the record.",
        "Make sure you delete the texts.",
        "Write to my gmail account, not here, so it won't be subject to open records.",
    ],
)
def test_requests(facts_of: FactsOf, words: str) -> None:
    assert detected(facts_of(words))


@pytest.mark.parametrize(
    "words",
    [
        "Delete the duplicate invoice, it was sent in error.",
        "The retention schedule lets us destroy the logs of 2015; the records officer signs the certificate.",
        "Do not delete any e-mails: the litigation hold covers all records about the pool.",
        "This looks like a virus. Please delete the message and empty the trash.",
        "My home address has changed; payroll has the form.",
        "Let us discuss the budget in person on Monday.",
    ],
)
def test_ordinary_requests_pass(facts_of: FactsOf, words: str) -> None:
    assert not detected(facts_of(words))


def test_a_legal_notice_in_the_footer(facts_of: FactsOf) -> None:
    notice = "If you are not the intended recipient, delete this message after reading and destroy all copies."
    assert not detected(facts_of("Agenda attached.", footer=notice))


def test_what_another_asked_below_an_answer(facts_of: FactsOf) -> None:
    asked = "Delete this message after you read it."
    assert not detected(facts_of("I will not do that.", subject="Re: logs", quoted=asked))
    assert detected(facts_of("As he says.", subject="FW: logs", forwarded=asked))
