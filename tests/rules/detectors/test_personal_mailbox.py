"""Work sent home: the sender's name or local part at a provider of private mailboxes."""

from collections.abc import Callable

import pytest

from rules.detectors.personal_mailbox import Parameters, detect
from rules.directory import Directory, Person
from rules.facts import Facts

FactsOf = Callable[..., Facts]
STAFF = Directory(
    domains=frozenset({"city.example"}),
    people={"aclerk@city.example": Person(address="aclerk@city.example", name="Ann Clerk")},
)


def detected(facts: Facts, parameters: Parameters | None = None) -> bool:
    return any(observation.detected for observation in detect(facts, parameters or Parameters()))


@pytest.mark.parametrize(
    "to", ["ann.clerk@gmail.com", "clerk.ann77@yahoo.com", "aclerk@hotmail.com", "annclerk@aol.com"]
)
def test_probably_the_sender(facts_of: FactsOf, to: str) -> None:
    assert detected(facts_of("Budget.", sender="aclerk@city.example", to=(to,), directory=STAFF))


@pytest.mark.parametrize(
    "to", ["ann.clerk@elsewhere.example", "bob.clerk@gmail.com", "anna.baker@gmail.com", "aclerk@city.example"]
)
def test_somebody_else_or_ours(facts_of: FactsOf, to: str) -> None:
    assert not detected(facts_of("Budget.", sender="aclerk@city.example", to=(to,), directory=STAFF))


def test_the_name_shown_beside_any_address(facts_of: FactsOf) -> None:
    to = ("tiger@elsewhere.example",)
    shown = facts_of("x", sender="aclerk@city.example", to=to, addressed=(("Clerk, Ann", to[0]),), directory=STAFF)
    assert detected(shown)
    other = facts_of("x", sender="aclerk@city.example", to=to, addressed=(("Ann Baker", to[0]),), directory=STAFF)
    assert not detected(other)


def test_only_the_recipient_concerned_is_named(facts_of: FactsOf) -> None:
    facts = facts_of("x", sender="ann.clerk@city.example", to=("bob@elsewhere.example", "ann.clerk@gmail.com"))
    (observation,) = detect(facts, Parameters())
    assert observation.recipients == ("ann.clerk@gmail.com",)


def test_what_an_administrator_adds(facts_of: FactsOf) -> None:
    facts = facts_of("x", sender="ann.clerk@city.example", to=("ann.clerk@telco.example",))
    assert not detected(facts)
    assert detected(facts, Parameters(providers=("telco.example",)))
    assert detected(facts, Parameters(known_addresses=("Ann.Clerk@telco.example",)))


def test_delivery_reports_have_no_sender(facts_of: FactsOf) -> None:
    assert not detected(facts_of("x", sender=None, to=("ann.clerk@gmail.com",)))
