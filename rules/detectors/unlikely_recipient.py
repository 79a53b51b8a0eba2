"""An outside recipient who is probably not the one meant: a look-alike, a colleague's name, one among colleagues.

Goes by addresses and names, judges no content and keeps no memory of earlier mail. Alone it is no breach: rules join it
with what is confidential.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rules.address import Address, key_of
from rules.document import STRICT, Amount, Threshold
from rules.entries import Domain
from rules.facts import Facts
from rules.finding import Evidence, Observation
from rules.lookalike import likeness
from rules.names import words_of
from rules.transaction import Direction

NAME = Path(__file__).stem
MAX_RECIPIENTS = 200  # outside recipients that are looked at; a confidential letter goes to a few

NAMESAKE = 0.8  # a colleague's name over an outside address: completed wrongly by the mail program
STRAY = 0.7  # few outsiders among many of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    __pydantic_config__ = STRICT
    # Score, 0 to 1, from which a recipient counts as unlikely: a look-alike of our domain is 0.7 to 1.
    threshold: Threshold = 0.7
    # Outside domains that write with us daily, such as the county's: nobody there is unlikely.
    known_domains: tuple[Domain, ...] = ()
    # Recipients of ours beside whom an outsider is a stray.
    insiders: Amount = 4
    # Outsiders up to whom they are strays.
    strays: Amount = 1


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Report each outside recipient who is probably a mistake."""
    known = {domain.lower() for domain in parameters.known_domains}
    outside = [address for address in facts.recipients(Direction.OUTBOUND) if address.domain.lower() not in known]
    inside = facts.recipients(Direction.INTERNAL)
    shown = {key_of(one.address): one.name for one in facts.addressed}
    strays = len(outside) <= parameters.strays and len(inside) >= parameters.insiders
    for address in outside[:MAX_RECIPIENTS]:
        found = max(_signs(address, shown.get(address.key, ""), facts, strays=strays), default=None)
        if found is not None:
            score, why = found
            yield Observation(
                detector=NAME,
                detected=score >= parameters.threshold,
                score=score,
                summary=f"{address}: {why}",
                evidence=(Evidence(part="envelope", text=str(address)),),
                recipients=(address.key,),
            )


def _signs(address: Address, name: str, facts: Facts, *, strays: bool) -> Iterator[tuple[float, str]]:
    for own in sorted(facts.directory.domains):
        alike = likeness(address.domain, own)
        if alike is not None:
            yield alike.score, alike.why
    words = words_of(name) or words_of(address.local.replace(".", " ").replace("_", " "))
    person = facts.directory.names.get((words[0], words[-1])) if len(words) > 1 else None
    if person is not None:
        yield NAMESAKE, f"bears the name of {person.address}"
    if strays:
        yield STRAY, "alone from outside among people of ours"
