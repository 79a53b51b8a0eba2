"""What may come of reading hostile mail, checked: facts within their bounds, or the reader's own error."""

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path

from gateway.answers import Answers
from gateway.wire import reply_limit
from rules.address import MAX_DOMAIN, MAX_LOCAL_PART, AddressError, parse_address
from rules.directory import Directory
from rules.document import from_json, to_json
from rules.engine import judge
from rules.facts import Facts, Reason
from rules.mailing import mailing_of
from rules.message import Message
from rules.policy import Policy, load_policy
from rules.reading.budget import MAX_TEXT, MEBIBYTE, Budget, LimitExceeded, Limits
from rules.reading.containers import Unreadable, protection_of, text_of, unpack
from rules.reading.encodings import Encoding, decode
from rules.reading.filetype import signs_of
from rules.reading.mailboxes import MAX_MAILBOXES, mailboxes_of
from rules.reading.mime import MAX_DELIMITERS, Span, read_entity, split_multipart
from rules.reading.names import MAX_NAMES, merge_names
from rules.reading.parameters import parse_structured, texts_of, values_of
from rules.reading.pictures import PictureReader
from rules.reading.preview import preview_of
from rules.reading.readable import Readable, read_page, read_plain
from rules.reading.reader import read_facts
from rules.reading.record import MAX_NOTES
from rules.reading.views import MAX_LEAVES, MAX_TOLD, View, differences, outline
from rules.reading.words import MAX_FIELD_TEXT, header_text
from rules.transaction import Client, Envelope, ListenerKind, Recipient, Transaction
from rules.verdict import Judgement

# As in the gateway, but smaller where only a bomb would meet them: the invariant is the same and costs less to try.
LIMITS = Limits(members=500, unpacked=32 * MEBIBYTE, ratio_from=MEBIBYTE)
_LISTED = 4_096  # characters of one name: NFKC writes one as eighteen at most, and names end at 1,024 before it
_DECODED_FACTOR = 130  # BinHex writes a run of 255 octets in three of its own, each of six bits

_POLICY = Path(__file__).parents[2] / "rules" / "policies" / "city-baseline" / "policy.yaml"
DIRECTORY = Directory(domains=frozenset({"city.example"}))


def transaction_of(octets: bytes) -> Transaction:
    return Transaction(
        id="t1",
        received=datetime(2025, 9, 1, tzinfo=UTC),
        listener="edge",
        kind=ListenerKind.EDGE,
        direction=None,
        client=Client(address="192.0.2.1", name="mail.elsewhere.example"),
        envelope=Envelope(
            reverse_path=parse_address("ann@elsewhere.example"),
            recipients=(Recipient(address=parse_address("bob@city.example")),),
        ),
        message=Message(octets),
    )


@cache
def policy() -> Policy:
    return load_policy(_POLICY)


def message(octets: bytes) -> None:
    """The whole of an inspection, up to the answer that the gateway believes."""
    transaction = transaction_of(octets)
    facts = read_facts(transaction, DIRECTORY)
    check_facts(facts, len(octets))
    judgement = judge(facts, policy(), preview=preview_of(facts))
    mailing_of(facts, frozenset())
    failed = [entry for entry in judgement.not_inspected if entry.reason is Reason.FAILED]
    assert not failed, f"a detector failed: {failed}"
    reply = to_json(judgement, Judgement)
    assert len(reply) <= reply_limit(1), f"a judgement of {len(reply)} octets"
    Answers(policy()).checked(from_json(reply, Judgement), transaction)


def check_facts(facts: Facts, size: int) -> None:
    """Everything is of the declared type, within its bounds, and can be written as UTF-8."""
    check_texts(facts)
    assert facts.size == size
    for part in facts.parts:
        assert part.path and len(part.digest) == 64 and part.size >= 0
        _check_names(part.names)
    assert sum(len(text.text) for text in facts.said(*{text.role for text in facts.texts})) <= (
        MAX_TEXT + MAX_FIELD_TEXT * len(facts.fields)
    )
    assert all(text.start >= 0 for text in facts.texts)
    assert max(len(facts.unread), len(facts.ambiguities)) <= MAX_NOTES
    assert max(len(facts.originators), len(facts.addressed)) <= MAX_MAILBOXES + 1


def _check_names(names: tuple[str, ...]) -> None:
    assert len(names) <= MAX_NAMES + 1, f"{len(names)} names"  # the last tells that there were more
    assert all(0 < len(name) <= _LISTED for name in names), f"a name of {max(map(len, names))} characters"


