"""Which styles of a Word or OpenDocument file hide what is written in them, by themselves or by what they are based on.

Reads style definitions alone; `office_text` says what they are applied to.
"""

from contextlib import suppress
from dataclasses import dataclass, field

from rules.reading.member import Unreadable
from rules.reading.parsed_xml import Attributes, parse_xml, value_of

MAX_BASED = 32  # styles that each are based on the next; templates have three or four

_HIDING = (b"vanish", b":display")  # one of these names stands in every definition that hides
_OF_TEXT = ("paragraph", "character", "")  # types of Word; a table's conditions are none


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenStyles:
    """`names` are identifiers; `by_default` tells whether a paragraph of no style is hidden too."""

    names: frozenset[str] = frozenset()
    by_default: bool = False


NONE = HiddenStyles()


def hidden_styles(*parts: bytes) -> HiddenStyles:
    """Of the definitions in these parts, in UTF-8; those before damage count."""
    reader = _Reader()
    for xml in parts:
        if any(word in xml for word in _HIDING):
            with suppress(Unreadable):  # reading the words tells it
                parse_xml(xml, reader)
    names = frozenset(name for name in reader.styles if reader.hides(name))
    return HiddenStyles(names=names, by_default=reader.by_default in names) if names else NONE


@dataclass(slots=True)
class _Style:
    based_on: str
    hides: bool | None = None  # None: as what it is based on


@dataclass(slots=True)
class _Reader:
    styles: dict[str, _Style] = field(default_factory=dict)
    by_default: str = ""  # the style of a paragraph that names none
    _open: _Style | None = None

    def hides(self, name: str) -> bool:
        for _ in range(MAX_BASED + 1):
            style = self.styles.get(name)
            if style is None:
                return False
            if style.hides is not None:
                return style.hides
            name = style.based_on
        return True  # nobody writes such a chain but to hide its end

    def start(self, tag: str, attributes: Attributes) -> None:
        local = tag.rpartition(":")[2]
        if local == "style":
            self._begin(attributes)
        elif self._open is None:
            return
        elif local == "basedOn":
            self._open.based_on = value_of(attributes, "val")
        elif local == "vanish":
            self._open.hides = value_of(attributes, "val") not in ("0", "false", "off")
        elif local == "text-properties" and (shown := value_of(attributes, "display")):
            self._open.hides = shown == "none"

    def _begin(self, attributes: Attributes) -> None:
        """Word's has an identifier and a type, OpenDocument's a name and a parent."""
        name = value_of(attributes, "styleId") or value_of(attributes, "name")
        kind = value_of(attributes, "type")
        self._open = self.styles[name] = _Style(value_of(attributes, "parent-style-name"))
        if kind not in _OF_TEXT:
            self._open = None
        elif kind == "paragraph" and value_of(attributes, "default") in ("1", "true", "on"):
            self.by_default = name

    def end(self, tag: str) -> None:
        if tag.rpartition(":")[2] == "style":
            self._open = None

    def text(self, _: str) -> None: ...
