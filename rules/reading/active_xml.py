"""What the XML of Office and OpenDocument files starts or fetches when it is opened, whatever its part is called.

One pass of expat: prefixes, references, comments and sections write the same thing in many ways. Fetches nothing.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar
from xml.parsers import expat

from rules.facts import By, Kind, Sign
from rules.reading.charsets import codec_of
from rules.reading.commands import dde_sign, formula_commands
from rules.reading.relations import Relation, is_elsewhere
from rules.reading.word_fields import MAX_NESTED, Fields

_MAX_TOLD = 200  # characters of a sign with words of the document
# Without one of these, which no reference can write, nothing below is there: names of elements and attributes.
_NEEDED = (
    b"Relationship", b"instrText", b"fldSimple", b"ddeLink", b"customUI", b"attachedTemplate", b"webPr", b"ocx",
    b"macrosheet", b"ontentType",
)  # fmt: skip
_NEEDED_IN_OPEN_DOCUMENT = (
    b"event-listener", b"dde-source", b"dde-connection", b"section-source", b"floating-frame", b"applet", b"plugin",
    b":object", b"source-code", b":module",
)  # fmt: skip
# Values, which references could write in other ways.
_VALUES = (b"ppaction", b"vnd.sun.star.", b"vnd.libreoffice.", b"macro:", b"&#")
_DDE_WRITTEN = re.compile(rb"[dD][dD][eE]\s*+\(")
_COMMAND = re.compile(r"\s*\"?\s*DDE(?:AUTO)?\b", re.IGNORECASE)
_FETCHED = re.compile(r"\s*+(?:LINK\s++\S++|INCLUDETEXT)\s++(?:\"([^\"]++)|(\S++))", re.IGNORECASE)
_RUNNING_ACTIONS = ("execute", "execute-macro")
_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*+=\s*+[\"']([A-Za-z0-9._-]{1,40})[\"']")
_MACRO_TYPES = ("vbaproject", "macroenabled", "macrosheet")
_MACRO_RELATIONS = frozenset({"vbaproject", "xlmacrosheet", "xlintlmacrosheet"})
# Controls of Microsoft Forms, which run no code of their own (the first group of their class identifiers).
_FORM_CONTROLS = ("8bd21d", "d7053240", "978c9e23", "dfd181e0", "79176fb0", "4c599241", "6e182020", "46e31370",
                  "eae50eb0", "5512d1")  # fmt: skip
_COMMANDS = ("vnd.sun.star.script:", "vnd.sun.star.expand:", "vnd.libreoffice.command:", "macro:")
_DDE_FUNCTION = re.compile(r"\bDDE\s*+\(\s*+\"([^\"]++)\"", re.IGNORECASE)

_Attributes = dict[str, str]  # by local name: `w:val` is `val`


def xml_signs(xml: bytes, name: str = "") -> tuple[Sign, ...]:
    """The signs of one part in UTF-8, called `name` in what is told; what stands before damage counts."""
    looks = _may_say(xml)
    needed = (*_NEEDED, *_NEEDED_IN_OPEN_DOCUMENT) if b"openoffice" in xml or b"urn:oasis" in xml else _NEEDED
    if not looks and not any(word in xml for word in needed):
        return ()
    reader = _Reader(name)
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = reader.any_element if looks else reader.named_element
    if b"instrText" in xml:
        parser.EndElementHandler = reader.end
        parser.CharacterDataHandler = reader.text
    with suppress(expat.ExpatError):  # reading the document's text reports it
        parser.Parse(xml, True)
    reader.close()
    return tuple(reader.found)


def _may_say(xml: bytes) -> bool:
    """Whether attributes of any element are worth a look."""
    if any(word in xml for word in _VALUES):
        return True
    return b"ormula" in xml and (b"|" in xml or _DDE_WRITTEN.search(xml) is not None)


def plain_xml(octets: bytes) -> bytes:
    """XML in UTF-8 without a mark, from the charset that its front shows or declares."""
    if octets[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _transcoded(octets, "utf-16")
    if octets[:2] in (b"<\0", b"\0<"):
        return _transcoded(octets, "utf-16-le" if octets[1:2] == b"\0" else "utf-16-be")
    declared = _DECLARED.match(octets.removeprefix(b"\xef\xbb\xbf"))
    codec = codec_of(declared.group(1).decode("ascii")) if declared is not None else None
    if codec and codec != "utf-8" and not codec.startswith(("utf-16", "utf-32")):
        return _transcoded(octets, codec)
    return octets


def _transcoded(octets: bytes, codec: str) -> bytes:
    return octets.decode(codec, "replace").encode("utf-8", "replace")


class _Reader:
    """What the elements of one part add to the signs."""

    def __init__(self, name: str) -> None:
        self.found: dict[Sign, None] = {}
        self._name = name
        self._handlers = _Handlers()
        self._fields = Fields()
        self._takes: Callable[[str], None] | None = None  # the words of this element
        self._is_interface = False
        self._base = ""
        self._refreshes = False

    def named_element(self, tag: str, attributes: _Attributes) -> None:
        handler = self._handlers[tag]
        if handler is not None:
            handler(self, _local(attributes))
        elif self._is_interface:
            self._command(_local(attributes))

    def any_element(self, tag: str, attributes: _Attributes) -> None:
        self.named_element(tag, attributes)
        for key, value in attributes.items():
            local = key.rpartition(":")[2]
            if local == "action" and value.strip().lower().startswith("ppaction://program"):
                self._tell("action that starts a program")
            elif local == "href" and value.strip().lower().startswith(_COMMANDS):
                self._tell("link that starts a command")
            elif local in ("formula", "Formula"):
                self._formula(value)

    def end(self, _: str) -> None:
        self._takes = None

    def text(self, words: str) -> None:
        if self._takes is not None:
            self._takes(words)

    def close(self) -> None:
        for instruction in self._fields.unended():
            self._instruction(instruction)
        if self._fields.is_too_deep:
            self._tell(f"fields inside each other more than {MAX_NESTED:,} deep")

    # Word

    def _field_mark(self, given: _Attributes) -> None:
        kind = given.get("fldCharType", "")
        if kind == "begin":
            self._fields.begin()
        elif kind == "separate":
            self._instruction(self._fields.separate())
        elif kind == "end":
            self._instruction(self._fields.end())

    def _instruction_text(self, _: _Attributes) -> None:
        self._takes = self._fields.add

    def _shown_text(self, _: _Attributes) -> None:
        self._takes = self._fields.show

    def _simple_field(self, given: _Attributes) -> None:
        self._instruction(given.get("instr", ""))

    def _instruction(self, instruction: str) -> None:
        if _COMMAND.match(instruction):
            self._tell("DDE field")
        elif (fetched := _FETCHED.match(instruction)) and is_elsewhere(next(filter(None, fetched.groups()), "")):
            self._tell("field that fetches a document from outside")

    def _template(self, given: _Attributes) -> None:
        if is_elsewhere(given.get("val", "")):
            self._tell("attachedTemplate fetched from outside when it is opened")

    # What all of Office has

    def _relations(self, given: _Attributes) -> None:
        self._base = given.get("base", "")

    def _relation(self, given: _Attributes) -> None:
        kind = given.get("Type", "").rstrip("/").rpartition("/")[2]
        if kind.lower() in _MACRO_RELATIONS:
            self._tell("macros among its relationships")
        if given.get("TargetMode", "").strip().lower() != "external":
            return
        targets = (given.get("Target", ""), self._base)
        if any(Relation(kind=kind, target=target).is_obeyed for target in targets):
            self._tell(f"{kind} fetched from outside when it is opened")
        elif Relation(kind=kind, target=targets[0]).is_command:
            self._tell("link that starts a command")

    def _content_type(self, given: _Attributes) -> None:
        declared = (given.get("ContentType") or given.get("contentType", "")).lower()
        if any(word in declared for word in _MACRO_TYPES):
            self._tell("macros among its content types")

    def _control(self, given: _Attributes) -> None:
        identifier = given.get("classid", "").lower()
        if identifier and not any(known in identifier for known in _FORM_CONTROLS):
            self._tell(f"ActiveX control in {self._name}", Kind.ACTIVE_CONTENT)

    def _interface(self, given: _Attributes) -> None:
        self._is_interface = True
        self._command(given)

    def _command(self, given: _Attributes) -> None:
        if any(key.startswith(("on", "get")) and is_elsewhere(value) for key, value in given.items()):
            self._tell("commands of a document elsewhere")

    # Excel

    def _link(self, given: _Attributes) -> None:
        self._service(given.get("ddeService", ""))

    def _service(self, service: str) -> None:
        if (sign := dde_sign(service)) is not None:
            self.found[sign] = None

    def _macro_sheet(self, _: _Attributes) -> None:
        self._tell(f"Excel 4 macro sheet in {self._name}")

    def _connection(self, given: _Attributes) -> None:
        self._refreshes = given.get("refreshOnLoad", "").strip() in ("1", "true")

    def _query(self, given: _Attributes) -> None:
        if self._refreshes and is_elsewhere(given.get("url", "")):
            self._tell("web query that runs when it is opened")

    def _formula(self, formula: str) -> None:
        for sign in formula_commands(formula.encode("utf-8", "replace")):
            self.found[sign] = None
        for service in _DDE_FUNCTION.findall(formula):
            self._service(service)

    # OpenDocument

    def _event(self, given: _Attributes) -> None:
        href = given.get("href", "").strip().lower()
        if given.get("macro-name") or href.startswith(_COMMANDS) or given.get("action", "") in _RUNNING_ACTIONS:
            self._tell("macro that an event starts")

    def _source(self, given: _Attributes) -> None:
        self._service(given.get("dde-application", ""))

    def _fetched(self, given: _Attributes) -> None:
        if is_elsewhere(given.get("href", "")):
            self._tell("content fetched from outside when it is opened")

    def _source_code(self, _: _Attributes) -> None:
        self._tell("macros of OpenDocument")

    def _applet(self, _: _Attributes) -> None:
        self._tell("Java applet or plug-in", Kind.ACTIVE_CONTENT)

    def _tell(self, text: str, kind: Kind = Kind.MACRO_DOCUMENT) -> None:
        self.found[Sign(kind=kind, by=By.CONTENT, text=text[:_MAX_TOLD])] = None

    # What a handler needs to know of each element, by the name that an application reads.
    BY_NAME: ClassVar[dict[str, Callable[["_Reader", _Attributes], None]]] = {
        "fldChar": _field_mark, "instrText": _instruction_text, "t": _shown_text, "fldSimple": _simple_field,
        "attachedTemplate": _template, "Relationships": _relations, "Relationship": _relation,
        "Default": _content_type, "Override": _content_type, "part": _content_type, "ocx": _control,
        "customUI": _interface, "ddeLink": _link, "macrosheet": _macro_sheet, "connection": _connection,
        "webPr": _query, "event-listener": _event, "dde-source": _source, "dde-connection-decl": _source,
        "section-source": _fetched, "floating-frame": _fetched, "object": _fetched, "object-ole": _fetched,
        "applet": _applet, "plugin": _applet, "source-code": _source_code, "module": _source_code,
    }  # fmt: skip


class _Handlers(dict[str, Callable[[_Reader, _Attributes], None] | None]):
    """By an element's whole name: a look into it costs less than cutting the name."""

    def __missing__(self, tag: str) -> Callable[[_Reader, _Attributes], None] | None:
        found = self[tag] = _Reader.BY_NAME.get(tag.rpartition(":")[2])
        return found


def _local(attributes: _Attributes) -> _Attributes:
    return {key.rpartition(":")[2]: value for key, value in attributes.items()}
