"""The people and groups of the organization, as an immutable snapshot taken before judgement."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rules.address import Address
from rules.names import words_of
from rules.transaction import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One of the organization's people. Without a live account `active` is false: nothing is sent to them any more."""

    address: str  # Address.key
    name: str = ""
    department: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """`domains` are ours, lower case. `groups` maps a group's address key to its members' address keys, those of groups
    within it included; `aliases` further addresses of people to the one they stand under in `people`."""

    domains: frozenset[str]
    people: Mapping[str, Person] = field(default_factory=dict)
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    # Living people by first and last word of their name (rules.names); of namesakes, one.
    names: Mapping[tuple[str, str], Person] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = ((words_of(person.name), person) for person in self.people.values() if person.active)
        object.__setattr__(self, "names", {(words[0], words[-1]): person for words, person in found if len(words) > 1})

    def owns(self, address: Address) -> bool:
        """Whether the address is in one of our domains; subdomains count only when they are listed themselves."""
        return address.domain in self.domains

    def person(self, key: str) -> Person | None:
        """Whom an Address.key stands for, by whichever of his addresses."""
        return self.people.get(self.aliases.get(key, key))

    def expand(self, addresses: Iterable[Address]) -> frozenset[str]:
        """The people reached: members of groups, and every own address that is not a group."""
        reached: set[str] = set()
        for address in addresses:
            members = self.groups.get(address.key)
            if members is not None:
                reached |= members
            elif self.owns(address):
                reached.add(self.aliases.get(address.key, address.key))
        return frozenset(reached)


def direction_of(
    declared: Direction | None, reverse_path: Address | None, recipient: Address, directory: Directory
) -> Direction:
    """Where a copy travels. An inbound listener is believed; else what we send to our own is internal."""
    if declared is Direction.INBOUND:
        return Direction.INBOUND
    ours = directory.owns(recipient)
    if declared is None and reverse_path is not None and not directory.owns(reverse_path) and ours:
        return Direction.INBOUND
    return Direction.INTERNAL if ours else Direction.OUTBOUND
