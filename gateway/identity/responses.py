"""A response of the DNS, read as far as a question needs it (RFC 1035 section 4.1). Pure, bounded, linear.

Not by dnspython, whose reader makes an object of each record and looks each name up: a response of 16 KB, all its names
of 127 labels, took it six seconds, in which nobody else was answered.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

MAX_RECORDS = 300  # in all sections; domains with the most texts have some sixty
MAX_NAME = 255  # octets of a name (RFC 1035 section 2.3.4)
IN = 1
A, CNAME, SOA, PTR, MX, TXT, AAAA, OPT = 1, 5, 6, 12, 15, 16, 28, 41

Labels = tuple[bytes, ...]  # of a name, in lower case, without its end

_HEAD = struct.Struct("!HHHHHH")
_RECORD = struct.Struct("!HHIH")
_AUTHORITATIVE, _RECURSIVE = 0x0400, 0x0080
_QUESTION_TAIL = 4  # octets: type and class
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-_")


@dataclass(frozen=True, slots=True)
class Record:
    """`start` and `end` of its data in the response, whose names may point to any place before."""

    name: Labels
    kind: int
    seconds: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """`code` is that of RFC 6891 too. `sure`: from one that may say that nothing is there."""

    octets: bytes
    code: int
    sure: bool
    answer: tuple[Record, ...]
    authority: tuple[Record, ...]

    def of(self, name: Labels, kind: int) -> tuple[Record, ...]:
        """The records of a name that are an answer."""
        return tuple(record for record in self.answer if record.kind == kind and record.name == name)

    def alias(self, record: Record) -> Labels:
        return read_name(self.octets, record.start)[0]

    @property
    def minimums(self) -> Iterator[int]:
        """How many seconds nothing may be taken to be there (RFC 2308 section 5)."""
        for record in self.authority:
            if record.kind == SOA and record.end - record.start > 22:
                yield min(record.seconds, int.from_bytes(self.octets[record.end - 4 : record.end], "big"))

    def texts(self, records: Sequence[Record]) -> tuple[str, ...]:
        """Addresses, host names (those of MX by their preference), or texts with their strings joined, as Latin-1."""
        if records and records[0].kind == MX:
            records = sorted(records, key=lambda record: self.octets[record.start : record.start + 2])
        return tuple(self._text(record) for record in records)

    def _text(self, record: Record) -> str:
        data = self.octets[record.start : record.end]
        match record.kind:
            case 1 | 28:
                return str(IPv4Address(data) if record.kind == A else IPv6Address(data))
            case 16:
                return b"".join(_strings(data)).decode("latin-1")
            case _:
                return _host(read_name(self.octets, record.start + (2 if record.kind == MX else 0))[0])


def read_response(octets: bytes) -> Response:
    """Raises ValueError for octets that are none, or that hold too much."""
    try:
        return _response(octets)
    except struct.error:
        raise ValueError("a response that is cut off") from None


def _response(octets: bytes) -> Response:
    _, flags, questions, *counts = _HEAD.unpack_from(octets)
    if questions > 1 or sum(counts) > MAX_RECORDS:
        raise ValueError(f"a response of {sum(counts)} records")
    at = _HEAD.size
    for _ in range(questions):
        at = read_name(octets, at)[1] + _QUESTION_TAIL
    sections: list[list[Record]] = []
    for count in counts:
        section: list[Record] = []
        for _ in range(count):
            at = _read_record(octets, at, section)
        sections.append(section)
    extended = next((record.seconds >> 24 for record in sections[2] if record.kind == OPT), 0)
    return Response(
        octets=octets,
        code=extended << 4 | flags & 0x0F,
        sure=bool(flags & (_AUTHORITATIVE | _RECURSIVE)),
        answer=tuple(sections[0]),
        authority=tuple(sections[1]),
    )


def _read_record(octets: bytes, at: int, section: list[Record]) -> int:
    """Put the record there into its section, unless it is of another class; where the next one begins."""
    name, at = read_name(octets, at)
    kind, kind_class, seconds, size = _RECORD.unpack_from(octets, at)
    start = at + _RECORD.size
    end: int = start + size
    if end > len(octets):
        raise ValueError("a record that is cut off")
    if kind_class == IN or kind == OPT:
        section.append(Record(name, kind, seconds, start, end))
    return end


def read_name(octets: bytes, at: int) -> tuple[Labels, int]:
    """The name there, and where it ends. Raises ValueError for one cut off, too long, or that points ahead."""
    try:
        return _name(octets, at)
    except IndexError:
        raise ValueError("a name that is cut off") from None


def _name(octets: bytes, at: int) -> tuple[Labels, int]:
    labels: list[bytes] = []
    end, least, size = 0, at, 0
    while length := octets[at]:
        if length >= 0xC0:
            end = end or at + 2
            at = (length & 0x3F) << 8 | octets[at + 1]
            if at >= least:  # only ever to a place before (section 4.1.4), so that it ends
                raise ValueError("a name that points ahead")
            least = at
            continue
        size += length + 1
        if length > 63 or size >= MAX_NAME:
            raise ValueError("a name too long")
        labels.append(octets[at + 1 : at + 1 + length].lower())
        at += 1 + length
    return tuple(labels), end or at + 1


def _strings(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        size = data[at]
        if at + 1 + size > len(data):
            raise ValueError("a text that is cut off")
        yield data[at + 1 : at + 1 + size]
        at += 1 + size


def _host(labels: Labels) -> str:
    """As text; what is no letter, digit or hyphen with its number (RFC 4343 section 2.1)."""
    return ".".join("".join(chr(octet) if octet in _PLAIN else f"\\{octet:03d}" for octet in one) for one in labels)
