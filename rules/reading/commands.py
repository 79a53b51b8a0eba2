"""Finds what a document or table starts when it is opened: DDE in fields, links and formulas. Starts nothing."""

import re
from collections.abc import Iterator

from rules.facts import By, Kind, Sign

_MAX_FIELD = 4_096  # characters of one field's instruction
_MAX_RTF_FIELD = 1_000  # octets of one field's instruction with its control words
_MAX_NESTED = 100  # fields inside each other; Word itself stops at some 20
_MAX_FIELDS = 50_000  # marks of one part of a Word document
_MAX_RTF_FIELDS = 5_000

# The marks of a field in Word's XML, in order; the classes exclude what ends them: linear.
_MARK = re.compile(
    rb"<(?:[A-Za-z0-9]{1,20}:)?(?:fldChar\b[^<>]{0,400}?fldCharType=[\"'](begin|separate|end)"
    rb"|instrText(?:[ \t\r\n][^<>]{0,400})?>([^<]{0,4096})<"
    rb"|fldSimple\b[^<>]{0,400}?instr=(?:\"([^\"<>]{0,4096})\"|'([^'<>]{0,4096})'))"
)
_COMMAND = re.compile(r"\s*\"?\s*DDE(?:AUTO)?\b", re.IGNORECASE)
_QUOTE = re.compile(r"\s*QUOTE\b((?:\s+\d{1,5})+)", re.IGNORECASE)
_ENTITY = re.compile(r"&#(x[0-9a-fA-F]{1,6}|[0-9]{1,7});")
_OLD_FIELD = re.compile(rb"\x13[\x01-\x20\"]{0,8}DDE|\x13\0(?:[\x01-\x20\"]\0){0,8}D\0D\0E\0", re.IGNORECASE)
_LINK = re.compile(rb"<(?:[A-Za-z0-9]{1,20}:)?ddeLink\b[^<>]{0,2000}?ddeService=[\"']([^\"'<>]{1,255})", re.IGNORECASE)
_RTF_FIELD = re.compile(rb"\\fldinst(?![A-Za-z])(?:-?[0-9]{1,20})?", re.IGNORECASE)
_RTF_UNICODE = re.compile(rb"\\u([0-9]{1,7}) ?(?:\\'[0-9A-Fa-f]{2}|[^\\{}])")  # with what stands in for it
_RTF_WORD = re.compile(rb"\\[A-Za-z]{1,32}-?[0-9]{0,10} ?|\\\*|[{}\r\n]")
_RTF_OCTET = re.compile(rb"\\'([0-9A-Fa-f]{2})")
# A formula that asks a program: `=cmd|'/c calc'!A1`. Each word is tried once, from its first letter: linear.
_ASKED = re.compile(
    rb"(?<=[=+\-@(&*/^,; \t\"'!<>])([A-Za-z][A-Za-z0-9_.]{1,60})\|(?:'[^'\r\n]{1,1000}'|[^\s'|!]{1,200})!['$A-Za-z0-9]"
)
_CELL = re.compile(rb"(?:^|[,;\t\"'>])[ ]{0,8}(?:=|[+\-@](?=[^ ]))")
_MAX_CELL = 1_000  # octets of a formula in front of the program it asks
_MAX_FORMULAS = 10_000
_HARMLESS = frozenset({b"excel", b"soffice"})  # a table that reads another table


def field_commands(xml: bytes) -> tuple[Sign, ...]:
    """DDE in the fields of one part of a Word document, also when runs, entities or QUOTE fields break it up."""
    if b"instrText" not in xml and b"fldSimple" not in xml:
        return ()
    return (_sign("DDE field"),) if any(map(_COMMAND.match, _instructions(xml))) else ()


