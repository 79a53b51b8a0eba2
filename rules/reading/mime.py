"""MIME structure as offsets: what a header says of its body, and where the parts of a multipart lie.

Every reading that some mail program may take is given; the walk looks at all of them. Decodes no content.
RFC 2045 and 2046.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rules.message import Octets
from rules.reading.encodings import Encoding
from rules.reading.fields import Header, read_header
from rules.reading.names import differ_in_kind, names_limit, names_of
from rules.reading.parameters import Structured, parse_structured, values_of
from rules.reading.words import MAX_FIELD_TEXT, limit_met, unfold

MAX_BOUNDARY = 996  # octets; RFC 2046 section 5.1.1 allows 70, a line holds no more (RFC 5322 section 2.1.1)
MAX_BOUNDARIES = 10  # candidates followed; each costs a search through the body, and two are ambiguous already
MAX_TYPES = 10  # Content-Type fields followed, the first and the last ones
_TOO_MANY = f"more than {MAX_TYPES:,} Content-{{}} fields in one header"
MAX_LONGER = 20  # different lines that begin with the delimiter and go on; each costs a search for its declaration
MAX_DELIMITERS = 1_100  # of one multipart; the budget has ended the walk at 1,000 parts, and told of it
MAX_CRS = 8  # before one LF: systems that each turn LF into CR LF leave several
_LONGEST_LINE = 1_000  # octets behind a delimiter that are looked at; a longer line is blank there, or is told

_ENCODINGS = {
    "": Encoding.IDENTITY,
    "7bit": Encoding.IDENTITY,
    "8bit": Encoding.IDENTITY,
    "binary": Encoding.IDENTITY,
    "base64": Encoding.BASE64,
    "quoted-printable": Encoding.QUOTED_PRINTABLE,
    "x-uuencode": Encoding.UUENCODE,
    "x-uue": Encoding.UUENCODE,
    "uuencode": Encoding.UUENCODE,
    "uue": Encoding.UUENCODE,
    "x-yencode": Encoding.YENC,
    "x-yenc": Encoding.YENC,
    "mac-binhex40": Encoding.BINHEX,
    "binhex": Encoding.BINHEX,
}
# Words that senders write by mistake for an encoding that changes nothing.
_MEANT_AS_IDENTITY = re.compile(r"(?:[78][- ]?bits?|none|us-ascii|utf-?8|iso-8859-\d+|windows-125\d|text|plain)")
_TOKEN = re.compile(r"[a-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Span:
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A message or body part: what its header says, each field as often as it stands there."""

    header: Header
    whole: Span
    body: Span
    types: tuple[Structured, ...]
    dispositions: tuple[Structured, ...]
    encodings: tuple[Encoding, ...]  # candidates, never empty
    names: tuple[str, ...]
    troubles: tuple[str, ...]
    limits: tuple[str, ...] = ()  # where it says more than is read, in words
    irregular: bool = False  # readers may take it differently: repeated fields or parameters, damage

    def media_types(self, default: str) -> tuple[str, ...]:
        """Every media type the header gives, or the default of RFC 2045 section 5.2."""
        return tuple(dict.fromkeys(media_type_of(structured.value, default) for structured in self.types)) or (default,)

    def parameter(self, name: str) -> str | None:
        """The likeliest value of a parameter of Content-Type, such as charset."""
        for structured in self.types:
            for value in values_of(structured, name):
                return value.decode("latin-1")
        return None

    @property
    def is_attachment(self) -> bool:
        return any(disposition.value == "attachment" for disposition in self.dispositions)


def media_type_of(value: str, default: str) -> str:
    """The type readers take `value` for: one without subtype or with junk is the default (RFC 2045 section 5.2)."""
    kind, slash, subtype = value.partition("/")
    if slash and kind and subtype:
        return value
    return "multipart/mixed" if kind == "multipart" else default


