"""What may come over a connection, checked: SMTP from a client, replies from a next hop, frames from a worker."""

import asyncio
import contextlib
import re
import socket
import tempfile
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from pathlib import Path

import dns.message

from gateway.answers import Answers
from gateway.config import Limits, MilterListener
from gateway.egress import Shipment
from gateway.fields import edited, edits
from gateway.identity.author import author_of
from gateway.identity.dkim import Refused as SignatureRefused
from gateway.identity.dkim import parse_signature
from gateway.identity.resolver import MAX_RECORDS, Outcome, answer_of
from gateway.identity.responses import MAX_NAME
from gateway.identity.spf import SpfError, parse_record
from gateway.identity.tags import MAX_TAGS, TagError, parse_tags
from gateway.milter.conversation import Conversation, Setting
from gateway.milter.conversation import Ended as MessageEnded
from gateway.milter.negotiation import CannotServe
from gateway.milter.packets import PacketReader
from gateway.milter.protocol import ProtocolViolation
from gateway.milter.verdict import answer
from gateway.relay.replies import MAX_LINES, MAX_TEXT, ReplyError, ReplyParser, WireReply
from gateway.reply import ACCEPTED
from gateway.smtp.behind import MAX_VALUE, XCLIENT, read_stated
from gateway.smtp.commands import read_command, read_hello
from gateway.smtp.data import DataReader, Fault
from gateway.smtp.intake import Intake
from gateway.smtp.parameters import MAX_ENVID, MAX_ORCPT, Refused, read_mail, read_rcpt
from gateway.smtp.proxy import MAX_BODY, MAX_LINE, SIGNATURE, BadHeader, read_header
from gateway.smtp.spool import Spool
from gateway.wire import (
    ENDED,
    HEADER,
    JUDGED,
    MAX_INLINE,
    Ended,
    Preface,
    WireError,
    preface_of,
    read_frame,
    receive_content,
    reply_limit,
    transaction_of,
)
from rules.document import from_json, to_json
from rules.engine import judge
from rules.message import Message
from rules.reading.reader import read_facts
from rules.transaction import ListenerKind, Transaction
from rules.verdict import Judgement
from tests.fuzz import reading_targets
from tests.gateway.milter.mta import responses

_DATA_LIMIT = 2_000  # octets of a content; small, so that inputs meet it
_QUERIES = tuple(dns.message.make_query("a.test.", kind) for kind in ("TXT", "MX", "A", "PTR"))
_NOT_SOUND = rb"\0|\r(?!\n)|(?<!\r)\n"


def command(octets: bytes) -> None:
    """One line of SMTP: a command, or the reply that refuses it."""
    try:
        found = read_command(octets)
    except Refused as error:
        assert 500 <= error.reply.code < 600
        return
    assert found.verb.isascii() and found.verb == found.verb.upper()
    assert "\r" not in found.argument and "\n" not in found.argument
    with contextlib.suppress(Refused):
        assert not set(read_hello(found.argument)) & set(' ()<>"\\,;\r\n')
    with contextlib.suppress(Refused):
        mail = read_mail(found.argument)
        assert mail.envid is None or len(mail.envid) <= MAX_ENVID
        assert mail.smtputf8 or mail.reverse_path is None or mail.reverse_path.is_ascii
    with contextlib.suppress(Refused):
        rcpt = read_rcpt(found.argument, postmaster="postmaster@city.example", smtputf8=False)
        assert rcpt.address.is_ascii
        assert rcpt.orcpt is None or (rcpt.orcpt.isascii() and len(rcpt.orcpt) <= MAX_ORCPT)


def stated(octets: bytes) -> None:
    """What an MTA says of a client with XCLIENT or XFORWARD, or the reply that refuses it."""
    try:
        found = read_stated(octets.decode("latin-1"), XCLIENT)
    except Refused as error:
        assert 500 <= error.reply.code < 600
        return
    for value in (found.address, found.hello, found.login):
        assert value is None or (value.isprintable() and len(value) <= MAX_VALUE), value


def proxy(octets: bytes) -> None:
    """The header of a load balancer: an address, none, or our own error; nothing behind it is taken."""
    with contextlib.suppress(BadHeader, EOFError):
        found, taken = asyncio.run(_proxied(octets))
        assert found is None or ip_address(found)
        assert taken <= max(MAX_LINE, len(SIGNATURE) + 4 + MAX_BODY)


