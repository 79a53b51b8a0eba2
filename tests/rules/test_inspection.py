"""The whole judgement of one message, from its octets."""

from dataclasses import replace
from datetime import UTC, datetime

from rules.address import parse_address
from rules.directory import Directory
from rules.finding import Action
from rules.inspection import inspect
from rules.message import Message
from rules.policy import load_rule, policy_of_rule
from rules.shipped import LIBRARY
from rules.transaction import Client, Direction, Envelope, ListenerKind, Recipient, Transaction
from rules.verdict import Inspected, Judgement

CITY = Directory(domains=frozenset({"city.example"}))


def judged(content: str, to: str, **parameters: object) -> Judgement:
    transaction = Transaction(
        id="t",
        received=datetime(2026, 3, 2, tzinfo=UTC),
        listener="inside",
        kind=ListenerKind.INTERNAL,
        direction=None,
        client=Client(address="127.0.0.1", name="test"),
        envelope=Envelope(
            reverse_path=parse_address("ann@city.example"), recipients=(Recipient(address=parse_address(to)),)
        ),
        message=Message(content.replace("\n", "\r\n").encode()),
    )
    rule = load_rule(LIBRARY / "organization-wide")
    when = replace(rule.when, parameters=replace(rule.when.parameters, **parameters))
    return inspect(transaction, CITY, policy_of_rule(replace(rule, when=when)))


def test_what_is_judged_can_be_read_by_whoever_reviews_it() -> None:
    judgement = judged("From: ann@city.example\nSubject: Caf\u00e9\n\nThere is cake.\n", "all-staff@city.example")
    assert judgement.verdicts[0].action is Action.QUARANTINE
    assert judgement.verdicts[0].direction is Direction.INTERNAL
    assert judgement.inspected is Inspected.FULLY
    assert "There is cake." in judgement.preview


def test_a_mailing_is_told_so_that_it_can_be_summed_up() -> None:
    text = "From: ann@city.example\nSubject: Picnic on Friday\n\nCome to the picnic in the park at noon on Friday.\n"
    mailing = judged(text, "bo@city.example").mailing
    assert mailing is not None and mailing.reaches == ("bo@city.example",)
    assert judged(text, "bo@elsewhere.example").mailing is None
    assert judged(text, "pros@city.example", listservs=("Pros@city.example",)).mailing is None


def test_octets_that_are_no_message_are_judged_and_never_raise() -> None:
    assert judged("\x00\xff\x1b", "bo@city.example").verdicts[0].recipient == "bo@city.example"
