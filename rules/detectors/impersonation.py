"""An identity that is not the sender's: another's mailbox, our own domain from outside, a colleague's name, a double.

What was not verified, or could not be, accuses nobody: each check needs a fact that contradicts what the message shows.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

from rules.address import Address, AddressError, key_of, parse_address
from rules.directory import Person
from rules.document import STRICT, Threshold
from rules.entries import Domain, MailAddress
from rules.facts import Facts, Mailbox
from rules.finding import Evidence, Observation
from rules.identity import DmarcPolicy
from rules.lookalike import likeness
from rules.names import words_of
from rules.remembering import remembered
from rules.transaction import Direction

NAME = Path(__file__).stem
MAX_ORIGINATORS = 20  # mailboxes of From and Reply-To that are looked at; a person writes one
MAX_SHOWN = 200  # characters of a name or address in evidence

PROVED = 1.0  # two identities that exclude each other
UNSIGNED = 0.9  # our own domain, and nothing that speaks for it
LISTED = 0.6  # the same by way of a mailing list, which breaks signatures honestly
CARELESS = 0.4  # against the standard, and seen of honest senders
NAMESAKE = 0.6  # a colleague's name over an address made of that name: himself from home, or somebody else
BORROWED = 0.9  # a colleague's name over an address that has nothing of it
DRESSED = 0.8  # a colleague's name over an address that also claims an office

_ADDRESS_IN_NAME = re.compile(r"[A-Za-z0-9._+-]{1,64}@([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5})")
_ROUTE = re.compile(r"<\s{0,20}@")  # obs-route of RFC 5322 section 4.4: nobody has written one for decades
_OFFICE = frozenset(
    {
        *("admin", "administrator", "chief", "city", "clerk", "commissioner", "council", "director", "finance"),
        *("helpdesk", "hr", "it", "manager", "mayor", "office", "official", "payroll", "police", "secretary"),
        *("security", "treasurer"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    __pydantic_config__ = STRICT
    threshold: Threshold = 0.7  # score from which it is detected
    lookalikes_of: tuple[Domain, ...] = ()  # domains besides ours that others pretend to be: the bank, the county
    allowed_domains: tuple[Domain, ...] = ()  # that look like one of these and are known
    known_addresses: tuple[MailAddress, ...] = ()  # private addresses of our own people
    # Addresses of people whose name nobody outside may bear at all, namesakes included.
    guarded: tuple[MailAddress, ...] = ()


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Report each contradiction between who a message says it is from and what is known of that."""
    inbound = Direction.INBOUND in facts.directions.values() or facts.identity.authentication is not None
    found = [*_fields(facts), *_another_mailbox(facts)]
    if inbound:
        known = {*map(key_of, parameters.known_addresses)}
        originators = [one for one in facts.originators[:MAX_ORIGINATORS] if key_of(one.address) not in known]
        found += [*_authors(facts)]
        found += [*_unsigned(facts, originators), *_names(facts, originators, parameters)]
        found += _lookalikes(facts, originators, parameters)
    for score, summary, shown in found:
        yield Observation(
            detector=NAME,
            detected=score >= parameters.threshold,
            score=score,
            summary=summary,
            evidence=(Evidence(part="header", text=shown[:MAX_SHOWN]),),
        )


_Found = tuple[float, str, str]  # score, summary, what the message shows


def _fields(facts: Facts) -> Iterator[_Found]:
    """RFC 5322 section 3.6.2: one From field, well-formed, and a Sender where it names several authors."""
    bodies = [body for name, body in facts.fields if name == "from"]
    if len(bodies) > 1:
        score = PROVED if len(set(bodies)) > 1 else 0.5  # the same twice deceives nobody
        yield score, f"{len(bodies)} From fields", " | ".join(bodies[:5])
    for one in facts.originators[:MAX_ORIGINATORS]:
        if one.address.count("@") > 1 or "<" in one.address:
            yield UNSIGNED, "a From address that mail programs read differently", _shown(one)
    if len(facts.originators) > 1 and facts.field("sender") is None:
        yield LISTED, "several authors and no Sender", " | ".join(map(_shown, facts.originators[:5]))


def _authors(facts: Facts) -> Iterator[_Found]:
    """Forms of From that show one author to one mail program and another to the next; from outside alone."""
    written = [facts.field(name) for name in ("sender", "resent-from")]
    instead = next((body for body in written if body and "@" in body), None)
    if instead is not None and not any("@" in one.address for one in facts.originators):
        yield UNSIGNED, "no author, so that mail programs show who is named as sender", instead
    elif not any(_address(one.address) for one in facts.originators[:MAX_ORIGINATORS]):
        # On an edge listener that verifies, this is the way around it: no domain is asked. Bounces are often so, and so
        # is what was imported from old archives.
        verified = facts.identity.authentication is not None and facts.envelope.reverse_path is not None
        score = UNSIGNED if verified else CARELESS
        yield score, "no author's address, so that no domain answers for it", f"From: {facts.field('from') or ''}"
    for body in (body for name, body in facts.fields if name == "from" and _ROUTE.search(body)):
        yield UNSIGNED, "a From address with a route, which mail programs read differently", body
    ours = [_is_ours(_domain(one), facts) for one in facts.originators[:MAX_ORIGINATORS]]
    if facts.field("sender") is None and any(ours) and not all(ours):
        yield UNSIGNED, "authors of ours and of others, and no Sender", " | ".join(map(_shown, facts.originators[:5]))


