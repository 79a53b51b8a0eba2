"""Structured field bodies of MIME (RFC 2045 section 5.1, RFC 2231), every way a reader may take them apart.

Yields candidates in the order of likelihood; picks none.
"""

import re
from dataclasses import dataclass

from rules.reading.charsets import decode_text
from rules.reading.words import MAX_FIELD_TEXT, decode_words, unfold

MAX_PARAMETERS = 1_000  # of one field; two or three are usual
MAX_SECTIONS = 100  # of one field (RFC 2231); nobody's mail program writes as many
_TOO_MANY = f"more than {MAX_PARAMETERS:,} parameters in one header field"
_TOO_MANY_SECTIONS = f"more than {MAX_SECTIONS:,} sections of parameters in one header field"

# Linear: possessive runs, and each alternative begins with another octet.
_PARAMETER = re.compile(
    rb';[\s\0]*+([^\s=;"()\0]++)[\s\0]*+=[\s\0]*+(?:"((?:[^"\\]++|\\.)*+)("?)([^;]*+)|([^;]*+))', re.DOTALL
)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_COMMENT = re.compile(rb"\([^()]*\)")
# What stands up to the next comment, and in one up to its next parenthesis. Linear, as above.
_BEFORE_COMMENT = re.compile(rb'(?:[^"(\\]++|"(?:[^"\\]++|\\.)*+"?|\\.)*+\\?', re.DOTALL)
_IN_COMMENT = re.compile(rb"(?:[^()\\]++|\\.)*+\\?([()]?)", re.DOTALL)
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
# A file's name without a semicolon before it, as readers find it that look for the word alone. Linear: what stands
# before it is of one octet, its number is bounded.
_LOOSE_NAME = re.compile(
    rb"(?<![\w*%.-])((?:file)?name\*?[0-9]{0,4}\*?)[\s\0]*+=[\s\0]*+(?:\"([^\"]*+)|([^\s;,\"]++))", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """`name` in lower case; `values` are what different readers make of it, the likeliest first, unfolded."""

    name: str
    values: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Structured:
    """`value` in lower case, without comments and blanks. `limit`: which one was met, in words."""

    value: str
    parameters: tuple[Parameter, ...]
    limit: str = ""

    def all(self, name: str) -> list[Parameter]:
        return [parameter for parameter in self.parameters if parameter.name == name]


def parse_structured(body: bytes) -> Structured:
    """Take `value; name=value; …` apart."""
    line = unfold(body[:MAX_FIELD_TEXT])
    bare = _without_comments(line) if b"(" in line else line
    head = re.sub(rb"[\s\0]+", b"", bare.partition(b";")[0]).strip(b"\"'").lower().decode("latin-1")
    value, separator, _ = line.partition(b";")
    if not separator:
        return Structured(head, tuple(_loose_names(line, [])))
    parameters: list[Parameter] = []
    swallowed: int | None = None
    for match in _PARAMETER.finditer(line, len(value)):
        if len(parameters) >= MAX_PARAMETERS:
            return Structured(head, tuple(parameters), _TOO_MANY)
        parameters.append(_parameter(match))
        if swallowed is None and match[2] is not None and b";" in match[2]:
            swallowed = match.start(2)
    if bare is not line:
        parameters += _unknown(bare, parameters)
    if (joined := _joined_in_quotes(body[:MAX_FIELD_TEXT])) is not None:
        parameters += [parameter for parameter in _unknown(joined, parameters) if "name" in parameter.name]
    if swallowed is not None:  # readers that stop at the next semicolon see parameters inside the quotes
        inside = _PARAMETER.finditer(line, swallowed)
        parameters += [_parameter(match) for match, _ in zip(inside, range(MAX_PARAMETERS), strict=False)]
    parameters += _loose_names(line, parameters)
    too_many_sections = sum("*" in parameter.name for parameter in parameters) > MAX_SECTIONS
    return Structured(head, tuple(parameters), _TOO_MANY_SECTIONS if too_many_sections else "")


def _unknown(line: bytes, known: list[Parameter]) -> list[Parameter]:
    """The parameters that another reading of the line has besides the known ones, as those that comments hide."""
    matches = zip(_PARAMETER.finditer(line), range(MAX_PARAMETERS), strict=False)
    return _besides([_parameter(match) for match, _ in matches], known)


def _besides(found: list[Parameter], known: list[Parameter]) -> list[Parameter]:
    values = {(parameter.name, value) for parameter in known for value in parameter.values}
    return [parameter for parameter in found if (parameter.name, parameter.values[0]) not in values]


def _joined_in_quotes(body: bytes) -> bytes | None:
    """The line of readers that take out the whole fold where it stands within quotes, as some senders cut words there.

    None when no quotes are folded.
    """
    if b"\n" not in body and b"\r" not in body:
        return None
    lines = [line.strip(b" \t\0") for line in body.splitlines()]
    if not any(line.count(b'"') & 1 for line in lines):
        return None
    pieces: list[bytes] = []
    within = False
    for line in lines:
        pieces += [b"" if within else b" ", line]
        within ^= bool(line.count(b'"') & 1)
    return b"".join(pieces)


def _loose_names(line: bytes, known: list[Parameter]) -> list[Parameter]:
    """File names that no semicolon announces, or that stand in an encoded word with the words around them."""
    if b"=" not in line:
        return []
    text = decode_words(line).encode("utf-8", "replace") if b"=?" in line else line
    if text.lower().count(b"name") <= sum("name" in parameter.name for parameter in known):
        return []
    matches = zip(_LOOSE_NAME.finditer(text), range(MAX_PARAMETERS), strict=False)
    found = [(match[1].decode("latin-1").lower(), match[2] or match[3] or b"") for match, _ in matches]
    return _besides([Parameter(name, (value.strip(b" \t\0\r\n"),)) for name, value in found], known)


def _without_comments(line: bytes) -> bytes:
    """With a blank for each comment outside quotes (RFC 5322 section 3.2.2), and for a parenthesis that opens none."""
    kept: list[bytes] = []
    at = 0
    while at < len(line):
        before = _BEFORE_COMMENT.match(line, at)
        assert before is not None  # it matches nothing too
        kept += [before[0], b" "]
        at = behind = before.end() + 1
        depth = 1
        while depth and (mark := _IN_COMMENT.match(line, behind)) is not None and mark[1]:
            depth += 1 if mark[1] == b"(" else -1
            behind = mark.end()
        if depth and at <= len(line):
            return b"".join([*kept, line[at:]])
        at = behind
    return b"".join(kept)


def _parameter(match: re.Match[bytes]) -> Parameter:
    return Parameter(
        match[1].decode("latin-1").lower(), _quoted(match) if match[2] is not None else _unquoted(match[5])
    )


def _quoted(match: re.Match[bytes]) -> tuple[bytes, ...]:
    inner, tail = match[2], match[4].strip()
    values = [_ESCAPED.sub(rb"\1", inner) if b"\\" in inner else inner]
    if b"\\" in inner:
        values.append(inner)  # Windows paths, and readers that do not unescape
    if tail and not tail.startswith(b"("):
        values.append(values[0] + tail.strip(b'"'))
    return tuple(dict.fromkeys(values))


def _unquoted(written: bytes) -> tuple[bytes, ...]:
    value = written.strip(b" \t\0\r\n")
    values = [value]
    if b"(" in value:
        values.append(_uncommented(value).strip())
    if b" " in value or b"\t" in value:
        values.append(value.split(None, 1)[0])  # RFC 2045: a token ends at a blank
    if b"'" in value or b'"' in value:
        values.append(value.strip(b"'\""))
    return tuple(dict.fromkeys(values))


def _uncommented(value: bytes) -> bytes:
    """Without comments, innermost first, at most as deep as anybody nests them; unclosed ones stay."""
    for _ in range(4):
        if b"(" not in value:
            break
        value = _COMMENT.sub(b" ", value)
    return value


def values_of(structured: Structured, name: str) -> list[bytes]:
    """All candidates for a parameter: plain, extended, and sections joined in their order and as written."""
    plain = [value for parameter in structured.all(name) for value in parameter.values]
    sections = _sections_of(structured, name)
    if sections:
        octets = [_section_octets(section) for section in sections]
        plain.append(b"".join(octets))
        order = sorted(range(len(sections)), key=lambda index: sections[index].number)
        plain.insert(0, b"".join(octets[index] for index in order))
    return list(dict.fromkeys(plain))


def texts_of(structured: Structured, name: str) -> list[str]:
    """All candidates for a parameter that people read, such as a file name, decoded."""
    texts: list[str] = []
    sections = _sections_of(structured, name)
    if sections:
        texts += map(_joined, _orders(sections))
    for parameter in structured.all(name):
        for value in parameter.values:
            texts.append(decode_words(value) if b"=?" in value else decode_text(value, None))
            if b"=?" in value:
                texts.append(decode_text(value, None))
    return list(dict.fromkeys(texts))


@dataclass(frozen=True, slots=True)
class _Section:
    number: int
    encoded: bool
    value: bytes
    whole: bool  # `name*`, which is none of several


def _sections_of(structured: Structured, name: str) -> list[_Section]:
    """`name*`, `name*0`, `name*1*` in the order of writing (RFC 2231 sections 3 and 4)."""
    sections = []
    for parameter in structured.parameters:
        stem, star, rest = parameter.name.partition("*")
        if not star or stem != name:
            continue
        digits = rest.rstrip("*")
        number = int(digits) if digits.isdecimal() and len(digits) <= 4 else 0
        sections.append(_Section(number, rest == "" or rest.endswith("*"), parameter.values[0], not rest))
        if len(sections) > MAX_SECTIONS:
            break
    return sections


def _orders(sections: list[_Section]) -> list[list[_Section]]:
    """The sections as readers join them: by their numbers, as written, and of those that repeat the first or the last.

    Some readers end at a number that is missing.
    """
    numbered = sorted((section for section in sections if not section.whole), key=_number)
    last = {section.number: section for section in numbered}
    first = sorted({section.number: section for section in reversed(numbered)}.values(), key=_number)
    unbroken = [section for at, section in enumerate(first) if section.number == at]
    orders = [sorted(sections, key=_number), sections]
    if len(first) < len(numbered):
        orders += [first, list(last.values())]
    if len(unbroken) < len(first):
        orders.append(unbroken)
    if len(numbered) < len(sections) > 1:
        orders += [numbered, *([section] for section in sections if section.whole)]
    return orders


def _number(section: _Section) -> int:
    return section.number


def _section_octets(section: _Section) -> bytes:
    """The octets of a section; an extended one loses its `charset'language'` and its percent signs."""
    value = section.value
    if not section.encoded:
        return value
    if section.number == 0 and value.count(b"'") >= 2:
        value = value.split(b"'", 2)[2]
    return percent_decoded(value)


def percent_decoded(value: bytes) -> bytes:
    """`%41` as octets; a stray percent sign stays."""
    if b"%" not in value:
        return value
    return _PERCENT.sub(lambda match: bytes([int(match[1], 16)]), value)


def _joined(sections: list[_Section]) -> str:
    octets = b"".join(_section_octets(section) for section in sections)
    first = next((section.value for section in sections if section.encoded and section.value.count(b"'") >= 2), b"")
    text = decode_text(octets, first.partition(b"'")[0].decode("latin-1") or None)
    return decode_words(octets) if "=?" in text else text
