from pathlib import Path

import pytest

from gateway.egress import Shipment
from gateway.milter.content import Content
from gateway.milter.pending import PendingMessage
from gateway.milter.verdict import answer
from gateway.reply import ACCEPTED, CANNOT_JUDGE, Reply
from gateway.smtp.parameters import MailArguments
from gateway.smtp.spool import Spool
from rules.address import parse_address
from rules.message import Message
from rules.transaction import Recipient
from tests.gateway.milter.mta import responses

MESSAGE = Message(b"Subject: a\r\n\r\nb\r\n")


@pytest.fixture
def pending(tmp_path: Path) -> PendingMessage:
    content = Content(limit=1_000, spool=Spool(tmp_path), exact=True)
    pending = PendingMessage(MailArguments(reverse_path=None), content, most=10)
    for path in (b"<one@city.example>", b"<two@city.example>", b"two@CITY.example", b"two@CITY.example"):
        pending.add(path, (), "city.example")
    return pending


def said(pending: PendingMessage, reply: Reply, *riding: str) -> list[tuple[str, bytes]]:
    recipients = tuple(Recipient(address=parse_address(f"{name}@city.example")) for name in riding)
    shipment = Shipment(recipients=recipients, pieces=(b"Mailward-Verdict: pass\r\n",)) if riding else None
    return list(responses(answer(pending, MESSAGE, reply, shipment, exact=True)))


def test_passed_for_all_is_our_field_and_no_recipient_less(pending: PendingMessage) -> None:
    assert said(pending, ACCEPTED, "one", "two") == [("i", b"\0\0\0\0Mailward-Verdict\0 pass\0"), ("c", b"")]


def test_held_for_one_is_that_one_removed_by_each_name_it_had(pending: PendingMessage) -> None:
    assert said(pending, ACCEPTED, "one")[:2] == [("-", b"<two@city.example>\0"), ("-", b"two@CITY.example\0")]
    assert said(pending, ACCEPTED, "two")[0] == ("-", b"<one@city.example>\0")


def test_held_for_all_is_accepted_and_gone(pending: PendingMessage) -> None:
    assert said(pending, ACCEPTED) == [("d", b"")]


@pytest.mark.parametrize("reply", [CANNOT_JUDGE, Reply(code=550, status="5.7.1", text="No")])
def test_a_refusal_is_passed_on_and_changes_nothing(pending: PendingMessage, reply: Reply) -> None:
    assert said(pending, reply, "one") == [("y", f"{reply}\0".encode())]
