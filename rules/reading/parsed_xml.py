"""One XML part of a document, run through expat. Expands no entity of the file's own and fetches nothing."""

from typing import Protocol
from xml.parsers import expat

from rules.reading.member import Unreadable

Attributes = dict[str, str]


class Handler(Protocol):
    """What `parse_xml` calls."""

    def start(self, tag: str, attributes: Attributes, /) -> None: ...

    def end(self, tag: str, /) -> None: ...

    def text(self, data: str, /) -> None: ...


def parse_xml(xml: bytes, handler: Handler) -> None:
    """Over a part in UTF-8. Raises Unreadable for damage, and for entity declarations: nothing may be multiplied."""
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise Unreadable("document with malformed XML") from error


def _refuse(*_: object) -> None:
    raise Unreadable("document with XML entities of its own")


def value_of(attributes: Attributes, name: str) -> str:
    """An attribute by its name without prefix; "" when it is not there."""
    return next((value for key, value in attributes.items() if key.rpartition(":")[2] == name), "")
