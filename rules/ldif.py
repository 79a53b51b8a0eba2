"""LDIF, the text form of directory entries (RFC 2849): entries with their attributes. Knows no schema."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MAX_ENTRIES = 300_000  # three a person of the largest staff we plan for: groups, rooms and contacts besides


class LdifError(ValueError):
    """The text is no LDIF; `line` is where, counted from 1."""

    def __init__(self, line: int, expected: str) -> None:
        super().__init__(expected)
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry: attribute names in lower case without options, values in their order. `line` is its first, or 0."""

    dn: str
    attributes: Mapping[str, tuple[str, ...]]
    line: int = 0

    def all(self, *names: str) -> tuple[str, ...]:
        """The values of these attributes."""
        return tuple(value for name in names for value in self.attributes.get(name, ()))

    def first(self, *names: str) -> str:
        """The first value of the first of these attributes that has one, else ""."""
        return next(iter(self.all(*names)), "")


def is_ldif(text: str) -> bool:
    """Whether a text's first line that says anything is one of LDIF."""
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    return first.lower().startswith(("version:", "dn:"))


def entries_of(text: str) -> Iterator[Entry]:
    """The entries of content records, in order. Raises LdifError, also for change records, which say no state."""
    number, dn, start = 0, "", 0
    attributes: dict[str, list[str]] = {}
    for line, written in _lines(text):
        if not written:
            if dn:
                yield _entry(dn, attributes, start)
            dn, attributes = "", {}
            continue
        name, value = _value(line, written)
        if not dn and name == "version":
            continue
        if name in ("changetype", "control"):
            raise LdifError(line, "entries, not changes to them")
        if not dn:
            if name != "dn":
                raise LdifError(line, "dn: at the start of an entry")
            number, dn, start = number + 1, value, line
            if number > MAX_ENTRIES:
                raise LdifError(line, f"at most {MAX_ENTRIES} entries")
            continue
        attributes.setdefault(name, []).append(value)
    if dn:
        yield _entry(dn, attributes, start)


def _entry(dn: str, attributes: Mapping[str, list[str]], line: int) -> Entry:
    return Entry(dn=dn, attributes={name: tuple(values) for name, values in attributes.items()}, line=line)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Unfolded lines with their numbers, comments left out; an empty one ends an entry."""
    start, pieces = 0, [""]
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(" ") and start:
            pieces.append(line[1:])
            continue
        if start and not pieces[0].startswith("#"):
            yield start, "".join(pieces)
        start, pieces = number, [line]
    if start and not pieces[0].startswith("#"):
        yield start, "".join(pieces)


def _value(line: int, written: str) -> tuple[str, str]:
    description, colon, rest = written.partition(":")
    name = description.partition(";")[0].strip().lower()
    if not colon or not name:
        raise LdifError(line, "a line of the form attribute: value")
    if rest.startswith("<"):
        raise LdifError(line, "the value itself, not the address of a file")
    if not rest.startswith(":"):
        return name, rest.strip(" ")
    try:
        octets = base64.b64decode(rest[1:].strip(), validate=True)
    except binascii.Error:
        raise LdifError(line, "a value in base64") from None
    return name, octets.decode("utf-8", "replace")
