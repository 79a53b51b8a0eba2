"""What a PDF does by itself: programs it starts, scripts beyond those of forms, places it reaches. Does none of it."""

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rules.facts import By, Kind, Sign
from rules.message import Octets
from rules.reading.pdf import all_pieces, has_lock
from rules.reading.pdf_files import GAP, OBJECT, REFERENCE, keep
from rules.reading.pdf_forms import form_reason
from rules.reading.pdf_names import octets_of_digits, unescaped
from rules.reading.relations import is_elsewhere

_MAX_SCRIPT = 64 * 1024  # octets of one script; what forms calculate is shorter
_MAX_SCRIPTS = 2_000  # of one piece; a form has a script or two a field
_FRONT = 1_024  # octets of an object within which its dictionary ends; one that does not counts as a script
_SCRIPT_WORDS = (b"/JavaScript", b"/JS")
_GAP = GAP
_LAUNCH = re.compile(rb"(?:/S|[0-9]|obj)" + _GAP + rb"/Launch\b")
_KIND = re.compile(rb"/S" + _GAP + rb"/JavaScript\b")
_CODE = re.compile(rb"/JS" + _GAP + rb"(?:(\()|<(?!<)([0-9A-Fa-f\s\0]*+)|" + REFERENCE + rb")")
_VALUE = _GAP + rb"(?:(<<)|" + REFERENCE + rb")"
_ON_OPENING = re.compile(rb"/OpenAction" + _VALUE)
_ACTIONS = re.compile(rb"/AA" + _GAP + rb"<<")
_OF_DOCUMENT = re.compile(rb"/(?:O|WC|WS|DS|WP|DP)" + _VALUE)  # or of a page; the keys of a field's actions are others
_LISTED = re.compile(rb"[\d\s]*+")  # the numbers and places at the front of an object stream
_MAX_LISTED = 1_000_000  # octets of them that are kept by number; behind more, any object may be one of them
_ESCAPED = re.compile(rb"\\([()\\])")
_ADDRESS = re.compile(
    rb"/(?:URI|F|UF)" + _GAP + rb"(?:\(\s*+((?:[^()\\]|\\.){1,1600})|<([0-9A-Fa-f\s]{2,3200}))", re.DOTALL
)
_FILM = re.compile(rb"/Subtype" + _GAP + rb"/(?:RichMedia|Screen3D)\b|/RichMediaContent\b")
# What Acrobat itself writes into the fields of a form: it formats, checks and adds up.
_FORM_CALL = re.compile(r"\s{0,100}AF[A-Z][A-Za-z]{2,30}_?[A-Za-z]{0,30}\s{0,10}\(")
# What a form's own arithmetic does not need. `app.alert` tells of a wrong entry, as forms do.
_BARRED = re.compile(
    r"eval|unescape|fromcharcode|charcodeat|function\s*+\(\s*+[\"']|launchurl|geturl|exportdata|importdata|submitform"
    r"|maildoc|mailform|mailmsg|opendoc|newdoc|execmenu|timeout|setinterval|collab|getannot|addannot|soap|media\b|\bnet\b"
    r"|xfa\b|printd|util\.byte|readfile|trustedfunction|beginpriv|createdata|getdataobject|info\.|hexa?2|arraybuffer"
    r"|int(?:8|16|32)array|\\[xu][0-9a-f]|app\s*+\[|this\s*+\[|event\s*+\[|app\s*+\.\s*+(?!alert|beep|response|viewer|platform)"
)


def pdf_signs(octets: Octets) -> tuple[Sign, ...]:
    """The signs of active content, those in compressed object streams and behind an owner's password too."""
    pieces, _ = all_pieces(bytes(octets))  # unpacking reports what ended them
    found: dict[Sign, None] = {}
    for piece in pieces:
        found.update(dict.fromkeys(_signs(piece)))
    if any(word in piece for word in _SCRIPT_WORDS for piece in pieces):
        reason = _scripts(octets, pieces)
        if reason is not None:
            found[_sign(reason)] = None
    if (reason := form_reason(bytes(octets), pieces)) is not None:
        found[_sign(reason)] = None
    return tuple(found)


def _signs(piece: bytes) -> Iterator[Sign]:
    if b"/Launch" in piece and _LAUNCH.search(piece):
        yield _sign("PDF that starts a program")
    if b"/RichMedia" in piece and _FILM.search(piece):
        yield _sign("PDF with a film that runs code")
    for match in _ADDRESS.finditer(piece):
        literal, digits = match.groups()
        raw = unescaped(literal) if literal is not None else octets_of_digits(digits)
        wide = raw[:2] == b"\xfe\xff"
        address = (raw[2:].decode("utf-16-be", "replace") if wide else raw.decode("latin-1")).strip()
        if address.lower().startswith("javascript:"):
            yield _sign("PDF with script")
        elif not address.lower().startswith(("http", "ftp", "mailto")) and is_elsewhere(address):
            yield _sign("PDF that opens a share elsewhere")


def _scripts(octets: Octets, pieces: Sequence[bytes]) -> str | None:
    """Why the document's scripts count, None when they are what forms need."""
    content = bytes(octets)
    if len(pieces) > 1 and b"/Encrypt" in pieces[0] and has_lock(content):
        content, pieces = pieces[-1], pieces[-1:]  # what is locked reads as nonsense
    objects = _objects(content, pieces)
    codes = [code for piece in pieces for code in _codes(piece, objects)]
    if not codes and not any(_KIND.search(piece) for piece in pieces):
        return None
    if any(_runs_on_opening(piece, objects) for piece in pieces) and not all(map(_is_calculation, codes)):
        return "PDF with script that runs when it is opened"
    return None if codes and all(map(_is_harmless, codes)) else "PDF with script"


