"""Messages written as mail and read."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from rules.address import parse_address
from rules.directory import Directory
from rules.facts import Facts
from rules.message import Message, Octets
from rules.reading import read_facts
from rules.transaction import Client, Envelope, ListenerKind, Recipient, Transaction


@pytest.fixture
def facts_of() -> Callable[[Octets | str], Facts]:
    """Read a message written as mail; line ends become CRLF unless octets are given."""

    def read(mail: Octets | str) -> Facts:
        octets = mail.replace("\n", "\r\n").encode() if isinstance(mail, str) else mail
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
        return read_facts(transaction, Directory(domains=frozenset({"city.example"})))

    return read