async def _proxied(octets: bytes) -> tuple[str | None, int]:
    """The address, and how many octets were taken for it."""
    intake = Intake(asyncio.get_running_loop())
    intake.feed(octets)
    intake.end()
    found = await read_header(intake)
    return found, len(octets) - len(intake)


def data(octets: bytes) -> None:
    """What follows 354. The first octet says how the rest is cut; every way of cutting gives the same content."""
    step, stream = max(octets[0], 1) if octets else 1, octets[1:]
    whole = _read_data(stream, len(stream) or 1, repair=False)
    assert _read_data(stream, step, repair=False) == whole
    repaired = _read_data(stream, step, repair=True)
    end = re.search(rb"(?:\A|\r\n)\.\r\n", stream)
    if end is None or whole is None or repaired is None:
        assert end is None and whole is None and repaired is None
        return
    content = re.sub(rb"(\A|\r\n)\.", rb"\1", stream[: end.end() - 3])
    damaged = re.search(_NOT_SOUND, content) is not None
    assert whole.rest == stream[end.end() :]
    assert whole.fault is (Fault.TOO_LARGE if len(content) > _DATA_LIMIT else None)
    assert whole.fault or (whole.content == content and whole.sound is not damaged)
    assert repaired.fault or re.search(_NOT_SOUND, repaired.content) is None


@dataclass(frozen=True, slots=True)
class _Taken:
    content: bytes
    rest: bytes
    fault: Fault | None
    sound: bool


def _read_data(stream: bytes, step: int, *, repair: bool) -> _Taken | None:
    reader = DataReader(limit=_DATA_LIMIT, spool=Spool(Path(tempfile.gettempdir())), repair=repair)
    try:
        for at in range(0, len(stream), step):
            rest = reader.feed(stream[at : at + step])
            if rest is not None:
                return _Taken(bytes(reader.content[:]), rest + stream[at + step :], reader.fault, reader.sound)
        return None
    finally:
        reader.close()


def dns_response(octets: bytes) -> None:
    """What a name server says to a question of ours: records as text, or our own error."""
    for query in _QUERIES:
        with contextlib.suppress(ValueError):
            answer = answer_of(query, octets)
            assert (answer.outcome is Outcome.FOUND) == bool(answer.records)
            assert len(answer.records) <= MAX_RECORDS
            assert answer.octets <= len(octets) + len(answer.records) * 4 * MAX_NAME  # names by pointers, as \\ddd


def replies(octets: bytes) -> None:
    """What a next hop says: whole replies in printable ASCII, or ReplyError; the same however it is cut."""
    whole = _replies(octets, max(len(octets), 1))
    assert _replies(octets, 1) == whole and _replies(octets, 7) == whole
    for found in whole[0]:
        assert 200 <= found.code <= 559 and 0 < len(found.lines) <= MAX_LINES
        reply = found.reply()
        assert len(reply.text) <= MAX_TEXT and str(reply).isascii() and str(reply).isprintable()


def _replies(octets: bytes, step: int) -> tuple[list[WireReply], bool]:
    parser = ReplyParser()
    found: list[WireReply] = []
    try:
        for at in range(0, len(octets), step):
            for reply in parser.feed(octets[at : at + step]):
                found.append(reply)  # one by one: those before an error count
    except ReplyError:
        return found, True
    return found, False


def to_worker(octets: bytes) -> None:
    """Frames as the worker takes them; with the content inline, for a descriptor cannot be made of octets."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(octets[:60_000])
        ours.close()
        try:
            received = receive_content(theirs)
            if received is None:
                assert not octets
                return
            preface, content = received
            assert len(content) <= MAX_INLINE
            transaction_of(from_json(preface, Preface), content)
        except (WireError, ValueError) as error:
            assert str(error)


@cache
def _asked() -> Transaction:
    return reading_targets.transaction_of(b"Subject: minutes\r\n\r\nSee you on Monday.\r\n")


def from_worker(octets: bytes) -> None:
    """Frames as the gateway takes them from a worker that may be anybody's: a possible judgement, or refused."""
    with contextlib.suppress(WireError, ValueError):
        kind, told = asyncio.run(_frame(octets[:60_000]))
        if kind != JUDGED:
            assert from_json(told, Ended) in Ended
            return
        answers = Answers(reading_targets.policy())
        judgement = answers.checked(from_json(told, Judgement), _asked())
        assert len(judgement.verdicts) == 1
        reading_targets.check_texts(judgement)


