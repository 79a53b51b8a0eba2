"""The content as octets, never re-serialised, with an ordered view of the header fields.

Reads nothing deeper than field names and field bodies: that much the network process may do.
"""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass

Octets = bytes | mmap.mmap

MAX_HEADER = 256 * 1024  # octets; Exchange takes no larger header either
MAX_FIELDS = 1_000  # of one header; what has more is not mail that a person reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One header field: where it stands in the content, name as written, body raw with its folding."""

    name: bytes
    body: bytes
    start: int
    end: int  # after the line end of its last line

    @property
    def key(self) -> str:
        return self.name.strip().lower().decode("ascii", "replace")

    @property
    def unfolded(self) -> str:
        """The body on one line, octets above ASCII as Latin-1 so that nothing is lost."""
        lines = self.body.replace(b"\r", b"").split(b"\n")
        return " ".join(line.strip().decode("latin-1") for line in lines).strip()


@dataclass(frozen=True, slots=True)
class Message:
    """The content of DATA after dot-unstuffing: header and body, line ends as they came."""

    octets: Octets

    def __len__(self) -> int:
        return len(self.octets)

    @property
    def header_end(self) -> int:
        """Offset of the empty line's first octet, or of the end when there is none (RFC 5322 section 2.1)."""
        if self.octets[:2] == b"\r\n":
            return 0
        end = self.octets.find(b"\r\n\r\n")
        return len(self.octets) if end < 0 else end + 2

    @property
    def header(self) -> bytes:
        """What `fields` looks at: all up to the empty line, at most MAX_HEADER octets of it."""
        return bytes(self.octets[: min(self.header_end, MAX_HEADER)])

    def fields(self) -> Iterator[Field]:
        """Each field in order, at most MAX_FIELDS within MAX_HEADER octets; lines without a colon are passed over."""
        header = self.header
        start = 0
        for _ in range(MAX_FIELDS):
            if start >= len(header):
                return
            end = _field_end(header, start)
            name, colon, body = header[start:end].partition(b":")
            if colon and not name[:1].isspace():
                yield Field(name=name, body=body, start=start, end=end)
            start = end

    def first(self, name: str) -> str | None:
        """The unfolded body of the first field of that name (lower case), or None."""
        return next((field.unfolded for field in self.fields() if field.key == name), None)


def _field_end(header: bytes, start: int) -> int:
    end = start
    while True:
        newline = header.find(b"\n", end)
        if newline < 0:
            return len(header)
        end = newline + 1
        if header[end : end + 1] not in (b" ", b"\t"):
            return end
