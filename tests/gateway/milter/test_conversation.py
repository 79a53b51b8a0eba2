from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.config import Limits
from gateway.milter.conversation import Conversation, Ended, Setting
from gateway.milter.packets import PacketReader
from gateway.milter.protocol import ProtocolViolation
from gateway.milter.states import State
from gateway.smtp.limits import RCPTS_PER_RECIPIENT
from rules.message import Message
from tests.gateway.milter import mta

Converse = Callable[[bytes], tuple[bytes, list[Ended], Conversation]]
BEGIN = mta.offer() + mta.macros("C", j="mx") + mta.connect()


def codes(octets: bytes) -> str:
    return "".join(code for code, _ in mta.responses(octets))


def test_a_message_is_one_round_trip_beside_mail_and_rcpt(converse: Converse) -> None:
    said, (ended,), conversation = converse(BEGIN + mta.hello() + mta.message())
    assert codes(said) == "Occ"
    assert bytes(ended.message.content.finish()) == (b"From: a@elsewhere.example\r\nSubject: papers\r\n\r\nWords.\r\n")
    assert ended.client.name == "client.example"
    assert ended.message.macros["i"] == b"4XyZ"
    assert conversation.message is None


def test_an_mta_of_version_2_gets_an_answer_to_everything(converse: Converse) -> None:
    said, ended, _ = converse(mta.offer(2, 0x3F, 0x7F) + mta.connect() + mta.hello() + mta.message())
    assert codes(said) == "O" + "c" * len("CHMRLLNB")
    assert len(ended) == 1


def test_nothing_of_one_message_reaches_the_next(converse: Converse) -> None:
    first = mta.macros("M", auth_authen="jdoe@city.example") + mta.message((b"<b@city.example>", b"<c@city.example>"))
    second = mta.message((b"<d@city.example>",), ((b"Subject", b" second"),))
    for between in (b"", mta.packet("A")):
        _, ended, _ = converse(BEGIN + first + between + second)
        assert [len(one.message.paths) for one in ended] == [2, 1]
        assert bytes(ended[1].message.content.finish()).startswith(b"Subject: second\r\n\r\n")
        assert [one.client.authenticated for one in ended] == ["jdoe@city.example", None]


def test_an_aborted_message_is_gone_with_its_content(converse: Converse) -> None:
    cut = mta.message()[: -len(mta.macros("E", i="4XyZ") + mta.packet("E"))]
    _, ended, conversation = converse(BEGIN + cut + mta.packet("A"))
    assert (ended, conversation.message, conversation.state) == ([], None, State.CONNECTED)


def test_a_new_connection_brings_a_client_of_its_own(converse: Converse) -> None:
    tls = mta.macros("H", tls_version="TLSv1.3") + mta.hello(b"one.example")
    again = mta.packet("K") + mta.connect("198.51.100.1") + mta.message()
    _, ended, _ = converse(BEGIN + tls + mta.message() + again)
    assert [(one.client.address, one.client.name, one.client.tls) for one in ended] == [
        ("203.0.113.9", "one.example", True),
        ("198.51.100.1", "", False),
    ]


def test_macros_for_a_connection_that_did_not_come_are_none_of_the_next(converse: Converse) -> None:
    """Or Sendmail's word for a certificate that it does not trust would count as Postfix's."""
    late = mta.packet("D", b"C" + mta.strings(b"v", b"Postfix 3.7.11")) + mta.packet("K")
    hello = mta.macros("H", cert_subject="CN=ex1.city.example") + mta.hello()
    _, (ended,), _ = converse(BEGIN + late + mta.connect() + hello + mta.message())
    assert ended.client.certificate == ()


def test_a_second_hello_takes_the_place_of_the_first(converse: Converse) -> None:
    hellos = mta.macros("H", tls_version="TLSv1.3") + mta.hello(b"one.example") + mta.hello(b"two.example")
    _, (ended,), _ = converse(BEGIN + hellos + mta.message())
    assert (ended.client.name, ended.client.tls) == ("two.example", False)


def test_a_recipient_that_is_no_mailbox_is_refused_by_itself(converse: Converse) -> None:
    said, (ended,), _ = converse(BEGIN + mta.message((b"<b@city.example>", b"<a@b@c>")))
    assert codes(said) == "Occy"
    assert len(ended.message.paths) == 1


def test_a_reverse_path_that_is_no_mailbox_is_refused(converse: Converse) -> None:
    said, _, conversation = converse(BEGIN + mta.packet("M", mta.strings(b"<a@b@c>")))
    assert codes(said) == "Oy"
    assert conversation.state is State.CONNECTED


