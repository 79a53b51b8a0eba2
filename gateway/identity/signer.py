"""Signs what we changed (DKIM, RFC 6376) and seals what we authenticated (ARC, RFC 8617).

Reads only the header and hashes the body by blocks. Raises nothing for a message that cannot be signed: it stays as
it is, for a missing signature is a smaller loss than a missing message.
"""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.identity.arc import MAX_SETS, ArcSet, read_sets, sealed, sealed_header
from gateway.identity.canonical import BodyHash, body_blocks, relaxed_field
from gateway.identity.dkim import Refused, chosen_fields
from gateway.identity.keys import PrivateKey
from gateway.identity.results import result_text
from rules.identity import Authentication, Result
from rules.message import MAX_HEADER, Field, Message, Octets

# RFC 6376 section 5.4.1, less what hops rewrite. `from` and `subject` are named once more than they stand: a second
# one added later breaks the signature.
_SIGNED = (
    *("from", "sender", "reply-to", "subject", "date", "message-id", "to", "cc", "in-reply-to", "references"),
    *("mime-version", "content-type", "content-transfer-encoding", "auto-submitted", "list-id"),
)
_ONCE_MORE = ("from", "subject")
_FOLD = 72  # characters of a line of base64
_ADDED_ROOM = 64 * 1024  # octets that our own fields may add to a header

Pieces = Sequence[Octets | memoryview]


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    domain: str
    selector: str
    key: PrivateKey


class CannotSign(ValueError):
    """The message, not the key, is the reason."""


def dkim_field(pieces: Pieces, signing: SigningKey, now: float) -> bytes:
    """A DKIM-Signature field to put before the pieces. Raises CannotSign."""
    header = _header(pieces)
    fields = tuple(Message(header).fields())
    text = (
        f" v=1; a={signing.key.algorithm}; c=relaxed/relaxed; d={signing.domain}; s={signing.selector};"
        f"\r\n\tt={int(now)}; {_over(pieces, header, fields, ())}"
    )
    return _signed(b"DKIM-Signature", text, fields, signing)


def arc_fields(pieces: Pieces, signing: SigningKey, hostname: str, authentication: Authentication, now: float) -> bytes:
    """The three fields of the next ARC set. Raises CannotSign, also where the chain cannot be continued."""
    header = _header(pieces)
    fields = tuple(Message(header).fields())
    earlier = _earlier(fields)
    number = len(earlier) + 1
    if number > MAX_SETS:
        raise CannotSign(f"{MAX_SETS} ARC sets already")
    valid = authentication.arc.result
    if valid not in (Result.PASS, Result.NONE, Result.FAIL):
        raise CannotSign("the chain so far was not verified")
    results = Field(
        name=b"ARC-Authentication-Results",
        body=f" i={number}; {hostname};{result_text(authentication)}\r\n".encode("ascii"),
        start=0,
        end=0,
    )
    start = f" i={number}; a={signing.key.algorithm}; d={signing.domain}; s={signing.selector}; t={int(now)};"
    text = f"{start}\r\n\tc=relaxed/relaxed; {_over(pieces, header, fields, ('dkim-signature',))}"
    signature = _field(_signed(b"ARC-Message-Signature", text, fields, signing))
    unsigned = Field(name=b"ARC-Seal", body=f"{start} cv={valid.value};\r\n\tb=\r\n".encode("ascii"), start=0, end=0)
    # RFC 8617 section 5.1.2: the seal over a broken chain is over its own set alone.
    chain = () if valid is Result.FAIL else earlier
    octets = sealed_header(b"".join(map(sealed, chain)), ArcSet(results=results, signature=signature, seal=unsigned))
    seal = _octets(unsigned).removesuffix(b"\r\n") + _folded(signing.key.sign(octets)) + b"\r\n"
    return seal + _octets(signature) + _octets(results)


def _earlier(fields: Sequence[Field]) -> tuple[ArcSet, ...]:
    if not any(field.key.startswith("arc-") for field in fields):
        return ()
    try:
        return read_sets(fields)
    except (Refused, ValueError) as error:
        raise CannotSign(f"the chain so far: {error}") from None


def _header(pieces: Pieces) -> bytes:
    """The octets of the header with its last line end, from the front of the pieces."""
    header = bytearray()
    for piece in pieces:
        searched = max(len(header) - 3, 0)
        header += piece[: MAX_HEADER + _ADDED_ROOM]
        end = header.find(b"\r\n\r\n", searched)
        if end >= 0:
            return bytes(header[: end + 2])
        if len(header) > MAX_HEADER + _ADDED_ROOM:
            raise CannotSign("header too large")
    raise CannotSign("no end of the header")


def _over(pieces: Pieces, header: bytes, fields: Sequence[Field], more: tuple[str, ...]) -> str:
    """The tags h=, bh= and an empty b=."""
    hashing = BodyHash(relaxed=True)
    try:
        for block in body_blocks(pieces, len(header) + 2):
            hashing.feed(block)
    except ValueError:
        raise CannotSign("a line of the body is too long") from None
    names = _names(fields, more)
    digest = base64.b64encode(hashing.digest()).decode("ascii")
    return f"h={_folded_names(names)};\r\n\tbh={digest};\r\n\tb="


def _names(fields: Sequence[Field], more: Iterable[str]) -> list[str]:
    present = [field.key for field in fields]
    if present.count("from") != 1:
        raise CannotSign("not exactly one From field")
    names = [name for name in (*_SIGNED, *more) for _ in range(present.count(name))]
    return [*names, *_ONCE_MORE]


def _folded_names(names: Sequence[str]) -> str:
    lines = [":".join(names[at : at + 5]) for at in range(0, len(names), 5)]
    return ":\r\n\t".join(lines)


def _signed(name: bytes, text: str, fields: Sequence[Field], signing: SigningKey) -> bytes:
    body = text.encode("ascii")
    names = _named(text)
    own = relaxed_field(name, body + b"\r\n").removesuffix(b"\r\n")
    octets = b"".join(chosen_fields(names, fields, relaxed_field)) + own
    return name + b":" + body + _folded(signing.key.sign(octets)) + b"\r\n"


def _named(text: str) -> list[str]:
    listed = text.partition("h=")[2].partition(";")[0]
    return ["".join(name.split()) for name in listed.split(":")]


def _folded(signature: bytes) -> bytes:
    text = base64.b64encode(signature)
    return b"".join(b"\r\n\t" + text[at : at + _FOLD] for at in range(0, len(text), _FOLD))


def _field(octets: bytes) -> Field:
    name, _, body = octets.partition(b":")
    return Field(name=name, body=body, start=0, end=len(octets))


def _octets(field: Field) -> bytes:
    return field.name + b":" + field.body
