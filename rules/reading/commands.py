"""Finds what a document or table starts when it is opened: DDE in fields, links and formulas. Starts nothing."""

import re
from collections.abc import Iterator
from itertools import islice, pairwise

from rules.facts import By, Kind, Sign
from rules.possessive import possessive

_INSTRUCTION = len("DDEAUTO") + 1  # characters of a field's instruction that show whether it is a command
MAX_RTF_FIELDS = 50_000  # of one document; a book's index has some thousand

_COMMAND = re.compile(r"DDE(?:AUTO)?\b", re.IGNORECASE)
_NOTHING = ' \t\r\n\f\v\x1c\x1d\x1e\x1f\x85\xa0"'  # in front of an instruction
# Linear: possessive, and the mark that begins a field, 13, is none of what may follow it.
_OLD_FIELD = re.compile(
    rb"\x13[\x01-\x12\x14-\x20\"]*+DDE|\x13\0%bD\0D\0E\0" % possessive(rb"[\x01-\x12\x14-\x20\"]\0"), re.IGNORECASE
)
RTF_FIELD = re.compile(rb"\\fldinst(?![A-Za-z])(?:-?[0-9]{1,20})?", re.IGNORECASE)
# A character by its number with what stands in for it, one in hexadecimal, what writes nothing, any other.
_RTF_STEP = re.compile(
    rb"\\u([0-9]{1,7}) ?(?:\\'[0-9A-Fa-f]{2}|[^\\{}])|\\'([0-9A-Fa-f]{2})"
    rb"|(?:\\[A-Za-z]{1,32}-?[0-9]{0,10} ?|\\\*|[{}\r\n])++|(.)",
    re.DOTALL,
)
# A formula that asks a program: `=cmd|'/c calc'!A1`. Each word is tried once, from its first letter: linear.
_ASKED = re.compile(
    rb"(?<=[=+\-@(&*/^,; \t\"'!<>])([A-Za-z][A-Za-z0-9_.]++)\|(?:'[^'\r\n]++'|[^\s'|!]++)!['$A-Za-z0-9]"
)
# Linear: blanks, tabs and quotes are tried from the first of them only.
_CELL = re.compile(rb"(?:(?:^|[,;'>|{])[ \t\"]*+|(?<![ \t\"]) *+[\t\"][ \t\"]*+)(?:=|[+\-@](?=[^ ]|$))", re.MULTILINE)
_DDE_FUNCTION = re.compile(rb"[=+\-@(,; \t\"]DDE\s*+\(\s*+\"{1,2}([A-Za-z0-9_.]++)\"", re.IGNORECASE)
_WIDE_EQUALS = "\uff1d".encode()  # which Excel takes for its like where one writes Chinese or Japanese
_HARMLESS = frozenset({"excel", "soffice"})  # a table that reads another table
_MAX_SERVICE = 100  # characters of a program's name that are told


def old_field_commands(stream: bytes) -> tuple[Sign, ...]:
    """DDE in the fields of a Word 97 document, whose text stands in one or two octets a character."""
    return (_sign("DDE field"),) if b"\x13" in stream and _OLD_FIELD.search(stream) else ()


def rtf_field_commands(content: bytes) -> tuple[Sign, ...]:
    """DDE in the fields of RTF, whose instructions control words and groups may break up."""
    if b"fldinst" not in content:
        return ()
    starts = [field.end() for field in islice(RTF_FIELD.finditer(content), MAX_RTF_FIELDS)]  # unpacking reports more
    for start, following in pairwise([*starts, len(content)]):
        if _COMMAND.match(_rtf_instruction(content, start, following)):
            return (_sign("DDE field"),)
    return ()


def _rtf_instruction(content: bytes, start: int, stop: int) -> str:
    """The first characters between two fields but control words, and blanks and quotes in front."""
    written: list[str] = []
    for step in _RTF_STEP.finditer(content, start, stop):
        code, octet, other = step.groups()
        character = (
            chr(min(int(code), 255)) if code else chr(int(octet, 16)) if octet else (other or b"").decode("latin-1")
        )
        if character and (written or character not in _NOTHING):
            written.append(character)
        if len(written) >= _INSTRUCTION:
            break
    return "".join(written)


def dde_sign(service: str) -> Sign | None:
    """A link to this program, unless it is a table or document that reads another."""
    return None if not service or service.lower() in _HARMLESS else _sign(f"DDE link to {service[:_MAX_SERVICE]}")


def formula_commands(content: bytes) -> tuple[Sign, ...]:
    """Formulas of a table in text form that ask another program."""
    if b"DDE" in content or b"dde" in content:
        for function in _DDE_FUNCTION.finditer(content):
            if (sign := dde_sign(function.group(1).decode("ascii"))) is not None:
                return (sign,)
    if b"|" not in content or b"!" not in content:
        return ()
    asked = islice(_asked(content.replace(_WIDE_EQUALS, b"=")), 1)
    return tuple(_sign(f"formula that starts {name[:_MAX_SERVICE]}") for name in asked)


def _asked(content: bytes) -> Iterator[str]:
    """The programs that are asked in cells which begin as a formula does, however far before."""
    begin = done = 0
    in_formula = False
    for match in _ASKED.finditer(content):
        if line := content.rfind(b"\n", done, match.start()) + 1:
            begin, in_formula = line, False
        in_formula = in_formula or _CELL.search(content, max(begin, done), match.start()) is not None
        done = match.start()
        name = match.group(1).decode("ascii")
        if in_formula and name.lower() not in _HARMLESS:
            yield name


def supbook_command(body: bytes) -> Sign | None:
    """A DDE link among a workbook's SupBook records: a service without a dot, as an OLE class would have one."""
    text = body[5:] if body[4:5] == b"\0" else body[5:].replace(b"\0", b"")
    service, mark, _ = text[:255].partition(b"\x03")
    return dde_sign(service.decode("latin-1")) if mark and service.isalnum() else None


def _sign(text: str) -> Sign:
    return Sign(kind=Kind.MACRO_DOCUMENT, by=By.CONTENT, text=text)
