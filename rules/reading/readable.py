"""The readable text of a body part, cut by role, and what one alternative says that the others do not."""

import re
from dataclasses import dataclass

from rules.facts import Role
from rules.reading.charsets import decode_content
from rules.reading.html import read_html
from rules.reading.quoting import Piece, split_text

# A part of an HTML page that differs by more than this share of its letters is another text, not another dress.
MAX_EXTRA_SHARE = 0.2
_MIN_EXTRA = 200  # letters: short messages differ in large shares by a caption or a link

_LOWER = bytes(octet + 32 if 65 <= octet <= 90 else octet for octet in range(256))
_NOT_LETTERS = bytes(octet for octet in range(128) if not chr(octet).isalnum())
_NOT_LETTERS_OR_LINE_ENDS = _NOT_LETTERS.replace(b"\n", b"")
_PUNCTUATION = re.compile(rb"\xe2\x80[\x80-\xbf]|\xc2[\xa0\xa9\xab\xad\xae\xb7\xbb]|\xef\xbb\xbf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """`pieces` cover `text`; `trouble` says why HTML was read without its structure."""

    text: str
    pieces: tuple[Piece, ...]
    hidden: str = ""
    captions: str = ""
    trouble: str = ""


def read_plain(octets: bytes, charset: str | None, said: bytes = b"") -> Readable:
    """Plain text; line ends become LF. No pieces when one of `said`, fingerprints, is the same words."""
    text = decode_content(octets, charset)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    pieces = [] if _is_said(text, said) else split_text(text)
    return Readable(text=text, pieces=tuple(pieces))


def read_page(octets: bytes, charset: str | None, said: bytes = b"") -> Readable:
    """HTML: what is seen, by role, and what is hidden. No pieces when `said` has the same words."""
    page = read_html(decode_content(octets, charset))
    pieces = [] if _is_said(page.visible, said) else split_text(page.visible, page.quotes, page.separators)
    return Readable(
        text=page.visible, pieces=tuple(pieces), hidden=page.hidden, captions=page.captions, trouble=page.trouble
    )


def fingerprint(text: str, without: bytes = _NOT_LETTERS) -> bytes:
    """Letters and digits alone, in lower case: equal for two dresses of the same words."""
    octets = text.encode("utf-8", "replace")
    if len(octets) != len(text):
        octets = _PUNCTUATION.sub(b"", octets)
    return octets.translate(_LOWER, without)


def _is_said(text: str, said: bytes) -> bool:
    """A text that is part of another is no repetition: what it leaves out, its readers do not see."""
    return bool(said) and fingerprint(text) in said.split(b"\n")


def unsaid(readable: Readable, said: bytes) -> tuple[Piece, ...]:
    """The pieces that say something new beside `said`, a fingerprint: lines, or everything when much differs."""
    if not said or not readable.pieces:
        return readable.pieces
    new: list[tuple[Role, int, int]] = []
    letters, much = 0, max(_MIN_EXTRA, MAX_EXTRA_SHARE * len(fingerprint(readable.text)))
    for piece in readable.pieces:
        lines = fingerprint(readable.text[piece.start : piece.end], _NOT_LETTERS_OR_LINE_ENDS).split(b"\n")
        for (start, end), line in zip(_lines(readable.text, piece), lines, strict=False):
            if line and line not in said:
                letters += len(line)
                if letters > much:
                    return readable.pieces
                new.append((piece.role, start, end))
    return tuple(_merged(new))


def _lines(text: str, piece: Piece) -> list[tuple[int, int]]:
    lines, start = [], piece.start
    while start < piece.end:
        newline = text.find("\n", start, piece.end)
        end = newline + 1 if newline >= 0 else piece.end
        lines.append((start, end))
        start = end
    return lines


def _merged(lines: list[tuple[Role, int, int]]) -> list[Piece]:
    merged: list[Piece] = []
    for role, start, end in lines:
        last = merged[-1] if merged else None
        if last is not None and last.role is role and last.end == start:
            merged[-1] = Piece(role, last.start, end)
        else:
            merged.append(Piece(role, start, end))
    return merged
