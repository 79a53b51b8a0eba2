"""Evidence hides what the rule stopped, and every offset stays."""

from rules.facts import Role, Text
from rules.finding import Evidence, Observation
from rules.masking import hidden, masked_alike
from rules.patterns import evidence_of


def masked(text, *spans, **more):
    return hidden(Text(part="1", role=Role.AUTHOR, text=text), spans, **more).text


def test_all_but_the_last_four_signs():
    assert masked("SSN 512-44-9087.", (4, 15)) == "SSN ***-**-9087."


def test_of_a_short_secret_never_more_than_half():
    assert masked("pin 4417", (4, 8)) == "pin **17"


def test_a_password_wholly():
    assert masked("password: Tiger7!", (10, 17), shown=0) == "password: *******"


def test_several_in_any_order_and_overlapping():
    assert masked("0123456789", (6, 8), (0, 4), (2, 5), shown=0) == "****45**89"


def seen(*evidence: Evidence) -> Observation:
    return Observation(detector="profanity", detected=True, score=1.0, summary="", evidence=evidence)


def test_what_one_detector_hides_is_hidden_around_the_find_of_another():
    text = Text(part="1", role=Role.AUTHOR, text="damn, password: Tiger7! or else", start=40)
    secret = seen(evidence_of(hidden(text, [(16, 23)], shown=0), 16, 23))
    curse, password = masked_alike([seen(evidence_of(text, 0, 4)), secret])
    assert curse.evidence[0].text == "damn, password: ******* or else"
    assert password == secret


def test_the_same_place_of_another_part_stays():
    text = Text(part="2", role=Role.AUTHOR, text="damn, password: Tiger7! or else")
    secret = seen(evidence_of(hidden(Text(part="1", role=Role.AUTHOR, text=text.text), [(16, 23)], shown=0), 16, 23))
    curse = seen(evidence_of(text, 0, 4), Evidence(part="1", text="a file's name"))
    assert masked_alike([curse, secret]) == (curse, secret)
