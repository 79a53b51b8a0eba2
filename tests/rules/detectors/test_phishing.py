"""Lures are found by what they ask, by their links and by the names they borrow; warnings and business are not."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from rules.detectors.phishing import COVERT, Parameters, detect
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
    assert "shows one address and leads to another (+2.0)" in observation.summary
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
    locked = Part(path="2/a.pdf", names=("a.pdf",), declared_type=None, signs=(), size=9, digest="", encrypted="PDF")
    lure = "Prezado cliente, veja o arquivo em anexo. Senha do PDF: 1010"
    assert observed(facts_of(lure, parts=(locked,)))
    assert not observed(facts_of(lure, parts=(replace(locked, encrypted=None),)))
    assert not observed(facts_of("Minutes attached, locked as agreed.", parts=(locked,)))


def test_letters_exchanged_for_others(facts_of: FactsOf) -> None:
    lure = "{} Please access the attached document here: https://x.example/"
    assert observed(facts_of(lure.format("lnternal use.")))
    assert not observed(facts_of(lure.format("Internal use.")))


def test_what_another_wrote(facts_of: FactsOf) -> None:
    assert observed(facts_of("Nice.", subject="FW: account", forwarded=LURE))
    assert not observed(facts_of("What did IT say?", subject="Re: account", quoted=LURE))
    assert not observed(facts_of("Please look.", subject="FW: account", forwarded=LURE, to=("phishing@city.example",)))


SIGNS = {
    "leads to a host where anybody may put a page": "https://bid-2026.weebly.example/ https://bid.pages.dev/",
    "hides where it leads": "see https://bit.ly/abc and more of this",
    "carries the address of its reader in a link": "see https://x.example/?u=BOB.BAKER%40elsewhere.example now",
    "has a link and hardly a word": "Look: https://x.example/",
    "speaks of a known company and leads elsewhere": "About your Netflix plan, please see https://flix.example/",
    "has its reader write to a mailbox that is not the sender's": "Report the user <mailto:acct.reports@gmail.com>",
}
NO_SIGNS = {
    "leads to a host where anybody may put a page": "https://weebly.example/ https://pages.dev.example/",
    "hides where it leads": "see https://rabbit.ly/abc and more of this",
    "carries the address of its reader in a link": "see https://x.example/unsub?u=bob.baker@elsewhere.example now",
    "has a link and hardly a word": "Look at the agenda of the council of Tuesday here: https://x.example/",
    "speaks of a known company and leads elsewhere": "Your Netflix plan, please see https://www.netflix.com/",
    "has its reader write to a mailbox that is not the sender's": "Write to us <mailto:desk@city.example>",
}


def signs(facts: Facts) -> str:
    """Everything noticed, whatever it comes to."""
    return " ".join(item.summary for item in detect(facts, Parameters(threshold=0.0)))


@pytest.mark.parametrize("sign", SIGNS)
def test_signs_of_links(facts_of: FactsOf, sign: str) -> None:
    assert sign in signs(facts_of(SIGNS[sign]))
    assert sign not in signs(facts_of(NO_SIGNS[sign]))


@pytest.mark.parametrize(
    ("mailbox", "sign"),
    [
        (Mailbox(name="Billing 691076456", address="a@shop.example"), "a number or another address for a name"),
        (Mailbox(name="pay@bank.example", address="a@shop.example"), "a number or another address for a name"),
        (Mailbox(name="Pepe", address="p@o1su91b.onmicrosoft.com"), "a domain that nobody would choose"),
        (Mailbox(name="Pepe", address="p@zkqvbtrd.example"), "a domain that nobody would choose"),
    ],
)
def test_signs_of_senders(facts_of: FactsOf, mailbox: Mailbox, sign: str) -> None:
    assert sign in signs(replace(facts_of("Good day."), originators=(mailbox,)))
    ours = Mailbox(name="Ann Clerk, 3rd floor", address="ann.clerk@city.example")
    assert sign not in signs(replace(facts_of("Good day."), originators=(ours,)))


@pytest.mark.parametrize(
    ("field", "sign"),
    [
        (("reply-to", "Ann <ann77@yahoo.com>"), "answers go to another, free mailbox"),
        (("reply-to", "Ann <ann@parcels.example>"), "answers go to another domain"),
        (("reply-to", "Ann <ann.clerk@citty.example>"), "a domain that looks like the sender's"),
        (("authentication-results", "mx; spf=pass; dmarc=fail action=none"), "another server wrote"),
        (("received-spf", "SoftFail (discourages use)"), "another server wrote"),
        (("x-ms-exchange-organization-scl", "9"), "called junk or phishing by another server"),
        (("x-forefront-antispam-report", "CIP:192.0.2.1;CAT:HPHISH;SFV:NSPM"), "called junk or phishing by another"),
    ],
)
def test_signs_of_fields(facts_of: FactsOf, field: tuple[str, str], sign: str) -> None:
    assert sign in signs(facts_of("Good day.", fields=(field,)))
    if field[0] == "reply-to":
        assert sign not in signs(facts_of("Good day.", fields=(field, ("list-id", "<l.example>"))))
        assert sign not in signs(facts_of("Good day.", fields=(("reply-to", "ann.clerk@city.example"),)))


def test_passed_proof_is_no_sign(facts_of: FactsOf) -> None:
    fields = (("authentication-results", "mx; spf=pass; dmarc=pass"), ("x-ms-exchange-organization-scl", "1"))
    assert "another server" not in signs(facts_of("Good day.", fields=fields))


@pytest.mark.parametrize(
    ("subject", "salted"), [("Pontos - tJjwN679hRkyKg", True), ("PowerPoint2026 JavaScript MacBookPro", False)]
)
def test_words_without_sense(facts_of: FactsOf, subject: str, salted: bool) -> None:
    assert ("a word without sense" in signs(facts_of("Good day.", subject=subject))) is salted


@pytest.mark.parametrize(("letters", "many"), [(COVERT, False), (COVERT + 1, True)])
def test_words_kept_from_sight(facts_of: FactsOf, letters: int, many: bool) -> None:
    assert ("keeps many words" in signs(facts_of("Good day.", hidden="a" * letters))) is many
