"""Three readings of a message's structure by readers that take one thing each, and where these differ, in words.

The walk looks at whatever any of them sees; here stands what each reader would show, so that an administrator can tell
why a message is called ambiguous. Decodes nothing. RFC 2045, 2046, 2183, 2231 and 5322.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from rules.message import MAX_FIELDS, MAX_HEADER, Octets
from rules.possessive import possessive
from rules.reading.charsets import decode_text
from rules.reading.encodings import Encoding
from rules.reading.mime import (
    MAX_BOUNDARY,
    MAX_DELIMITERS,
    Span,
    encodings_of,
    find_dashed,
    media_type_of,
    read_entity,
    split_multipart,
)
from rules.reading.parameters import Structured, parse_structured, texts_of, values_of
from rules.reading.words import MAX_FIELD_TEXT, decode_words, unfold

MAX_DEPTH = 30  # multiparts and messages inside each other: the walk tells of more
MAX_LEAVES = 1_000  # of one reading: the walk tells of more
MAX_TOLD = 5  # parts whose difference is told

# RFC 2045 section 5.1 without its comments: one value, then parameters that are words or quoted strings. A word may
# hold what senders forget to quote, such as the parentheses of a file name; no reader is known to refuse it.
_TOKEN = rb"[!#$%&'*+.0-9A-Z^_`a-z{|}~-]+"
_STRICT = re.compile(
    (
        rb"%(token)s(?:/%(token)s)?"
        + possessive(rb"[ \t]*;[ \t]*%(token)s[ \t]*=[ \t]*(?:[^\s\";]+|\"(?:[^\"\\]|\\.)*+\")")
        + rb"[ \t]*;?[ \t]*"
    )
    % {b"token": _TOKEN},
    re.DOTALL,
)
_STRICT_FIELD = re.compile(rb"([!-9;-~]++)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)(?:\n|\Z)")
_ALONE = re.compile(rb"(--)?[ \t]*+(?:\r?\n|\Z)")  # what may follow a boundary on its line; \Z also at a body's end
_LINE = re.compile(rb"[^\n]*+(?:\n|\Z)")


class View(StrEnum):
    """A kind of reader, as the words of a difference name it."""

    STRICT = "by the standard"
    FIRST = "taking the first"
    LAST = "taking the last"


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a reader shows at one place: `name` as offered to save under, "" when it offers none."""

    media_type: str
    encoding: str
    name: str
    span: Span

    def __str__(self) -> str:
        named = f' named "{self.name[:80]}"' if self.name else ""
        encoded = "" if self.encoding == Encoding.IDENTITY else f" in {self.encoding}"
        return f"{self.media_type}{encoded}{named} of {self.span.end - self.span.start:,} octets"

    def is_like(self, other: "Leaf") -> bool:
        """Whether a person would get the same: of names the extension counts, and one not read opens nothing."""
        mine, theirs = (leaf.name.rpartition(".")[2].lower() for leaf in (self, other))
        alike = (self.media_type, self.encoding, self.span) == (other.media_type, other.encoding, other.span)
        return alike and (mine == theirs or not mine or not theirs)


@dataclass(frozen=True, slots=True)
class Difference:
    """`part` is numbered as in evidence; `words` say what each reader shows there, and `span` where all that lies."""

    part: str
    words: str
    span: Span


def differences(octets: Octets) -> tuple[Difference, ...]:
    """Where the three readings differ, at most MAX_TOLD."""
    outlines = {view: outline(octets, view) for view in View}
    numbers = dict.fromkeys(number for leaves in outlines.values() for number in leaves)
    found = (_difference(number, {view: leaves.get(number) for view, leaves in outlines.items()}) for number in numbers)
    return tuple([difference for difference in found if difference is not None][:MAX_TOLD])


def outline(octets: Octets, view: View) -> dict[str, Leaf]:
    """The leaves that this reader sees, by number, at most MAX_LEAVES."""
    return dict(
        leaf for leaf, _ in zip(_leaves(octets, Span(0, len(octets)), view, "", 0), range(MAX_LEAVES), strict=False)
    )


def _difference(number: str, seen: dict[View, Leaf | None]) -> Difference | None:
    groups: list[tuple[Leaf | None, list[View]]] = []
    for view, leaf in seen.items():
        alike = (views for other, views in groups if _are_alike(leaf, other))
        if (views := next(alike, None)) is not None:
            views.append(view)
        else:
            groups.append((leaf, [view]))
    if len(groups) == 1:
        return None
    spans = [leaf.span for leaf, _ in groups if leaf is not None]
    return Difference(
        part=number,
        words="; ".join(f"{' or '.join(views)}: {leaf or 'nothing'}" for leaf, views in groups),
        span=Span(min(span.start for span in spans), max(span.end for span in spans)),
    )


def _are_alike(one: Leaf | None, other: Leaf | None) -> bool:
    return one is other if one is None or other is None else one.is_like(other)


@dataclass(frozen=True, slots=True)
class _Said:
    """What one reader takes a header to say."""

    media_type: str
    boundary: bytes
    encoding: str
    name: str
    body: Span


