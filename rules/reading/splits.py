"""Every way in which mail readers cut the body of a multipart, and what makes them differ. Walks no part."""

from collections.abc import Sequence
from dataclasses import dataclass

from rules.message import Octets
from rules.reading.encodings import Encoding, decode
from rules.reading.mime import (
    MAX_BOUNDARY,
    Entity,
    Span,
    Split,
    boundaries_of,
    guess_boundary,
    has_overlong_boundary,
    split_multipart,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """`splits` are offsets in `octets`, each with its boundary; none when no delimiter is found. `doubts`: in words."""

    octets: Octets
    splits: tuple[tuple[bytes, Split], ...]
    doubts: tuple[str, ...]


def cut_multipart(octets: Octets, entity: Entity, outer: bytes) -> Cut:
    """Cut the body of a multipart by each boundary its header gives, else by one it shows; `outer` is that around."""
    declared = boundaries_of(entity)
    found = _different(octets, entity.body, declared)
    doubts = []
    if len(found) > 1 or _several_boundaries(entity):
        doubts.append("several boundaries that differ")
    if has_overlong_boundary(entity):
        doubts.append(f"a boundary of more than {MAX_BOUNDARY:,} octets")
    if outer in declared:
        doubts.append("a multipart inside another with the same boundary")
    if not found:
        guessed = guess_boundary(octets, entity.body)
        if guessed is not None and guessed != outer and (split := split_multipart(octets, entity.body, guessed)):
            doubts.append("multipart that does not say its boundary")
            found = [(guessed, split)]
    if not found and (encoded := _cut_encoded(octets, entity, declared)) is not None:
        return Cut(octets=encoded.octets, splits=encoded.splits, doubts=(*doubts, *encoded.doubts))
    return Cut(octets=octets, splits=tuple(found), doubts=tuple(doubts))


def _different(octets: Octets, body: Span, boundaries: Sequence[bytes]) -> list[tuple[bytes, Split]]:
    found = [(boundary, split) for boundary in boundaries if (split := split_multipart(octets, body, boundary))]
    return [
        (boundary, split)
        for index, (boundary, split) in enumerate(found)
        if all(split.parts != earlier.parts for _, earlier in found[:index])
    ]


def _cut_encoded(octets: Octets, entity: Entity, declared: Sequence[bytes]) -> Cut | None:
    """A multipart in base64 or quoted-printable, which RFC 2045 section 6.4 forbids and some readers undo."""
    for encoding in entity.encodings:
        if encoding is Encoding.IDENTITY:
            continue
        decoded = decode(octets[entity.body.start : entity.body.end], encoding).octets
        for boundary in declared:
            if split := split_multipart(decoded, Span(0, len(decoded)), boundary):
                return Cut(octets=decoded, splits=((boundary, split),), doubts=(f"multipart in {encoding}",))
    return None


def _several_boundaries(entity: Entity) -> bool:
    """Whether plain boundary parameters are given more than once and differ."""
    written = {
        parameter.values[0].rstrip(b" \t")
        for structured in entity.types
        for parameter in structured.all("boundary") + structured.all("boundary*")
    }
    return len(written) > 1
