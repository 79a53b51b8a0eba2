"""From entries of a directory server to our people and groups, as Active Directory and inetOrgPerson write them.

Knows what attributes mean; neither how entries were fetched nor what a file looks like. RFC 2798, RFC 4519, and
Microsoft's msExch attributes where they are.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from rules.address import AddressError, parse_address
from rules.directory import Directory, Person
from rules.ldif import Entry
from rules.memberships import expanded

# What is asked of a server; an LDIF file may hold more.
ATTRIBUTES = (
    "objectClass", "mail", "proxyAddresses", "mailAlternateAddress", "displayName", "cn", "department",
    "departmentNumber", "ou", "uid", "member", "uniqueMember", "memberUid", "userAccountControl", "nsAccountLock",
    "pwdAccountLockedTime", "msExchRecipientTypeDetails",
)  # fmt: skip

# Whose members only the server itself can tell: such a group counts as everybody, until a list of our own says better.
_DYNAMIC = frozenset(("groupofurls", "msexchdynamicdistributionlist"))
_GROUPS = frozenset(("group", "groupofnames", "groupofuniquenames", "groupofmembers", "posixgroup")) | _DYNAMIC
_PEOPLE = frozenset(("person", "organizationalperson", "inetorgperson", "user", "posixaccount"))
_NO_PEOPLE = frozenset(("computer", "contact"))
_SHARED, _ROOM, _EQUIPMENT = "4", "16", "32"  # msExchRecipientTypeDetails of mailboxes that are nobody's
_DISABLED = 0x2  # userAccountControl: ACCOUNTDISABLE
_LOCKED_FOR_GOOD = "000001010000Z"  # pwdAccountLockedTime: until an administrator unlocks it


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two entries that cannot both be meant, with the line of the second or 0."""

    line: int
    dn: str
    expected: str


@dataclass(slots=True)
class _Found:
    """What has been made of the entries so far."""

    domains: frozenset[str]
    people: dict[str, Person] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by DN: DNs and uids of members
    addresses: dict[str, str] = field(default_factory=dict)  # of groups and shared mailboxes, by DN
    dynamic: set[str] = field(default_factory=set)  # DNs of groups that only the server can expand
    taken: set[str] = field(default_factory=set)
    persons: dict[str, str] = field(default_factory=dict)  # DN or uid → address
    conflicts: list[Conflict] = field(default_factory=list)


def directory_of(entries: Iterable[Entry], domains: Collection[str]) -> tuple[Directory, tuple[Conflict, ...]]:
    """The people and groups with an address of ours; of two entries with one address the first is kept.

    Groups within groups are expanded, also through groups without an address. Mailboxes that are nobody's (shared,
    rooms, equipment) are known as groups without members; groups that only the server can expand have everybody.
    Members without a live account are reached through no group.
    """
    found = _Found(domains=frozenset(domain.lower() for domain in domains))
    for entry in entries:
        classes = {name.lower() for name in entry.all("objectclass")}
        if classes & _GROUPS:
            _add_group(found, entry)
            found.dynamic |= {_normal(entry.dn)} if classes & _DYNAMIC else set()
        elif classes & _PEOPLE and not classes & _NO_PEOPLE:
            _add_person(found, entry)
    resolved = {dn: _resolved(found, names) for dn, names in found.groups.items()}
    members = expanded(resolved | dict.fromkeys(found.dynamic, tuple(found.people)))
    groups = {address: _living(found, members.get(dn, frozenset())) for dn, address in found.addresses.items()}
    directory = Directory(domains=found.domains, people=found.people, groups=groups, aliases=found.aliases)
    return directory, tuple(found.conflicts)


def _add_group(found: _Found, entry: Entry) -> None:
    dn = _normal(entry.dn)
    found.groups[dn] = tuple(map(_normal, entry.all("member", "uniquemember", "memberuid")))
    for address in tuple(_addresses(entry, found.domains))[:1]:
        if _is_free(found, entry, address):
            found.addresses[dn] = address


def _add_person(found: _Found, entry: Entry) -> None:
    addresses = [address for address in _addresses(entry, found.domains) if _is_free(found, entry, address)]
    if not addresses:
        return
    dn, primary = _normal(entry.dn), addresses[0]
    if entry.first("msexchrecipienttypedetails") in (_SHARED, _ROOM, _EQUIPMENT):
        found.addresses |= {f"{dn}\0{number}": address for number, address in enumerate(addresses)}
        return
    found.people[primary] = Person(
        address=primary,
        name=entry.first("displayname", "cn"),
        department=entry.first("department", "departmentnumber", "ou"),
        active=_is_active(entry),
    )
    found.aliases.update(dict.fromkeys(addresses[1:], primary))
    found.persons[dn] = primary
    for uid in entry.all("uid"):
        found.persons.setdefault(_normal(uid), primary)


def _is_free(found: _Found, entry: Entry, address: str) -> bool:
    if address in found.taken:
        found.conflicts.append(
            Conflict(line=entry.line, dn=entry.dn, expected=f"each address once; {address} stands before")
        )
        return False
    found.taken.add(address)
    return True


def _addresses(entry: Entry, domains: frozenset[str]) -> Iterator[str]:
    """The entry's addresses of our domains, the primary one first, each once."""
    proxies = [value.partition(":") for value in entry.all("proxyaddresses")]
    written = [address for kind, _, address in proxies if kind == "SMTP"]
    written += [*entry.all("mail"), *entry.all("mailalternateaddress")]
    written += [address for kind, _, address in proxies if kind == "smtp"]
    seen: set[str] = set()
    for text in written:
        try:
            address = parse_address(text.strip())
        except AddressError:
            continue
        if address.domain in domains and address.key not in seen:
            seen.add(address.key)
            yield address.key


def _is_active(entry: Entry) -> bool:
    control = entry.first("useraccountcontrol")
    disabled = control.isdecimal() and bool(int(control[:10]) & _DISABLED)
    locked = entry.first("nsaccountlock").lower() == "true" or entry.first("pwdaccountlockedtime") == _LOCKED_FOR_GOOD
    return not disabled and not locked


def _resolved(found: _Found, names: Iterable[str]) -> tuple[str, ...]:
    """Members as DNs of groups or addresses of people; those that are neither (contacts, computers) left out."""
    return tuple(
        name if name in found.groups else found.persons[name]
        for name in names
        if name in found.groups or name in found.persons
    )


def _living(found: _Found, members: frozenset[str]) -> frozenset[str]:
    return frozenset(member for member in members if found.people[member].active)


def _normal(dn: str) -> str:
    """A DN as servers compare it, near enough: case and the blanks around separators do not count (RFC 4514)."""
    return ",".join("=".join(side.strip() for side in part.split("=", 1)) for part in dn.lower().split(","))
