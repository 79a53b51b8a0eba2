"""One transaction between MAIL and its end: who was accepted, and one way out that is given back."""

from datetime import UTC, datetime

import pytest

from gateway.config import Listener
from gateway.reply import ACCEPTED
from gateway.smtp.parameters import MailArguments
from gateway.smtp.pending import PendingTransaction
from rules.address import parse_address
from rules.message import Message
from rules.transaction import Client, Direction, Envelope, ListenerKind, Recipient

ADA = parse_address("ada@elsewhere.example")
MAIL = MailArguments(reverse_path=ADA, size=5_000, body="8BITMIME", ret="HDRS", envid="E1", smtputf8=True)


def to(local: str, **words: str) -> Recipient:
    return Recipient(address=parse_address(f"{local}@city.example"), **words)


@pytest.fixture
def pending(city) -> PendingTransaction:
    return PendingTransaction(MAIL, city.open_egress)


async def test_the_way_out_is_opened_for_the_first_recipient_and_only_then(city, pending):
    assert city.opened == 0
    await pending.offer(to("pat"))
    await pending.offer(to("kim"))
    assert city.opened == 1


async def test_the_next_hop_is_told_the_words_of_mail_and_no_recipients(city, pending):
    await pending.offer(to("pat"))
    await pending.offer(to("kim"))
    said = Envelope(reverse_path=ADA, recipients=(), body="8BITMIME", ret="HDRS", envid="E1", smtputf8=True, size=5_000)
    assert city.envelopes == [said, said]


async def test_who_was_accepted_stays_in_order_and_who_was_refused_does_not(pending):
    replies = [await pending.offer(to(local)) for local in ("pat", "unknown", "kim", "later", "ben")]
    assert [reply.code for reply in replies] == [250, 550, 250, 450, 250]
    assert pending.recipients == (to("pat"), to("kim"), to("ben"))
    assert pending.count == 3


async def test_a_mailbox_named_twice_counts_once_with_its_first_words(city, pending):
    first = to("pat", notify="NEVER")
    await pending.offer(first)
    assert await pending.offer(to("pat", notify="SUCCESS")) == ACCEPTED
    assert pending.recipients == (first,)
    assert city.offers == ["pat@city.example"]


async def test_a_mailbox_that_was_refused_is_asked_for_again(city, pending):
    await pending.offer(to("later"))
    await pending.offer(to("later"))
    assert city.offers == ["later@city.example"] * 2


@pytest.mark.parametrize("direction", [None, Direction.OUTBOUND])
async def test_the_whole_transaction_says_what_was_said(pending, direction):
    await pending.offer(to("pat", orcpt="rfc822;p@city.example"))
    listener = Listener(name="inside", kind=ListenerKind.INTERNAL, next_hop="none", direction=direction)
    client, message = Client(address="192.0.2.1", name="a.example", tls=True), Message(b"x\r\n")
    before = datetime.now(UTC)
    whole = pending.complete(listener, client, message)
    assert before <= whole.received <= datetime.now(UTC)
    assert (whole.id, whole.listener, whole.kind) == (pending.id, "inside", ListenerKind.INTERNAL)
    assert (whole.direction, whole.client, whole.message) == (direction, client, message)
    assert whole.envelope == Envelope(
        reverse_path=ADA,
        recipients=(to("pat", orcpt="rfc822;p@city.example"),),
        body="8BITMIME",
        ret="HDRS",
        envid="E1",
        smtputf8=True,
        size=5_000,
    )


def test_each_mail_has_an_id_of_its_own(city):
    assert PendingTransaction(MAIL, city.open_egress).id != PendingTransaction(MAIL, city.open_egress).id


async def test_nothing_of_one_transaction_is_in_the_next_l2(city, pending):
    await pending.offer(to("pat"))
    following = PendingTransaction(MailArguments(reverse_path=None), city.open_egress)
    assert following.recipients == ()
    assert following.envelope == Envelope(reverse_path=None, recipients=())
    assert following.egress is not pending.egress


async def test_the_way_out_is_given_back_once(city, pending):
    await pending.offer(to("pat"))
    await pending.close()
    await pending.close()
    assert city.closed == 1


async def test_without_a_recipient_there_is_nothing_to_give_back(city, pending, caplog):
    await pending.close()
    assert caplog.messages == []
    assert (city.opened, city.closed) == (0, 0)


async def test_a_way_out_that_cannot_be_closed_is_logged_and_no_more(city, pending, caplog):
    city.fails_to_close = True
    await pending.offer(to("pat"))
    await pending.close()
    assert f"{pending.id}: closing the egress failed" in caplog.text
    assert "stuck in the house" in caplog.text
