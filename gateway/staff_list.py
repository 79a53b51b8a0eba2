"""The staff list made anew from the directory server's entries, and put in place as a whole or not at all."""

import os
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from quarantine.adapters.files import sync_folder
from quarantine.display import counted
from rules.directory import Directory
from rules.directory_csv import csv_of
from rules.directory_entries import Conflict, directory_of
from rules.directory_file import MAX_OCTETS, load_directory
from rules.ldif import Entry
from rules.yaml_nodes import DocumentError

MOST_LOST = 0.2  # of the people before: a broken filter or right must not make everybody unknown


class Refused(Exception):
    """The new list was not put in place; the words say why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """The list that is in place now, how many people were on the one before (None: there was none that could be read),
    and what was passed over in the entries."""

    directory: Directory
    before: int | None
    conflicts: tuple[Conflict, ...]


def renew(path: Path, entries: Iterable[Entry], domains: Collection[str], *, accept_fewer: bool = False) -> Renewed:
    """Replace the list at `path` by one of these entries. Raises Refused, OSError."""
    directory, conflicts = directory_of(entries, domains)
    if not directory.people:
        raise Refused("the server names nobody with an address of our domains; the list stays as it is")
    before = _before(path, domains)
    if not accept_fewer:
        _refuse_loss(directory, before, path)
    _put(path, csv_of(directory))
    people = None if before is None else len(before.people)
    return Renewed(directory=directory, before=people, conflicts=conflicts)


def check_loss(directory: Directory, before: Directory) -> None:
    """Raises Refused where more than a fifth of those who have a live account would go."""
    _check(_active(directory), _active(before))


def _active(directory: Directory) -> int:
    return sum(person.active for person in directory.people.values())


def _check(people: int, before: int) -> None:
    if before - people > MOST_LOST * before:
        raise Refused(f"{counted(people, 'person', 'people')}, and there were {before}: more than a fifth would go")


def _refuse_loss(directory: Directory, before: Directory | None, path: Path) -> None:
    try:
        if before is not None:
            check_loss(directory, before)
        elif path.exists():
            _check(_active(directory), _lines_of_people(path))
    except Refused as refused:
        really = "The list stays as it is; if they have really gone, say --accept-fewer"
        raise Refused(f"{refused}. {really}") from None


def _before(path: Path, domains: Collection[str]) -> Directory | None:
    try:
        return load_directory(path, domains)
    except DocumentError:
        return None


def _lines_of_people(path: Path) -> int:
    """About how many people a list names that cannot be read, as after an edit by hand. Raises Refused for none."""
    with path.open("rb") as file:
        lines = sum(b"@" in line for line in file.read(MAX_OCTETS).splitlines())
    if not lines:
        raise Refused("the list there cannot be read, so nobody can tell whether people would be lost")
    return lines


def _put(path: Path, text: str) -> None:
    """Durably and as a whole, readable as the file before was, else for the owner and his group."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o640
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