def read_entity(octets: Octets, start: int, end: int) -> Entity:
    """Read the header of the entity at octets[start:end]."""
    header = read_header(octets, start, end)
    written = list({unfold(body): body for body in header.all("content-type")}.values())
    described = header.all("content-disposition")
    counts = (("Type", len(written)), ("Disposition", len(described)))
    limits = [_TOO_MANY.format(field) for field, count in counts if count > MAX_TYPES]
    if len(written) > MAX_TYPES:
        written = written[: MAX_TYPES // 2] + written[-MAX_TYPES // 2 :]
    types = tuple(map(parse_structured, written))
    dispositions = tuple(
        map(parse_structured, described[: MAX_TYPES // 2] + described[MAX_TYPES // 2 :][-MAX_TYPES // 2 :])
    )
    transfer = header.all("content-transfer-encoding")
    encodings, troubles = encodings_of(transfer)
    troubles = [*header.oddities, *troubles]
    if len(types) > 1 and len({media_type_of(structured.value, "text/plain") for structured in types}) > 1:
        troubles.append("several Content-Type fields that differ")
    if (types or dispositions) and differ_in_kind(dispositions, types):
        troubles.append("file names with different extensions")
    names = names_of(dispositions, types, header.all("content-location"), header.all("content-description"))
    limits += [header.limit, names_limit(names), *(structured.limit for structured in (*types, *dispositions))]
    if header.body - start > MAX_FIELD_TEXT or octets.find(b"=?", start, header.body) >= 0:
        limits += [limit_met(field.body) for field in header.fields]
    return Entity(
        header=header,
        whole=Span(start, end),
        body=Span(min(header.body, end), end),
        types=types,
        dispositions=dispositions,
        encodings=encodings,
        names=names,
        troubles=tuple(troubles),
        limits=tuple(dict.fromkeys(limit for limit in limits if limit)),
        irregular=not header.orderly or len(transfer) > 1 or len(described) > 1 or _says_twice(types, dispositions),
    )


def _says_twice(types: Sequence[Structured], dispositions: Sequence[Structured]) -> bool:
    """Whether a field or one of its parameters is given more than once, in whatever form."""
    if len(types) > 1:
        return True
    for structured in (*types, *dispositions):
        names = [parameter.name.partition("*")[0] for parameter in structured.parameters]
        if len(set(names)) < len(names):
            return True
    return False


def encodings_of(bodies: list[bytes]) -> tuple[tuple[Encoding, ...], list[str]]:
    """The candidates of all Content-Transfer-Encoding fields, and what is wrong with them."""
    if not bodies:
        return (Encoding.IDENTITY,), []
    found: dict[Encoding, None] = {}
    troubles: list[str] = []
    for body in bodies:
        written = unfold(body[:MAX_FIELD_TEXT]).decode("latin-1").lower()
        if (encoding := _ENCODINGS.get(written)) is not None:
            found[encoding] = None
            continue
        known = [_ENCODINGS[word] for word in _TOKEN.findall(written.replace("\0", "")) if word in _ENCODINGS]
        known += [Encoding.BASE64] if not known and "base64" in re.sub(r"[\s\0]", "", written) else []
        found.update(dict.fromkeys([*known, Encoding.IDENTITY]))
        if any(encoding is not Encoding.IDENTITY for encoding in known):
            troubles.append("Content-Transfer-Encoding with more than its word")
        elif not known and not _MEANT_AS_IDENTITY.fullmatch(written):
            troubles.append("unknown Content-Transfer-Encoding")
    if len(bodies) > 1 and len(found) > 1:
        troubles.append("several Content-Transfer-Encoding fields that differ")
    return tuple(found), troubles


def boundaries_of(entity: Entity) -> tuple[bytes, ...]:
    """Every candidate for the boundary, the likeliest first; empty and overlong ones are none."""
    return _boundaries(entity)[:MAX_BOUNDARIES]


def boundaries_limit(entity: Entity) -> str:
    """Which limit the boundaries of a multipart met, in words; "" when none."""
    return f"more than {MAX_BOUNDARIES:,} boundaries of one multipart" if _boundaries(entity)[MAX_BOUNDARIES:] else ""


def _boundaries(entity: Entity) -> tuple[bytes, ...]:
    values: dict[bytes, None] = {}
    for structured in entity.types:
        for value in values_of(structured, "boundary"):
            values[value.rstrip(b" \t")] = None
    return tuple(value for value in values if 0 < len(value) <= MAX_BOUNDARY)


def has_overlong_boundary(entity: Entity) -> bool:
    """Whether a candidate is one only to readers that take longer ones than can stand on a line."""
    return any(len(value) > MAX_BOUNDARY for structured in entity.types for value in values_of(structured, "boundary"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A multipart's body by one boundary."""

    parts: tuple[Span, ...]
    preamble: Span
    epilogue: Span
    closed_at: int | None  # how many of the parts stand before the closing delimiter; None when there is none
    troubles: tuple[str, ...]


def split_multipart(octets: Octets, body: Span, boundary: bytes) -> Split | None:
    """Cut a body at `--boundary` lines; None when there is none. The line end before a delimiter belongs to it.

    Parts after the closing delimiter are parts too, with a note: some readers go on there.
    """
    delimiter = b"--" + boundary
    cuts: list[Span] = []
    troubles: list[str] = []
    inner: dict[bytes, bool] = {}
    closed_at: int | None = None
    position = find_dashed(octets, delimiter, body.start, body.end)
    while position >= 0 and len(cuts) < MAX_DELIMITERS:
        after = position + len(delimiter)
        before = octets[position - 1 : position] if position > body.start else b"\n"
        if before in (b"\n", b"\r"):
            line = octets[after : min(after + _LONGEST_LINE, body.end)].split(b"\n", 1)[0].split(b"\r", 1)[0]
            if not line.strip(b" \t") or line[:2] == b"--" or not _is_inner(octets, boundary + line, inner):
                closed_at = len(cuts) if line[:2] == b"--" and closed_at is None else closed_at
                cuts.append(Span(_before_line_end(octets, position, body.start), _next_line(octets, after, body.end)))
        position = find_dashed(octets, delimiter, after, body.end)
    if not cuts:
        return None
    if not all(inner.values()):
        # RFC 2046 section 5.1.1: "it is sufficient that the boundary appear in its entirety"; most want it alone.
        troubles.append("delimiter with more than its boundary")
    parts, epilogue = _between(octets, cuts, body.end, closed_at, troubles)
    return Split(
        parts=parts,
        preamble=Span(body.start, max(cuts[0].start, body.start)),
        epilogue=epilogue,
        closed_at=closed_at,
        troubles=tuple(dict.fromkeys(troubles)),
    )


def find_dashed(octets: Octets, delimiter: bytes, start: int, end: int) -> int:
    """`find`, which is ten times as fast for a single octet: base64 holds no dash, so its whole run is passed over."""
    dash = octets.find(b"-", start, end)
    return octets.find(delimiter, dash, end) if dash >= 0 else -1


def _between(
    octets: Octets, cuts: list[Span], end: int, closed_at: int | None, troubles: list[str]
) -> tuple[tuple[Span, ...], Span]:
    """The parts between the cuts, and what follows the last delimiter when that one closes."""
    spans = [Span(cut.end, max(cut.end, following.start)) for cut, following in pairwise(cuts)]
    tail = Span(cuts[-1].end, end)
    if closed_at is None:
        return (*spans, tail), Span(end, end)
    if closed_at == len(cuts) - 1:
        return tuple(spans), tail
    if octets[cuts[-1].start : cuts[-1].end].rstrip().endswith(b"--"):
        epilogue, after_close = tail, spans[closed_at:]
    else:
        epilogue, after_close = Span(end, end), [*spans[closed_at:], tail]
    # A second closing line right after the first, or blanks between, are slips of the sender's program.
    after_close = [span for span in after_close if octets[span.start : span.end].strip()]
    if after_close:
        troubles.append("parts after the closing delimiter")
    return (*spans[:closed_at], *after_close), epilogue


def _is_inner(octets: Octets, written: bytes, known: dict[bytes, bool]) -> bool:
    """Whether a line that begins with our delimiter and goes on is declared as the boundary of another multipart."""
    longer = written.rstrip(b" \t").removesuffix(b"--")
    if longer not in known and len(known) < MAX_LONGER:
        known[longer] = octets.find(b'"' + longer) >= 0 or octets.find(b"=" + longer) >= 0
    return known.setdefault(longer if longer in known else b"", False)


def _before_line_end(octets: Octets, position: int, floor: int) -> int:
    if position - 1 >= floor and octets[position - 1 : position] == b"\n":
        position -= 1
    if position - 1 >= floor and octets[position - 1 : position] == b"\r":
        position -= 1
    return position


def _next_line(octets: Octets, position: int, end: int) -> int:
    newline = octets.find(b"\n", position, end)
    bare = octets.find(b"\r", position, newline if newline >= 0 else end)
    if bare >= 0 and (newline - bare > MAX_CRS or octets[bare:newline].strip(b"\r")):
        return bare + 1
    return newline + 1 if newline >= 0 else end


_CONTENT_FIELD = re.compile(rb"(?:content-[a-z-]{1,30}|mime-version)[ \t]*+:", re.IGNORECASE)


def guess_boundary(octets: Octets, body: Span) -> bytes | None:
    """The first line `--something` that a content field follows; for multiparts that do not say their boundary."""
    position = body.start
    while position < body.end:
        if octets[position : position + 2] == b"--":
            line = octets[position + 2 : min(position + 2 + MAX_BOUNDARY, body.end)]
            line = line.split(b"\n", 1)[0].split(b"\r", 1)[0].rstrip(b" \t")
            following = _next_line(octets, position, body.end)
            if line and _CONTENT_FIELD.match(octets, following, body.end):
                return line
        found = octets.find(b"\n--", position, body.end)
        if found < 0:
            return None
        position = found + 1
    return None


def begins_like_fields(octets: Octets, span: Span) -> bool:
    """Whether a content field stands on the first line that is not empty: an entity where none is declared."""
    start = span.start
    while start < span.end and octets[start : start + 1] in (b"\r", b"\n", b" ", b"\t"):
        start += 1
    return _CONTENT_FIELD.match(octets, start, span.end) is not None
