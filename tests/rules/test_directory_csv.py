"""The staff list as CSV: what is accepted, and how each fault is told."""

from pathlib import Path

import pytest

import rules.directory_csv as directory_csv
import rules.directory_file as directory_file
from rules.address import parse_address
from rules.directory import Directory, Person
from rules.directory_csv import csv_of
from rules.directory_file import load_directory
from rules.shipped import LIBRARY
from rules.yaml_nodes import DocumentError

HEADER = "address,name,department,groups,active\n"


def read(tmp_path: Path, text: str | bytes):
    path = tmp_path / "staff.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_directory(path, ("City.Example",))


def faults(tmp_path: Path, text: str | bytes) -> list[tuple[int, str]]:
    with pytest.raises(DocumentError) as caught:
        read(tmp_path, text)
    return [(fault.line, fault.where) for fault in caught.value.faults]


def test_people_and_the_groups_they_belong_to(tmp_path):
    staff = read(
        tmp_path,
        HEADER
        + "Ann.Lee@city.example,Ann Lee,Clerk,all@city.example; desk@city.example,yes\n"
        + '\nbob@city.example,"Ray, Bob",Works,all@city.example,\n',
    )
    assert staff.domains == {"city.example"}
    assert staff.people["bob@city.example"].name == "Ray, Bob"
    assert staff.people["ann.lee@city.example"].department == "Clerk"
    assert staff.groups == {
        "all@city.example": {"ann.lee@city.example", "bob@city.example"},
        "desk@city.example": {"ann.lee@city.example"},
    }


def test_a_person_without_a_live_account_is_known_and_reached_by_no_group(tmp_path):
    staff = read(tmp_path, HEADER + "ann@city.example,Ann,Clerk,all@city.example,no\n")
    assert not staff.people["ann@city.example"].active
    assert staff.groups == {"all@city.example": frozenset()}


def test_excel_writes_a_mark_and_semicolons(tmp_path):
    staff = read(
        tmp_path,
        '\ufeffname;address;groups\r\nAnn;ann@city.example;"all@city.example;desk@city.example"\r\n',
    )
    assert staff.people["ann@city.example"].name == "Ann"
    assert set(staff.groups) == {"all@city.example", "desk@city.example"}


def test_every_fault_is_told_with_its_line(tmp_path):
    assert faults(
        tmp_path,
        HEADER
        + "ann@city.example,Ann,,,\n"
        + "no address,Bob,,,\n"
        + '"dee@elsewhere.example","Dee\nof Parks",,,\n'
        + "ANN@city.example,Ann again,,,\n"
        + "eve@city.example,Eve,,friends@elsewhere.example,\n"
        + "fay@city.example,Fay,,,perhaps\n"
        + "guy@city.example,Guy,Works,,yes,more\n",
    ) == [(3, "address"), (4, "address"), (6, "address"), (7, "groups"), (8, "active"), (9, "")]


def test_after_a_quote_in_the_wrong_place_nothing_is_taken_for_a_row(tmp_path):
    text = HEADER + 'no address,Bob,,,\n"ann@city.example"x,Ann,,,\nbob@city.example,Bob,,,\n'
    assert faults(tmp_path, text) == [(2, "address"), (3, "")]


def test_an_address_is_a_person_or_a_group_not_both(tmp_path):
    text = HEADER + "ann@city.example,Ann,,bob@city.example,\nbob@city.example,Bob,,,\n"
    assert faults(tmp_path, text) == [(3, "address")]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "address"),
        ("name,department\nAnn,Clerk\n", "address"),
        ("address,telephone\n", "telephone"),
        ("address,name,name\n", "name"),
        (b"address,name\nann@city.example,Ren\xe9\n", ""),
        (b"\xff\xfea\x00d\x00", ""),
    ],
)
def test_a_file_in_another_format_is_refused(tmp_path, text, where):
    assert [place for _, place in faults(tmp_path, text)] == [where]


def test_a_missing_or_huge_file_is_refused(tmp_path, monkeypatch):
    with pytest.raises(DocumentError, match=r"staff\.csv:1:1: cannot be read"):
        load_directory(tmp_path / "staff.csv", ("city.example",))
    monkeypatch.setattr(directory_csv, "MAX_PEOPLE", 1)
    assert faults(tmp_path, HEADER + "a@city.example\nb@city.example\n") == [(3, "")]
    monkeypatch.setattr(directory_file, "MAX_OCTETS", 10)
    assert faults(tmp_path, HEADER) == [(1, "")]


def test_the_sample_staff_list_of_the_library(tmp_path):
    staff = load_directory(LIBRARY / "directory.csv", ("city.example",))
    assert len({person.department for person in staff.people.values()}) == 6
    assert len(staff.groups["all-staff@city.example"]) >= 36


NESTED = (
    "address,groups,kind,aliases,active\n"
    "ann@city.example,desk@city.example,,ann.lee@city.example; a.lee@city.example,\n"
    "bob@city.example,all@city.example,person,,\n"
    "eve@city.example,desk@city.example,person,,no\n"
    "desk@city.example,all@city.example,group,,\n"
    "all@city.example,desk@city.example,group,,\n"
)


def test_groups_within_groups_reach_their_people_even_in_a_circle(tmp_path):
    staff = read(tmp_path, NESTED)
    everyone = {"ann@city.example", "bob@city.example"}
    assert staff.groups == {"desk@city.example": everyone, "all@city.example": everyone}


def test_a_further_address_is_the_same_person(tmp_path):
    staff = read(tmp_path, NESTED)
    assert staff.person("a.lee@city.example") is staff.people["ann@city.example"]
    written = [parse_address(text) for text in ("Ann.Lee@city.example", "ann@city.example")]
    assert staff.expand(written) == {"ann@city.example"}
    assert faults(tmp_path, NESTED + "ann.lee@city.example,,,,\n") == [(7, "address")]
    assert faults(tmp_path, "address,aliases\nann@city.example,ann@city.example\n") == [(2, "aliases")]


def test_a_kind_is_person_or_group(tmp_path):
    assert faults(tmp_path, "address,kind\nann@city.example,robot\n") == [(2, "kind")]


def test_what_is_written_reads_as_the_same_directory(tmp_path):
    staff = read(tmp_path, NESTED + 'zoe@city.example,,"person",,\n')
    assert read(tmp_path, csv_of(staff)) == staff


def test_a_name_that_a_spreadsheet_would_run_is_written_as_words(tmp_path):
    people = {"ann@city.example": Person(address="ann@city.example", name="=cmd|' /C calc'!A0", department="@SUM\n(1)")}
    text = csv_of(Directory(domains=frozenset({"city.example"}), people=people))
    assert "=cmd" not in text
    assert "@SUM" not in text
    assert read(tmp_path, text).people["ann@city.example"].department == "SUM (1)"
