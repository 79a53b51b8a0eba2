"""The staff list on disk: its first line tells the format, and every fault its line."""

from pathlib import Path

import pytest

from rules.directory_file import load_directory
from rules.yaml_nodes import DocumentError

LDIF = "version: 1\n\ndn: cn=Ann,dc=city\nobjectClass: person\nmail: ann@city.example\n"


def test_ldif_and_csv_are_told_by_their_first_line(tmp_path: Path) -> None:
    path = tmp_path / "directory"  # as the copy in force is called
    path.write_text(LDIF)
    assert list(load_directory(path, ("city.example",)).people) == ["ann@city.example"]
    path.write_text("address\nbob@city.example\n")
    assert list(load_directory(path, ("city.example",)).people) == ["bob@city.example"]


@pytest.mark.parametrize(
    ("more", "line"), [("nothing\n", 6), ("\ndn: cn=B\nobjectClass: person\nmail: ann@city.example\n", 7)]
)
def test_a_fault_in_ldif_has_its_line(tmp_path: Path, more: str, line: int) -> None:
    path = tmp_path / "staff.ldif"
    path.write_text(LDIF + more)
    with pytest.raises(DocumentError) as caught:
        load_directory(path, ("city.example",))
    assert [fault.line for fault in caught.value.faults] == [line]
