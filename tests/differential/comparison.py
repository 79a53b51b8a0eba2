"""Mailward beside the reference parsers: which programs they see that it neither reports nor holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rules.address import parse_address
from rules.detectors import ambiguous_message, encrypted_content, executable_attachment
from rules.directory import Directory
from rules.facts import Facts
from rules.message import Message
from rules.reading.reader import read_facts
from rules.transaction import Client, Envelope, ListenerKind, Recipient, Transaction
from tests.differential.references import Seen, seen_by

_DIRECTORY = Directory(domains=frozenset({"city.example"}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A message with a program that a parser sees, and that Mailward passes as one that was read whole."""

    message: Path
    parser: str
    seen: tuple[Seen, ...]


def facts_of(octets: bytes) -> Facts:
    envelope = Envelope(
        reverse_path=parse_address("ann@city.example"),
        recipients=(Recipient(address=parse_address("bob@elsewhere.example")),),
    )
    transaction = Transaction(
        id="t1",
        received=datetime(2025, 9, 1, tzinfo=UTC),
        listener="edge",
        kind=ListenerKind.EDGE,
        direction=None,
        client=Client(address="192.0.2.1", name="mail.city.example"),
        envelope=envelope,
        message=Message(octets),
    )
    return read_facts(transaction, _DIRECTORY)


def is_stopped(facts: Facts) -> bool:
    """Whether the message is reported for a program, or held because it is ambiguous or was not read whole."""
    return bool(
        facts.unread
        or any(executable_attachment.detect(facts, executable_attachment.Parameters()))
        or any(ambiguous_message.detect(facts, ambiguous_message.Parameters()))
        or any(encrypted_content.detect(facts, encrypted_content.Parameters()))
    )


def compare(
    messages: Sequence[Path], parsers: Sequence[str], read: Callable[[bytes], Facts] = facts_of
) -> tuple[list[Missed], dict[str, int]]:
    """What is missed, and in how many messages each parser sees a program."""
    stopped = {message: is_stopped(read(message.read_bytes())) for message in messages}
    missed: list[Missed] = []
    counts: dict[str, int] = {}
    for parser in parsers:
        seen = seen_by(parser, messages)
        programs = {message: tuple(item for item in found if item.executable) for message, found in seen.items()}
        counts[parser] = sum(bool(found) for found in programs.values())
        missed += [
            Missed(message=message, parser=parser, seen=found)
            for message, found in programs.items()
            if found and not stopped[message]
        ]
    return missed, counts
