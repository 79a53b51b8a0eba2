"""A sender of ours without a live account: disabled, expired or gone. Speaks of mail that leaves us or stays inside.

An address of ours in outside mail is for `impersonation` to judge.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rules.address import key_of
from rules.document import STRICT
from rules.entries import MailAddress
from rules.facts import Facts
from rules.finding import Evidence, Observation
from rules.transaction import Direction

NAME = Path(__file__).stem
MAX_AUTHORS = 20  # From mailboxes looked at

PROVED = 1.0  # the very account was proved
NAMED = 0.9  # the envelope or From names it
UNLISTED = 0.5  # an address of ours that the staff list does not have: shared mailboxes and devices are like that


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    __pydantic_config__ = STRICT
    unlisted: bool = False  # an address of ours that is not on the staff list counts too
    known_addresses: tuple[MailAddress, ...] = ()  # shared mailboxes and devices that are not on it and may send


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Report the first of these that has no live account: the mailbox proved, the reverse-path, the authors."""
    copies = facts.recipients(Direction.OUTBOUND, Direction.INTERNAL)
    automatic = facts.envelope.reverse_path is None  # the absence note of who has left goes on as long as it is set
    if not copies or automatic or facts.identity.authentication is not None or not facts.directory.people:
        return
    known = {*map(key_of, parameters.known_addresses), *facts.directory.groups}
    for key, score in _senders(facts):
        person = facts.directory.person(key)
        if key in known or (person is not None and person.active):
            continue
        if person is None and key.rpartition("@")[2] not in facts.directory.domains:
            continue
        weight = score if person is not None else UNLISTED
        yield Observation(
            detector=NAME,
            detected=person is not None or parameters.unlisted,
            score=weight,
            summary=f"{key} {'has no live account' if person is not None else 'is not on the staff list'}",
            evidence=(Evidence(part="envelope", text=key),),
            recipients=tuple(address.key for address in copies),
        )
        return


def _senders(facts: Facts) -> Iterator[tuple[str, float]]:
    if facts.identity.person is not None:
        yield facts.identity.person, PROVED
    if facts.envelope.reverse_path is not None:
        yield facts.envelope.reverse_path.key, NAMED
    for author in facts.originators[:MAX_AUTHORS]:
        yield key_of(author.address), NAMED
