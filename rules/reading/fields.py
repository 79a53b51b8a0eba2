"""The header of a message or body part, read the way the most tolerant reader does, with a note of each liberty.

Knows fields and their places, nothing of their meaning. RFC 5322 section 2.2.
"""

import re
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from rules.message import MAX_FIELDS, MAX_HEADER, Octets
from rules.possessive import possessive

_TOO_MANY = f"more than {MAX_FIELDS:,} header fields"
_TOO_LARGE = f"a header of more than {MAX_HEADER // 1024} KiB"
MAX_LOST_FOLDS = 100  # lines of one header; each makes the field be looked at again

# Each alternative is of fixed shape, so the search is linear. `\r\r` ends a header whose line ends are bare CRs.
_HEADER_END = re.compile(rb"\n\r?\n|\r\r(?!\n)|\n\r\r\n")
_BARE_CR = re.compile(rb"\r(?![\r\n])")
_NAME = re.compile(rb"[!-9;-~]++")  # RFC 5322 section 3.6.8: printable US-ASCII but the colon
# Linear: tried where a line begins, each line of the body is taken whole, and only a blank after its end goes on. A
# parenthesis in a name is odd.
_ORDERLY_FIELD = re.compile(rb"(?<![^\n])([!-'*-9;-~]++):([^\r\n]*+%b)(\r?\n)" % possessive(rb"\r?\n[ \t][^\r\n]*+"))
# A field that is folded before its colon; with blanks for the line end, offsets stay.
_FOLDED_NAME = re.compile(rb"(?m)^[!-9;-~]++[ \t\r]*+\n[ \t]++(?=:)")
_AS_BLANKS = bytes.maketrans(b"\r\n", b"  ")
_LINE_OF_BLANKS = re.compile(rb"\n[ \t]++\r?\n")
_FIELD = re.compile(rb"[!-9;-~]++[ \t\0]*+:|[ \t]*+\r?\Z|--")
_MEANINGFUL = ("content-", "mime-version", "from", "to", "cc", "subject", "sender", "reply-to")
_DESCRIBING = ("content-", "mime-version")
_STRUCTURAL = ("content-type", "content-transfer-encoding", "content-disposition")
# A field that blanks make a continuation of the one before. Its value tells it from the list of a DKIM signature.
_FOLDED_AWAY = re.compile(
    rb"\n[ \t]++(?:(content-type)[ \t\0]*:[ \t]*[a-z]+/|(content-transfer-encoding)[ \t\0]*:[ \t]*"
    rb"(?:base64|quoted|x-uu)|(content-disposition)[ \t\0]*:[ \t]*(?:attachment|inline))",
    re.IGNORECASE,
)


