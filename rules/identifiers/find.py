"""Find identifiers in a text, and weigh each by the words around it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from rules.identifiers import checks
from rules.identifiers.kinds import (
    BIRTH_DATE,
    BIRTH_WORDS,
    BORN_WORDS,
    OTHER_LISTS,
    OTHER_NUMBERS,
    SHAPES,
    IdentifierKind,
    Shape,
)
from rules.identifiers.names import names_person
from rules.identifiers.records import LOOKS as RECORD_LOOKS
from rules.identifiers.records import find_records
from rules.patterns import compile_patterns
from rules.remembering import remembered

MAX_EACH = 500  # of one shape in one text; a list is a list long before
BEFORE = 60  # characters in which a context word speaks for what follows: a line
AFTER = 30  # and for what stands before it: "123-45-6789 (SSN)"
ANNOUNCED = 25  # characters in which words of OTHER_NUMBERS speak against
HEADING = 500  # characters at the head of a text that hold the names of a table's columns
TABLE = 3  # numbers of one shape from which a text is read as a table
NAMED = 80  # characters around a date in which the person born must be named

_SEPARATORS = str.maketrans("", "", " .-/")
_LOOKS = (*(shape.look for shape in SHAPES), r"birth|born|\bdob\b|d\.o\.b", *RECORD_LOOKS)
_HINTS = tuple(shape.hint for shape in SHAPES)
_BIRTH = len(SHAPES)
_RECORDS = _BIRTH + 1
_ALIKE = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"),
        **dict.fromkeys("\u00a0\u2007\u202f", " "),
        **{chr(0xFF10 + digit): str(digit) for digit in range(10)},  # full-width digits
    }
)  # one sign for one sign, so that offsets stay
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """text[start:end] is an identifier; `weight` is 0 to 1, `value` the bare sign string to tell equal ones by."""

    kind: IdentifierKind
    start: int
    end: int
    weight: float
    value: str


@remembered
def find_identifiers(text: str, today: date) -> tuple[Identifier, ...]:
    """All identifiers with a weight above 0, by place; where two begin together, the heavier."""
    plain = text if text.isascii() else text.translate(_ALIKE)
    looks = compile_patterns(_LOOKS).fires(plain)
    hints = frozenset(compile_patterns(_HINTS).fires(plain)) if looks else frozenset()
    found = [item for index in looks if index in hints for item in _of_shape(plain, SHAPES[index])]
    if _BIRTH in looks:
        found += _birth_dates(plain, today)
    if looks and looks[-1] >= _RECORDS:
        found += _records(plain, frozenset(index - _RECORDS for index in looks))
    return _without_overlaps(found)


def _records(text: str, looks: frozenset[int]) -> Iterator[Identifier]:
    for kind, start, end, weight in find_records(text, looks):
        value = " ".join(text[max(0, start - BEFORE) : end].split())  # the same sum beside another name is another
        yield Identifier(kind=kind, start=start, end=end, weight=weight, value=value)


def _of_shape(text: str, shape: Shape) -> Iterator[Identifier]:
    matches = _matches(text, shape)
    table = len(matches) >= TABLE
    heading = table and shape.context.search(text, 0, HEADING) is not None
    others = table and OTHER_LISTS.search(text, 0, HEADING) is not None
    for start, end, value in matches:
        if heading or _near(text, start, end, shape.context):
            weight = shape.near
        else:
            weight = 0.0 if others or _announced_otherwise(text, start) else shape.alone
        if weight > 0:
            yield Identifier(kind=shape.kind, start=start, end=end, weight=weight, value=value)


def _matches(text: str, shape: Shape) -> Sequence[tuple[int, int, str]]:
    """(start, end, value) of each match that passes the check; a pattern's named group is the identifier proper."""
    found = []
    for match in shape.pattern.finditer(text):
        group = match.lastgroup or 0
        value = match.group(group).translate(_SEPARATORS).upper()
        if shape.check(value):
            found.append((*match.span(group), value))
            if len(found) == MAX_EACH:
                break
    return found


def _near(text: str, start: int, end: int, context: re.Pattern[str]) -> bool:
    return context.search(text, max(0, start - BEFORE), end + AFTER) is not None


def _announced_otherwise(text: str, start: int) -> bool:
    return OTHER_NUMBERS.search(text, max(0, start - ANNOUNCED), start) is not None


def _birth_dates(text: str, today: date) -> Iterator[Identifier]:
    matches = [match for match in BIRTH_DATE.finditer(text) if _is_birth_date(match, today)][:MAX_EACH]
    heading = len(matches) >= TABLE and BIRTH_WORDS.search(text, 0, HEADING) is not None
    for match in matches:
        start, end = match.span()
        record = heading or _near(text, start, end, BIRTH_WORDS)
        if not record and not _near(text, start, end, BORN_WORDS):
            continue
        named = names_person(text[max(0, start - NAMED) : end + NAMED])
        weight = (0.75 if record else 0.5) if named else 0.4
        kind = IdentifierKind.BIRTH_DATE
        yield Identifier(kind=kind, start=start, end=end, weight=weight, value=match.group())


def _is_birth_date(match: re.Match[str], today: date) -> bool:
    groups = match.groupdict()
    for suffix in ("", "1", "2", "3"):
        if groups[f"y{suffix}"] is None:
            continue
        month = groups[f"m{suffix}"]
        number = int(month) if month.isdigit() else _month(month)
        year = int(groups[f"y{suffix}"])
        if year < 100:
            year += 1900 if year > today.year % 100 else 2000
        return checks.birth_date(year, number, int(groups[f"d{suffix}"]), today)
    return False


def _month(name: str) -> int:
    """1 to 12, or 0 for a word that is no month."""
    short = name[:3].lower()
    return _MONTHS.index(short) + 1 if short in _MONTHS else 0


def _without_overlaps(found: Sequence[Identifier]) -> tuple[Identifier, ...]:
    kept: list[Identifier] = []
    for item in sorted(found, key=lambda item: (item.start, -item.weight)):
        if not kept or item.start >= kept[-1].end:
            kept.append(item)
    return tuple(kept)
