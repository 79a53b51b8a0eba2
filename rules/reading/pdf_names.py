"""The names of the files that a PDF embeds (ISO 32000 section 7.11.3), and how strings are written there."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from rules.reading.budget import MEBIBYTE, LimitExceeded
from rules.reading.names import MAX_NAME
from rules.reading.pdf_files import GAP, REFERENCE, SOME_GAP

EMBEDDED = re.compile(rb"/EF\b")
_MAX_NAME = 16 * 1024  # octets of a file's name with its escapes: as many as 1,024 characters take, and twice that
_STRING = rb"(?:(\()|<([0-9A-Fa-f\s]{2,%d}+)" % (2 * _MAX_NAME + 1)  # in hexadecimal each octet is two digits
_FILE_NAME = re.compile(rb"/(?:U?F|DOS|Mac|Unix)" + GAP + _STRING + rb"|" + REFERENCE + rb")")
_STRING_OBJECT = re.compile(
    rb"(?<![0-9])(\d{1,10})" + SOME_GAP + rb"\d{1,5}" + SOME_GAP + rb"obj" + GAP + _STRING + rb")"
)
_MAX_NAMES = 5_000  # file names of one document, those of links among them
_MAX_ALL_NAMES = 4 * MEBIBYTE  # octets that are read for names: one may stand in the brackets of another
_CONTROLS_OF_DATA = 20  # of so many octets of a long name one is a control: not a name, but what is deflated
_STEP = re.compile(rb"[^()\\]+|\\[0-7]{1,3}|\\\r\n|\\.|[()]", re.DOTALL)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|[\r\n])|(.))", re.DOTALL)
_CONTROL_OCTETS = bytes(octet for octet in range(32) if octet not in b"\t\r\n")  # in no file's name (Windows)
_CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def file_names(pieces: Sequence[bytes]) -> Iterator[str]:
    """The names of files, where one is embedded (ISO 32000 section 7.11.3); links have such names too."""
    if not any(map(EMBEDDED.search, pieces)):
        return
    given = [(piece, match) for piece in pieces for match in islice(_FILE_NAME.finditer(piece), _MAX_NAMES + 1)]
    referred = {match.group(3) for _, match in given if match.group(3) is not None}
    strings = ((piece, match) for piece in pieces if referred for match in _STRING_OBJECT.finditer(piece))
    apart = [(piece, match) for piece, match in strings if match.group(1) in referred]
    found = [(piece, match.end(), match.group(2)) for piece, match in given if match.group(3) is None]
    found += [(piece, match.end(), match.group(3)) for piece, match in apart]
    cut, left = False, _MAX_ALL_NAMES
    for piece, at, digits in found[:_MAX_NAMES]:
        written = _bracketed(piece, at) if digits is None else digits
        left -= len(written)
        if left < 0:
            break
        if len(written) <= MAX_NAME or not _is_data(written):
            cut = cut or len(written) > (_MAX_NAME if digits is None else 2 * _MAX_NAME)
            yield _name_of(unescaped(written) if digits is None else octets_of_digits(digits))
    if left < 0 or max(len(given), len(found)) > _MAX_NAMES:  # those that are objects of their own count too
        raise LimitExceeded(
            f"PDF with more than {_MAX_NAMES:,} names of files, or {_MAX_ALL_NAMES // MEBIBYTE} MiB of them"
        )
    if cut:
        raise LimitExceeded(f"PDF with a name of a file of more than {_MAX_NAME // 1024} KiB")


def _name_of(raw: bytes) -> str:
    return raw.decode("utf-16-be", "replace")[1:] if raw[:2] == b"\xfe\xff" else raw.decode("latin-1")


def _is_data(written: bytes) -> bool:
    """Whether what would be a long name is the midst of a stream, where the key of one stands by chance."""
    return len(written.translate(None, _CONTROL_OCTETS)) * _CONTROLS_OF_DATA < len(written) * (_CONTROLS_OF_DATA - 1)


def _bracketed(piece: bytes, at: int) -> bytes:
    """What a string in brackets holds, which may stand in it in pairs or escaped, cut one octet behind _MAX_NAME."""
    depth, end, stop = 1, at, at + _MAX_NAME + 1
    while (step := _STEP.match(piece, end, stop)) is not None:
        depth += (step.group() == b"(") - (step.group() == b")")
        if not depth:
            break
        end = step.end()
    return piece[at:end]


def unescaped(written: bytes) -> bytes:
    """A string in brackets with its escapes read (ISO 32000 section 7.3.4.2)."""
    return _ESCAPE.sub(_octet, written)


def _octet(escape: re.Match[bytes]) -> bytes:
    octal, line_end, symbol = escape.groups()
    if octal:
        return bytes([int(octal, 8) & 255])
    return b"" if line_end else _CONTROLS.get(symbol, symbol)


def octets_of_digits(digits: bytes) -> bytes:
    """A string in hexadecimal (ISO 32000 section 7.3.4.3)."""
    return bytes.fromhex(_even(digits.translate(None, b" \t\r\n\f\0\v")).decode("ascii"))


def _even(digits: bytes) -> bytes:
    return digits + b"0" if len(digits) % 2 else digits