def _another_mailbox(facts: Facts) -> Iterator[_Found]:
    """From against the mailbox that was proved. Writing on behalf names the writer in Sender (section 3.6.2)."""
    person = facts.identity.person
    if person is None or not facts.identity.rung.proves_person:
        return
    aliases = facts.directory.aliases
    mailbox = aliases.get(person, person)  # a login may be another of his addresses than the one he writes from
    sender = key_of((facts.field("sender") or "").rpartition("<")[2].rstrip("> "))
    on_behalf = aliases.get(sender, sender) == mailbox
    for one in facts.originators[:MAX_ORIGINATORS]:
        key = key_of(one.address)
        if aliases.get(key, key) == mailbox or not one.address:
            continue
        both = facts.directory.person(person) is not None and facts.directory.person(key) is not None
        outside = not _is_ours(_domain(one), facts)
        if on_behalf and not outside:
            score = 0.4  # delegated, as far as the message says
        elif both or outside:
            score = PROVED
        else:
            score = 0.5  # a shared mailbox, an alias or a login name that the directory does not have
        yield score, f"{person} writes as {key[:MAX_SHOWN]}", _shown(one)


def _unsigned(facts: Facts, originators: list[Mailbox]) -> Iterator[_Found]:
    """Our own domain from outside, without SPF, DKIM or a trusted list to speak for it."""
    authentication = facts.identity.authentication
    if authentication is None or authentication.undecided or authentication.arc.trusted:
        return
    for one in originators:
        domain = _domain(one)
        if not _is_ours(domain, facts) or (authentication.aligned and authentication.dmarc.author == domain):
            continue
        asked = authentication.dmarc.policy in (DmarcPolicy.QUARANTINE, DmarcPolicy.REJECT)
        score = UNSIGNED if asked or not _is_list_copy(facts) else LISTED
        yield score, f"from outside as {domain}, and nothing proves it", _shown(one)


def _is_list_copy(facts: Facts) -> bool:
    """A list's own marks, and a copy that is not addressed to its recipient: he is reached as a subscriber."""
    if facts.field("list-id") is None or facts.field("list-unsubscribe") is None:
        return False
    named = {key_of(one.address) for one in facts.addressed}
    return not any(recipient.address.key in named for recipient in facts.envelope.recipients)


def _names(facts: Facts, originators: list[Mailbox], parameters: Parameters) -> Iterator[_Found]:
    """A colleague's name, or an address of ours, shown over an address outside."""
    guarded = {*map(key_of, parameters.guarded)}
    for one in originators:
        if _is_ours(_domain(one), facts):
            continue
        shown = _ADDRESS_IN_NAME.search(one.name)
        if shown is not None and _is_ours(shown.group(1).lower(), facts):
            yield BORROWED, f"shows {shown.group()} and comes from {one.address[:MAX_SHOWN]}", _shown(one)
            continue
        person = _colleague(one.name, facts)
        if person is None or all(item.address.key == person.address for item in facts.envelope.recipients):
            continue  # nobody writes to himself to deceive
        score = PROVED if person.address in guarded else _name_score(one, person)
        yield score, f"bears the name of {person.name} and comes from {one.address[:MAX_SHOWN]}", _shown(one)


def _name_score(one: Mailbox, person: Person) -> float:
    local = one.address.rpartition("@")[0]
    plain = "".join(words_of(local))
    words = words_of(person.name)
    if set(words_of(local)) & _OFFICE:
        return DRESSED
    return NAMESAKE if words and words[-1] in plain else BORROWED


def _colleague(name: str, facts: Facts) -> Person | None:
    """The living account whose first and last name both stand in the display name, in whatever order."""
    pairs = permutations(dict.fromkeys(words_of(name)), 2)
    return next((person for pair in pairs if (person := facts.directory.names.get(pair)) is not None), None)


def _lookalikes(facts: Facts, originators: list[Mailbox], parameters: Parameters) -> Iterator[_Found]:
    allowed = {domain.lower() for domain in parameters.allowed_domains}
    protected = (*sorted(facts.directory.domains), *parameters.lookalikes_of)
    for one in originators:
        domain = _domain(one)
        if not domain or _is_ours(domain, facts) or domain in allowed:
            continue
        found = [like for own in protected if (like := likeness(domain, own)) is not None]
        if found:
            best = max(found, key=lambda like: like.score)
            yield best.score, f"look-alike domain: {best.why}"[:MAX_SHOWN], _shown(one)


def _is_ours(domain: str, facts: Facts) -> bool:
    return any(domain == own or domain.endswith("." + own) for own in facts.directory.domains)


def _domain(one: Mailbox) -> str:
    return _domain_of(one.address)


@remembered
def _domain_of(written: str) -> str:
    address = _address(written)
    return address.domain if address is not None else written.rpartition("@")[2].lower()


def _address(text: str) -> Address | None:
    try:
        return parse_address(text)
    except AddressError:
        return None


def _shown(one: Mailbox) -> str:
    return f"From: {one.name} <{one.address}>" if one.name else f"From: {one.address}"
