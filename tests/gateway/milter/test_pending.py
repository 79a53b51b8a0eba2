from dataclasses import replace
from pathlib import Path

import pytest

from gateway.milter.content import Content
from gateway.milter.pending import PendingMessage
from gateway.reply import TRY_LATER, Reply
from gateway.smtp.parameters import MailArguments, Refused
from gateway.smtp.replies import BARE_LINE_END, TOO_LARGE, TOO_MANY_HOPS
from gateway.smtp.spool import Spool
from rules.address import parse_address
from rules.message import Message
from rules.transaction import Client, Direction, ListenerKind
from tests.gateway.milter.conftest import LISTENER

SENDER = MailArguments(reverse_path=parse_address("a@elsewhere.example"), envid="QQ")


@pytest.fixture
def pending(tmp_path: Path) -> PendingMessage:
    return PendingMessage(SENDER, Content(limit=1_000, spool=Spool(tmp_path), exact=True), most=2)


def test_a_mailbox_named_twice_is_one_recipient_with_two_paths(pending: PendingMessage) -> None:
    pending.add(b"<b@city.example>", (), "city.example")
    pending.add(b"B@City.Example", (), "city.example")
    pending.add(b"<B@city.example>", (), "city.example")
    transaction = pending.complete(LISTENER, Client(address="203.0.113.9", name=""), Message(b""))
    assert [str(one.address) for one in transaction.envelope.recipients] == ["b@city.example", "B@city.example"]
    assert pending.paths[parse_address("B@city.example")] == [b"B@City.Example", b"<B@city.example>"]
    assert transaction.envelope.envid == "QQ"


def test_recipients_have_a_limit(pending: PendingMessage) -> None:
    for name in (b"<a@city.example>", b"<b@city.example>", b"<b@city.example>"):
        pending.add(name, (), "city.example")
    with pytest.raises(Refused, match="452"):
        pending.add(b"<c@city.example>", (), "city.example")


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"Subject: a\r\n\r\nb\r\n", None),
        (b"Subject: a\r\n\r\nb\n", BARE_LINE_END),
        (b"x" * 1_001, TOO_LARGE),
        (b"Received: x\r\n" * 31, TOO_MANY_HOPS),
    ],
)
def test_what_cannot_be_judged_is_refused(pending: PendingMessage, content: bytes, refusal: Reply | None) -> None:
    pending.add(b"<b@city.example>", (), "city.example")
    pending.content.add(content)
    assert pending.refusal(Message(pending.content.finish())) == refusal


def test_a_message_without_recipients_is_never_passed(pending: PendingMessage) -> None:
    assert pending.refusal(Message(b"")) == TRY_LATER


def test_queue_id_and_direction(pending: PendingMessage) -> None:
    pending.macros["i"] = b"4XyZ"
    listener = replace(LISTENER, direction=Direction.INBOUND)
    outside = pending.complete(listener, Client(address="203.0.113.9", name=""), Message(b""))
    assert (outside.queue_id, outside.direction, outside.kind) == ("4XyZ", Direction.INBOUND, ListenerKind.EDGE)
    own = pending.complete(listener, Client(address="127.0.0.1", name=""), Message(b""))
    assert (own.direction, own.kind) == (None, ListenerKind.INTERNAL)