async def _frame(octets: bytes) -> tuple[int, bytes]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.sendall(octets)
        theirs.close()
        return await read_frame(ours, reply_limit(1))


def worker_seeds() -> dict[str, dict[str, bytes]]:
    """Frames of the present protocol, which stored octets could not follow when it changes."""
    facts = read_facts(_asked(), reading_targets.DIRECTORY)
    judged = to_json(judge(facts, reading_targets.policy(), preview="See you"), Judgement)
    ended = to_json(Ended.MEMORY, Ended)
    preface = to_json(preface_of(_asked()), Preface)
    content = bytes(_asked().message.octets[:])
    return {
        "to_worker": {"inline": b"I" + HEADER.pack(len(preface), len(content)) + preface + content},
        "from_worker": {
            "judged": HEADER.pack(len(judged), JUDGED) + judged,
            "ended": HEADER.pack(len(ended), ENDED) + ended,
        },
    }


def _answered(ended: MessageEnded, message: Message, transaction: Transaction) -> bytes:
    """The answer that marks the first recipient's copy and holds those of the others."""
    changes = edits(message, "mx.city.example", "[tag]", outside=frozenset({"city.example"}))
    pieces = edited(message, b"Mailward-Verdict: tag\r\n", changes)
    riding = Shipment(recipients=transaction.envelope.recipients[:1], pieces=pieces, edits=changes)
    said = answer(ended.message, message, ACCEPTED, riding, exact=ended.exact)
    for code, data in responses(said):
        assert code in "-imc", code
        assert b"\r" not in data and not re.search(rb"\n(?![ \t])", data[4:]), data
    return said


def identity(octets: bytes) -> None:
    """Tag lists, signatures, SPF records and the author: what senders and their name servers write."""
    text = octets.decode("utf-8", "replace")
    with contextlib.suppress(TagError):
        assert len(parse_tags(text)) <= MAX_TAGS
    with contextlib.suppress(SpfError):
        parse_record(text)
    fields = tuple(Message(octets).fields())
    author_of(fields)
    for field in fields[:20]:
        with contextlib.suppress(SignatureRefused):
            parse_signature(field)


def milter(octets: bytes) -> None:
    """What an MTA may say, cut at two places: the same outcome, or the connection's end. Of our answers no more is
    asked here than catalogue G06: nothing that ends a string or a line, and no other body.
    """
    outcomes = [_conversed(pieces) for pieces in _cuts(octets)]
    assert all(outcome == outcomes[0] for outcome in outcomes)


def _cuts(octets: bytes) -> list[tuple[bytes, ...]]:
    third = len(octets) // 3
    return [(octets,), (octets[:third], octets[third : 2 * third], octets[2 * third :])]


def _conversed(pieces: tuple[bytes, ...]) -> list[str]:
    """What is said and which messages end, up to the fault if there is one."""
    setting = Setting(
        listener=MilterListener(name="mta", kind=ListenerKind.EDGE, next_hop="onward"),
        limits=Limits(),
        domain="city.example",
        spool=Spool(Path(tempfile.gettempdir())),
    )
    reader, conversation = PacketReader(), Conversation(setting)
    told = []
    try:
        for piece in pieces:
            reader.feed(piece)
            for packet in reader.packets():
                said = conversation.obey(packet)
                if isinstance(said, MessageEnded):
                    message = Message(said.message.content.finish())
                    refusal = said.message.refusal(message)
                    transaction = said.message.complete(setting.listener, said.client, message)
                    assert refusal is not None or transaction.envelope.recipients
                    if refusal is None:
                        told.append(repr(_answered(said, message, transaction)))
                    told.append(f"{refusal} {transaction.envelope} {transaction.client} {bytes(message.octets[:])!r}")
                else:
                    told.append(repr(said))
    except (ProtocolViolation, CannotServe) as fault:
        told.append(str(fault))
    conversation.drop()
    return told