class Field(NamedTuple):
    """Name in lower case without blanks around it; body as written, with its folding."""

    name: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """`body` is the offset at which the body begins. `oddities`: what readers take differently, in words."""

    fields: tuple[Field, ...]
    body: int
    oddities: tuple[str, ...] = ()
    limit: str = ""  # which one was met, in words: the rest was not read
    orderly: bool = False  # as RFC 5322 wants it, read in one pass
    _bodies: dict[str, list[bytes]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for one in self.fields:
            self._bodies.setdefault(one.name, []).append(one.body)

    def all(self, name: str) -> list[bytes]:
        """The bodies of all fields of that name, in order."""
        return self._bodies.get(name, [])


def read_header(octets: Octets, start: int, end: int) -> Header:
    """Read the header of the entity at octets[start:end]."""
    limit = min(end, start + MAX_HEADER)
    match = _HEADER_END.search(octets, start, limit)
    first = octets[start : start + 2]
    if first[:1] == b"\n" or first == b"\r\n":
        return Header(fields=(), body=start + (1 if first[:1] == b"\n" else 2), orderly=True)
    stop, body = (match.start() + 1, match.end()) if match else (limit, limit)
    if match is not None and (fields := _orderly_fields(octets[start:stop])) is not None:
        return Header(fields=fields, body=body, orderly=True)
    return _Lines(octets[start:stop], start, body, whole=match is not None or limit == end).read()


def _orderly_fields(block: bytes) -> tuple[Field, ...] | None:
    """The fields of a header as RFC 5322 wants it, in one pass; None for any other, which is read line by line."""
    if _BARE_CR.search(block) or _LINE_OF_BLANKS.search(block):
        return None
    if (b"\n " in block or b"\n\t" in block) and _FOLDED_AWAY.search(block):
        return None  # another field could hide in the continuation of one
    found = _ORDERLY_FIELD.findall(block)
    if len(found) > MAX_FIELDS or sum(map(len, chain.from_iterable(found))) + len(found) * len(b":") != len(block):
        return None  # more than is read, or something between them
    return tuple([Field(name.decode("ascii").lower(), body) for name, body, _ in found])


class _Lines:
    """The lines of one header block and what has been made of them."""

    def __init__(self, block: bytes, start: int, body: int, *, whole: bool) -> None:
        self._start, self._body, self._whole = start, body, whole
        self._fields: list[Field] = []
        self._oddities: list[str] = []
        self._stray: int | None = None  # offset of the first line that is no field
        self._blank_line = False
        self._described = False  # a content field stood before the line of blanks
        self._bare_cr = _BARE_CR.search(block) is not None
        if self._bare_cr and b"\n" in block:
            self._oddities.append("bare CR in a header")
        unfolded = _FOLDED_NAME.sub(lambda match: match[0].translate(_AS_BLANKS), block)
        self._block = _BARE_CR.sub(b"\n", unfolded) if self._bare_cr else unfolded

    def read(self) -> Header:
        position, name = 0, ""
        folded: list[bytes] = []
        lost_folds = 0
        for number, line in enumerate(self._block.split(b"\n")):
            if number and line[:1] in (b" ", b"\t"):
                folded.append(b"\n" + line)
                if not line.strip() and not self._blank_line:
                    self._blank_line = True
                    self._described = any(one.name.startswith(_DESCRIBING) for one in self._fields)
                    self._described |= name.startswith(_DESCRIBING)
            elif name and lost_folds < MAX_LOST_FOLDS and not _FIELD.match(line) and _is_unfinished(b"".join(folded)):
                folded = [b"".join(folded).rstrip(b"\r"), line]  # folded without the blank that folding asks for
                lost_folds += 1
            else:
                self._keep(name, folded)
                if len(self._fields) >= MAX_FIELDS:
                    return self._result(_TOO_MANY)
                name, first = self._begin(line, position)
                folded = [first]
                if self._stray == position and line[:2] == b"--":
                    return self._result()  # no empty line: the body begins with a delimiter
            position += len(line) + 1
        self._keep(name, folded)
        return self._result("" if self._whole else _TOO_LARGE)

    def _begin(self, line: bytes, position: int) -> tuple[str, bytes]:
        """The name and first line of a field; ("", b"") for a line that is none."""
        written, colon, rest = line.partition(b":")
        name = written.strip(b" \t\0")
        if b"(" in name and (meant := _without_comment(line)) is not None:
            self._oddities.append(f"a comment in the field name {meant[0]}")
            return meant
        if not colon or not _NAME.fullmatch(name):
            mbox = line.startswith((b"From ", b">From "))  # separators of mail stores, at the top as a rule
            if line.strip() and not mbox and self._stray is None:
                self._stray = position
            return "", b""
        key = name.decode("ascii").lower()
        if key.startswith(_MEANINGFUL):
            if len(name) != len(written):
                self._oddities.append(f"blank or NUL around the field name {key}")
            if self._blank_line and self._described and key.startswith("content-"):
                # Who ends the header there reads another content. Before all content fields, nothing is hidden from
                # anybody: the line is what an unstructured field that ends with a blank is folded to.
                self._oddities.append(f"a line of blanks in the header, which ends it for some readers, before {key}")
            if self._stray is not None:
                self._oddities.append(f"line without a colon in the header before {key}")
        return key, rest

    def _keep(self, name: str, folded: list[bytes]) -> None:
        if not name:
            return
        self._fields.append(Field(name, b"".join(folded).rstrip(b"\r")))
        for line in folded[1:]:
            if (hidden := _FOLDED_AWAY.match(line)) is not None:
                key = (hidden[1] or hidden[2] or hidden[3]).decode("ascii").lower()
                self._fields.append(Field(key, line.partition(b":")[2].rstrip(b"\r")))
                self._oddities.append(f"{key} behind blanks, which make it a continuation of {name[:60]}")

    def _result(self, limit: str = "") -> Header:
        body = self._body
        if self._stray is not None and not any("before" in oddity for oddity in self._oddities):
            body = self._start + self._stray  # nothing that matters followed: the body begins here for most readers
            self._oddities.append("no empty line between header and body")
        oddities = tuple(dict.fromkeys(self._oddities))
        return Header(fields=tuple(self._fields), body=body, oddities=oddities, limit=limit)


def _without_comment(line: bytes) -> tuple[str, bytes] | None:
    """The structural field a line is with the comment or parenthesis in its name left out; None when it is none."""
    before, _, after = line.partition(b"(")
    inside, closing, behind = after.partition(b")")
    body = behind if closing and b":" in inside else line.partition(b":")[2]
    for written in (before, line.partition(b":")[0].replace(b"(", b"")):
        key = written.strip(b" \t\0").lower().decode("latin-1")
        if key in _STRUCTURAL:
            return key, body.lstrip(b":")
    return None


def _is_unfinished(body: bytes) -> bool:
    """Whether a field body breaks off in a quote, in angles, before a list's next member or inside a parameter."""
    written = body.rstrip()
    if written.endswith((b";", b",", b"(")) or written.count(b"(") > written.count(b")"):
        return True
    if written.count(b'"') % 2 or written.count(b"<") > written.count(b">"):
        return True
    return b";" in written and b"=" not in written.rpartition(b";")[2]
