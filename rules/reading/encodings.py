"""Content-Transfer-Encodings undone, also when damaged, and the older encodings found inside text.

Decodes and says what readers may read differently; decides nothing.
"""

import binascii
import re
from dataclasses import dataclass
from enum import StrEnum

import pybase64

_BASE64_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(octet for octet in range(256) if octet not in _BASE64_ALPHABET)
_NOT_BASE64_OR_PADDING = _NOT_BASE64.replace(b"=", b"")
_FROM_URL_ALPHABET = bytes.maketrans(b"-_", b"+/")

MIN_PADDED_LINES = 3  # fewer show no habit


class Encoding(StrEnum):
    """What a Content-Transfer-Encoding asks for (RFC 2045 section 6, and what Exchange reads beyond it)."""

    IDENTITY = "none"
    BASE64 = "base64"
    QUOTED_PRINTABLE = "quoted-printable"
    UUENCODE = "uuencode"
    YENC = "yEnc"
    BINHEX = "BinHex"


@dataclass(frozen=True, slots=True)
class Decoded:
    """`others` are what other readers make of the same octets; `trouble` says why, "" when all agree."""

    octets: bytes
    others: tuple[bytes, ...] = ()
    trouble: str = ""


def decode_base64(encoded: bytes) -> Decoded:
    """Undo base64; octets outside the alphabet are passed over (RFC 2045 section 6.8)."""
    padding = encoded.find(b"=")
    early = padding >= 0 and bool(encoded[padding:].translate(None, _NOT_BASE64))
    url = b"-" in encoded or b"_" in encoded
    if early or url:
        return _damaged_base64(encoded, padding if early else -1)
    try:
        return Decoded(pybase64.b64decode(encoded))
    except binascii.Error:
        return Decoded(_quanta(encoded))


def _damaged_base64(encoded: bytes, padding: int) -> Decoded:
    """Readers stop at early padding, go on after it, or ignore it; they drop `-` and `_` or read them."""
    going_on = b"".join(_quanta(piece) for piece in _padded_pieces(encoded))
    readings = [going_on]
    trouble = []
    if padding >= 0 and not _is_padded_by_line(encoded):
        readings += [_quanta(encoded), _quanta(encoded[:padding])]
        if going_on[len(readings[-1]) :].strip():
            trouble.append("base64 goes on after its padding")
    if _uses_url_alphabet(encoded):
        readings.append(_quanta(encoded.translate(_FROM_URL_ALPHABET)))
        trouble.append("base64 in the URL alphabet")
    others = tuple(dict.fromkeys(reading for reading in readings if reading != going_on))
    return Decoded(going_on, others, "; ".join(trouble) if others else "")


def _padded_pieces(encoded: bytes) -> list[bytes]:
    """The runs between paddings, each a base64 text of its own."""
    return [piece for piece in re.split(rb"=+", encoded.translate(None, _NOT_BASE64_OR_PADDING)) if piece]


def _is_padded_by_line(encoded: bytes) -> bool:
    """Whether each line is a base64 text of its own, as some programs write; those who stop early see a stump."""
    lines = encoded.split()
    if len(lines) < MIN_PADDED_LINES:
        return False
    return all(line.endswith(b"=") and len(line) == len(lines[0]) for line in lines[:-1])


def _uses_url_alphabet(encoded: bytes) -> bool:
    """Dashes among the letters, not the `-----` or `____` lines of a footer that somebody has added."""
    return any(
        (b"-" in line or b"_" in line) and len(line) >= 60 and not line.translate(None, _BASE64_ALPHABET + b"-_=\r")
        for line in encoded.split(b"\n")
    )


def _quanta(encoded: bytes) -> bytes:
    """Decode as many whole octets as there are, padding ignored."""
    letters = encoded.translate(None, _NOT_BASE64)
    usable = len(letters) - (len(letters) % 4 == 1)
    return pybase64.b64decode(letters[:usable] + b"=" * (-usable % 4))


# Linear: "=" anchors the run of blanks and the look-ahead follows it.
_BLANK_SOFT_BREAK = re.compile(rb"=[ \t]++(?=\r?\n|\Z)")
_BARE_CR_SOFT_BREAK = re.compile(rb"=\r(?!\n)")
# An equals sign that begins no code. In text senders leave it plain; what no letters follow may also be left out.
_NO_CODE = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*+\r?\n|[ \t]*+\Z)([^\r\n=]{0,2})")


