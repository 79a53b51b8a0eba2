"""A view on public affairs is found in the author's words; a judgement about work is not."""

from collections.abc import Callable

import pytest

from rules.detectors.personal_opinion import Parameters, detect
from rules.facts import Facts

FactsOf = Callable[..., Facts]
VIEW = "I believe the council was wrong. It is a disgrace that taxpayers pay for this, and the mayor should resign."


def detected(facts: Facts, *, passed_on: bool = True) -> bool:
    return any(observation.detected for observation in detect(facts, Parameters(passed_on=passed_on)))


@pytest.mark.parametrize(
    "words",
    [
        VIEW,
        "In my opinion the zoning ordinance is nonsense, and the school board ought to be ashamed of itself.",
        "I think this candidate is corrupt, and voters deserve better. The mayor should be ashamed.",
        "To the editor: our legislators must stop wasting tax money on stadiums.",
        "Gun control will never work. Criminals don't obey laws.",
        "I strongly oppose the rezoning. It will ruin the neighborhood, and the planning commission knows it.",
        "Honestly, this governor has done more damage to our schools than anybody before her. She should resign.",
        "The media never tell you the truth about guns. They want to scare you so you give up your rights.",
        "If you want to live here then learn the language and obey the law. Is that too much to ask?",
        "The new zoning plan is a gift to developers and a slap in the face of everybody who lives on the east side.",
        "Both parties are bought and paid for. That is why nothing ever changes in Washington.",
        "Rent control sounds nice, but it has ruined every city that tried it. The poor pay the price, as always.",
        "Thank you, Senator, for standing up to the oil companies. It takes courage and we are proud of you.",
    ],
)
def test_views(facts_of: FactsOf, words: str) -> None:
    assert detected(facts_of(words))


@pytest.mark.parametrize(
    "words",
    [
        "I think the meeting should be at three, since the conference room is taken before.",
        "In my opinion the draft agreement needs another paragraph; see the attached redline.",
        "The council approved the budget amendment and referred the zoning ordinance to the commission.",
        "I believe the candidate should be hired. She did a great job in both interviews.",
        "I think we should interview both candidates; the second one did an outstanding job in her last position.",
        "I believe the mayor is in the office on Friday. Shall I reschedule?",
        "I believe the election office closes at five. Voters can register online.",
        "I disagree with the estimate for the water main; the contractor should provide unit prices.",
        "I am writing to request a permit for a protest march. Please advise what you need.",
        "In my opinion the second vendor has the better price for the sweeper; I agree with your edits on section 4.",
        "I'm disappointed that the shipment is late again; please call the vendor, this copier jams all day.",
        "Thank you for your work on the immigration clinic. The hearing on gun range noise is moved to May 5.",
    ],
)
def test_work_passes(facts_of: FactsOf, words: str) -> None:
    assert not detected(facts_of(words))


def test_a_view_below_an_answer_is_anothers(facts_of: FactsOf) -> None:
    assert not detected(facts_of("Received, thank you.", subject="Re: armory", quoted=VIEW, forwarded=VIEW))


def test_a_view_handed_on_counts_unless_a_rule_asks_for_ones_own_alone(facts_of: FactsOf) -> None:
    facts = facts_of("See below.", subject="FW: armory", forwarded=VIEW)
    assert detected(facts)
    assert not detected(facts, passed_on=False)


def test_signature_footer_and_hidden_text_are_no_view(facts_of: FactsOf) -> None:
    assert not detected(facts_of("Attached as asked.", signature=VIEW, footer=VIEW, hidden=VIEW))
