"""Headers of earlier messages as mail programs write them into a text: above what is forwarded or answered.

Owns how they are told from other lines, and whom they name; says nothing of whose message a text is.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rules.names import words_of
from rules.reading.phrases import ATTRIBUTION_VERBS, LABELS
from rules.reading.quoting import MAX_ATTRIBUTION_LINES, tells_a_time

MAX_HEADER_LINES = 200  # of one header: a list of a thousand people, wrapped
MAX_GAP = 2  # empty lines within a header, where every line was a paragraph
MAX_ABOVE = 6  # lines above `To:` in which the author is named, as Notes writes it
MAX_MARGIN = 20  # signs before a line that tell how deep it is quoted

_MARGIN = re.compile(rf"[ \t>|]{{0,{MAX_MARGIN}}}")
_LABEL = re.compile(r"\*?([^\W\d_][\w' ]{0,18}?)\*?[ \t]?[:\uff1a]\*?[ \t]*")
_NAMING = ("from", "to", "copy")


@dataclass(frozen=True, slots=True)
class Line:
    place: int
    depth: int
    text: str  # without its margin
    own: bool = False  # the author's words, which head nothing

    @property
    def label(self) -> str:
        """As which field of a header it begins: from, to, copy, date, subject, or ""."""
        match = _LABEL.match(self.text)
        return LABELS.get(match.group(1).strip().lower(), "") if match else ""

    @property
    def body(self) -> str:
        match = _LABEL.match(self.text)
        return self.text[match.end() :] if match else self.text


@dataclass(frozen=True, slots=True)
class Header:
    """Lines first up to last; `entries` are the names and addresses in them, `inner` is how deep what follows is."""

    first: int
    last: int
    entries: tuple[str, ...]
    subject: str | None
    inner: int


def lines_of(text: str, start: int) -> Iterator[Line]:
    place = start
    for line in text.split("\n"):
        match = _MARGIN.match(line)
        margin = match.group() if match else ""
        yield Line(place, margin.count(">") + margin.count("|"), line[len(margin) :].rstrip())
        place += len(line) + 1


def header_at(lines: Sequence[Line], number: int) -> Header | None:
    """The header that begins with this line, or the attribution that ends with it."""
    return _header(lines, number) or _attribution(lines, number)


def _header(lines: Sequence[Line], first: int) -> Header | None:
    """A run of fields with `From:` and two others, or with `To:` and a subject below a name and a date."""
    if lines[first].own or lines[first].label not in ("from", "to"):
        return None
    fields, last = _fields(lines, first)
    author = "" if "from" in fields else _author_above(lines, first)
    if not (len(fields) >= 3 if "from" in fields else author and "subject" in fields):
        return None
    entries = tuple(entry for kind in _NAMING if kind in fields for entry in _entries(fields[kind]))
    return Header(first, last, (*entries, author), fields.get("subject"), lines[first].depth)


def _fields(lines: Sequence[Line], first: int) -> tuple[dict[str, str], int]:
    """The fields of a header by their kind, each with its wrapped lines, and the line after them.

    A line without a label belongs to a list that goes on, or to a field that another one follows: what stands below
    the last may be the letter itself.
    """
    fields: dict[str, str] = {}
    current, pending, last, gap = "", "", first, 0
    for number in range(first, min(first + MAX_HEADER_LINES, len(lines))):
        line = lines[number]
        if not line.text:
            gap, pending = gap + 1, ""
            continue
        if line.own or line.depth != lines[first].depth or gap > MAX_GAP or _begins_another(line.label, fields):
            break
        if line.label:
            if pending:
                fields[current] += pending
            current, pending, last = line.label, "", number + 1
            fields[current] = f"{fields.get(current, '')}{line.body}\n"
        elif gap:
            break
        elif not pending and fields[current].rstrip().endswith((",", ";")):
            fields[current] += f"{line.text}\n"
            last = number + 1
        elif current == "subject":  # names nobody, and is wrapped wherever it stands
            fields[current] += f"{line.text}\n"
        else:
            pending += f"{line.text}\n"
        gap = 0
    return fields, last


def _begins_another(label: str, fields: dict[str, str]) -> bool:
    """A header has one of each field, but for copies, of which some are blind."""
    return label != "copy" and label in fields


def _author_above(lines: Sequence[Line], first: int) -> str:
    """The name that stands with a date above `To:`, where no `From:` does."""
    before = [line.text for line in lines[max(0, first - MAX_ABOVE) : first] if line.text][-2:]
    return " ".join(before) if before and tells_a_time(before[-1]) else ""


def _attribution(lines: Sequence[Line], last: int) -> Header | None:
    """`On … wrote:`, perhaps wrapped, which names the author of what is quoted below it."""
    text = "" if lines[last].own else lines[last].text
    if not text.endswith((":", "\uff1a")) or not any(verb in text.lower() for verb in ATTRIBUTION_VERBS):
        return None
    first = last
    while first > 0 and last - first + 1 < MAX_ATTRIBUTION_LINES and not _is_dated(lines, first, last):
        if lines[first - 1].own or not lines[first - 1].text or lines[first - 1].depth != lines[last].depth:
            break
        first -= 1
    if not _is_dated(lines, first, last):
        return None
    said = " ".join(line.text for line in lines[first : last + 1])
    below = next((line.depth for line in lines[last + 1 : last + 4] if line.text), lines[last].depth)
    inner = below if below > lines[last].depth else lines[last].depth
    return Header(first, last + 1, (said,), None, inner)


def _is_dated(lines: Sequence[Line], first: int, last: int) -> bool:
    return any(character.isdigit() for line in lines[first : last + 1] for character in line.text)


def _entries(body: str) -> Iterator[str]:
    """The people of a field. Where commas part them, one may stand between a family name and a first name too."""
    if ";" in body:
        yield from body.split(";")
        return
    pieces = body.split(",")
    yield from pieces
    for first, second in pairwise(pieces):
        if "@" not in first + second and len(words_of(first)) == 1:
            yield f"{first} {second}"
