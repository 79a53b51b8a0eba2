"""Campaigning, proselytizing and recruiting are found; election business, minutes and questions are not."""

from collections.abc import Callable

import pytest

from rules.detectors.advocacy import Parameters, detect
from rules.facts import Facts

FactsOf = Callable[..., Facts]
APPEAL = "Please vote for Ida Brandt for mayor on Tuesday, she is the only candidate who listens."


def detected(facts: Facts) -> bool:
    return any(observation.detected for observation in detect(facts, Parameters()))


@pytest.mark.parametrize(
    "words",
    [
        APPEAL,
        "Vote for Ida Brandt for county commissioner! I have signs for your lawn in my car.",
        "Our schools need it. Vote YES on Measure C this spring.",
        "Please support Measure C, the new pool depends on it.",
        "I am running for council and could use your help: yard signs are in my car.",
        "Join the Lantern Society of our county. Membership is $20.",
        "Vote no on Proposition 3! Call your council member and urge them to oppose the tax.",
        "Join our church on Sunday and let the word of God into your life. Accept Christ as your savior.",
        "The membership drive of our union ends soon: sign the authorization card and become a member.",
    ],
)
def test_appeals(facts_of: FactsOf, words: str) -> None:
    assert detected(facts_of(words))


def test_an_appeal_handed_on_with_a_brief_comment(facts_of: FactsOf) -> None:
    assert detected(facts_of("So true!", subject="FW: Tuesday", forwarded=APPEAL))


def test_whose_candidacy_is_reported(facts_of: FactsOf) -> None:
    assert not detected(facts_of("I hear that Brandt may run for mayor, as Dorn ran for governor twice."))


def test_a_campaign_s_letter_filed_and_handed_on(facts_of: FactsOf) -> None:
    mine = "ann.clerk@city.example"
    assert not detected(facts_of("", subject="FW: Tuesday", forwarded=APPEAL, sender=mine, to=(mine,)))
    assert detected(facts_of("", subject="FW: Tuesday", forwarded=APPEAL, sender=mine, to=("bob@city.example",)))


def test_an_appeal_below_an_answer_or_a_longer_text(facts_of: FactsOf) -> None:
    assert not detected(facts_of("Please do not write to my work address.", subject="Re: Tuesday", quoted=APPEAL))
    report = "For the file of the ethics inquiry: the message below reached nine clerks on Monday. " * 4
    assert not detected(facts_of(report, subject="FW: Tuesday", forwarded=APPEAL))


@pytest.mark.parametrize(
    "words",
    [
        "Polls are open from seven to seven. Your polling place is on your card; early voting begins on Monday.",
        "The council voted for the paving bid five to two; the motion to adjourn was seconded by Ms. Raman.",
        "Do you support the levy, and will you run for a second term? I would like a sentence for Thursday's paper.",
        "Did the mayor vote yes on Measure C, and does she plan to vote for Ida Brandt? My deadline is at five.",
        "Ballot question 4: vote for one candidate for county commissioner. Polls close at seven.",
        "Agenda item 6: Measure C, report of the finance director. The council may vote on a resolution.",
        "The union has booked room B for its meeting on Thursday.",
        "The candidate for the engineer position comes in at ten; her references support the application.",
    ],
)
def test_city_business_passes(facts_of: FactsOf, words: str) -> None:
    assert not detected(facts_of(words))
