"""Messages around a canary: nestings, boundaries of all kinds, fields said twice, damaged line ends.

`message(seed, number)` is the same everywhere and always. What is made is mail that some program might take, not
only mail that a standard allows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.differential.choices import Choices
from tests.differential.leaves import CANARY, _uuencoded, field, leaf

MAX_DEPTH = 4  # levels of multiparts and messages around the canary


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A message and, in words, what is odd in it."""

    octets: bytes
    told: tuple[str, ...]


def message(seed: int, number: int) -> Made:
    choices = Choices(seed, number)
    octets = _start(choices) + _entity(choices, 0, "")
    return Made(octets=_line_ends(choices, octets), told=tuple(choices.told))


def _start(choices: Choices) -> bytes:
    head = b"From: Ann Clerk <ann@city.example>\nTo: Bob Baker <bob@elsewhere.example>\nSubject: minutes\n"
    odd = (
        ("none", b""),
        ("twice", b"MIME-Version: 1.0\nMIME-Version: 1.0\n"),
        ("another", b"MIME-Version: 2.0\n"),
        ("comment", b"MIME-Version: 1.0 (made by hand)\n"),
        ("damaged", b"MIME-Version : x\n"),
    )
    version = choices.usual_or("MIME-Version", b"MIME-Version: 1.0\n", odd)
    first = choices.usual_or(
        "before the header",
        b"",
        (
            ("mbox line", b"From ann@city.example Mon Sep  1 08:00:00 2025\n"),
            ("empty line", b"\n"),
            ("line without a colon", b"hello\n"),
            ("folded line", b" folded\n"),
            ("byte order mark", b"\xef\xbb\xbf"),
        ),
    )
    return first + head + version


def _entity(choices: Choices, depth: int, outer: str) -> bytes:
    if depth >= MAX_DEPTH:
        return leaf(choices)
    shapes: tuple[Callable[[Choices, int, str], bytes], ...] = (_multipart, _leaf, _message, _text)
    return choices.random.choices(shapes, (62, 18, 12, 8) if depth else (75, 10, 5, 10))[0](choices, depth, outer)


def _leaf(choices: Choices, _depth: int, _outer: str) -> bytes:
    return leaf(choices)


def _message(choices: Choices, depth: int, outer: str) -> bytes:
    choices.told.append("message/rfc822")
    media_type = choices.usual_or(
        "message type",
        "message/rfc822",
        (
            ("global", "message/global"),
            ("news", "message/news"),
            ("capitals", "MESSAGE/RFC822"),
            ("named", 'message/rfc822; name="note.eml"'),
            ("partial", "message/partial; id=a; number=1; total=1"),
            ("a file", 'application/octet-stream; name="note.eml"'),
        ),
    )
    head = field(choices, "Content-Type", media_type)
    if choices.sometimes("message with an encoding said"):
        word = choices.random.choice(("7bit", "8bit", "base64", "quoted-printable"))
        head += field(choices, "Content-Transfer-Encoding", word)
    return head.encode() + b"\n" + _start(choices) + _entity(choices, depth + 1, outer)


def _text(choices: Choices, _depth: int, _outer: str) -> bytes:
    """A text that carries the canary itself."""
    part = leaf(choices)
    odd = (
        ("uuencode", b"Here it is.\n\n" + _uuencoded(CANARY)),
        ("a bare part", b"--x\n" + part + b"--x--\n"),
        ("a bare part after words", b"Here it is.\n--x\n" + part + b"--x--\n"),
        ("a part's fields", part),
        ("a message after a line", b"\n-----Original Message-----\n" + _start(choices) + part),
    )
    said = choices.usual_or(
        "text type",
        b"Content-Type: text/plain\n",
        (("none", b""), ("HTML", b"Content-Type: text/html\n"), ("unknown", b"Content-Type: text/x-y\n")),
    )
    return said + b"\n" + choices.one("in a text", odd)


