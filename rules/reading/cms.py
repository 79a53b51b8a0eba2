"""The content of a message in CMS that is signed and not encrypted (RFC 5652, RFC 8551), in whatever of BER's forms."""

from rules.reading.member import Unreadable

_SEQUENCE, _SET, _INTEGER, _TYPE, _CONTENT = b"\x30", b"\x31", b"\x02", b"\x06", b"\xa0"
_OCTETS, _PIECES = b"\x04", b"\x24"
_END = b"\0\0"  # of a value of indefinite length (X.690 section 8.1.5)
_MAX_DEPTH = 8  # values inside each other; a set of algorithms has three
_MALFORMED = "malformed S/MIME signature"


def signed_content(content: bytes) -> bytes | None:
    """What is signed; None when the signature stands apart from it. Raises Unreadable."""
    at = _inside(content, 0, _SEQUENCE)
    at = _inside(content, _behind(content, at, _TYPE), _CONTENT)
    at = _behind(content, _inside(content, at, _SEQUENCE), _INTEGER)
    at = _behind(content, at, _SET)  # the digest algorithms, as many as the sender likes
    start, size = _length(content, at, _SEQUENCE)
    at = _behind(content, start, _TYPE)
    if content[at : at + 1] != _CONTENT or (size is not None and at >= start + size):
        return None
    pieces: list[bytes] = []
    _gather(content, _inside(content, at, _CONTENT), pieces, 0)
    return b"".join(pieces)


def _gather(content: bytes, at: int, pieces: list[bytes], depth: int) -> int:
    """Add the octets of a primitive string, or of all pieces of a constructed one (X.690 section 8.7), and its end."""
    if content[at : at + 1] == _OCTETS:
        start, size = _length(content, at, _OCTETS)
        end = len(content) if size is None else start + size
        pieces.append(content[start:end])
        return end
    start, size = _length(content, at, _PIECES)
    if depth >= _MAX_DEPTH:
        raise Unreadable(_MALFORMED)
    end = len(content) if size is None else min(start + size, len(content))
    while start < end and content[start : start + 2] != _END:
        start = _gather(content, start, pieces, depth + 1)
    return start if size is not None else start + len(_END)


def _inside(content: bytes, at: int, tag: bytes) -> int:
    return _length(content, at, tag)[0]


def _behind(content: bytes, at: int, tag: bytes, depth: int = 0) -> int:
    start, size = _length(content, at, tag)
    if size is not None:
        return start + size
    if depth >= _MAX_DEPTH:
        raise Unreadable(_MALFORMED)
    while content[start : start + 2] != _END:
        start = _behind(content, start, content[start : start + 1], depth + 1)
    return start + len(_END)


def _length(content: bytes, at: int, tag: bytes) -> tuple[int, int | None]:
    """Where the value with this tag begins, and its length; None when it is indefinite (X.690 section 8.1.3)."""
    if at + 1 >= len(content) or content[at : at + 1] != tag:
        raise Unreadable(_MALFORMED)
    first = content[at + 1]
    if first < 0x80:
        return at + 2, first
    count = first & 0x7F
    if count > 8:
        raise Unreadable(_MALFORMED)
    return at + 2 + count, int.from_bytes(content[at + 2 : at + 2 + count], "big") if count else None
