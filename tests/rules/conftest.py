"""Facts made by hand, for tests of what judges them."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from rules.address import parse_address
from rules.directory import Directory, direction_of
from rules.facts import Facts, Mailbox, Part, Role, Text
from rules.transaction import Envelope, Recipient

OURS = Directory(domains=frozenset({"city.example"}))


@pytest.fixture
def facts_of() -> Callable[..., Facts]:
    """Facts of one message. Texts are given by role name (`author="..."`); directions are told from the addresses."""
    return _facts_of


def _facts_of(
    author: str = "",
    *,
    subject: str = "",
    sender: str | None = "ann.clerk@city.example",
    to: tuple[str, ...] = ("bob.baker@elsewhere.example",),
    addressed: tuple[str | tuple[str, str], ...] | None = None,
    fields: tuple[tuple[str, str], ...] = (),
    texts: tuple[Text, ...] = (),
    parts: tuple[Part, ...] = (),
    directory: Directory = OURS,
    **roles: str,
) -> Facts:
    reverse_path = parse_address(sender) if sender else None
    recipients = tuple(Recipient(address=parse_address(address)) for address in to)
    shown = tuple(("", item) if isinstance(item, str) else item for item in (to if addressed is None else addressed))
    said = {"subject": subject, "author": author, **roles}
    return Facts(
        received=datetime(2026, 3, 2, 15, 0, tzinfo=UTC),
        envelope=Envelope(reverse_path=reverse_path, recipients=recipients),
        directions={item.address.key: direction_of(None, reverse_path, item.address, directory) for item in recipients},
        directory=directory,
        fields=fields,
        subject=subject,
        originators=(Mailbox(name="", address=sender),) if sender else (),
        addressed=tuple(Mailbox(name=name, address=address) for name, address in shown),
        parts=parts,
        texts=tuple(Text(part="1", role=Role(role), text=text) for role, text in said.items() if text) + texts,
        size=1_000,
    )
