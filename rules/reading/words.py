"""Header text for people: encoded words (RFC 2047) decoded, octets above ASCII read as best they can be."""

import binascii
import re

from rules.reading.charsets import decode_text, guess_text
from rules.reading.encodings import decode_base64

MAX_ENCODED_WORDS = 500  # in one field; ordinary subjects hold fewer than ten
MAX_FIELD_TEXT = 64 * 1024  # octets of one field body that are looked at

# Linear: each part is bounded or cannot match what follows it. Blanks inside the text are illegal and common; some
# readers do without the last sign.
_ENCODED_WORD = re.compile(rb"=\?([^?\s]{1,64})\?([bBqQ])\?([^?]*)\?=?")
_BLANK = re.compile(rb"[ \t\r\n]*")


def limit_met(body: bytes) -> str:
    """Which limit a field body meets, in words, so that not all of it is read; "" when all is."""
    if len(body) > MAX_FIELD_TEXT:
        return f"a header field of more than {MAX_FIELD_TEXT // 1024} KiB"
    if body.count(b"=?") > MAX_ENCODED_WORDS:
        return f"more than {MAX_ENCODED_WORDS:,} encoded words in one header field"
    return ""


def unfold(body: bytes) -> bytes:
    """A field body on one line (RFC 5322 section 2.2.3); the blanks that folded it become one."""
    if b"\n" not in body and b"\r" not in body:
        return body.strip()
    return b" ".join(line.strip(b" \t\0") for line in body.splitlines()).strip()


def header_text(body: bytes) -> str:
    """A field body as people read it: unfolded, encoded words decoded, at most MAX_FIELD_TEXT octets of it."""
    line = unfold(body[:MAX_FIELD_TEXT])
    return decode_words(line) if b"=?" in line else guess_text(line)


def decode_words(line: bytes) -> str:
    """Decode encoded words anywhere, also inside quotes and words, as lenient readers do."""
    pieces: list[str] = []
    pending: tuple[bytes, bytes] | None = None  # charset and octets of words that may share one character
    position = 0
    for count, match in enumerate(_ENCODED_WORD.finditer(line)):
        if count >= MAX_ENCODED_WORDS:
            break
        between = line[position : match.start()]
        charset, decoded = match[1].partition(b"*")[0].lower(), _word_octets(match[2], match[3])
        adjacent = pending is not None and _BLANK.fullmatch(between) is not None
        if pending is not None and adjacent and pending[0] == charset:
            pending = (charset, pending[1] + decoded)  # senders split inside a character (RFC 2047 section 5 forbids)
        else:
            pieces.append(_flushed(pending))
            pieces.append("" if adjacent else guess_text(between))
            pending = (charset, decoded)
        position = match.end()
    pieces.append(_flushed(pending))
    pieces.append(guess_text(line[position:]))
    return "".join(pieces)


def _flushed(pending: tuple[bytes, bytes] | None) -> str:
    return decode_text(pending[1], pending[0].decode("ascii", "replace")) if pending else ""


def _word_octets(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"bB":
        return decode_base64(text).octets
    return binascii.a2b_qp(text.replace(b" ", b"_"), header=True)
