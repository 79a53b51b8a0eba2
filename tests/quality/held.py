"""How much ordinary mail each shipped policy holds, by rule: as it ships, and with an administrator's lists filled in.

The mail names real people, so those lists are made from it at run time, and only counted in what is printed: who writes
to everybody again and again has permission; a domain that mail goes to and comes from, or that several of ours write
to again and again, is an approved partner; everybody of ours whom a header names is on the staff list. `--partners`
names a file with further partner domains. Exits 0 and says so where there is no such mail. Takes some minutes.

    python -m tests.quality.held [POLICY…] [--leaving] [--messages] [--partners FILE]
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from rules.address import Address, AddressError, parse_address
from rules.brands import FREE_MAIL
from rules.detectors import confidential_forward, confidential_marking, organization_wide, unlikely_recipient
from rules.directory import Directory, Person
from rules.engine import judge
from rules.envelope import probable_envelope, wire_form
from rules.facts import Facts
from rules.finding import Action
from rules.message import Message
from rules.policy import Policy, Probe, Rule, load_policy
from rules.policy_file import Exemption
from rules.reading.reader import read_facts
from rules.remembering import forget_message
from rules.shipped import find_policy
from rules.transaction import Client, Direction, Envelope, ListenerKind, Recipient, Transaction
from tests.quality.labelled import NOT_BEFORE, VARIABLE, corpora

ORDINARY = ("city-mail", "office-mail", "hard-ham")  # of the corpora: mail in which little should be found
POLICIES = ("acceptable-technology-use", "leawood-415", "stamford-technology")
CITY = "city.example"  # where there is no home: mail of many to one reader, as if he were a clerk
READER = "clerk"
OUTSIDER = Address(local="someone", domain="elsewhere.example")
OFTEN = 3  # mailings of one sender to everybody that are an office's and no mistake; letters that make a partner


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordinary:
    """One message, as a gateway of `home` sees it."""

    path: Path
    home: str
    envelope: Envelope

    @property
    def is_ours(self) -> bool:
        sender = self.envelope.reverse_path
        return sender is not None and sender.domain == self.home


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """What an administrator would fill in."""

    permitted: frozenset[str]  # address keys
    partners: frozenset[str]  # domains
    people: dict[str, Person]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    path: Path
    rules: tuple[str, ...]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("policies", nargs="*", default=POLICIES, help="names of shipped policies, or folders")
    parser.add_argument("--leaving", action="store_true", help="judge everything as a clerk's mail to somebody outside")
    parser.add_argument("--messages", action="store_true", help="name each message that is held")
    parser.add_argument("--partners", type=Path, help="file of further partner domains, kept outside the repository")
    options = parser.parse_args()
    folders = [corpora() / name for name in ORDINARY if (corpora() / name).is_dir()]
    if not folders:
        print(f"no ordinary mail: {corpora()} has none of {', '.join(ORDINARY)}; {VARIABLE} names the folder")
        return 0
    mail = [item for folder in folders for item in ordinary_mail(folder)]
    if options.leaving:
        mail = [leaving(item) for item in mail]
    seen = [(item, read(item)) for item in mail]
    named = options.partners.read_text().split() if options.partners else ()
    lists = lists_of(seen, named)
    print(f"{len(mail):,} ordinary messages{', all of them as if they left the city' if options.leaving else ''}")
    print(
        f"lists filled in: {len(lists.permitted)} senders with permission to write to everybody, "
        f"{len(lists.partners)} partner domains, {len(lists.people):,} people of ours (a real staff list is longer, "
        "and fewer letters reach half of it)"
    )
    for name in options.policies:
        policy = load_policy(find_policy(name))
        _print(name, "as shipped", held_by(policy, seen), options.messages)
        if not options.leaving:
            known = [(item, _with_staff(facts, lists)) for item, facts in seen]
            _print(name, "with lists filled in", held_by(filled_in(policy, lists), known), options.messages)
    return 0


def ordinary_mail(folder: Path) -> Iterator[Ordinary]:
    """The messages of a folder, whatever else lies there left out, as they came to a gateway of whoever wrote most."""
    found = [(path, *one) for path in sorted(folder.rglob("*")) if (one := _author_of(path)) is not None]
    home = home_of([envelope for _, envelope, _ in found])
    for path, envelope, author in found:
        if home is not None and envelope.reverse_path is None and author.rstrip("> ").endswith(f"@{home}"):
            envelope = replace(envelope, reverse_path=Address(local=READER, domain=home))  # its local part is malformed
        yield Ordinary(path=path, home=home or CITY, envelope=travelled(envelope, home))


def _author_of(path: Path) -> tuple[Envelope, str] | None:
    """The probable envelope and what From says; None without From, for that is no message (RFC 5322 section 3.6)."""
    if not path.is_file() or path.suffix == ".cats":
        return None
    message = Message(wire_form(path.read_bytes()))
    author = message.first("from")
    return None if author is None else (probable_envelope(message), author)


def home_of(envelopes: Sequence[Envelope]) -> str | None:
    """The domain that wrote at least half of the mail; None where one reader keeps what many wrote."""
    domains = Counter(one.reverse_path.domain for one in envelopes if one.reverse_path is not None)
    domain, count = domains.most_common(1)[0] if domains else ("", 0)
    return domain if 2 * count >= len(envelopes) and domain else None


def travelled(envelope: Envelope, home: str | None) -> Envelope:
    """The copies that a gateway of `home` sees: all of what its own people write, of others' mail those for them.

    Where an outsider names none of ours, he wrote to a list or a blind copy, for it lay in a mailbox of ours.
    """
    sender = envelope.reverse_path
    if home is not None and sender is not None and sender.domain == home and envelope.recipients:
        return envelope
    ours = tuple(one for one in envelope.recipients if one.address.domain == home)
    reader = Recipient(address=Address(local=READER, domain=home or CITY))
    return replace(envelope, recipients=ours or (reader,))


def leaving(item: Ordinary) -> Ordinary:
    """The same message, sent by a clerk to somebody outside who had no part in it."""
    clerk = Address(local=READER, domain=CITY)
    return replace(item, home=CITY, envelope=Envelope(reverse_path=clerk, recipients=(Recipient(address=OUTSIDER),)))


def read(item: Ordinary) -> Facts:
    """What is seen of the message."""
    transaction = Transaction(
        id=item.path.stem,
        received=NOT_BEFORE,
        listener="quality",
        kind=ListenerKind.INTERNAL if item.is_ours else ListenerKind.EDGE,
        direction=None if item.is_ours else Direction.INBOUND,
        client=Client(address="127.0.0.1", name="quality"),
        envelope=item.envelope,
        message=Message(wire_form(item.path.read_bytes())),
    )
    facts = read_facts(transaction, Directory(domains=frozenset({item.home})))
    forget_message()
    return facts


def lists_of(seen: Iterable[tuple[Ordinary, Facts]], named: Iterable[str] = ()) -> Lists:
    """What the mail itself tells of offices, partners and staff; `named` are further partners."""
    to_all: Counter[str] = Counter()
    letters: dict[str, list[str]] = {}  # outside domain → who of ours wrote there, once for each message
    heard_of: set[str] = set()
    people: dict[str, Person] = {}
    nameless: set[str] = set()
    for item, facts in seen:
        sender = item.envelope.reverse_path
        if item.is_ours and sender is not None:
            to_all[sender.key] += _is_to_all(facts)
            for domain in {one.address.domain for one in item.envelope.recipients} - {item.home}:
                letters.setdefault(domain, []).append(sender.key)
        elif sender is not None:
            heard_of.add(sender.domain)
        people |= {key: one for key, one in _people(facts).items() if one.name or key not in people}
        nameless |= {one.name for one in facts.originators if "@" not in one.address}
    partners = {one for one, writers in letters.items() if one in heard_of or _is_regular(writers)}
    return Lists(
        permitted=frozenset(key for key, count in to_all.items() if count >= OFTEN),
        partners=frozenset({*(partners - FREE_MAIL), *named}),
        # Exchange leaves out a colleague's address where it exports his name: he would seem to be another.
        people={key: replace(one, name="") if one.name in nameless else one for key, one in people.items()},
    )


def _is_regular(writers: Sequence[str]) -> bool:
    return len(writers) >= OFTEN and len(set(writers)) > 1


def _is_to_all(facts: Facts) -> bool:
    found = organization_wide.detect(facts, organization_wide.Parameters())
    return any(item.detected for item in found)


def _people(facts: Facts) -> dict[str, Person]:
    """Whoever of ours the header names, but not the groups that mean everyone."""
    groups = {name.replace("-", "") for name in organization_wide.Parameters().all_staff}
    found = {}
    for mailbox in (*facts.originators, *facts.addressed):
        try:
            address = parse_address(mailbox.address)
        except AddressError:
            continue
        if facts.directory.owns(address) and address.local.casefold().replace(".", "") not in groups:
            found[address.key] = Person(address=address.key, name=mailbox.name)
    return found


def _with_staff(facts: Facts, lists: Lists) -> Facts:
    ours = {key: one for key, one in lists.people.items() if key.rpartition("@")[2] in facts.directory.domains}
    return replace(facts, directory=replace(facts.directory, people=ours))


def filled_in(policy: Policy, lists: Lists) -> Policy:
    """The policy with its lists of permissions, approved recipients and known domains."""
    rules = tuple(_filled_in(rule, lists) for rule in policy.rules)
    probes = tuple(dict.fromkeys(probe for rule in rules for probe in rule.probes))
    return replace(policy, rules=rules, probes=probes)


def _filled_in(rule: Rule, lists: Lists) -> Rule:
    match rule.when.detector:
        case organization_wide.NAME:
            return _given(rule, permitted_senders=tuple(sorted(lists.permitted)))
        case unlikely_recipient.NAME:
            return _given(rule, known_domains=tuple(sorted(lists.partners)))
        case confidential_marking.NAME | confidential_forward.NAME if lists.partners:
            approved = Exemption(
                because="counsel and partners",
                by="administrator",
                until=date(2099, 12, 31),
                recipients=tuple(f"@{domain}" for domain in sorted(lists.partners)),
            )
            return replace(rule, exemptions=(*rule.exemptions, approved))
    return rule


def _given(rule: Rule, **parameters: tuple[str, ...]) -> Rule:
    return replace(
        rule, when=Probe(detector=rule.when.detector, parameters=replace(rule.when.parameters, **parameters))
    )


def held_by(policy: Policy, seen: Iterable[tuple[Ordinary, Facts]]) -> list[Held]:
    """The messages of which a copy is held, and the rules that hold it."""
    found = []
    for item, facts in seen:
        findings = [one for verdict in judge(facts, policy).verdicts for one in verdict.findings]
        rules = {one.rule for one in findings if one.action is Action.QUARANTINE}
        if rules:
            found.append(Held(path=item.path, rules=tuple(sorted(rules))))
    return found


def _print(policy: str, how: str, held: Sequence[Held], messages: bool) -> None:
    print(f"{policy}, {how}: {len(held)} held")
    for rules, count in Counter(item.rules for item in held).most_common():
        print(f"    {count:4d}  {', '.join(rules)}")
    for item in held if messages else ():
        print(f"          {item.path}: {', '.join(item.rules)}")


if __name__ == "__main__":
    sys.exit(main())
