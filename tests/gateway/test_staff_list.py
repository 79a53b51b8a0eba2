"""A new staff list is put in place as a whole, or the old one stays."""

from pathlib import Path

import pytest

from gateway.staff_list import Refused, check_loss, renew
from rules.directory import Directory, Person
from rules.directory_file import load_directory
from rules.ldif import Entry

DOMAINS = ("city.example",)


def people(count: int) -> list[Entry]:
    return [
        Entry(dn=f"cn=p{number}", attributes={"objectclass": ("person",), "mail": (f"p{number}@city.example",)})
        for number in range(count)
    ]


def test_the_first_list_and_one_that_grows(tmp_path: Path) -> None:
    path = tmp_path / "staff.csv"
    assert renew(path, people(3), DOMAINS).before is None
    assert path.stat().st_mode & 0o777 == 0o640
    path.chmod(0o600)
    assert renew(path, people(5), DOMAINS).before == 3
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(load_directory(path, DOMAINS).people) == 5
    assert [file.name for file in tmp_path.iterdir()] == ["staff.csv"]


def test_a_fifth_may_go_and_one_more_may_not(tmp_path: Path) -> None:
    path = tmp_path / "staff.csv"
    renew(path, people(10), DOMAINS)
    renew(path, people(8), DOMAINS)
    renew(path, people(10), DOMAINS)
    with pytest.raises(Refused, match="7 people, and there were 10"):
        renew(path, people(7), DOMAINS)
    assert len(load_directory(path, DOMAINS).people) == 10
    assert len(renew(path, people(7), DOMAINS, accept_fewer=True).directory.people) == 7


@pytest.mark.parametrize(("people_now", "stays"), [(8, False), (7, True)])
def test_nor_where_the_list_was_spoilt_by_hand(tmp_path: Path, people_now: int, stays: bool) -> None:
    path = tmp_path / "staff.csv"
    renew(path, people(10), DOMAINS)
    path.write_text(path.read_text().replace("yes", "perhaps", 1))
    if stays:
        with pytest.raises(Refused, match="7 people, and there were 10"):
            renew(path, people(people_now), DOMAINS)
        assert "perhaps" in path.read_text()
    else:
        assert renew(path, people(people_now), DOMAINS).before is None


def test_nor_where_nothing_can_be_made_of_the_list(tmp_path: Path) -> None:
    path = tmp_path / "staff.csv"
    path.write_bytes(b"\xff\xfe\0")
    with pytest.raises(Refused, match="cannot be read"):
        renew(path, people(10), DOMAINS)
    assert len(renew(path, people(10), DOMAINS, accept_fewer=True).directory.people) == 10


def test_a_list_of_nobody_is_never_accepted(tmp_path: Path) -> None:
    path = tmp_path / "staff.csv"
    for accept_fewer in (False, True):
        with pytest.raises(Refused, match="names nobody"):
            renew(path, [], DOMAINS, accept_fewer=accept_fewer)
    assert not path.exists()


def test_what_is_passed_over_is_told(tmp_path: Path) -> None:
    twice = [*people(1), Entry(dn="cn=other", attributes={"objectclass": ("user",), "mail": ("P0@city.example",)})]
    (conflict,) = renew(tmp_path / "staff.csv", twice, DOMAINS).conflicts
    assert conflict.dn == "cn=other"


def test_people_without_a_live_account_are_lost_too() -> None:
    def listed(active: int) -> Directory:
        addresses = [f"p{number}@city.example" for number in range(10)]
        people = {
            address: Person(address=address, name="", department="", active=number < active)
            for number, address in enumerate(addresses)
        }
        return Directory(domains=frozenset(DOMAINS), people=people)

    check_loss(listed(8), listed(10))
    with pytest.raises(Refused, match="7 people, and there were 10"):
        check_loss(listed(7), listed(10))