def decode_quoted_printable(encoded: bytes) -> Decoded:
    """Undo quoted-printable, as lenient readers do: lower-case digits, blanks after a soft break, stray `=` kept."""
    if b"= " in encoded or b"=\t" in encoded:
        encoded = _BLANK_SOFT_BREAK.sub(b"=", encoded)
    trouble = ""
    if _BARE_CR_SOFT_BREAK.search(encoded):
        trouble = "quoted-printable soft break with a bare CR"
        encoded = _BARE_CR_SOFT_BREAK.sub(b"=\r\n", encoded)
    octets = binascii.a2b_qp(encoded)
    if b"\0" in octets and _NO_CODE.search(encoded):  # a file, which has none by mistake
        others = (binascii.a2b_qp(_NO_CODE.sub(b"", encoded)), binascii.a2b_qp(_NO_CODE.sub(rb"\1", encoded)))
        return Decoded(octets, others, trouble or "quoted-printable with an = that begins no code")
    return Decoded(octets, (), trouble)


def decode(encoded: bytes, encoding: Encoding) -> Decoded:
    """Undo one encoding; damage never raises."""
    match encoding:
        case Encoding.BASE64:
            return decode_base64(encoded)
        case Encoding.QUOTED_PRINTABLE:
            return decode_quoted_printable(encoded)
        case Encoding.UUENCODE:
            return Decoded(uuencoded_lines(encoded, passing_over=True)[0])
        case Encoding.YENC:
            return Decoded(decode_yenc(encoded))
        case Encoding.BINHEX:
            return Decoded(decode_binhex(encoded)[1])
        case Encoding.IDENTITY:
            return Decoded(encoded)


def uuencoded_lines(encoded: bytes, *, passing_over: bool = False) -> tuple[bytes, int]:
    """The octets of the lines between `begin` and `end`, or of all when those are missing, and how far they reach.

    A line that is no uuencode ends it, or is passed over.
    """
    pieces: list[bytes] = []
    reach = 0
    for ended in encoded.splitlines(keepends=True):
        line = ended.rstrip(b"\r\n")
        if line == b"end":
            break
        if line and not line.startswith(b"begin"):
            piece = _uu_line(line)
            if piece is not None:
                pieces.append(piece)
            elif not passing_over:
                break
        reach += len(ended)
    return b"".join(pieces), reach


def _uu_line(line: bytes) -> bytes | None:
    """One line; some encoders pad too much or too little, so the length octet decides."""
    length = (line[0] - 32) & 63
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        needed = 1 + (length + 2) // 3 * 4
        try:
            return binascii.a2b_uu(line[:needed].ljust(needed, b"`"))
        except binascii.Error:
            return None


_YENC = bytes((octet - 42) & 255 for octet in range(256))


def decode_yenc(encoded: bytes) -> bytes:
    """The lines between `=ybegin` and `=yend` (yEnc 1.3), without its checksums."""
    lines = [line for line in encoded.splitlines() if not line.startswith((b"=ybegin", b"=ypart", b"=yend"))]
    first, *escaped = b"".join(lines).split(b"=")
    pieces = [first, *(bytes([(piece[0] - 64) & 255]) + piece[1:] if piece else b"" for piece in escaped)]
    return b"".join(pieces).translate(_YENC)


_BINHEX_ALPHABET = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
_FROM_BINHEX = bytes.maketrans(_BINHEX_ALPHABET, _BASE64_ALPHABET)
_NOT_BINHEX = bytes(octet for octet in range(256) if octet not in _BINHEX_ALPHABET)
_BINHEX_REPEAT = 0x90


def decode_binhex(encoded: bytes) -> tuple[bytes, bytes]:
    """Name and data fork of a BinHex 4.0 text (RFC 1741); (b"", b"") when it is none."""
    start = encoded.find(b":")
    end = encoded.find(b":", start + 1)
    letters = encoded[start + 1 : end if end > 0 else None].translate(None, _NOT_BINHEX).translate(_FROM_BINHEX)
    content = _repeated(_quanta(letters))
    if start < 0 or not content:
        return b"", b""
    name_end = 1 + content[0]
    data = name_end + 1 + 4 + 4 + 2 + 4 + 4 + 2  # version, type, creator, flags, two lengths, checksum
    length = int.from_bytes(content[name_end + 11 : name_end + 15], "big")
    return content[1:name_end], content[data : data + length]


def _repeated(content: bytes) -> bytes:
    """Undo the run lengths: octet, 0x90, count; 0x90 0x00 stands for 0x90 itself. Grows at most 127 times."""
    first, *rest = content.split(bytes([_BINHEX_REPEAT]))
    pieces = [first]
    last = first[-1:]
    for piece in rest:
        count = piece[0] if piece else 0
        pieces.append(last * (count - 1) if count else bytes([_BINHEX_REPEAT]))
        pieces.append(piece[1:])
        last = piece[1:][-1:] or (last if count else bytes([_BINHEX_REPEAT]))
    return b"".join(pieces)
