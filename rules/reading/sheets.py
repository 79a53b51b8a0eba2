"""The cells of Excel worksheets: a row a line, hidden rows, columns and sheets apart."""

import re
from dataclasses import dataclass

from rules.reading.office_text import Words
from rules.reading.parsed_xml import parse_xml

_MAX_COLUMNS = 16_384  # of a worksheet, in Excel
_LETTERS = re.compile(r"[A-Z]{1,3}")


class SharedStrings:
    """The texts that cells of all sheets refer to by their number."""

    def __init__(self, xml: bytes) -> None:
        """Raises Unreadable."""
        self._texts: list[str] = []
        self._used: set[int] = set()
        self._pieces: list[str] = []
        if xml:
            parse_xml(xml, self)

    def start(self, tag: str, _: dict[str, str]) -> None:
        """Only what is written counts."""

    def end(self, tag: str) -> None:
        if tag.rpartition(":")[2] == "si":
            self._texts.append("".join(self._pieces))
            self._pieces = []

    def text(self, data: str) -> None:
        self._pieces.append(data)

    def take(self, number: str) -> str:
        """The text of that number; "" when there is none."""
        index = int(number) if number.isdecimal() and len(number) < 9 else -1
        if not 0 <= index < len(self._texts):
            return ""
        self._used.add(index)
        return self._texts[index]

    def unused(self) -> list[str]:
        """Texts that no cell shows."""
        return [text for index, text in enumerate(self._texts) if index not in self._used]


def read_sheet(xml: bytes, shared: SharedStrings, words: Words, *, aside: bool = False) -> None:
    """Add the cells of one worksheet in UTF-8; all are hidden when it stands `aside`. Raises Unreadable, FullError."""
    parse_xml(xml, _Sheet(shared, words, aside))


class _Sheet:
    def __init__(self, shared: SharedStrings, words: Words, aside: bool) -> None:
        self._shared = shared
        self._words = words
        self._aside = aside
        self._hides_row = False
        self._hides_cell = False
        self._hidden_columns = b""  # a one for each column that is hidden, by its number
        self._column = 0
        self._type = ""
        self._value: list[str] = []
        self._locals: dict[str, str] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        local = self._locals.get(tag)
        if local is None:
            local = self._locals[tag] = tag.rpartition(":")[2]
        if local == "c":
            self._type = attributes.get("t", "")
            if self._hidden_columns:
                self._place(attributes.get("r", ""))
        elif local == "row":
            self._hides_row = _is_true(attributes.get("hidden", ""))
            self._column = 0
        elif local == "col" and _is_true(attributes.get("hidden", "")):
            self._hide_columns(attributes.get("min", ""), attributes.get("max", ""))
        if self._value:
            self._value = []

    def _hide_columns(self, first: str, last: str) -> None:
        if first.isdecimal() and last.isdecimal() and len(first + last) < 12 and int(first) <= int(last):
            hidden = bytearray(self._hidden_columns or bytes(_MAX_COLUMNS + 1))
            begin, end = min(int(first), _MAX_COLUMNS + 1), min(int(last), _MAX_COLUMNS) + 1
            hidden[begin:end] = b"\1" * (end - begin)
            self._hidden_columns = bytes(hidden)

    def _place(self, reference: str) -> None:
        """A cell without a reference stands behind the one before it."""
        letters = _LETTERS.match(reference)
        self._column = _column(letters.group()) if letters is not None else self._column + 1
        self._hides_cell = self._hidden_columns[self._column : self._column + 1] == b"\1"

    def end(self, tag: str) -> None:
        local = self._locals[tag]
        if local == "v":
            value = "".join(self._value)
            self._add(self._shared.take(value) if self._type == "s" else value)
        elif local == "c":
            self._add("\t")
            self._hides_cell = False
        elif local == "row":
            self._add("\n")
            self._hides_row = False
        elif local == "f":
            self._words.add("".join(self._value) + "\n", hidden=True)
        elif self._value:
            self._add("".join(self._value))
            if local not in ("t", "r"):
                self._add("\n")
        if self._value:
            self._value = []

    def text(self, data: str) -> None:
        self._value.append(data)

    def _add(self, text: str) -> None:
        self._words.add(text, hidden=self._aside or self._hides_row or self._hides_cell)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number


def _is_true(written: str) -> bool:
    return written.strip() in ("1", "true")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheets:
    """The names of sheets, and the parts of those that are not shown, by their path below `xl/` in lower case."""

    shown: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    hidden_parts: frozenset[str] = frozenset()


def sheets_of(workbook: bytes, relations: bytes) -> Sheets:
    """What a workbook says of its sheets. Raises Unreadable."""
    book = _Workbook()
    parse_xml(workbook, book)
    if book.hidden and relations:
        parse_xml(relations, book)
    parts = frozenset(target for identifier, target in book.targets.items() if identifier in book.hidden)
    return Sheets(shown=tuple(book.shown_names), hidden=tuple(book.hidden_names), hidden_parts=parts)


class _Workbook:
    def __init__(self) -> None:
        self.hidden: set[str] = set()
        self.shown_names: list[str] = []
        self.hidden_names: list[str] = []
        self.targets: dict[str, str] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(":")[2]
        if local == "sheet":
            is_hidden = attributes.get("state", "visible") != "visible"
            (self.hidden_names if is_hidden else self.shown_names).append(attributes.get("name", ""))
            if is_hidden:
                self.hidden |= {value for key, value in attributes.items() if key.rpartition(":")[2] == "id"}
        elif local == "Relationship":
            target = attributes.get("Target", "").lower().lstrip("/").removeprefix("xl/")
            self.targets[attributes.get("Id", "")] = target

    def end(self, tag: str) -> None:
        """Nothing stands inside."""

    def text(self, data: str) -> None:
        """Nothing is written."""
