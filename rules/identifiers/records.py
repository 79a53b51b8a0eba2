"""Records of people that no number tells: rows of names with streets or with pay, and acts on somebody at work.

Each passage is looked at by itself and within bounds. Yields spans; what they weigh together is for others to say.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from rules.identifiers.kinds import STREET_SHAPE, IdentifierKind, words_around
from rules.identifiers.names import names_person

MAX_ROWS = 500  # of one text; a list is a list long before
ADDRESSES = 5  # rows with a name, a street and a postal code from which they are a list of homes
PAID = 3  # rows with a name and a sum, below or beside a word for pay
NAMED_BEFORE = 60  # characters before a street in which the person is named: the same line, or the one above
CODE_AFTER = 60  # characters behind it in which its postal code stands
AROUND = 60  # characters around an act in which the person is named
HEADING = 500  # characters at the head of a text that hold the names of a table's columns
SHORT_ROW = 60  # characters before the last cell of a row whose cells single blanks keep apart, as of a table of HTML
ROW = 200  # characters of a row before a sum

LISTED = 0.5  # each of a list
ACT = 0.6  # something done to somebody by name

# In RE2's syntax, for speed alone: one of these is in every text with such a record.
LOOKS = (
    r"[A-Z]{2},? \d{5}",
    r"(?i:salar|pay rate|hourly|wages?\b|annual pay|gross pay|net pay|compensation)",
    r"(?i:reprimand|disciplin|performance|terminat|suspen|demot|garnish|severance|drug test|drug screen|grievance"
    r"|fitness for duty|background check|laid off|administrative leave)",
)
_POSTAL = re.compile(r"\b[A-Z]{2},?\s\d{5}(?:-\d{4})?\b")
_PAY = words_around(
    r"salar(?:y|ies)", r"pay rates?", r"hourly(?: rate| pay)?", r"wages?", r"annual pay", r"gross pay", r"net pay"
)
_BEFORE_CELL = re.compile(r"(?:[\t|;,:]\s{0,3}|-\s|\s\s)\Z")
_SUM = re.compile(r"\$ ?(?:\d{1,3}(?:,\d{3}){1,2}|\d{4,6}|\d{1,3}(?=\.\d\d))(?:\.\d\d)?(?![\d,.]\d)")
_ACT = words_around(
    r"(?:written|letter of|oral|verbal) (?:reprimand|warning)(?: (?:of|for|to))?",
    r"disciplinary (?:action|hearing|notice|record|file)(?: (?:of|for|against))",
    r"performance improvement plan",
    r"(?:performance|annual|probationary) (?:evaluation|review|appraisal) (?:of|for)",
    r"(?:notice of|his|her|their) (?:termination|suspension|demotion|dismissal)",
    r"(?:was|were|been|being|is) (?:terminated|fired|demoted|suspended (?:without|with) pay|laid off"
    r"|placed on administrative leave)",
    r"(?:garnishment|severance)(?: (?:order|agreement|package|pay))?(?: (?:of|for|against))",
    r"(?:failed|refused) (?:the|a|his|her|their) (?:\w+ )?(?:drug|alcohol|background) (?:test|screen|check)",
    r"(?:random|failed|positive) (?:drug|alcohol) (?:test|screen)",
    r"background check (?:of|on|for)",
    r"grievance (?:of|by|against|filed by)",
    r"fitness[- ]for[- ]duty (?:exam|examination|evaluation)",
)


class Record(NamedTuple):
    kind: IdentifierKind
    start: int
    end: int
    weight: float


def find_records(text: str, looks: frozenset[int]) -> Iterator[Record]:
    """The records in `text`; `looks` says which of LOOKS it matches."""
    if 0 in looks:
        yield from _listed(_addresses(text), ADDRESSES)
    if 1 in looks:
        yield from _listed(_paid(text), PAID)
    if 2 in looks:
        for match in islice(_ACT.finditer(text), MAX_ROWS):
            if names_person(text[max(0, match.start() - AROUND) : match.end() + AROUND]):
                yield Record(IdentifierKind.PERSONNEL, *match.span(), ACT)


def _listed(records: Iterator[Record], least: int) -> Iterator[Record]:
    found = list(islice(records, MAX_ROWS))
    if len(found) >= least:
        yield from found


def _addresses(text: str) -> Iterator[Record]:
    for match in STREET_SHAPE.finditer(text):
        start, end = match.span()
        if _POSTAL.search(text, end, end + CODE_AFTER) and names_person(text[max(0, start - NAMED_BEFORE) : start]):
            yield Record(IdentifierKind.HOME_ADDRESS, start, end, LISTED)


def _paid(text: str) -> Iterator[Record]:
    """One sum a row, below a heading that speaks of pay or in a row that does."""
    heading = _PAY.search(text, 0, HEADING) is not None
    done = -1
    for match in _SUM.finditer(text):
        row = text.rfind("\n", max(0, match.start() - ROW), match.start()) + 1 or max(0, match.start() - ROW)
        if row <= done or not _is_cell(text, match, row) or not names_person(text[row : match.start()]):
            continue
        if heading or _PAY.search(text, row, match.end() + AROUND):
            done = match.start()
            yield Record(IdentifierKind.PAY, *match.span(), LISTED)


def _is_cell(text: str, match: re.Match[str], row: int) -> bool:
    """Whether a sum stands in a table rather than in a sentence: behind a sign, or last in a short row."""
    if _BEFORE_CELL.search(text, row, match.start()):
        return True
    return match.start() - row < SHORT_ROW and text[match.end() : match.end() + 1] in ("", "\n")
