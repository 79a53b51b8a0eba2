"""The staff list as CSV: every row checked, every fault told with its line; and written again.

Never asks a server and never guesses at a bad row.
"""

import csv
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from rules.address import AddressError, parse_address
from rules.directory import Directory, Person
from rules.memberships import expanded
from rules.yaml_nodes import DocumentError, Fault

COLUMNS = ("address", "name", "department", "groups", "active", "aliases", "kind")
MAX_PEOPLE = 100_000  # twenty times the largest staff we plan for; an export gone wrong stops here
MAX_FAULTS = 100  # a file in the wrong format would repeat one fault on every line

_PERSON, _GROUP = "person", "group"
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


def directory_in_csv(path: Path, text: str, domains: Collection[str]) -> Directory:
    """The staff list in `text`, read from `path`; `domains` are ours.

    The header is `address,name,department,groups,active,aliases,kind` in any order, `address` alone required. A row
    names the groups that the person or group belongs to, separated by `;`, and so do further addresses. Active is yes
    and kind is person when left out. Excel's byte order mark and its semicolons between cells are accepted. Inactive
    people are kept, but reached through no group.
    Raises DocumentError with the line of each fault (at most MAX_FAULTS).
    """
    listed = _Listed(path)
    owned = frozenset(domain.lower() for domain in domains)
    for row in _people(path, text, owned, listed.faults):
        listed.add(row)
    for name in listed.people.keys() & listed.members.keys():
        expected = f"a person or a group; {name} is both"
        listed.faults.append(_fault(path, listed.lines[name], "address", expected))
    if listed.faults:
        raise DocumentError(tuple(listed.faults[:MAX_FAULTS]))
    return Directory(domains=owned, people=listed.people, groups=expanded(listed.members), aliases=listed.aliases)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One good row: a person, or None for a group."""

    line: int
    address: str
    person: Person | None
    groups: tuple[str, ...]
    aliases: tuple[str, ...]


class _Listed:
    """What the rows have said so far, each address once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.people: dict[str, Person] = {}
        self.aliases: dict[str, str] = {}
        self.members: dict[str, set[str]] = defaultdict(set)
        self.lines: dict[str, int] = {}
        self.faults: list[Fault] = []

    def add(self, row: _Entry) -> None:
        for column, key in (("address", row.address), *(("aliases", alias) for alias in row.aliases)):
            if key in self.lines:
                before = f"{key} stands on line {self.lines[key]} too"
                self.faults.append(_fault(self._path, row.line, column, f"each address once; {before}"))
                return
            self.lines[key] = row.line
        self.aliases.update(dict.fromkeys(row.aliases, row.address))
        if row.person is None:
            self.members[row.address] |= set()
        else:
            self.people[row.address] = row.person
        for group in row.groups:
            self.members[group] |= {row.address} if row.person is None or row.person.active else set()


def _people(path: Path, text: str, owned: frozenset[str], faults: list[Fault]) -> Iterator[_Entry]:
    """Each good row; what is wrong goes to `faults`."""
    try:
        for row in _rows(path, text):
            try:
                yield _person(path, row, owned)
            except DocumentError as error:
                faults.extend(error.faults)
            if len(faults) >= MAX_FAULTS:
                return
    except DocumentError as error:
        faults.extend(error.faults)


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


def _person(path: Path, row: _Row, owned: frozenset[str]) -> _Entry:
    if len(row.cells) > len(row.columns):
        raise _refused(path, row.line, "", f"{len(row.columns)} cells, not {len(row.cells)}")
    address = _own(path, row, "address", row.cell("address"), owned)
    word = row.cell("active").casefold()
    if word not in _YES | _NO:
        raise _refused(path, row.line, "active", f"yes or no, not {word!r}")
    kind = row.cell("kind").casefold() or _PERSON
    if kind not in (_PERSON, _GROUP):
        raise _refused(path, row.line, "kind", f"{_PERSON} or {_GROUP}, not {kind!r}")
    person = Person(address=address, name=row.cell("name"), department=row.cell("department"), active=word in _YES)
    return _Entry(
        line=row.line,
        address=address,
        person=person if kind == _PERSON else None,
        groups=_several(path, row, "groups", owned),
        aliases=_several(path, row, "aliases", owned),
    )


def _several(path: Path, row: _Row, column: str, owned: frozenset[str]) -> tuple[str, ...]:
    listed = (name.strip() for name in row.cell(column).split(";"))
    return tuple(_own(path, row, column, name, owned) for name in listed if name)


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


def csv_of(directory: Directory) -> str:
    """The staff list that reads as this directory, groups within groups already expanded; sorted, so that two may be
    compared line by line. No cell begins like a formula: spreadsheets would run it."""
    groups: dict[str, list[str]] = defaultdict(list)
    for group, members in sorted(directory.groups.items()):
        for member in members:
            groups[member].append(group)
    aliases: dict[str, list[str]] = defaultdict(list)
    for alias, address in sorted(directory.aliases.items()):
        aliases[address].append(alias)
    file = StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for key, person in sorted(directory.people.items()):
        told = (_harmless(person.name), _harmless(person.department), ";".join(groups[key]))
        writer.writerow((key, *told, "yes" if person.active else "no", ";".join(aliases[key]), _PERSON))
    for key in sorted(directory.groups):
        writer.writerow((key, "", "", "", "yes", "", _GROUP))
    return file.getvalue()


def _harmless(cell: str) -> str:
    return cell.replace("\r", " ").replace("\n", " ").lstrip("=+-@\t ")