@pytest.mark.parametrize(
    "octets", [mta.connect(), mta.offer() + mta.message(), BEGIN + mta.offer(), BEGIN + b"\0\0\0\1B"]
)
def test_commands_out_of_order_are_a_violation(converse: Converse, octets: bytes) -> None:
    with pytest.raises(ProtocolViolation, match="command"):
        converse(octets)


@pytest.mark.parametrize(
    ("recipients", "reply"),
    [
        ((b"<b@city.example>", b"<a@b@c>"), "553 5.1.3"),
        (tuple(b"<r%d@city.example>" % number for number in range(1_001)), "554 5.5.3"),
    ],
)
def test_for_a_program_of_the_machine_nobody_is_refused_before_the_end(
    converse: Converse, recipients: tuple[bytes, ...], reply: str
) -> None:
    program = mta.packet("C", b"localhost\x004" + b"\0\0" + mta.strings(b"127.0.0.1"))
    said, (ended,), _ = converse(mta.offer() + program + mta.message(recipients))
    assert codes(said) == "Oc" + "c" * len(recipients)
    assert str(ended.message.refusal(Message(b""))).startswith(reply)


def test_a_client_whose_port_is_not_known_is_no_program(converse: Converse) -> None:
    """Behind a load balancer, as XCLIENT tells it."""
    behind = mta.packet("C", b"client.example\x004" + b"\0\0" + mta.strings(b"203.0.113.9"))
    said, (ended,), _ = converse(mta.offer() + behind + mta.message((b"<b@city.example>", b"<a@b@c>")))
    assert codes(said) == "Occy"
    assert ended.message.refusal(Message(b"Subject: a\r\n\r\n")) is None


def test_one_recipient_too_many_is_told_so(setting: Setting) -> None:
    conversation = Conversation(replace(setting, limits=Limits(recipients=100)))
    reader = PacketReader()
    reader.feed(BEGIN + mta.message(tuple(b"<r%d@city.example>" % number for number in range(101))))
    said = [conversation.obey(packet) for packet in reader.packets()]
    refused = [one for one in said if isinstance(one, bytes) and b"452 4.5.3" in one]
    assert len(refused) == 1
    assert isinstance(said[-1], Ended)


def begun(setting: Setting) -> Callable[[bytes], list[str]]:
    """A conversation after CONNECT: the replies to what is fed to it, each with its code and what begins its words."""
    conversation, reader = Conversation(setting), PacketReader()

    def feed(octets: bytes) -> list[str]:
        reader.feed(octets)
        said = [one for packet in reader.packets() if isinstance(one := conversation.obey(packet), bytes)]
        return [f"{code}{data[:9].decode()}" for code, data in mta.responses(b"".join(said))]

    assert [one[:1] for one in feed(BEGIN)] == ["O"]
    return feed


def mail(octets: int) -> bytes:
    return mta.packet("M", mta.strings(b"<a@elsewhere.example>", b"SIZE=%d" % octets))


def test_what_is_too_large_is_refused_before_its_content(setting: Setting) -> None:
    feed = begun(replace(setting, limits=Limits(message_octets=100_000)))
    assert feed(mail(100_000)) == ["c"]
    assert feed(mail(100_001)) == ["y552 5.3.4"]
    assert feed(mta.message()) == ["c", "c"]  # and the next is heard


def test_what_the_spool_has_no_room_for_waits_at_its_sender(setting: Setting) -> None:
    setting.spool.take(setting.spool.free - 1_000)
    feed = begun(setting)
    assert feed(mail(1_000)) == ["c"]
    assert feed(mail(1_001)) == ["y452 4.3.1"]


def test_mail_that_would_wait_too_long_for_judgement_waits_at_its_sender(setting: Setting) -> None:
    busy = True
    feed = begun(replace(setting, busy=lambda: busy))
    assert feed(mail(100)) == ["y451 4.3.2"]
    busy = False
    assert feed(mta.message()) == ["c", "c"]


def test_a_recipient_may_not_be_named_without_end(setting: Setting) -> None:
    feed = begun(replace(setting, limits=Limits(recipients=100)))
    feed(mail(100))
    rcpt = mta.packet("R", mta.strings(b"<b@city.example>"))
    assert feed(rcpt * RCPTS_PER_RECIPIENT * 100) == ["c"] * RCPTS_PER_RECIPIENT * 100
    assert feed(rcpt) == ["y452 4.5.3"]
