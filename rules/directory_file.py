"""The staff list on disk, CSV or LDIF, read once into an immutable `Directory`. Never asks a server."""

from collections.abc import Collection
from pathlib import Path

from rules.directory import Directory
from rules.directory_csv import MAX_FAULTS, directory_in_csv
from rules.directory_entries import directory_of
from rules.ldif import LdifError, entries_of, is_ldif
from rules.yaml_nodes import DocumentError, Fault

MAX_OCTETS = 64 * 1024 * 1024  # 100,000 people at some 600 octets, as LDIF writes them


def load_directory(path: Path | None, domains: Collection[str]) -> Directory:
    """Read the staff list at `path`, whose first line tells the format; without one nobody is known. `domains`: ours.

    Raises DocumentError with the line of each fault (at most MAX_FAULTS).
    """
    if path is None:
        return Directory(domains=frozenset(domains))
    text = _text(path)
    if is_ldif(text):
        return _directory_in_ldif(path, text, domains)
    return directory_in_csv(path, text, domains)


def _directory_in_ldif(path: Path, text: str, domains: Collection[str]) -> Directory:
    try:
        directory, conflicts = directory_of(entries_of(text), domains)
    except LdifError as error:
        raise _refused(path, error.line, str(error)) from None
    if conflicts:
        faults = (_fault(path, conflict.line, conflict.expected) for conflict in conflicts[:MAX_FAULTS])
        raise DocumentError(tuple(faults))
    return directory


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            octets = file.read(MAX_OCTETS + 1)
    except OSError as error:
        raise _refused(path, 1, f"cannot be read: {error.strerror}") from None
    except ValueError:  # a NUL, which no name has
        raise _refused(path, 1, "the name of a file") from None
    if len(octets) > MAX_OCTETS:
        raise _refused(path, 1, f"larger than {MAX_OCTETS} octets")
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise _refused(path, line, "text in UTF-8 (in Excel: save as CSV UTF-8)") from None


def _fault(path: Path, line: int, expected: str) -> Fault:
    return Fault(path=str(path), line=line, column=1, where="", expected=expected)


def _refused(path: Path, line: int, expected: str) -> DocumentError:
    return DocumentError((_fault(path, line, expected),))
