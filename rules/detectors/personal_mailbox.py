"""An outside recipient who is probably the sender: work sent home.

Goes by the address and the name shown; judges no content. Alone it is no breach: policies join it with what is sent.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rules.address import Address, key_of
from rules.brands import FREE_MAIL
from rules.document import STRICT, Threshold
from rules.entries import Domain, MailAddress
from rules.facts import Facts
from rules.finding import Evidence, Observation
from rules.names import words_of
from rules.transaction import Direction

NAME = Path(__file__).stem
MAX_RECIPIENTS = 200  # looked at; whoever writes home does not write to more
SHORT = 3  # letters; a shorter local part or name says nothing

LISTED = 1.0  # an administrator knows that it is his
SAME_NAME = 0.9  # both words of the sender's name, at a provider of free mailboxes or shown with the address
SAME_LOCAL = 0.8  # the sender's own local part at such a provider
ELSEWHERE = 0.5  # the same at another domain: a namesake, a former employer, a family's own domain
INITIAL = 0.75  # the family name with an initial, at such a provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    __pydantic_config__ = STRICT
    # Score, 0 to 1, from which the recipient is taken for the sender.
    threshold: Threshold = 0.7
    # Providers of private mailboxes besides the large ones: the local telephone company.
    providers: tuple[Domain, ...] = ()
    # Private addresses of our own people that are known.
    known_addresses: tuple[MailAddress, ...] = ()


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Report the outside recipients who are probably the sender, in one observation that names them."""
    sender = facts.envelope.reverse_path
    outside = facts.recipients(Direction.OUTBOUND)[:MAX_RECIPIENTS]
    if sender is None or not outside:
        return
    known = {*map(key_of, parameters.known_addresses)}
    providers = FREE_MAIL | {domain.lower() for domain in parameters.providers}
    names = _names(facts, sender)
    scored = [(_score(address, sender, names, providers, facts, known), address) for address in outside]
    found = sorted(((score, address.key) for score, address in scored if score > 0), reverse=True)
    if not found:
        return
    best = found[0][0]
    concerned = tuple(key for score, key in found if score == best)
    yield Observation(
        detector=NAME,
        detected=best >= parameters.threshold,
        score=best,
        summary=f"{concerned[0]} is probably {sender.key}",
        evidence=tuple(Evidence(part="envelope", text=key) for key in concerned[:5]),
        recipients=concerned,
    )


def _names(facts: Facts, sender: Address) -> list[str]:
    """The words of the sender's name: as the staff list has it, as From shows it, or as the address is made."""
    person = facts.directory.people.get(sender.key)
    shown = next((one.name for one in facts.originators if key_of(one.address) == sender.key), "")
    candidates = (person.name if person is not None else "", shown, sender.local)
    return next((words for words in map(words_of, candidates) if len(words) > 1), [])


def _score(
    address: Address, sender: Address, names: list[str], providers: frozenset[str], facts: Facts, known: set[str]
) -> float:
    if address.key in known:
        return LISTED
    free = address.domain in providers
    local = "".join(words_of(address.local))
    first, last = (names[0], names[-1]) if names else ("", "")
    shown = next((one.name for one in facts.addressed if key_of(one.address) == address.key), "")
    if names and {first, last} <= set(words_of(shown)):
        return SAME_NAME
    if len(last) >= SHORT and first in local and last in local:
        return SAME_NAME if free else ELSEWHERE
    if len(local) >= SHORT and local == "".join(words_of(sender.local)):
        return SAME_LOCAL if free else ELSEWHERE
    if free and len(last) > SHORT and local in (first[:1] + last, last + first[:1]):
        return INITIAL
    return 0.0
