"""The names that tar headers keep beside the long ones of pax and GNU records: readers that know no records use them.

Reads headers alone, out of a stream; takes no file out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

_BLOCK = 512
_PAX, _GNU, _GNU_LINK, _GLOBAL = b"x", b"L", b"K", b"g"
_MAX_RECORD = 64 * 1024  # octets of one record that are looked at; a path of Unix has 4,096
_WITHOUT_DATA = frozenset(b"123456")  # links, devices, folders


@dataclass(slots=True)
class Beside:
    """`names` that differ in more than their length from the long ones; whether records contradict sizes."""

    names: list[str] = field(default_factory=list)
    sizes_differ: bool = False


def names_beside(chunks: Iterator[bytes], limit: int) -> Beside:
    """What the headers of an uncompressed tar say beside their records, of at most `limit` members."""
    stream, found = _Stream(chunks), Beside()
    path, size_said, cut = b"", b"", False
    members = 0
    while members < limit:  # headers of records cost nothing but their octets, which the stream's reader has counted
        header = stream.take(_BLOCK)
        if len(header) < _BLOCK or not header.strip(b"\0"):
            break
        kind, size = header[156:157], _number(header[124:136])
        if kind in (_PAX, _GNU, _GNU_LINK, _GLOBAL):
            record = stream.take(min(size, _MAX_RECORD))
            stream.skip(size + -size % _BLOCK - len(record))
            cut |= size > _MAX_RECORD
            if kind == _GNU:
                path = record.rstrip(b"\0")
            elif kind == _PAX:
                path, size_said = _said(record, b" path=") or path, _said(record, b" size=")
            continue
        members += 1
        own = _own_name(header)
        if cut or (path and not path.startswith(own) and own.rpartition(b".")[2] != path.rpartition(b".")[2]):
            found.names.append(own.decode("utf-8", "replace"))
        found.sizes_differ |= bool(size_said) and size_said != b"%d" % size
        path, size_said, cut = b"", b"", False
        if kind[0] not in _WITHOUT_DATA:
            stream.skip(size + -size % _BLOCK)
    return found


def _own_name(header: bytes) -> bytes:
    name = header[:100].partition(b"\0")[0]
    prefix = header[345:500].partition(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _said(record: bytes, key: bytes) -> bytes:
    """The last value of a key in a pax record; each line is `length key=value` (POSIX pax, extended header)."""
    _, found, rest = record.rpartition(key)
    return rest.partition(b"\n")[0] if found else b""


def _number(written: bytes) -> int:
    """In octal, or in base 256 when the first bit is set, as GNU writes large ones."""
    if written[:1] >= b"\x80":
        return int.from_bytes(written[1:], "big")
    digits = written.strip(b" \0")
    return int(digits, 8) if digits and not digits.translate(None, b"01234567") else 0


class _Stream:
    """Octets taken or passed over, out of chunks of any size."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._chunk, self._at = b"", 0

    def take(self, count: int) -> bytes:
        taken = self._chunk[self._at : self._at + count]
        self._at += len(taken)
        while len(taken) < count and self._next():
            self._at = min(count - len(taken), len(self._chunk))
            taken += self._chunk[: self._at]
        return taken

    def skip(self, count: int) -> None:
        self._at += count
        while self._at >= len(self._chunk):
            beyond = self._at - len(self._chunk)
            if not self._next():
                break
            self._at = beyond

    def _next(self) -> bool:
        self._chunk, self._at = next(self._chunks, b""), 0
        return bool(self._chunk)