def check_texts(value: object) -> None:
    """Lone surrogates could be neither stored nor shown."""
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, tuple):
        for item in value:
            check_texts(item)
    elif is_dataclass(value):
        for field in fields(value):
            check_texts(getattr(value, field.name))


def part(octets: bytes) -> None:
    """One file: what it is, what it says, and what it contains one level down."""
    signs = signs_of((), None, octets)
    check_texts((signs, protection_of(octets, signs)))
    budget = Budget(LIMITS)
    unpacked = 0
    try:
        for member in unpack(octets, (), signs, budget):
            names = merge_names(member.names)
            _check_names(names)
            check_texts((names, member.encrypted, member.declared_type))
            unpacked += len(member.octets)
            assert unpacked <= LIMITS.unpacked, f"{unpacked} octets came out"
    except (LimitExceeded, Unreadable) as error:
        assert str(error).strip(), "a reason without words"
    try:
        check_texts(text_of(octets, signs, Budget(LIMITS)))
    except (LimitExceeded, Unreadable) as error:
        assert str(error).strip(), "a reason without words"


def header(octets: bytes) -> None:
    """Fields, their structured bodies, and where the body begins."""
    entity = read_entity(octets, 0, len(octets))
    assert 0 <= entity.body.start <= entity.body.end == len(octets)
    assert entity.encodings and entity.media_types("text/plain")
    _check_names(entity.names)
    check_texts((entity.names, entity.troubles))
    for field in entity.header.fields:
        assert field.name == field.name.lower()
        check_texts(header_text(field.body))
    mailboxes = mailboxes_of([field.body for field in entity.header.fields])
    assert len(mailboxes) <= MAX_MAILBOXES + 1
    check_texts(mailboxes)


def parameters(octets: bytes) -> None:
    """One structured field body, every candidate of every parameter."""
    structured = parse_structured(octets)
    for parameter in structured.parameters[:50]:
        assert parameter.values, "a parameter without a value"
        stem = parameter.name.partition("*")[0]
        assert sum(map(len, values_of(structured, stem))) <= 8 * len(octets) + 8
        check_texts(tuple(texts_of(structured, stem)))


def multipart(octets: bytes) -> None:
    """The first line is the boundary of the rest: spans in order, none outside, none over another."""
    boundary, _, body = octets.partition(b"\n")
    split = split_multipart(body, Span(0, len(body)), boundary[:200] or b"x")
    if split is None:
        return
    spans = [split.preamble, *split.parts, split.epilogue]
    assert all(0 <= span.start <= span.end <= len(body) for span in spans), spans
    assert all(one.end <= other.start for one, other in pairwise(spans)), spans
    assert len(split.parts) <= MAX_DELIMITERS + 1


def views(octets: bytes) -> None:
    """What three kinds of reader see: leaves within the message, and differences in words."""
    for view in View:
        leaves = outline(octets, view)
        assert len(leaves) <= MAX_LEAVES
        assert all(0 <= leaf.span.start <= leaf.span.end <= len(octets) for leaf in leaves.values())
    found = differences(octets)
    assert len(found) <= MAX_TOLD
    check_texts(found)


def encodings(octets: bytes) -> None:
    """Each transfer encoding undone; damage never raises."""
    for encoding in Encoding:
        decoded = decode(octets, encoding)
        assert all(len(found) <= _DECODED_FACTOR * len(octets) for found in (decoded.octets, *decoded.others))


def text(octets: bytes) -> None:
    """A body as plain text and as a page; the first line names a charset. Pieces cover the text in order."""
    charset, _, body = octets.partition(b"\n")
    named = charset.decode("latin-1")[:80] or None
    for readable in (read_plain(body, named), read_page(body, named)):
        check_texts((readable.text, readable.hidden))
        _check_pieces(readable)


def _check_pieces(readable: Readable) -> None:
    position = 0
    for piece in readable.pieces:
        assert position <= piece.start <= piece.end <= len(readable.text), piece
        position = piece.end


def address(octets: bytes) -> None:
    """A mailbox that prints as what was read, or AddressError."""
    written = octets.decode("utf-8", "surrogateescape")
    try:
        found = parse_address(written)
    except AddressError:
        return
    assert parse_address(str(found)) == found
    assert found.local == written[: len(found.local)] and found.domain == found.domain.lower()
    assert len(found.local.encode()) <= MAX_LOCAL_PART and len(found.domain.encode()) <= MAX_DOMAIN
    assert written.isprintable()


_picture_reader = cache(PictureReader)


def picture(octets: bytes) -> None:
    """Words, or the reader's own error with a reason."""
    try:
        assert isinstance(_picture_reader().words(octets, 1.0), str)
    except (LimitExceeded, Unreadable) as error:
        assert str(error), "without words"
