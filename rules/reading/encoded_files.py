"""Files that stand inside text without MIME: uuencode, base64 with `begin-base64`, yEnc, BinHex, bare MIME parts.

Finds and decodes; whether a reader would offer them as files differs from program to program, so all are given.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from rules.reading.budget import MEBIBYTE, LimitExceeded
from rules.reading.encodings import decode_base64, decode_binhex, decode_yenc, uuencoded_lines
from rules.reading.mime import Span, guess_boundary

MAX_FILES = 100  # files in one text
MAX_BINHEX = 4 * MEBIBYTE  # octets of encoded text: run lengths grow it, up to 64 times

# The mode is octal, of any length that an encoder writes, and the name may be missing. Outlook Express takes two blanks
# for a mode; there a full line must follow, for words may have two blanks.
_UU_BEGIN = re.compile(
    rb"begin(-base64)?(?:[ \t]++[0-7]++(?:[ \t]++([^\r\n]*+))?[\r\n]++"
    rb"|  ([^\r\n]++)[\r\n]++(?=M[ -`]{60}))"
)
_YENC_BEGIN = re.compile(rb"=ybegin [^\r\n]*+\r?\n")
_UU_QUOTED = re.compile(rb"^([ \t]++|[ \t]*+>[> \t]*+)begin[ \t-]", re.MULTILINE)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BINHEX_MARK = b"(This file must be converted with BinHex"
_CONTENT_FIELD = (b"content-transfer-encoding:", b"content-disposition:")


@dataclass(frozen=True, slots=True)
class EncodedFile:
    """A file found in text, with its name and its place there."""

    name: str
    octets: bytes
    span: Span


def files_in(text: bytes) -> Iterator[EncodedFile]:
    """Every encoded file in a text, at most MAX_FILES; LimitExceeded beyond, the files before it count."""
    count = 0
    for finder in (_uuencoded, _quoted, _yencoded, binhexed):
        for file in finder(text):
            count += 1
            if count > MAX_FILES:
                raise LimitExceeded(f"more than {MAX_FILES:,} files encoded in one text")
            yield file


def _line_starts(text: bytes, word: bytes) -> Iterator[int]:
    position = text.find(word)
    marked = len(_BYTE_ORDER_MARK) if text.startswith(_BYTE_ORDER_MARK) else 0
    while position >= 0:
        if text[max(0, position - 1) : position] in (b"", b"\n", b"\r") or position == marked:
            yield position
        position = text.find(word, position + len(word))


def _uuencoded(text: bytes) -> Iterator[EncodedFile]:
    done = 0
    for position in _line_starts(text, b"begin"):
        match = _UU_BEGIN.match(text, position)
        if match is None or position < done:
            continue
        closing = b"\n====" if match[1] else b"\nend"
        found = text.find(closing, match.end() - 1)
        done = found if found >= 0 else len(text)
        name = (match[2] or match[3] or b"").decode("latin-1").strip()
        for octets, length in _uu_readings(text[match.end() : done], in_base64=match[1] is not None):
            yield EncodedFile(name, octets, Span(position, match.end() + length))


def _quoted(text: bytes) -> Iterator[EncodedFile]:
    """Uuencode behind the marks of quotation, or the blanks, that an answer or a forward puts before each line."""
    if b"begin" not in text:
        return
    done = 0
    for match in _UU_QUOTED.finditer(text):
        if match.start() < done:
            continue
        mark = match[1].rstrip() or match[1]
        lines: list[bytes] = []
        places: list[tuple[int, int]] = []  # of each line without its mark, and in the text
        at, length = match.start(), 0
        while text.startswith(mark, at):
            begin = at + len(mark) + text.startswith(b" ", at + len(mark))
            at = text.find(b"\n", begin) + 1 or len(text)
            places.append((length, begin))
            lines.append(text[begin:at])
            length += at - begin
        done = at
        for file in _uuencoded(b"".join(lines)):
            span = Span(_unquoted(places, file.span.start), _unquoted(places, file.span.end))
            yield EncodedFile(file.name, file.octets, span)


def _unquoted(places: list[tuple[int, int]], position: int) -> int:
    """The place in the text of a place in its lines without their marks."""
    line, begin = places[bisect_right(places, (position + 1,)) - 1]
    return begin + position - line


def _uu_readings(body: bytes, *, in_base64: bool) -> Iterator[tuple[bytes, int]]:
    """What readers decode, with the octets it took: some stop at a line that is no uuencode, some pass it over."""
    if in_base64:
        if octets := decode_base64(body).octets:
            yield octets, len(body)
        return
    octets, length = uuencoded_lines(body)
    if octets:
        yield octets, length
    if body[length:].strip():
        beyond, _ = uuencoded_lines(body, passing_over=True)
        if beyond not in (octets, b""):
            yield beyond, length


def _yencoded(text: bytes) -> Iterator[EncodedFile]:
    for position, following in pairwise([*_line_starts(text, b"=ybegin "), len(text)]):
        match = _YENC_BEGIN.match(text, position)
        if match is not None:
            found = text.find(b"\n=yend", match.end() - 1, following)
            # Never beyond the next begin: what stands there would be decoded once for each begin before it.
            octets = decode_yenc(text[match.end() : found if found >= 0 else following])
            # Without an end, what follows may be words, which stay words.
            name = match[0].partition(b" name=")[2].decode("latin-1").strip()
            yield EncodedFile(name, octets, Span(position, max(found, match.end())))


def binhexed(text: bytes) -> Iterator[EncodedFile]:
    """Every BinHex file in a text. LimitExceeded behind one that is longer than MAX_BINHEX, which is cut there."""
    done = 0
    for position in _line_starts(text, _BINHEX_MARK):
        if position < done:
            continue  # the mark before it has led to the same file
        start = text.find(b"\n:", position)
        if start < 0:
            return
        done = start
        end = text.find(b":", start + 2) + 1
        stop = end if end > 0 else len(text)
        name, octets = decode_binhex(text[start : min(stop, start + MAX_BINHEX)])
        if octets:
            yield EncodedFile(name.decode("mac-roman", "replace"), octets, Span(position, max(end, start)))
        if stop - start > MAX_BINHEX:
            raise LimitExceeded(f"a BinHex file of more than {MAX_BINHEX // MEBIBYTE} MiB")


def bare_boundary(text: bytes) -> bytes | None:
    """The boundary of MIME parts that stand in a text, as when a whole multipart is called text/plain."""
    if b"--" not in text:
        return None
    lowered = text.lower()
    if not any(field in lowered for field in _CONTENT_FIELD):
        return None
    return guess_boundary(text, Span(0, len(text)))