def _leaves(
    octets: Octets, span: Span, view: View, number: str, depth: int, default: str = "text/plain"
) -> Iterator[tuple[str, Leaf]]:
    said = _strictly(octets, span, default) if view is View.STRICT else _leniently(octets, span, view, default)
    leaf = Leaf(said.media_type, said.encoding, said.name, said.body)
    if depth < MAX_DEPTH and said.media_type.startswith("multipart/"):
        parts = _parts(octets, said, view)
        inner = "message/rfc822" if said.media_type == "multipart/digest" else "text/plain"
        for index, part in enumerate(parts, 1):
            yield from _leaves(octets, part, view, f"{number}.{index}" if number else str(index), depth + 1, inner)
        if parts:
            return
    yield number or "1", leaf
    if depth < MAX_DEPTH and said.media_type == "message/rfc822" and said.encoding == Encoding.IDENTITY:
        for below, inside in _leaves(octets, said.body, view, "", depth + 1):
            yield f"{number or '1'}/{below}", inside


def _parts(octets: Octets, said: _Said, view: View) -> tuple[Span, ...]:
    if not 0 < len(said.boundary) <= MAX_BOUNDARY:
        return ()
    if view is View.STRICT:
        return _strict_parts(octets, said.body, said.boundary)
    split = split_multipart(octets, said.body, said.boundary)
    if split is None:
        return ()
    return split.parts if view is View.LAST or split.closed_at is None else split.parts[: split.closed_at]


def _strict_parts(octets: Octets, body: Span, boundary: bytes) -> tuple[Span, ...]:
    """RFC 2046 section 5.1.1: delimiters alone on their lines, to the closing one."""
    delimiter = b"--" + boundary
    parts: list[Span] = []
    begin: int | None = None
    at = find_dashed(octets, delimiter, body.start, body.end)
    while at >= 0 and len(parts) < MAX_DELIMITERS:
        alone = _ALONE.match(octets, at + len(delimiter), body.end)
        if alone is not None and (at == body.start or octets[at - 1 : at] == b"\n"):
            if begin is not None:
                end = at - (2 if octets[at - 2 : at] == b"\r\n" else 1)
                parts.append(Span(begin, max(begin, end)))
            begin = alone.end()
            if alone[1] is not None:
                return tuple(parts)
        at = find_dashed(octets, delimiter, at + len(delimiter), body.end)
    return tuple(parts) if begin is None else (*parts, Span(begin, body.end))


def _strictly(octets: Octets, span: Span, default: str) -> _Said:
    """Only what the grammars allow; whatever breaks them says nothing."""
    fields, body = _strict_fields(octets, span)
    content, transfer = fields.get(b"content-type", b""), fields.get(b"content-transfer-encoding", b"")
    structured = _if_strict(content)
    boundaries = values_of(structured, "boundary")
    name = next(
        iter(
            (*texts_of(_if_strict(fields.get(b"content-disposition", b"")), "filename"), *texts_of(structured, "name"))
        ),
        "",
    )
    return _Said(
        media_type=media_type_of(structured.value, default),
        boundary=boundaries[0] if boundaries else b"",
        encoding=encodings_of([transfer])[0][0] if _STRICT.fullmatch(transfer) else Encoding.IDENTITY,
        name=name,
        body=Span(min(body, span.end), span.end),
    )


def _if_strict(body: bytes) -> Structured:
    return parse_structured(body if len(body) <= MAX_FIELD_TEXT and _STRICT.fullmatch(body) else b"")


def _strict_fields(octets: Octets, span: Span) -> tuple[dict[bytes, bytes], int]:
    """The first field of each name, unfolded, to the first line with nothing on it; and where the body begins."""
    fields: dict[bytes, bytes] = {}
    position, stop = span.start, min(span.end, span.start + MAX_HEADER)
    for _ in range(MAX_FIELDS):
        if position >= stop:
            break
        if octets[position : position + 1] == b"\n" or octets[position : position + 2] == b"\r\n":
            return fields, position + (1 if octets[position : position + 1] == b"\n" else 2)
        match = _STRICT_FIELD.match(octets, position, stop)
        if match is not None:
            fields.setdefault(match[1].lower(), unfold(match[2]))
        position = (match or _line_at(octets, position, stop)).end()
    return fields, position


def _line_at(octets: Octets, position: int, stop: int) -> re.Match[bytes]:
    match = _LINE.match(octets, position, stop)
    assert match is not None  # it matches the empty line too
    return match


def _leniently(octets: Octets, span: Span, view: View, default: str) -> _Said:
    """What the tolerant reading finds, and of several the one that this reader keeps."""
    entity = read_entity(octets, span.start, span.end)
    kept = 0 if view is View.FIRST else -1
    structured = entity.types[kept] if entity.types else Structured("", ())
    disposition = entity.dispositions[kept] if entity.dispositions else Structured("", ())
    boundaries = _values(structured, "boundary", view)
    return _Said(
        media_type=media_type_of(structured.value, default),
        boundary=boundaries[kept].rstrip(b" \t") if boundaries else b"",
        encoding=entity.encodings[kept],
        name=_name(disposition, "filename", view) or _name(structured, "name", view),
        body=entity.body,
    )


def _values(structured: Structured, name: str, view: View) -> list[bytes]:
    """A reader that takes the last knows nothing of RFC 2231 where a plain parameter stands beside it."""
    plain = [parameter.values[0] for parameter in structured.all(name)]
    return plain if view is View.LAST and plain else values_of(structured, name)


def _name(structured: Structured, name: str, view: View) -> str:
    plain = structured.all(name)
    if view is View.LAST and plain:
        value = plain[-1].values[0]
        return decode_words(value) if b"=?" in value else decode_text(value, None)
    return next(iter(texts_of(structured, name)), "")
