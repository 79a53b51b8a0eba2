"""Mail to everybody in a running gateway: groups within groups of an LDIF export, lists built by hand, one mailing in
several messages, the approver's word, and permission that was given for a time.
"""

import smtplib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rules.shipped import find_policy

CLERK, CHIEF, MAYOR = "person0@city.example", "chief@city.example", "mayor@city.example"
PEOPLE = [f"person{number}@city.example" for number in range(30)]
USE = "  - use: organization-wide\n    cites: [ATU-C10]\n    directions: [internal, outbound]\n    action: quarantine\n"
TEXT = (
    "The cafeteria on the second floor will be closed from Wednesday until the painters have finished the east wall. "
    "Coffee is served in the lobby between eight and ten, and lunch may be taken in the garden room while it lasts."
)


def entry(name: str, *lines: str) -> str:
    return (
        "\n".join((f"dn: cn={name},dc=city,dc=example", f"cn: {name}", f"mail: {name}@city.example", *lines)) + "\n\n"
    )


def ldif() -> str:
    """Thirty people; `town` holds two departments, and none of them by itself."""
    people = [entry(address.partition("@")[0], "objectClass: inetOrgPerson") for address in (*PEOPLE, CHIEF, MAYOR)]
    departments = [
        entry(name, "objectClass: groupOfNames", *(f"member: cn=person{n},dc=city,dc=example" for n in numbers))
        for name, numbers in (("works", range(15)), ("parks", range(15, 30)))
    ]
    members = [f"member: cn={name},dc=city,dc=example" for name in ("works", "parks")]
    return "".join((*people, *departments, entry("town", "objectClass: groupOfNames", *members)))


@pytest.fixture
def city(mailward: Callable[..., Any], tmp_path: Path) -> Any:
    (tmp_path / "staff.ldif").write_text(ldif())
    today = datetime.now(UTC).date()
    exemptions = "".join(
        f"      - {{senders: [{sender}], recipients: [{to}], because: news, by: council, until: {until}}}\n"
        for sender, to, until in (
            (MAYOR, "town@city.example", today + timedelta(days=2)),
            (CHIEF, "town@city.example", today - timedelta(days=2)),
        )
    )
    text = find_policy("acceptable-technology-use").read_text()
    assert USE in text
    policy = text.replace(USE, f"{USE}    approver: {CHIEF}\n    except:\n{exemptions}")
    (tmp_path / "policy.yaml").write_text(policy)
    return mailward(extra="policy: policy.yaml\n", directory=tmp_path / "staff.ldif")


def letter(sender: str, to: str, greeting: str = "Dear colleagues") -> bytes:
    text = f"From: {sender}\r\nTo: {to}\r\nSubject: cafeteria closed\r\n\r\n{greeting},\r\n\r\n{TEXT}\r\n"
    return text.encode()


def send(city: Any, sender: str, recipients: list[str], octets: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", city.internal, timeout=120) as client:
        assert client.sendmail(sender, recipients, octets) == {}


def test_a_group_of_groups_waits_for_its_approver_and_nobody_else(
    city: Any, delivered: Callable[[], list[bytes]]
) -> None:
    send(city, CLERK, ["town@city.example"], letter(CLERK, "town@city.example"))
    (item,) = city.held()
    assert [finding["rule"] for finding in item["findings"]] == ["organization-wide"]
    assert "30 people" in item["findings"][0]["summary"] or "30 of" in item["findings"][0]["summary"]
    told = ("quarantine", "release", item["id"], "--reason", "fine", "--by", "it")
    city.cli(*told, expect=1)
    city.cli(*told, "--approved-by", "person3@city.example", expect=1)
    assert delivered() == []
    city.cli(*told, "--approved-by", CHIEF)
    assert len(delivered()) == 1
    assert f"approved by {CHIEF}" in city.cli("audit", "show", "--item", item["id"])


def test_blind_copies_and_a_list_built_by_hand_count(city: Any, delivered: Callable[[], list[bytes]]) -> None:
    send(city, CLERK, PEOPLE[1:20], letter(CLERK, PEOPLE[1]))  # 19 of them, one named
    assert city.held() == [] and len(delivered()) > 0
    send(city, PEOPLE[25], PEOPLE[:20], letter(PEOPLE[25], PEOPLE[25]))
    (item,) = city.held()
    assert len(item["recipients"]) == 20


def test_one_mailing_in_several_messages_is_added_up_into_one_case(
    city: Any, delivered: Callable[[], list[bytes]]
) -> None:
    for first in range(0, 30, 5):
        batch = PEOPLE[first : first + 5]
        send(city, CLERK, batch, letter(CLERK, batch[0], greeting=f"Dear {batch[0].partition('@')[0]}"))
    held = city.held()
    assert len(held) == 3, "the first fifteen people were no great part of the staff"
    before = len(delivered())
    (case,) = city.cli("quarantine", "list", "--cases", "--json").splitlines()
    assert all(item["id"] in case for item in held)
    city.cli("quarantine", "release", held[0]["id"], "--case", "--reason", "fine", "--approved-by", CHIEF)
    assert len(delivered()) == before + 3
    assert city.held("--state", "held") == []


def test_permission_holds_for_its_sender_its_audience_and_its_time(
    city: Any, delivered: Callable[[], list[bytes]]
) -> None:
    send(city, MAYOR, ["town@city.example"], letter(MAYOR, "town@city.example"))
    assert city.held() == [] and len(delivered()) == 1
    send(city, CHIEF, ["town@city.example"], letter(CHIEF, "town@city.example"))  # his has ended
    send(city, MAYOR, ["all-staff@city.example"], letter(MAYOR, "all-staff@city.example"))  # hers is for the town
    assert len(city.held()) == 2