_BOUNDARIES = (
    ("short", "x"),
    ("of RFC 2046's marks", "a'()+_,-./:=?b"),
    ("with a blank inside", "a b"),
    ("with dashes", "--a--"),
    ("with one dash first", "-a"),
    ("digits", "12345"),
    ("of 70", "b" * 70),
    ("of 100", "b" * 100),
    ("of 210", "b" * 210),
    ("of 1,000", "b" * 1_000),
    ("like a field", "Content-Type: a"),
    ("high octets", "grünß"),
    ("with an @", "a@b"),
    ("with a quote", 'a"b'),
    ("with a percent sign", "a%20b"),
    ("with a backslash", "a\\b"),
)
_DECLARED = (
    ("bare", "; boundary={0}"),
    ("capitals", '; BOUNDARY="{0}"'),
    ("blanks around =", '; boundary = "{0}"'),
    ("apostrophes", "; boundary='{0}'"),
    ("not closed", '; boundary="{0}'),
    ("blank after, in quotes", '; boundary="{0} "'),
    ("blank before, in quotes", '; boundary=" {0}"'),
    ("comment after", '; boundary="{0}" (x)'),
    ("comment after, bare", "; boundary={0} (x)"),
    ("comment joined, bare", "; boundary={0}(x)"),
    ("comment before", '; (x) boundary="{0}"'),
    ("comment after =", '; boundary=(x)"{0}"'),
    ("text after", '; boundary="{0}" and more'),
    ("text joined", '; boundary="{0}"z'),
    ("no semicolon", ' boundary="{0}"'),
    ("comma", ', boundary="{0}"'),
    ("two semicolons", ';; boundary="{0}"'),
    ("folded", ';\n\tboundary="{0}"'),
    ("folded without a blank", ';\nboundary="{0}"'),
    ("folded with an empty line of blanks", ';\n \n boundary="{0}"'),
    ("folded after =", '; boundary=\n "{0}"'),
    ("twice, right first", '; boundary="{0}"; boundary="other"'),
    ("twice, right last", '; boundary="other"; boundary="{0}"'),
    ("RFC 2231", "; boundary*=us-ascii''{0}"),
    ("RFC 2231 after a wrong one", "; boundary=other; boundary*=us-ascii''{0}"),
    ("RFC 2231 and a wrong one", "; boundary*=us-ascii''other; boundary=\"{0}\""),
    ("sections", '; boundary*0="{1}"; boundary*1="{2}"'),
    ("sections, the wrong order", '; boundary*1="{2}"; boundary*0="{1}"'),
    ("sections and a wrong one", '; boundary=other; boundary*0="{1}"; boundary*1="{2}"'),
    ("sections, extended", "; boundary*0*=''{1}; boundary*1*={2}"),
    ("encoded word", '; boundary="=?us-ascii?Q?{0}?="'),
    ("escapes", '; boundary="\\{0}"'),
    ("NUL after", '; boundary="{0}\0"'),
    ("an unfinished parameter before", '; x="; boundary="{0}"'),
    ("after many parameters", "; a=1" * 40 + '; boundary="{0}"'),
    ("another case", '; boundary="{0.swapped}"'),
    ("other", '; boundary="other"'),
    ("empty", '; boundary=""'),
    ("empty, bare", "; boundary="),
    ("none", ""),
)
_DELIMITERS = (
    ("blanks after", "--{0} \t\n"),
    ("text after", "--{0}junk\n"),
    ("a blank and text after", "--{0} junk\n"),
    ("blank before", " --{0}\n"),
    ("one dash", "-{0}\n"),
    ("three dashes", "---{0}\n"),
    ("one dash after", "--{0}-\n"),
    ("closing", "--{0}--\n"),
    ("closing, then right", "--{0}--\n--{0}\n"),
    ("in quotes", '--"{0}"\n'),
    ("another case", "--{0.swapped}\n"),
    ("NUL after", "--{0}\0\n"),
    ("not alone on its line", "text--{0}\n"),
    ("twice", "--{0}\n--{0}\n"),
    ("bare CR before", "text\r--{0}\n"),
    ("bare CR after", "--{0}\r"),
    ("none", ""),
)
_CLOSINGS = (
    ("none", ""),
    ("blanks after", "--{0}-- \t\n"),
    ("text after", "--{0}--junk\n"),
    ("one dash", "--{0}-\n"),
    ("blank before the dashes", "--{0} --\n"),
    ("no line end", "--{0}--"),
    ("twice", "--{0}--\n--{0}--\n"),
)
_MULTIPARTS = (
    ("alternative", "multipart/alternative"),
    ("related", "multipart/related"),
    ("digest", "multipart/digest"),
    ("report", "multipart/report"),
    ("signed", "multipart/signed"),
    ("parallel", "multipart/parallel"),
    ("form-data", "multipart/form-data"),
    ("AppleDouble", "multipart/appledouble"),
    ("encrypted", "multipart/encrypted"),
    ("unknown", "multipart/x-none"),
    ("capitals", "MULTIPART/Mixed"),
    ("blank inside", "multipart / mixed"),
    ("comment inside", "multipart/(x)mixed"),
    ("no subtype", "multipart"),
    ("empty subtype", "multipart/"),
    ("mixed types", "multipart/mixed, text/plain"),
    ("text", "text/plain"),
    ("message", "message/rfc822"),
    ("unknown type", "x-a/x-b"),
)


