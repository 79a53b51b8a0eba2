"""Evidence hides what the rule stopped, and every offset stays."""

from rules.facts import Role, Text
from rules.masking import hidden


def masked(text, *spans, **more):
    return hidden(Text(part="1", role=Role.AUTHOR, text=text), spans, **more).text


def test_all_but_the_last_four_signs():
    assert masked("SSN 512-44-9087.", (4, 15)) == "SSN ***-**-9087."


def test_of_a_short_secret_never_more_than_half():
    assert masked("pin 4417", (4, 8)) == "pin **17"


def test_a_password_wholly():
    assert masked("password: Tiger7!", (10, 17), shown=0) == "password: ******!"


def test_several_in_any_order_and_overlapping():
    assert masked("0123456789", (6, 8), (0, 4), (2, 5), shown=0) == "****45**89"
