"""Where a message's disclaimer belongs, once for each thread, and which messages must stay as they are.

Runs in an inspection worker, for it parses what others wrote. It changes nothing itself: what comes of it are edits.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape

from rules.amendment import Amendment, Edit, Kept
from rules.appending import NotEncodable, append, below_page, below_plain
from rules.message import Octets
from rules.reading.charsets import codec_of, decode_content
from rules.reading.encodings import Encoding, decode
from rules.reading.mime import Entity, Span, boundaries_of, read_entity, split_multipart

MAX_PARTS = 200  # of one message; what has more is no letter
MAX_DEPTH = 10
MAX_TEXT = 4 * 1024 * 1024  # octets of a text that is searched for the words

# What breaks, or means something else, when a word is added; wherever it stands.
_KEPT: Mapping[str, Kept] = {
    "multipart/signed": Kept.SIGNED,
    "application/pkcs7-signature": Kept.SIGNED,
    "application/x-pkcs7-signature": Kept.SIGNED,
    "application/pgp-signature": Kept.SIGNED,
    "multipart/encrypted": Kept.ENCRYPTED,
    "application/pgp-encrypted": Kept.ENCRYPTED,
    "application/pkcs7-mime": Kept.ENCRYPTED,  # also opaque signatures; either way it cannot be changed
    "application/x-pkcs7-mime": Kept.ENCRYPTED,
    "application/x-microsoft-rpmsg-message": Kept.ENCRYPTED,  # rights protected
    "text/calendar": Kept.CALENDAR,
    "application/ics": Kept.CALENDAR,
    "application/ms-tnef": Kept.TNEF,
    "application/vnd.ms-tnef": Kept.TNEF,
    "multipart/report": Kept.REPORT,
    "message/delivery-status": Kept.REPORT,
    "message/global-delivery-status": Kept.REPORT,
    "message/disposition-notification": Kept.REPORT,
}
_PGP = ((b"-----BEGIN PGP SIGNED MESSAGE-----", Kept.SIGNED), (b"-----BEGIN PGP MESSAGE-----", Kept.ENCRYPTED))
_TEXTS = ("text/plain", "text/html")
_PLAIN = Encoding.IDENTITY
_NOT_APPENDED_TO = ("utf-16", "utf-32", "utf-7", "hz")  # with marks, states or shifts that an addition would break
_PROBE = b"\r\nA"
# What shows nothing of what it holds, or not as a page, until its end.
_UNSHOWN = ("noframes", "noscript", "plaintext", "script", "select", "style", "template", "textarea", "title", "xmp")
_HIDING = (("<", ">"), ("<!--", "-->"), *((f"<{name}", f"</{name}") for name in _UNSHOWN))
_NO_WORD = re.compile(r"[\W_]+")
_MARKUP = re.compile(r"<[^>]*>")


class _Stays(Exception):
    def __init__(self, why: Kept) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """A part that is the letter itself, in one of its forms."""

    entity: Entity
    media_type: str

    @property
    def page(self) -> bool:
        return self.media_type == "text/html"


def disclaim(octets: Octets, words: str) -> Amendment:
    """The edits that put `words` below the letter in each of its forms, or why there are none."""
    try:
        bodies = tuple(_bodies(octets, Span(0, len(octets)), "text/plain", _Count()))
        if not bodies:
            raise _Stays(Kept.NO_TEXT)
        edits = tuple(edit for body in bodies if (edit := _edit(octets, body, words)) is not None)
    except _Stays as stays:
        return Amendment(kept=stays.why)
    return Amendment(edits=tuple(sorted(edits, key=lambda edit: edit.start))) if edits else Amendment(kept=Kept.PRESENT)


class _Count:
    def __init__(self) -> None:
        self.parts = 0
        self.depth = 0


def _bodies(octets: Octets, span: Span, default: str, count: _Count, *, letter: bool = True) -> Iterator[_Body]:
    """The forms of the letter. Every other part is looked at too, for what forbids a change."""
    count.parts += 1
    if count.parts > MAX_PARTS or count.depth > MAX_DEPTH:
        raise _Stays(Kept.AMBIGUOUS)
    entity = read_entity(octets, span.start, span.end)
    media_types = entity.media_types(default)
    if entity.troubles or entity.limits or entity.irregular or len(media_types) > 1:
        raise _Stays(Kept.AMBIGUOUS)
    (media_type,) = media_types
    if (why := _KEPT.get(media_type)) is not None:
        raise _Stays(why)
    if any(name.lower().endswith("winmail.dat") for name in entity.names):
        raise _Stays(Kept.TNEF)
    if media_type.startswith("multipart/"):
        for index, part in enumerate(_parts(octets, entity)):
            count.depth += 1
            ours = letter and (index == 0 or media_type == "multipart/alternative")
            inner = "message/rfc822" if media_type == "multipart/digest" else "text/plain"
            yield from _bodies(octets, part, inner, count, letter=ours)
            count.depth -= 1
    elif letter and media_type in _TEXTS and not entity.is_attachment:
        yield _Body(entity=entity, media_type=media_type)


def _parts(octets: Octets, entity: Entity) -> tuple[Span, ...]:
    """The parts of a multipart that every reader cuts alike."""
    boundaries = boundaries_of(entity)
    split = split_multipart(octets, entity.body, boundaries[0]) if len(boundaries) == 1 else None
    if split is None or split.troubles or split.closed_at != len(split.parts) or entity.encodings != (_PLAIN,):
        raise _Stays(Kept.AMBIGUOUS)
    return split.parts


def _edit(octets: Octets, body: _Body, words: str) -> Edit | None:
    """None where the words stand already, in the text or in what it quotes."""
    entity = body.entity
    span = entity.body
    if span.end - span.start > MAX_TEXT:
        raise _Stays(Kept.LARGE)
    if len(entity.encodings) != 1:
        raise _Stays(Kept.AMBIGUOUS)
    written = octets[span.start : span.end]
    (encoding,) = entity.encodings
    decoded = decode(written, encoding)
    if decoded.trouble:
        raise _Stays(Kept.AMBIGUOUS)
    for mark, why in _PGP:
        if mark in decoded.octets:
            raise _Stays(why)
    charset = entity.parameter("charset")
    text = decode_content(decoded.octets, charset)
    if _stands(words, text, page=body.page):
        return None
    if body.page and _hides(text.casefold()):
        raise _Stays(Kept.AMBIGUOUS)
    codec, below = _codec(charset), below_page if body.page else below_plain
    if _is_open(decoded.octets, codec):
        raise _Stays(Kept.CHARSET)
    try:
        added = below(words, codec, seven_bit=encoding is _PLAIN and not _is_8bit(entity))
        return append(written, span.start, encoding, added, page=body.page)
    except NotEncodable:
        raise _Stays(Kept.CHARSET) from None


def _codec(charset: str | None) -> str:
    """The codec to write the part's charset with; empty for ASCII."""
    codec = codec_of(charset)
    if codec is None or codec.startswith(_NOT_APPENDED_TO):
        raise _Stays(Kept.CHARSET)
    # Readers take ISO-8859-1 for Windows-1252; who writes it has no letters but those of its own.
    return "latin-1" if codec == "cp1252" and "1252" not in (charset or "") else codec


def _is_open(octets: bytes, codec: str) -> bool:
    """Whether words behind it would be read as others, as behind an escape that was not taken back (RFC 1468)."""
    charset = codec or "ascii"
    return (octets + _PROBE).decode(charset, "replace") != octets.decode(charset, "replace") + _PROBE.decode("ascii")


def _is_8bit(entity: Entity) -> bool:
    fields = entity.header.all("content-transfer-encoding")
    return any(body.strip().lower() in (b"8bit", b"binary") for body in fields)


def _stands(words: str, text: str, *, page: bool) -> bool:
    if page:
        text = unescape(_MARKUP.sub(" ", text))
    return _spoken(words) in _spoken(text)


def _hides(page: str) -> bool:
    """Whether nobody would see what is put at the end, or some readers would not: something is open there."""
    return any(page.rfind(start) > page.rfind(end) for start, end in _HIDING)


def _spoken(text: str) -> str:
    """Words alone, so that line ends, quoting signs and punctuation do not matter."""
    return _NO_WORD.sub(" ", text).casefold().strip()
