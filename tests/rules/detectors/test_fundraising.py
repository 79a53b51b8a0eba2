"""Asking for a cause is found, and passes when the city sponsors the campaign."""

from collections.abc import Callable

import pytest

from rules.detectors.fundraising import Parameters, detect
from rules.facts import Facts

FactsOf = Callable[..., Facts]
APPEAL = "Please donate to the winter coat drive today. Every dollar helps the families on our list."


def detected(facts: Facts, **parameters: tuple[str, ...]) -> bool:
    return any(observation.detected for observation in detect(facts, Parameters(**parameters)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "words",
    [
        APPEAL,
        "My niece is selling Girl Scout cookies again, $6 a box; the order form is on my desk.",
        "I have raffle tickets for our temple's kitchen, $4 apiece.",
        "Raffle tickets for the new organ of our chapel are $2 each. See me in room 12.",
        "My son's troop is selling popcorn again, the order form is in the break room. All proceeds support the camp.",
        "I ride for diabetes research in May. Please sponsor me, any amount helps!",
        "We are $2,000 short of our goal before midnight. Will you chip in $15 now?",
    ],
)
def test_appeals(facts_of: FactsOf, words: str) -> None:
    assert detected(facts_of(words))


def test_a_sponsored_campaign_passes_and_is_named(facts_of: FactsOf) -> None:
    facts = facts_of(APPEAL, subject="City Coat  Drive 2026")
    assert not detected(facts, sponsored=("city coat drive",))
    (observation,) = detect(facts, Parameters(sponsored=("city coat drive",)))
    assert "city coat drive" in observation.summary


def test_another_campaign_does_not_pass_for_it(facts_of: FactsOf) -> None:
    assert detected(facts_of(APPEAL), sponsored=("City Coat Drive",))


@pytest.mark.parametrize(
    "words",
    [
        "Do we need a license to sell raffle tickets at our block party? They would be $2 each.",
        "The raffle permit application is attached; the fee is $25. Tickets for the trolley are $2.",
        "Your contribution to the retirement plan changes in April.",
        "Council members may not accept a contribution above the limit; reports are due on the 15th.",
        "The foundation's grant paid for the trail, the county contributed the bridge.",
        "Thank you for your contribution to the meeting yesterday.",
        "She is ready to make a real contribution to the audit, and by making a contribution to the budget helped us.",
    ],
)
def test_other_contributions_pass(facts_of: FactsOf, words: str) -> None:
    assert not detected(facts_of(words))