def _instructions(xml: bytes) -> Iterator[str]:
    """The instruction of every field; a nested field stands in the outer one with what it writes."""
    open_fields: list[list[str]] = [[]]
    for count, mark in enumerate(_MARK.finditer(xml)):
        word, text, *simple = mark.groups()
        if count > _MAX_FIELDS:
            return
        if word == b"begin" and len(open_fields) < _MAX_NESTED:
            open_fields.append([])
        elif word in (b"separate", b"end"):
            instruction = "".join(open_fields[-1])[:_MAX_FIELD]
            yield instruction
            if word == b"end" and len(open_fields) > 1:
                open_fields.pop()
                open_fields[-1].append(_written(instruction))
        elif text is not None:
            open_fields[-1].append(_read(text))
        elif any(simple):
            yield _read(next(filter(None, simple)))
    for unended in open_fields:
        yield "".join(unended)[:_MAX_FIELD]


def _read(text: bytes) -> str:
    plain = _ENTITY.sub(_character, text.decode("utf-8", "replace"))
    return plain.replace("&quot;", '"').replace("&apos;", "'").replace("&amp;", "&")


def _character(match: re.Match[str]) -> str:
    digits = match.group(1)
    code = int(digits[1:], 16) if digits[0] == "x" else int(digits)
    return chr(code) if code < 0x110000 else ""


def _written(instruction: str) -> str:
    """What a QUOTE field writes from its character codes; other fields write nothing that counts."""
    quote = _QUOTE.match(instruction)
    return "".join(chr(int(code)) for code in quote.group(1).split()) if quote else ""


def old_field_commands(stream: bytes) -> tuple[Sign, ...]:
    """DDE in the fields of a Word 97 document, whose text stands in one or two octets a character."""
    return (_sign("DDE field"),) if b"\x13" in stream and _OLD_FIELD.search(stream) else ()


def rtf_field_commands(content: bytes) -> tuple[Sign, ...]:
    """DDE in the fields of RTF, whose instructions control words and groups may break up."""
    if b"fldinst" not in content:
        return ()
    for count, field in enumerate(_RTF_FIELD.finditer(content)):
        given = content[field.end() : field.end() + _MAX_RTF_FIELD]
        written = _RTF_WORD.sub(b"", _RTF_UNICODE.sub(lambda code: bytes([min(int(code.group(1)), 255)]), given))
        plain = _RTF_OCTET.sub(lambda octet: bytes([int(octet.group(1), 16)]), written)
        if _COMMAND.match(plain.decode("latin-1")):
            return (_sign("DDE field"),)
        if count > _MAX_RTF_FIELDS:
            break
    return ()


def link_commands(xml: bytes) -> tuple[Sign, ...]:
    """DDE links of an Excel workbook's external references."""
    services = dict.fromkeys(match.group(1) for match in _LINK.finditer(xml))
    return tuple(
        _sign(f"DDE link to {service.decode('latin-1')}") for service in services if service.lower() not in _HARMLESS
    )


def formula_commands(content: bytes) -> tuple[Sign, ...]:
    """Formulas of a table in text form that ask another program."""
    if b"|" not in content or b"!" not in content:
        return ()
    for count, match in enumerate(_ASKED.finditer(content)):
        front = content[max(0, match.start() - _MAX_CELL) : match.start()]
        line = front[front.rfind(b"\n") + 1 :]
        if _CELL.search(line) and match.group(1).lower() not in _HARMLESS:
            return (_sign(f"formula that starts {match.group(1).decode('ascii')}"),)
        if count > _MAX_FORMULAS:
            break
    return ()


def supbook_command(body: bytes) -> Sign | None:
    """A DDE link among a workbook's SupBook records: a service without a dot, as an OLE class would have one."""
    text = body[5:] if body[4:5] == b"\0" else body[5:].replace(b"\0", b"")
    service, mark, _ = text[:255].partition(b"\x03")
    if not mark or not service.isalnum() or service.lower() in _HARMLESS:
        return None
    return _sign(f"DDE link to {service.decode('latin-1')}")


def _sign(text: str) -> Sign:
    return Sign(kind=Kind.MACRO_DOCUMENT, by=By.CONTENT, text=text)