@dataclass(slots=True)
class _Objects:
    """By number: where objects begin, each in its piece, and whether an object stream with a script lists it."""

    starts: dict[int, list[tuple[bytes, int]]] = field(default_factory=dict)
    beside_scripts: set[int] = field(default_factory=set)
    all_are_beside: bool = False

    def are_scripts(self, number: int) -> bool:
        """Whether one of that number may be a script."""
        if self.all_are_beside or number in self.beside_scripts:
            return True
        return any(_begins_script(piece, start, b"endobj") for piece, start in self.starts.get(number, ()))


def _objects(content: bytes, pieces: Sequence[bytes]) -> _Objects:
    found = _Objects()
    for piece in (content, *pieces[1:]):
        for match in OBJECT.finditer(piece):
            keep(found.starts.setdefault(int(match.group(1)), []), (piece, match.end()))
        if (listed := _LISTED.match(piece)) is not None and listed.group() and _is_script(piece):
            found.all_are_beside |= listed.end() > _MAX_LISTED
            found.beside_scripts.update(int(number[:10]) for number in listed.group()[:_MAX_LISTED].split()[::2])
    return found


def _codes(piece: bytes, objects: _Objects) -> Iterator[str | None]:
    """The text of each script; None, and no more, for one that cannot be had."""
    at = 0
    for count in range(_MAX_SCRIPTS + 1):  # the last look finds the end
        match = _CODE.search(piece, at)
        if match is None:
            return
        if count == _MAX_SCRIPTS:
            break
        literal, digits, number = match.groups()
        at = match.end()
        if literal:
            code, at = _literal(piece, at)
            yield code
        elif digits is not None:
            plain = digits.translate(None, b" \t\r\n\f\0\v")
            code = _text(bytes.fromhex((plain + b"0" * (len(plain) % 2)).decode("ascii")))
            yield code
        else:
            code = None
            for inside, start in objects.starts.get(int(number), ()):
                yield (code := _of_object(inside, start))
        if code is None:
            break
    yield None


def _literal(piece: bytes, at: int) -> tuple[str | None, int]:
    """A string in brackets, which may stand in it in pairs or escaped (ISO 32000 section 7.3.4.2), and its end."""
    depth, start, end = 1, at, min(len(piece), at + _MAX_SCRIPT)
    while at < end:
        octet = piece[at]
        if octet == 0x5C:
            at += 1
        elif octet in b"()":
            depth += 1 if octet == 0x28 else -1
            if not depth:
                return _text(_ESCAPED.sub(rb"\1", piece[start:at])), at + 1
        at += 1
    return None, at


def _of_object(content: bytes, at: int) -> str | None:
    """A script that is an object of its own: a stream, or a string."""
    front = content[at : at + _FRONT]
    if front.lstrip().startswith(b"("):
        return _literal(content, content.index(b"(", at) + 1)[0]
    start = front.find(b"stream")
    if start < 0:
        return None
    begin = at + start + (8 if front[start + 6 : start + 8] == b"\r\n" else 7)
    body = content[begin : content.find(b"endstream", begin)][:_MAX_SCRIPT]
    if b"/Filter" not in front[:start]:
        return _text(body)
    try:
        return _text(zlib.decompressobj().decompress(body, _MAX_SCRIPT))
    except zlib.error:
        return None


def _text(octets: bytes) -> str | None:
    if len(octets) >= _MAX_SCRIPT:
        return None
    return octets.decode("utf-16", "replace") if octets[:2] in (b"\xfe\xff", b"\xff\xfe") else octets.decode("latin-1")


def _runs_on_opening(piece: bytes, objects: _Objects) -> bool:
    """Whether an action on opening, printing, saving or closing is a script, given here or in another object."""
    if b"/OpenAction" not in piece and b"/AA" not in piece:
        return False
    for match in _on_opening(piece):
        given, number = match.groups()
        if _begins_script(piece, match.end(), b">>") if given else objects.are_scripts(int(number)):
            return True
    return False


def _on_opening(piece: bytes) -> Iterator[re.Match[bytes]]:
    yield from _ON_OPENING.finditer(piece)
    done = 0
    for match in _ACTIONS.finditer(piece):
        start, done = max(done, match.end()), match.end() + _FRONT
        yield from _OF_DOCUMENT.finditer(piece, start, done)


def _begins_script(piece: bytes, start: int, end: bytes) -> bool:
    """Whether a script stands up to the first such end, or as much else that it cannot be told."""
    own, ended, _ = piece[start : start + _FRONT].partition(end)
    return _is_script(own) or not (ended or len(piece) - start < _FRONT)


def _is_script(octets: bytes) -> bool:
    return any(word in octets for word in _SCRIPT_WORDS)


def _is_calculation(code: str | None) -> bool:
    return code is not None and _FORM_CALL.match(code) is not None and not _BARRED.search(code.lower())


def _is_harmless(code: str | None) -> bool:
    return code is not None and not _BARRED.search(code.lower())


def _sign(text: str) -> Sign:
    return Sign(kind=Kind.ACTIVE_CONTENT, by=By.CONTENT, text=text)
