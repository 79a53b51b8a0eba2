"""The words of one XML part of an Office or OpenDocument file: those that a reader sees, and those kept from them.

Recognises elements by the name that applications go by, whatever the prefix. Expands no entity of the file's own.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from rules.reading.budget import MAX_TEXT
from rules.reading.flat import BINARY
from rules.reading.hidden_styles import NONE, HiddenStyles
from rules.reading.parsed_xml import Attributes, parse_xml, value_of

_BREAKS = frozenset(
    {"p", "br", "tr", "row", "h", "cr", "si", "text-box", "line-break", "comment", "text", "Text", "title", "desc"}
)
_TABS = frozenset({"tab", "table-cell", "tc", "v", "pt"})
_HIDING = frozenset({"delText", "instrText", "delInstrText", "deletion", "hidden-paragraph", "f"})
_UNREAD = BINARY | {"posOffset", "pctWidth", "pctHeight", "align", "formatCode", "config-item"}
_HAS_WORDS = re.compile(rb">\s*[^<\s]|descr|<!\[CDATA\[|\bv=")
_IN_ATTRIBUTES = (b"-value=", b"textpath")  # words that stand in attributes alone


@dataclass(slots=True)
class Words:
    """What is collected of one document. `is_full` when more words follow than MAX_TEXT."""

    visible: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    is_full: bool = False
    _length: int = 0

    def add(self, text: str, *, hidden: bool = False) -> None:
        """Keep some words. Raises FullError when there are too many."""
        self._length += len(text)
        if self._length > MAX_TEXT:
            self.is_full = True
            raise FullError
        (self.hidden if hidden else self.visible).append(text)


class FullError(Exception):
    """No more words are taken; those before count."""


def read_words(xml: bytes, words: Words, *, aside: bool = False, styles: HiddenStyles = NONE) -> None:
    """Add the words of one part in UTF-8; all are hidden when it stands `aside`. Raises Unreadable, FullError."""
    if _HAS_WORDS.search(xml) or any(mark in xml for mark in _IN_ATTRIBUTES):
        parse_xml(xml, _Reader(words, aside, styles))


class _Reader:
    """Everything that is written, with the line ends of paragraphs; what hides its content hides all inside."""

    def __init__(self, words: Words, aside: bool, styles: HiddenStyles) -> None:
        self._words = words
        self._aside = aside
        self._starting = _Starting()
        self._ending = _Ending()
        self._hidden_by = ""  # the element that hides what is read, "" for none, and how many of its name are open
        self._hidden_open = 0
        self._unread_by = ""
        self._unread_open = 0
        self._run = ""  # the run of text that is read
        self._style = ""
        self._hidden_styles = set(styles.names)
        self._hidden_by_default = styles.by_default
        self._paragraph_hidden = False  # by its style
        self._is_spreadsheet = False
        self._value = ""  # of a cell in which nothing has been written yet

    def start(self, tag: str, attributes: Attributes) -> None:
        starting = self._starting[tag]
        if starting is not None:
            starting(self, tag, attributes)
        if tag == self._hidden_by:
            self._hidden_open += 1
        elif self._hidden_styles and value_of(attributes, "style-name") in self._hidden_styles:
            self._hide(tag, attributes)
            self._hidden_open = 1
        if tag == self._unread_by:
            self._unread_open += 1

    def end(self, tag: str) -> None:
        written = self._ending[tag]
        if written is not None:
            if self._value and written == "\t":
                self._add(self._value)
                self._value = ""
            self._add(written)
        if tag == self._hidden_by:
            self._hidden_open -= 1
            if not self._hidden_open:
                self._hidden_by = ""
        if tag == self._unread_by:
            self._unread_open -= 1
            if not self._unread_open:
                self._unread_by = ""
        if tag == self._run:
            self._run = ""

    def text(self, data: str) -> None:
        if not self._unread_by:
            self._add(data)
            self._value = ""

    def _add(self, text: str) -> None:
        self._words.add(text, hidden=self._aside or self._hidden_by != "")

    def _hide(self, tag: str, _: Attributes) -> None:
        """From here to the end of the element, which `start` counts."""
        if not self._hidden_by:
            self._hidden_by, self._hidden_open = tag, 0

    def _pass_over(self, tag: str, _: Attributes) -> None:
        if not self._unread_by:
            self._unread_by, self._unread_open = tag, 0

    def _begin_run(self, tag: str, attributes: Attributes) -> None:
        self._run = tag
        if self._paragraph_hidden:
            self._hide(tag, attributes)

    def _begin_paragraph(self, _: str, __: Attributes) -> None:
        self._paragraph_hidden = self._hidden_by_default

    def _paragraph_style(self, _: str, attributes: Attributes) -> None:
        self._paragraph_hidden = value_of(attributes, "val") in self._hidden_styles

    def _run_style(self, _: str, attributes: Attributes) -> None:
        """Hiding is switched: a style of a run shows what that of its paragraph hides (ISO 29500-1 section 17.7.3)."""
        if value_of(attributes, "val") not in self._hidden_styles:
            return
        if self._paragraph_hidden:
            self._show_run()
        else:
            self._hide_run()

    def _vanish(self, _: str, attributes: Attributes) -> None:
        """Of a run; that of a paragraph mark hides no words (ISO 29500-1 section 17.3.2.41)."""
        if value_of(attributes, "val") in ("0", "false", "off"):
            self._show_run()
        else:
            self._hide_run()

    def _hide_run(self) -> None:
        if self._run and not self._hidden_by:
            self._hidden_by, self._hidden_open = self._run, 1

    def _show_run(self) -> None:
        """Where the run itself was hidden, and nothing around it."""
        if self._run and self._hidden_by == self._run and self._hidden_open == 1:
            self._hidden_by = ""

    def _slide(self, tag: str, attributes: Attributes) -> None:
        if value_of(attributes, "show") in ("0", "false"):
            self._hide(tag, attributes)

    def _row(self, tag: str, attributes: Attributes) -> None:
        if value_of(attributes, "visibility") in ("collapse", "filter"):
            self._hide(tag, attributes)

    def _section(self, tag: str, attributes: Attributes) -> None:
        if value_of(attributes, "display") == "none":
            self._hide(tag, attributes)

    def _spreadsheet(self, _: str, __: Attributes) -> None:
        self._is_spreadsheet = True

    def _table(self, _: str, attributes: Attributes) -> None:
        """A sheet, whose name a reader sees; that of a table among words nobody does."""
        if self._is_spreadsheet:
            self._add(f"{value_of(attributes, 'name')}\n")

    def _cell(self, _: str, attributes: Attributes) -> None:
        """What is shown where nothing is written (OpenDocument 1.3 part 3 section 9.1.4)."""
        named = (value_of(attributes, name) for name in ("string-value", "date-value", "value"))
        self._value = next(filter(None, named), "")

    def _word_art(self, _: str, attributes: Attributes) -> None:
        self._add(f"{attributes.get('string', '')}\n")

    def _shape(self, _: str, attributes: Attributes) -> None:
        if attributes.get("alt"):
            self._words.add(attributes["alt"] + "\n", hidden=True)

    def _named_style(self, _: str, attributes: Attributes) -> None:
        self._style = value_of(attributes, "name")
        if value_of(attributes, "parent-style-name") in self._hidden_styles:
            self._hidden_styles.add(self._style)

    def _text_properties(self, _: str, attributes: Attributes) -> None:
        shown = value_of(attributes, "display")
        if shown == "none":
            self._hidden_styles.add(self._style)
        elif shown:
            self._hidden_styles.discard(self._style)

    def _space(self, tag: str, attributes: Attributes) -> None:
        """Of OpenDocument, or a cached cell (which has its value as an attribute)."""
        if "v" in attributes:
            self._cached(tag, attributes)
            return
        count = value_of(attributes, "c")
        self._add(" " * min(int(count), _MAX_SPACES) if count.isdecimal() and len(count) < 9 else " ")

    def _cached(self, _: str, attributes: Attributes) -> None:
        if "v" in attributes:
            self._words.add(attributes["v"] + "\n", hidden=True)

    def _caption(self, _: str, attributes: Attributes) -> None:
        for key in ("title", "descr"):
            if attributes.get(key):
                self._words.add(attributes[key] + "\n", hidden=True)

    def _hidden_field(self, tag: str, attributes: Attributes) -> None:
        self._hide(tag, attributes)
        self._add(value_of(attributes, "string-value"))


_MAX_SPACES = 100  # of one element that stands for several
_Action = Callable[[_Reader, str, Attributes], None]
_STARTING: dict[str, _Action] = {
    **dict.fromkeys(_HIDING, _Reader._hide),
    **dict.fromkeys(_UNREAD, _Reader._pass_over),
    "p": _Reader._begin_paragraph,
    "pStyle": _Reader._paragraph_style,
    "r": _Reader._begin_run,
    "rStyle": _Reader._run_style,
    "vanish": _Reader._vanish,
    "webHidden": _Reader._vanish,
    "sld": _Reader._slide,
    "table-row": _Reader._row,
    "table-column": _Reader._row,
    "table-cell": _Reader._cell,
    "table": _Reader._table,
    "spreadsheet": _Reader._spreadsheet,
    "section": _Reader._section,
    "textpath": _Reader._word_art,
    "shape": _Reader._shape,
    "style": _Reader._named_style,
    "text-properties": _Reader._text_properties,
    "s": _Reader._space,
    "n": _Reader._cached,
    "d": _Reader._cached,
    "docPr": _Reader._caption,
    "cNvPr": _Reader._caption,
    "hidden-text": _Reader._hidden_field,
}


class _Starting(dict[str, _Action | None]):
    """What is done where an element begins, by its whole name: a look into it costs less than cutting the name."""

    def __missing__(self, tag: str) -> _Action | None:
        found = self[tag] = _STARTING.get(tag.rpartition(":")[2])
        return found


class _Ending(dict[str, str | None]):
    """What is written where an element ends, by its whole name."""

    def __missing__(self, tag: str) -> str | None:
        local = tag.rpartition(":")[2]
        found = self[tag] = "\n" if local in _BREAKS else "\t" if local in _TABS else None
        return found
