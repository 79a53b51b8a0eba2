"""Entries of Active Directory and of inetOrgPerson as our people and groups."""

import pytest

from rules.directory_entries import directory_of
from rules.ldif import entries_of

BASE = "dc=city,dc=example"


def read(text: str):
    return directory_of(entries_of(text), ("City.Example",))


def person(name: str, *lines: str, kind: str = "user") -> str:
    return "\n".join((f"dn: CN={name},{BASE}", f"objectClass: {kind}", f"cn: {name}", *lines)) + "\n\n"


def group(name: str, *members: str, mail: bool = True) -> str:
    lines = [f"mail: {name}@city.example"] if mail else []
    lines += [f"member: cn={member} , DC=City,DC=example" for member in members]
    return person(name, *lines, kind="groupOfNames")


ANN = person(
    "Ann",
    "mail: ann@city.example",
    "proxyAddresses: smtp:a.lee@city.example",
    "proxyAddresses: SMTP:Ann.Lee@city.example",
    "proxyAddresses: X500:/o=City/cn=Ann",
    "proxyAddresses: smtp:ann@elsewhere.example",
    "displayName: Ann Lee",
    "department: Clerk",
    "userAccountControl: 512",
)


def test_a_person_of_active_directory_with_all_addresses():
    directory, conflicts = read(ANN)
    assert conflicts == ()
    (found,) = directory.people.values()
    assert (found.address, found.name, found.department, found.active) == (
        "ann.lee@city.example",
        "Ann Lee",
        "Clerk",
        True,
    )
    assert directory.aliases == dict.fromkeys(("ann@city.example", "a.lee@city.example"), "ann.lee@city.example")


@pytest.mark.parametrize(
    ("line", "active"),
    [
        ("userAccountControl: 514", False),
        ("userAccountControl: 66048", True),
        ("userAccountControl: many", True),
        ("nsAccountLock: TRUE", False),
        ("pwdAccountLockedTime: 000001010000Z", False),
        ("pwdAccountLockedTime: 20260101000000Z", True),
    ],
)
def test_an_account_that_is_disabled_is_not_active(line, active):
    directory, _ = read(person("Ann", "mail: ann@city.example", line) + group("all", "Ann"))
    assert directory.people["ann@city.example"].active is active
    assert directory.groups == {"all@city.example": {"ann@city.example"} if active else frozenset()}


def test_groups_within_groups_also_through_one_without_an_address():
    bob = person("Bob", "mail: bob@city.example")
    text = ANN + bob + group("all", "inner", "Bob", "Nobody") + group("inner", "Ann", "all", mail=False)
    directory, _ = read(text)
    assert directory.groups == {"all@city.example": {"ann.lee@city.example", "bob@city.example"}}


@pytest.mark.parametrize("kind", ["groupOfURLs", "msExchDynamicDistributionList"])
def test_a_group_that_only_the_server_can_expand_counts_as_everybody(kind):
    gone = person("Eve", "mail: eve@city.example", "userAccountControl: 514")
    text = ANN + gone + person("Crew", "mail: crew@city.example", kind=kind) + group("all", "Crew")
    everybody = {"ann.lee@city.example"}
    assert read(text)[0].groups == {"crew@city.example": everybody, "all@city.example": everybody}


def test_members_by_uid():
    text = person("Ann", "mail: ann@city.example", "uid: alee") + person(
        "all", "mail: all@city.example", "memberUid: ALee", kind="posixGroup"
    )
    assert read(text)[0].groups == {"all@city.example": {"ann@city.example"}}


@pytest.mark.parametrize("kind", ["4", "16", "32"])
def test_shared_mailboxes_rooms_and_equipment_are_known_and_nobody(kind):
    directory, _ = read(person("Hall", "mail: hall@city.example", f"msExchRecipientTypeDetails: {kind}"))
    assert directory.people == {}
    assert directory.groups == {"hall@city.example": frozenset()}


def test_contacts_computers_and_strangers_are_left_out():
    text = person("C", "mail: c@city.example", "objectClass: contact")
    text += person("PC1", "mail: pc@city.example", "objectClass: computer")
    text += person("X", "mail: x@elsewhere.example") + person("Y") + person("Z", "mail: not an address")
    assert read(text)[0].people == {}


def test_one_address_of_two_entries_is_a_conflict_and_the_first_is_kept():
    directory, (conflict,) = read(ANN + person("Bob", "mail: A.Lee@city.example"))
    assert list(directory.people) == ["ann.lee@city.example"]
    assert conflict.line == 13
    assert "a.lee@city.example" in conflict.expected
