"""Threats, slurs and contempt are found; who complains of them, reports them or is merely angry is not."""

from collections.abc import Callable

import pytest

from rules.detectors.harassment import Parameters, detect
from rules.facts import Facts

FactsOf = Callable[..., Facts]
THREAT = "I will kill you if you touch my desk again."


def detected(facts: Facts, parameters: Parameters | None = None) -> bool:
    return any(observation.detected for observation in detect(facts, parameters or Parameters()))


@pytest.mark.parametrize(
    "words",
    [
        THREAT,
        "Watch your back. You will regret this, I know where you live.",
        "You are a pathetic loser and nobody likes you.",
        "Muslims are all terrorists.",
        "Never hire women like her, they belong in the kitchen.",
        "Shut the hell up, you stupid cow. You make me sick.",
        "You must be the dumbest supervisor this city has ever had.",
        "One more complaint and I will knock your teeth out.",
        "He's a drunken bum and his whole family is trash.",
        "What do you expect, she's a woman driver.",
        "She slept her way to the top and everybody knows it.",
        "Tell him to go back to where he came from.",
        "F1ag him, that f4ggot. Or hire a r3tard, same thing.",
        "Do everyone a favor and quit. Nobody here can stand you.",
        "Keep your fat mouth shut before you testify, or you will be sorry.",
        "Moron like you should not drive a bus.",
        "Withdraw your complaint or I will break your neck.",
        "You people are useless, and you are the most incompetent clerk I ever dealt with, you miserable old cow.",
        "One more word, you little weasel, and you will not walk out of that parking lot.",
        "Why don't you go back to Freedonia where you belong and let a real American have that job.",
        "I know what school your kids go to. Think about that before the hearing.",
        "Ladies should leave the plowing to the men, she can't even park her own car.",
        "Come near my desk again and I will put you through the window.",
        "These people breed like rabbits and live off our taxes.",
        "You sick freak, somebody ought to teach you a lesson with a baseball bat.",
        "Keep the gays away from the kids' program, they are all perverts.",
        "We should round up all the muslims and ship them out.",
        "If you ever talk to my wife again I'll break every bone in your body.",
        "Your incompetence is only exceeded by your arrogance, you pompous windbag.",
        "Typical female, all hormones and no brains.",
        "Get lost, creep, and stop breathing my air.",
        "I would love to see someone put a bullet in that council.",
        "I will find where you live and burn it down.",
    ],
)
def test_abuse(facts_of: FactsOf, words: str) -> None:
    assert detected(facts_of(words))


def test_abuse_handed_on_counts_and_abuse_quoted_below_an_answer_does_not(facts_of: FactsOf) -> None:
    assert detected(facts_of("Look at this.", subject="FW: desk", forwarded=THREAT))
    assert not detected(facts_of("I have told your supervisor.", subject="Re: desk", quoted=THREAT))


@pytest.mark.parametrize(
    "words",
    [
        'I wish to file a complaint: on Monday he said "I will kill you" and called me a worthless idiot.',
        "The caller threatened to break her neck. Please investigate; the incident report is attached.",
        "The hate crimes policy names slurs, threats and jokes about race.",
        "He will be sorry to miss your farewell. This printer is pathetic.",
        "I was so stupid to forget it, and I feel like an idiot.",
        "Older people should stay home in the heat, and immigrants who can't drive get a ride.",
        "Bring your pig roast forms. The trash, the garbage and the rats are a problem on Elm Street.",
        "Watch your step, he broke his arm there. I'll find you at the meeting.",
        "Women are invited to the officers' table; women are a third of the applicants this year.",
        "Mr. Kill and Ms. Beaton will meet you at the watch house.",
        "Please kill the old process; the server hangs every night. We will shoot you an email when it is cut down.",
        "We should put a bullet point on the second slide, and you need to burn the CD before noon.",
        "She would be happy to see you dead tired after the marathon. You'll be sorry if you miss the cook-off!",
        "Residents are sick and tired of the potholes. It drives me crazy, and the old plan was useless.",
        "The women in our shelter don't have beds enough. The Mexican restaurant bids on the catering.",
        'The defendant yelled "I will kill you" at the officer and was arrested.',
        "The winner must trace the loser of the suit to collect. This song will make you cry.",
        "I'd just be labeled a complete moron. All of those who are sick stay home.",
        "Cheap fags at the duty-free shop will piss off the health board, says a London paper.",
        "Die Sitzung beginnt um neun; der Rat stirbt nicht aus. Est-ce que vous venez, vous et votre femme?",
    ],
)
def test_complaints_reports_and_plain_business_pass(facts_of: FactsOf, words: str) -> None:
    assert not detected(facts_of(words))


def test_a_desk_that_takes_reports(facts_of: FactsOf) -> None:
    handed = {"subject": "FW: desk", "forwarded": THREAT}
    assert not detected(facts_of("See below.", to=("hr@city.example",), **handed))
    assert detected(facts_of("See below.", to=("hr@city.example", "al@city.example"), **handed))
    assert not detected(
        facts_of("See below.", to=("ombuds@city.example",), **handed), Parameters(report_desks=("ombuds",))
    )


def test_evidence_shows_the_words_and_what_they_count_for(facts_of: FactsOf) -> None:
    (observation,) = detect(facts_of(THREAT), Parameters())
    evidence, *_ = observation.evidence
    assert evidence.mark is not None
    assert evidence.text[slice(*evidence.mark)] == "I will kill you"
    assert evidence.signal == "threatens life or limb +4.2"