def _written(form: str, boundary: str) -> str:
    half = len(boundary) // 2
    for mark, text in (("{0.swapped}", boundary.swapcase()), ("{1}", boundary[:half]), ("{2}", boundary[half:])):
        form = form.replace(mark, text)
    return form.replace("{0}", boundary)


def _multipart(choices: Choices, depth: int, outer: str) -> bytes:
    boundary = choices.usual_or("boundary", f"part-{depth}-{choices.random.randrange(1_000)}", _BOUNDARIES)
    if outer and choices.sometimes("boundary of a nested multipart", 1.0):
        boundary = choices.one("it is", (("the outer's", outer), ("the outer's and more", outer + "x")))
        boundary = boundary or outer[:-1]
    media_type = choices.usual_or("multipart type", "multipart/mixed", _MULTIPARTS)
    declared = [media_type + _written(choices.usual_or("boundary said", '; boundary="{0}"', _DECLARED), boundary)]
    if choices.sometimes("type said twice", 0.5):
        other = choices.random.choice(
            ("text/plain", "multipart/mixed; boundary=other", "application/octet-stream", "x")
        )
        declared.insert(choices.random.randrange(2), other)
    head = "".join(field(choices, "Content-Type", text) for text in declared)
    if choices.sometimes("multipart with an encoding said", 0.5):
        head += field(choices, "Content-Transfer-Encoding", choices.random.choice(("base64", "quoted-printable", "x")))
    return head.encode() + _end(choices) + _body(choices, depth, boundary)


def _end(choices: Choices) -> bytes:
    odd = (("a line of blanks", b" \n"), ("none", b""), ("a line without a colon", b"no field\n\n"))
    return choices.usual_or("end of the multipart's header", b"\n", odd)


def _body(choices: Choices, depth: int, boundary: str) -> bytes:
    parts = [b"Content-Type: text/plain\n\nSee the attachment.\n", _entity(choices, depth + 1, boundary)]
    if choices.sometimes("the canary first", 1.6):
        parts.reverse()
    if choices.sometimes("the canary alone", 0.8):
        parts = [part for part in parts if not part.startswith(b"Content-Type: text/plain\n\nSee")]
    usual, pieces = "--{0}\n", []
    for part in parts:
        pieces += [_written(choices.usual_or("delimiter", usual, _DELIMITERS), boundary).encode(), part]
    pieces.append(_written(choices.usual_or("closing delimiter", "--{0}--\n", _CLOSINGS), boundary).encode())
    return _around(choices, depth, boundary, pieces)


def _around(choices: Choices, depth: int, boundary: str, pieces: Sequence[bytes]) -> bytes:
    """Preamble, epilogue, and what hides there."""
    before, after = b"", b""
    if choices.sometimes("preamble", 0.8):
        before = choices.one("preamble", _outside(choices)) + b"\n"
    if choices.sometimes("epilogue", 0.8):
        after = b"\n" + choices.one("epilogue", (*_outside(choices), _late_part(choices, boundary)))
    if choices.sometimes("an empty line before the parts", 0.8):
        before += b"\n"
    return before + b"".join(pieces) + after


def _outside(choices: Choices) -> tuple[tuple[str, bytes], ...]:
    return (
        ("words", b"This is a multi-part message in MIME format.\n"),
        ("uuencode", _uuencoded(CANARY)),
        ("a part's fields", leaf(choices)),
        ("a part of another boundary", b"--elsewhere\n" + leaf(choices) + b"--elsewhere--\n"),
    )


def _late_part(choices: Choices, boundary: str) -> tuple[str, bytes]:
    delimiter = b"--" + boundary.encode()
    return "a part after the closing delimiter", delimiter + b"\n" + leaf(choices) + delimiter + b"--\n"


def _line_ends(choices: Choices, octets: bytes) -> bytes:
    """CRLF, or what damaged mail has. What stands as CRLF already, as in a body that is not encoded, stays so."""
    form = choices.usual_or(
        "line ends",
        "CRLF",
        (("LF", "LF"), ("CR", "CR"), ("mixed", "mixed"), ("CR CR LF", "CRCRLF"), ("LF in the header alone", "header")),
    )
    plain = octets.replace(b"\r\n", b"\n")
    match form:
        case "LF":
            return plain
        case "CR":
            return plain.replace(b"\n", b"\r")
        case "CRCRLF":
            return plain.replace(b"\n", b"\r\r\n")
        case "mixed":
            lines = plain.split(b"\n")
            ends = (b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r")
            return b"".join(line + choices.random.choice(ends) for line in lines)
        case "header":
            head, _, body = plain.partition(b"\n\n")
            return head + b"\n\n" + body.replace(b"\n", b"\r\n")
        case _:
            return plain.replace(b"\n", b"\r\n")
