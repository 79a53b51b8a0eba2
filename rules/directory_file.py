"""The staff list as a CSV file: every row checked, every fault told with its line.

Reads the file once into an immutable `Directory`; never asks a server and never guesses at a bad row.
"""

import csv
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from rules.address import AddressError, parse_address
from rules.directory import Directory, Person
from rules.document import DocumentError, Fault

COLUMNS = ("address", "name", "department", "groups", "active")
MAX_OCTETS = 32 * 1024 * 1024  # 100,000 rows of some 300 octets
MAX_PEOPLE = 100_000  # twenty times the largest staff we plan for; an export gone wrong stops here
MAX_FAULTS = 100  # a file in the wrong format would repeat one fault on every line

_YES = frozenset({"", "yes", "y", "true", "1", "active"})
_NO = frozenset({"no", "n", "false", "0", "inactive", "disabled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One row of the list and the line it begins on."""

    line: int
    columns: tuple[str, ...]
    cells: tuple[str, ...]

    def cell(self, column: str) -> str:
        place = self.columns.index(column) if column in self.columns else len(self.cells)
        return self.cells[place].strip() if place < len(self.cells) else ""


def load_directory(path: Path, domains: Collection[str]) -> Directory:
    """Read the staff list at `path`; `domains` are ours.

    The header is `address,name,department,groups,active` in any order, `address` alone required. A person's row names
    the groups he belongs to, separated by `;`. Active is yes when left out. Excel's byte order mark and its semicolons
    between cells are accepted. Inactive people are kept, but reached through no group.
    Raises DocumentError with the line of each fault (at most MAX_FAULTS).
    """
    owned = frozenset(domain.lower() for domain in domains)
    people: dict[str, Person] = {}
    groups: dict[str, set[str]] = defaultdict(set)
    lines: dict[str, int] = {}
    faults: list[Fault] = []
    for line, person, memberships in _people(path, owned, faults):
        if person.address in people:
            before = f"{person.address} stands on line {lines[person.address]} too"
            faults.append(_fault(path, line, "address", f"each address once; {before}"))
            continue
        people[person.address] = person
        lines[person.address] = line
        for group in memberships:
            groups[group] |= {person.address} if person.active else set()
    for name in people.keys() & groups.keys():
        faults.append(_fault(path, lines[name], "address", f"a person or a group; {name} is both"))
    if faults:
        raise DocumentError(tuple(faults[:MAX_FAULTS]))
    members = {name: frozenset(addresses) for name, addresses in groups.items()}
    return Directory(domains=owned, people=people, groups=members)


def _people(path: Path, owned: frozenset[str], faults: list[Fault]) -> Iterator[tuple[int, Person, tuple[str, ...]]]:
    """Each good row as its line, its person and the keys of his groups; what is wrong goes to `faults`."""
    try:
        for row in _rows(path, _text(path)):
            try:
                yield row.line, *_person(path, row, owned)
            except DocumentError as error:
                faults.extend(error.faults)
            if len(faults) >= MAX_FAULTS:
                return
    except DocumentError as error:
        faults.extend(error.faults)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            octets = file.read(MAX_OCTETS + 1)
    except OSError as error:
        raise _refused(path, 1, "", f"cannot be read: {error.strerror}") from None
    if len(octets) > MAX_OCTETS:
        raise _refused(path, 1, "", f"larger than {MAX_OCTETS} octets")
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise _refused(path, line, "", "text in UTF-8 (in Excel: save as CSV UTF-8)") from None


def _rows(path: Path, text: str) -> Iterator[_Row]:
    """Each row under the header; blank lines are passed over."""
    first = text.partition("\n")[0]
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(first), strict=True)
    line, number = 1, 0
    try:
        header = _header(path, next(reader, []))
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                number += 1
                if number > MAX_PEOPLE:
                    raise _refused(path, line, "", f"at most {MAX_PEOPLE} people")
                yield _Row(line=line, columns=header, cells=tuple(cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise _refused(path, line, "", f"a CSV row ({error})") from None


def _delimiter(header: str) -> str:
    """Excel separates cells by semicolons where the comma is the decimal sign."""
    return ";" if header.count(";") > header.count(",") else ","


def _header(path: Path, cells: list[str]) -> tuple[str, ...]:
    names = tuple(cell.strip().lower() for cell in cells)
    known = ", ".join(COLUMNS)
    for name in names:
        if name not in COLUMNS:
            raise _refused(path, 1, name, f"a header of the columns {known}")
        if names.count(name) > 1:
            raise _refused(path, 1, name, "column stands twice")
    if "address" not in names:
        raise _refused(path, 1, "address", f"a header of the columns {known}; address is missing")
    return names


def _person(path: Path, row: _Row, owned: frozenset[str]) -> tuple[Person, tuple[str, ...]]:
    """The person of a row and the keys of his groups."""
    if len(row.cells) > len(row.columns):
        raise _refused(path, row.line, "", f"{len(row.columns)} cells, not {len(row.cells)}")
    address = _own(path, row, "address", row.cell("address"), owned)
    word = row.cell("active").casefold()
    if word not in _YES | _NO:
        raise _refused(path, row.line, "active", f"yes or no, not {word!r}")
    listed = (name.strip() for name in row.cell("groups").split(";"))
    groups = tuple(_own(path, row, "groups", name, owned) for name in listed if name)
    person = Person(
        address=address,
        name=row.cell("name"),
        department=row.cell("department"),
        active=word in _YES,
    )
    return person, groups


def _own(path: Path, row: _Row, column: str, text: str, owned: frozenset[str]) -> str:
    try:
        address = parse_address(text)
    except AddressError as error:
        raise _refused(path, row.line, column, f"an address ({error}), not {text!r}") from None
    if address.domain not in owned:
        raise _refused(path, row.line, column, f"an address of our domains, not {text!r}")
    return address.key


def _fault(path: Path, line: int, column: str, expected: str) -> Fault:
    return Fault(path=str(path), line=line, column=1, where=column, expected=expected)


def _refused(path: Path, line: int, column: str, expected: str) -> DocumentError:
    return DocumentError((_fault(path, line, column, expected),))
