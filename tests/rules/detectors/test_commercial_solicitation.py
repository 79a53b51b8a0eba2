"""Selling and private business are found; the city's own buying and what stands below an answer are not."""

from collections.abc import Callable

import pytest

from rules.detectors.commercial_solicitation import Parameters, detect
from rules.facts import Facts

FactsOf = Callable[..., Facts]
OFFER = "Special offer: save 40 % on all printers, free shipping, order now! The offer expires on Friday."


def detected(facts: Facts) -> bool:
    return any(observation.detected for observation in detect(facts, Parameters()))


@pytest.mark.parametrize(
    "words",
    [
        "My canoe is for sale, good condition, asking $300 or best offer.",
        "I started my own cleaning business and am looking for new customers. Ask me for 10% off!",
        "Mountain cabin for rent by owner, sleeps six. Visit my website for prices.",
        OFFER,
        "The new Avon catalog is out. Order by Thursday, and Venmo me.",
        "The holiday catalogue is in the break room, orders are due by Friday. I take Zelle.",
        "Anyone need firewood? $150 a cord delivered.",
        "Babysitter available weekends, $15/hr. Ask me for references.",
        "My husband's band is available for weddings and parties, great rates for city employees.",
        "Become a distributor and earn commission on every sale your team makes.",
        "We buy houses for cash, any condition. No fees, no commissions.",
    ],
)
def test_selling(facts_of: FactsOf, words: str) -> None:
    assert detected(facts_of(words))


def test_an_offer_handed_on(facts_of: FactsOf) -> None:
    assert detected(facts_of("Anyone?", subject="FW: printers", forwarded=OFFER))


def test_an_offer_that_calls_itself_an_edition(facts_of: FactsOf) -> None:
    assert detected(facts_of("Anyone?", subject="FW: Printer letter, vol. 3, no. 2", forwarded=OFFER))


def test_a_price_in_the_subject_says_more_than_one_below(facts_of: FactsOf) -> None:
    rest = "Fresh flowers only $19.99. Click here to order."
    assert detected(facts_of(rest, subject="Roses from $19.99"))
    assert not detected(facts_of(rest, subject="Roses"))


def test_an_offer_below_an_answer(facts_of: FactsOf) -> None:
    assert not detected(facts_of("Please send the contract to the clerk.", subject="Re: printers", quoted=OFFER))


@pytest.mark.parametrize(
    "words",
    [
        "Pizza for the late shift: send me your orders by noon and Venmo me your share.",
        "The catalog of spring classes is in the break room; residents may sign up from Monday.",
        "The invoice for the printers is attached; the purchase order number is 26-114.",
        "Request for proposals 26-07: the price must be firm for ninety days. Questions by April 2.",
        "The old fire house is for sale by sealed bid, as the council resolved on Monday.",
        "Registration for swim lessons opens Monday; the fee is $45 for residents.",
        "The health plan covers generic drugs at all pharmacies, weight loss and hair loss. Life insurance: see below.",
        "This update brings minor enhancements to the webcams. An enhancement of the ringtones follows.",
        "Can you call me today about the lease? The rent goes up in May.",
        "I bought a used truck this weekend, it runs well. Can you recommend a good plumber?",
        "The developer offers to buy the lot from the city for $90,000; council takes it up Monday.",
        "Free compost for residents while supplies last, at the yard on 9th Street.",
    ],
)
def test_city_business_passes(facts_of: FactsOf, words: str) -> None:
    assert not detected(facts_of(words))


def test_junk_mail_that_is_reported_passes(facts_of: FactsOf) -> None:
    facts = facts_of("I am getting this spam daily, can you block it?", subject="FW: printers", forwarded=OFFER)
    assert not detected(facts)
