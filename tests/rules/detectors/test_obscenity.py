"""Crude, explicit and suggestive wording, and names of files; medicine, law and complaints speak of sex soberly."""

from collections.abc import Callable

import pytest

from rules.detectors.obscenity import Parameters, detect
from rules.facts import Facts, Part

FactsOf = Callable[..., Facts]


def detected(facts: Facts) -> bool:
    return any(observation.detected for observation in detect(facts, Parameters()))


@pytest.mark.parametrize(
    "words",
    [
        "Check out these naked girls on the hardcore porn channel.",
        "She gives a blow job like nobody else.",
        "I want to see you naked. You look so sexy in that uniform.",
        "A larger penis in three weeks! Your woman will be happy in bed. Buy cialis.",
        "I dreamed about you last night and we weren't wearing any clothes.",
        "That blouse makes your breasts look amazing.",
        "Did you see the rack on the new intern?",
        "Send me a photo of you in your underwear.",
        "How about a quickie in the supply room?",
        "Her husband found her in bed with the plumber, stark naked.",
        "Free adult DVDs, no purchase necessary.",
        "The most comprehensive adult match making service. Adult singles near you.",
        "Get the thick, long and rock solid tool that she always wanted. She will beg for more.",
        "Send me some pics of you in the shower, I'll show you mine.",
        "My wife is out of town. My bed is big enough for two, if you know what I mean.",
        "I want to run my hands all over you and take your clothes off slowly.",
        "The honeymoon joke: the bride says I'm a virgin, the groom drops his pants and says...",
        "C0ck sucking teens get f*cked, XXX movies free.",
        "My ex leaked our sex tape, want to see it?",
    ],
)
def test_obscene_wording(facts_of: FactsOf, words: str) -> None:
    assert detected(facts_of(words))


@pytest.mark.parametrize(
    "words",
    [
        "Sexual harassment training is due on Friday; sexually explicit mail is prohibited by policy.",
        "The clinic offers prostate exams and viagra by prescription to patients only.",
        "Detective Orr seized hardcore pornography; the warrant and the evidence log are attached.",
        "The erection of scaffolding and the blow-down of pipe 4 are on the naked eye's level.",
        "I wish to file a complaint: he told me I looked sexy.",
        "Adult swim lessons are full. Nice pair of shoes! You turned me on to this software.",
        "However you want to do it, I would do it on Monday. He left his package at the desk.",
        "The bed frame in my room is for sale; kiss the kids for me.",
        "Mr. Johnson and Ms. Wiener make it harder; the work gets harder and the concrete stays soft.",
        "Essex and Sussex play in the XXX Games; Dr. Titsworth keeps score.",
        'Apply: <input maxlength="60" size="29" name="City"> <font size="2" ptsize="11">',
        "Growth hormone: lose weight, build muscle, improved memory, new hair growth, increased libido.",
        "Viagra, Xenical and Propecia from our online pharmacy, shipped overnight.",
        "No one will know who parked there. Work from home in your underwear if you want to.",
        "The paper says he was accused of groping; he was chased by a tramp who carried coins. What a cock up.",
        "Over 18 only. Merchant accounts for travel, telemarketing and adult sites.",
        "Vibrator motors for telephones, size 20 mm. Live webcam of the eagle nest.",
        "Your wife called: the kids are in bed. Performance review: she always satisfies the customers.",
    ],
)
def test_sober_wording_passes(facts_of: FactsOf, words: str) -> None:
    assert not detected(facts_of(words))


def named(name: str) -> Part:
    return Part(path=f"2/{name}", names=(name,), declared_type="image/jpeg", signs=(), size=1, digest="")


@pytest.mark.parametrize("name", ["nudes_4.zip", "hot-PORN.jpg", "topless.png", "xxx_video.mp4"])
def test_names_of_files(facts_of: FactsOf, name: str) -> None:
    (observation,) = detect(facts_of("Attached.", parts=(named(name),)), Parameters())
    assert observation.detected
    assert observation.evidence[0].part == f"2/{name}"


@pytest.mark.parametrize("name", ["sussex-report.pdf", "shirt-XXXL.csv", "superbowl-xxx.pdf", "unnaked.txt"])
def test_names_of_files_that_mean_something_else(facts_of: FactsOf, name: str) -> None:
    assert not detected(facts_of("Attached.", parts=(named(name),)))


def test_what_another_wrote(facts_of: FactsOf) -> None:
    filth = "Naked girls, live porn!"
    assert detected(facts_of("Look!", subject="FW: x", forwarded=filth))
    assert not detected(facts_of("Stop sending me such things.", subject="Re: x", quoted=filth))
    assert not detected(facts_of("Received this.", subject="FW: x", forwarded=filth, to=("helpdesk@city.example",)))
