"""The staff list made anew from the directory server's entries, and put in place as a whole or not at all."""

import os
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from quarantine.adapters.files import sync_folder
from rules.directory import Directory
from rules.directory_csv import csv_of
from rules.directory_entries import Conflict, directory_of
from rules.directory_file import MAX_OCTETS, load_directory
from rules.document import DocumentError
from rules.ldif import Entry

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
    before = _people_before(path, domains)
    if not accept_fewer:
        _refuse_to_lose(len(directory.people), before, path)
    _put(path, csv_of(directory))
    return Renewed(directory=directory, before=before, conflicts=conflicts)


def _refuse_to_lose(people: int, before: int | None, path: Path) -> None:
    there = _lines_of_people(path) if before is None and path.exists() else before or 0
    if before is None and path.exists() and not there:
        raise Refused(
            "the list there cannot be read, so nobody can tell whether people would be lost. It stays as it is; if the "
            "new one is right, say --accept-fewer"
        )
    if there - people > MOST_LOST * there:
        raise Refused(
            f"{people} people, and there were {there}: more than a fifth would go. The list stays as it is; if they "
            "have really gone, say --accept-fewer"
        )


def _people_before(path: Path, domains: Collection[str]) -> int | None:
    try:
        return len(load_directory(path, domains).people)
    except DocumentError:
        return None


def _lines_of_people(path: Path) -> int:
    """About how many people a list names that cannot be read, as after an edit by hand."""
    with path.open("rb") as file:
        return sum(b"@" in line for line in file.read(MAX_OCTETS).splitlines())


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
