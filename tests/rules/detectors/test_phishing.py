"""Lures are found by what they ask, by their links and by the names they borrow; warnings and business are not."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from rules.detectors.phishing import Parameters, detect
from rules.facts import Facts, Mailbox, Part
from rules.finding import Observation

FactsOf = Callable[..., Facts]
LURE = "Dear customer, your account has been suspended. Click here to verify your account: http://login.example/"


def observed(facts: Facts, parameters: Parameters | None = None) -> list[Observation]:
    return [item for item in detect(facts, parameters or Parameters()) if item.detected]


@pytest.mark.parametrize(
    "words",
    [
        LURE,
        "Your mailbox quota is exceeded. Confirm your password within 24 hours to avoid deactivation.",
        "To keep your mailbox send us: Current password: ______ and your date of birth: ______.",
        "I am Barrister Mole. My late client left 9 million dollars and no next of kin. I need your assistance.",
        "I recorded you through your webcam. Pay 900 dollars to my bitcoin wallet or the video goes to your contacts.",
        "Estimado cliente: verifique su cuenta en 48 horas. Haga clic: http://banco.example/",
    ],
)
def test_lures(facts_of: FactsOf, words: str) -> None:
    assert observed(facts_of(words))


@pytest.mark.parametrize(
    "words",
    [
        "Beware of phishing messages that ask you to verify your account. Do not click on links.",
        "Please update your contact information in the portal by Friday: https://hr.city.example/",
        "The account of the contractor was closed; the transfer of $2 million to the reserve fund is on the agenda.",
        "Your parcel permit is ready: https://permits.city.example/. Bring the invoice number.",
        "Bitte melden Sie sich bis Freitag an: https://kurs.example/. Hallo liebe Kunden, willkommen!",
        "Merci de confirmer votre présence mardi. Cordialement.",
    ],
)
def test_warnings_and_business_pass(facts_of: FactsOf, words: str) -> None:
    assert not observed(facts_of(words))


def test_a_link_that_shows_another_host_tips_the_scale(facts_of: FactsOf) -> None:
    words = "Please confirm your billing address at {} today."
    assert not observed(facts_of(words.format("www.bank.example <https://www.bank.example/l>")))
    facts = facts_of(words.format("www.bank.example <https://203.0.113.9/l>"))
    (observation,) = observed(facts)
    assert "shows one address and leads to another (+2.4)" in observation.summary
    assert not observed(facts, Parameters(trusted_hosts=("203.0.113.9",)))


@pytest.mark.parametrize(
    ("mailbox", "borrowed"),
    [
        (Mailbox(name="PayPal Service", address="service@rentals.example"), True),
        (Mailbox(name="PayPal Service", address="service@mail.paypal.com"), False),
        (Mailbox(name="Security Department", address="acct1979@gmail.com"), True),
        (Mailbox(name="Ann Clerk", address="ann.clerk@gmail.com"), False),
    ],
)
def test_borrowed_names(facts_of: FactsOf, mailbox: Mailbox, borrowed: bool) -> None:
    facts = replace(facts_of("Your account was locked. Confirm it here: http://x.example/"), originators=(mailbox,))
    assert bool(observed(facts)) is borrowed


def test_a_protected_file_with_its_password_beside_it(facts_of: FactsOf) -> None:
    locked = Part(path="2/a.pdf", names=("a.pdf",), declared_type=None, signs=(), size=9, sha256="", encrypted="PDF")
    lure = "Prezado cliente, veja o arquivo em anexo. Senha do PDF: 1010"
    assert observed(facts_of(lure, parts=(locked,)))
    assert not observed(facts_of(lure, parts=(replace(locked, encrypted=None),)))
    assert not observed(facts_of("Minutes attached, locked as agreed.", parts=(locked,)))


def test_letters_exchanged_for_others(facts_of: FactsOf) -> None:
    lure = "{} notice: your tax refund is now available for review. http://x.example/"
    assert observed(facts_of(lure.format("lRS")))
    assert not observed(facts_of(lure.format("IRS")))


def test_what_another_wrote(facts_of: FactsOf) -> None:
    assert observed(facts_of("Nice.", subject="FW: account", forwarded=LURE))
    assert not observed(facts_of("What did IT say?", subject="Re: account", quoted=LURE))
    assert not observed(facts_of("Please look.", subject="FW: account", forwarded=LURE, to=("phishing@city.example",)))
