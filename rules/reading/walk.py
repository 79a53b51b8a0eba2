"""The walk through a message: parts, nested messages and containers, every reading of each, within the budget.

Collects into a Record. Nothing raises out of it but defects; what cannot be read is noted.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from rules.facts import Alternative, By, Kind, Part, Reason, Role, Sign, Text
from rules.message import Octets
from rules.reading.budget import Budget, LimitExceeded
from rules.reading.cards import readable
from rules.reading.charsets import MAX_OCTETS, TOO_MANY_OCTETS, decode_content, decode_text, in_ascii
from rules.reading.containers import Member, Unreadable, protection_of, text_of, unpack
from rules.reading.encoded_files import EncodedFile, bare_boundary, files_in
from rules.reading.encodings import Decoded, Encoding, decode
from rules.reading.filetype import signs_of
from rules.reading.lines import MAX_LINE, has_overlong_line
from rules.reading.mime import Entity, Span, Split, begins_like_fields, boundaries_limit, read_entity, split_multipart
from rules.reading.names import merge_names, names_limit
from rules.reading.pictures import PictureReader
from rules.reading.place import Place, under
from rules.reading.readable import Readable, fingerprint, read_page, read_plain, unsaid
from rules.reading.record import Record
from rules.reading.splits import cut_multipart
from rules.reading.sweep import entities_in, runs_in
from rules.reading.views import differences
from rules.reading.words import header_text

MIN_FILE = 600  # octets of a field in which a file is looked for: signatures are shorter, programs hardly
_DIGESTED = 16 * 1024  # octets of each end of a large file that tell it from others
MAX_USUAL = 200  # octets of a usual preamble; a longer one says something more

_MESSAGE_TYPES = frozenset(("message/rfc822", "message/global", "message/news", "x-message/rfc822"))
_FRAGMENT_TYPES = frozenset(("message/partial", "message/external-body"))
# One of these shows that a file called a message is one in RFC 5322's form, not Outlook's.
_MESSAGE_FIELDS = (
    "from",
    "to",
    "subject",
    "date",
    "received",
    "message-id",
    "mime-version",
    "content-type",
    "return-path",
)
_RICH_TEXT = ("text/rtf", "text/richtext")
_USUAL_PREAMBLES = (
    b"this is a multi-part message in mime format",
    b"this is a multipart message in mime format",
    b"this message is in mime format",
    b"this is a mime-encapsulated message",
)
_NAMING = frozenset((Encoding.UUENCODE, Encoding.YENC, Encoding.BINHEX))  # say within what their file is called
_DOCUMENTS = frozenset((Kind.DOCUMENT, Kind.MACRO_DOCUMENT))
_TEXTUAL = frozenset((Kind.TEXT, Kind.HTML, Kind.CALENDAR, Kind.UNKNOWN))
_ROLE_WHEN_NESTED = {Role.AUTHOR: Role.FORWARDED, Role.QUOTED: Role.FORWARDED, Role.SIGNATURE: Role.FORWARDED}


@dataclass(slots=True)
class Walk:
    """One message being read. `message` is the only way in."""

    budget: Budget = field(default_factory=Budget)
    pictures: PictureReader | None = None
    record: Record = field(default_factory=Record)
    _has_body: bool = False
    _irregular: bool = False  # something that readers may take differently

    def message(self, octets: Octets) -> Entity:
        """Walk the outermost message and return what its header says."""
        place = Place(path="", number="")
        entity = read_entity(octets, 0, len(octets))
        if has_overlong_line(octets):
            self.record.skip(place.name, Reason.LIMIT, f"a line of more than {MAX_LINE // 1024} KiB")
        with self._noted(place.name):
            self.budget.count_part()
            self._entity(octets, entity, place)
        if self._irregular or self.record.ambiguities:
            for difference in differences(octets):
                self.record.doubt(difference.part, difference.words, difference.span)
        return entity

    @contextmanager
    def _noted(self, path: str) -> Iterator[None]:
        """What a reader refuses becomes an entry; the walk goes on beside it."""
        try:
            yield
        except LimitExceeded as error:
            self.record.skip(path, Reason.LIMIT, str(error))
        except Unreadable as error:
            self.record.skip(path, Reason.UNREADABLE, str(error))

    def _entity(self, octets: Octets, entity: Entity, place: Place) -> None:
        self._irregular = self._irregular or entity.irregular
        for trouble in entity.troubles:
            self.record.doubt(place.name, trouble, place.where(entity.whole))
        for limit in entity.limits:
            self.record.skip(place.name, Reason.LIMIT, limit)
        self._fields(entity, place)
        media_types = entity.media_types(place.default)
        multiparts = [media_type for media_type in media_types if media_type.startswith("multipart/")]
        if multiparts:
            self._multipart(octets, entity, multiparts, place)
        others = [media_type for media_type in media_types if media_type not in multiparts]
        if not others:
            return
        if any(media_type in _FRAGMENT_TYPES for media_type in others):
            self.record.skip(place.name, Reason.PARTIAL, f"{others[0]}: the content is elsewhere")
        self._leaf(octets, entity, others, place)

    def _fields(self, entity: Entity, place: Place) -> None:
        """The files that stand in base64 in fields: nobody's reader opens them, and somebody's script may."""
        for one in entity.header.fields:
            if len(one.body) >= MIN_FILE:
                nowhere = replace(place, base=None, around=None)
                with self._noted(place.name):
                    self._encoded(tuple(runs_in(b"\n" + one.body)), f"{place.name}/{one.name}", nowhere)

    # Multiparts

    def _multipart(self, octets: Octets, entity: Entity, media_types: Sequence[str], place: Place) -> None:
        inner = replace(place, said=[]) if "multipart/alternative" in media_types else place
        if "multipart/encrypted" in media_types:
            self._protected_multipart(octets, entity, place)
        cut, where = cut_multipart(octets, entity, place.boundary), place.where(entity.whole)
        if cut.octets is not octets:
            octets, inner = cut.octets, inner.inside(entity.body)
        for doubt in cut.doubts:
            self.record.doubt(place.name, doubt, where)
        if limit := boundaries_limit(entity):
            self.record.skip(place.name, Reason.LIMIT, limit)
        if not cut.splits:
            if octets[entity.body.start : entity.body.end].strip():
                self._leaf(octets, entity, ["text/plain"], place)
            return
        number = 0
        with self._noted(place.name), self.budget.inside_part():
            for boundary, split in cut.splits:
                for trouble in split.troubles:
                    self.record.doubt(place.name, trouble, where)
                for span in split.parts:
                    number += 1
                    child = inner.child(number)
                    child.boundary = boundary
                    if "multipart/alternative" in media_types:
                        child.body, child.chosen = inner.body or place.name, (*inner.chosen, child.name)
                    if "multipart/digest" in media_types:
                        child.default = "message/rfc822"
                    self.budget.count_part()
                    self._entity(octets, read_entity(octets, span.start, span.end), child)
                self._outside(octets, split.preamble, "preamble", inner)
                self._outside(octets, split.epilogue, "epilogue", inner)

    def _protected_multipart(self, octets: Octets, entity: Entity, place: Place) -> None:
        """RFC 1847 section 2.2: PGP/MIME and its like."""
        content = octets[entity.body.start : entity.body.end]
        why = f"encrypted with {entity.parameter('protocol') or 'an unnamed protocol'}"
        place = place.at(entity.body.start)
        self.record.parts.append(_part(place.name, (), "multipart/encrypted", (), content, place, encrypted=why))
        self.record.skip(place.name, Reason.ENCRYPTED, why)

    def _outside(self, octets: Octets, span: Span, where: str, place: Place) -> None:
        """Preamble and epilogue (RFC 2046 section 5.1.1), which most readers do not show."""
        if span.end - span.start < 3:
            return
        region = octets[span.start : span.end]
        stripped = region.strip()
        if not stripped or (len(stripped) < MAX_USUAL and stripped.lower().lstrip(b"> ").startswith(_USUAL_PREAMBLES)):
            return
        path = f"{place.name if place.number else place.path}{'.' if place.number else ''}{where}"
        if self._hidden_parts(region, path, place.at(span.start), anywhere=True):
            self.record.doubt(path, f"a file in the {where} of a multipart", place.where(span))
        else:
            self._text(path, Role.HIDDEN, decode_text(region[:MAX_OCTETS], None), len(region))

    def _encoded_in(self, text: bytes, path: str) -> list[EncodedFile]:
        """The files that stand encoded in a text, each once."""
        found: list[EncodedFile] = []
        for finder in (files_in, runs_in):
            known = tuple(file.span for file in found)
            with self._noted(path):
                for file in finder(text):
                    if not any(span.start <= file.span.start < span.end for span in known):
                        found.append(file)
        return found

    def _hidden_parts(self, text: bytes, path: str, place: Place, *, anywhere: bool) -> bool:
        """Walk what stands in a text that is called no file; whether a reader could take it for an entity itself."""
        files = self._encoded_in(text, path)
        self._encoded(files, path, place)
        return self._undeclared(text, path, place, anywhere=anywhere) or (anywhere and bool(files))

    def _encoded(self, files: Sequence[EncodedFile], path: str, place: Place) -> None:
        if not files:
            return
        with self._noted(path), self.budget.inside_container():
            for file in files:
                self.budget.count_part()
                names = merge_names([file.name])
                inner = place.inside(file.span)
                self._file(file.octets, names, (None,), under(path, names), inner, is_file=True)

    def _undeclared(self, text: bytes, path: str, place: Place, *, anywhere: bool) -> bool:
        """Walk the MIME parts that stand in a text; whether a reader could take it for an entity itself."""
        whole = Span(0, len(text))
        if begins_like_fields(text, whole):
            start = len(text) - len(text.lstrip())
            self._inner(text, read_entity(text, start, len(text)), path, place)
            return True
        first = self._bare_parts(text, path, place)
        before = text if first is None else text[: first.preamble.end]
        self._described(before, path, place)
        return first is not None and (anywhere or not before.strip())

    def _bare_parts(self, text: bytes, path: str, place: Place) -> Split | None:
        """Walk the parts between delimiters that no header declares, and those of other boundaries behind them."""
        first: Split | None = None
        while (boundary := bare_boundary(text)) and (split := split_multipart(text, Span(0, len(text)), boundary)):
            for span in split.parts:
                self._inner(text, read_entity(text, span.start, span.end), path, place)
            first = first or split
            text, place = text[split.epilogue.start : split.epilogue.end], place.at(split.epilogue.start)
        return first

    def _described(self, text: bytes, path: str, place: Place) -> None:
        """Walk the files that fields in the midst of a text describe, as readers see them that know no structure."""
        with self._noted(path):
            for entity in entities_in(text):
                self.budget.count_part()
                declared = entity.media_types("text/plain")
                with self.budget.inside_part():
                    for encoding in entity.encodings:
                        content = decode(text[entity.body.start : entity.body.end], encoding).octets
                        inner = place.inside(entity.body)
                        self._file(content, entity.names, declared, under(path, entity.names), inner)

    def _inner(self, octets: bytes, entity: Entity, path: str, place: Place) -> None:
        """An entity where none is declared, a level below."""
        with self._noted(path), self.budget.inside_part():
            self.budget.count_part()
            self._entity(octets, entity, replace(place, path=f"{path}/", number="", said=None, body=None, chosen=()))

    # Leaves

    def _leaf(self, octets: Octets, entity: Entity, media_types: Sequence[str], place: Place) -> None:
        encoded = octets[entity.body.start : entity.body.end]
        is_message = any(media_type in _MESSAGE_TYPES for media_type in media_types)
        if is_message and entity.encodings != (Encoding.IDENTITY,) and encoded.strip():
            self.record.doubt(place.name, "message/rfc822 with a transfer encoding", place.where(entity.whole))
        if not _NAMING.isdisjoint(entity.encodings):
            within = (file.name for file in self._encoded_in(bytes(encoded), place.name))
            entity = replace(entity, names=merge_names([*entity.names, *within]))
        seen: list[bytes] = []
        for encoding in (*entity.encodings, *((Encoding.IDENTITY,) if is_message else ())):
            decoded = decode(encoded, encoding)
            if decoded.trouble:
                self.record.doubt(place.name, _with_sizes(decoded), place.where(entity.body))
            if not decoded.octets and encoding is not Encoding.IDENTITY and encoded.strip():
                self.record.skip(place.name, Reason.UNREADABLE, f"{encoding} that decodes to nothing")
            for content in (decoded.octets, *decoded.others):
                if content not in seen:
                    inner = place.at(entity.body.start) if content is encoded else place.inside(entity.body)
                    self._content(content, entity, media_types, inner, first=not seen)
                    seen.append(content)

    def _content(
        self, content: bytes, entity: Entity, media_types: Sequence[str], place: Place, *, first: bool
    ) -> None:
        """One decoding of a leaf: shown as the body, or taken as a file."""
        shown = [media_type for media_type in media_types if media_type in ("text/plain", "text/html")]
        is_body = bool(shown) and self._is_body(entity, place)
        signs = _all_signs(entity.names, media_types, content) if is_body else ()
        if not is_body or _is_document(signs):
            path = under(place.name, entity.names)
            charset = entity.parameter("charset") if media_types[0].startswith("text/") else None
            self._file(content, entity.names, media_types, path, place, charset=charset)
            return
        if first:
            self._has_body = True
        why = protection_of(content, signs, entity.names)
        part = _part(place.name, entity.names, shown[0], signs, content, place, encrypted=why, inline=True)
        self.record.parts.append(part)
        if why:
            self.record.skip(place.name, Reason.ENCRYPTED, why)
        text = self._without_files(content, place)
        self._body_text(text, entity.parameter("charset"), shown, place)
        if any(sign.kind not in (Kind.TEXT, Kind.HTML, Kind.UNKNOWN) for sign in signs):
            self._members(content, entity.names, signs, place.name, place)

    def _is_body(self, entity: Entity, place: Place) -> bool:
        """Named text is shown by some readers and offered by others; the first text of a message is its body."""
        return not entity.is_attachment and (not entity.names or not self._has_body or place.said is not None)

    def _without_files(self, content: bytes, place: Place) -> bytes:
        """Text without the files that stand in it, which are walked."""
        letters = in_ascii(content)
        files = self._encoded_in(letters, place.name)
        self._encoded(files, place.name, place)
        if self._undeclared(letters, place.name, place, anywhere=False):
            where = place.where(Span(0, len(content)))
            self.record.doubt(place.name, "MIME parts in a text that is not called multipart", where)
        if letters is not content:
            return content  # whose files stand at other places
        kept, position = [], 0
        for file in sorted(files, key=lambda found: found.span.start):
            kept.append(content[position : file.span.start])
            position = max(position, file.span.end)
        return b"".join([*kept, content[position:]])

    def _body_text(self, content: bytes, charset: str | None, media_types: Sequence[str], place: Place) -> None:
        for media_type in media_types if not self.record.is_full else ():
            said = b"\n".join(place.said or ())
            read = read_page if media_type == "text/html" else read_plain
            readable = read(content, charset, said)
            if readable.trouble:
                self.record.skip(place.name, Reason.LIMIT, readable.trouble)
            pieces = readable.pieces
            self._offer(readable, place)
            if place.said is not None:
                pieces = unsaid(readable, said)
                place.said.append(fingerprint(readable.text))
            for piece in pieces:
                role = _ROLE_WHEN_NESTED.get(piece.role, piece.role) if place.nested else piece.role
                self.record.say(place.name, role, readable.text[piece.start : piece.end], piece.start)
            self.record.say(place.name, Role.HIDDEN, readable.hidden)
            self.record.say(place.name, Role.CAPTION, readable.captions)

    def _offer(self, readable: Readable, place: Place) -> None:
        if place.body is None or place.nested:
            return
        for piece in readable.pieces:
            words = readable.text[piece.start : piece.end]
            text = Text(part=place.name, role=piece.role, text=words, start=piece.start)
            self.record.offer(Alternative(body=place.body, chosen=place.chosen, text=text))

    # Files

    def _file(
        self,
        content: bytes,
        names: tuple[str, ...],
        declared: Sequence[str | None],
        path: str,
        place: Place,
        *,
        charset: str | None = None,
        encrypted: str | None = None,
        is_file: bool = False,
    ) -> None:
        """A part that is not body text: what it is, what it says, what it contains."""
        signs = _all_signs(names, declared, content, is_file=is_file)
        why = encrypted or protection_of(content, signs, names)
        self.record.parts.append(_part(path, names, declared[0], signs, content, place, encrypted=why))
        if why:
            self.record.skip(path, Reason.ENCRYPTED, why)
        is_message = declared[0] in _MESSAGE_TYPES or any(sign.kind is Kind.MESSAGE for sign in signs)
        if is_message and self._nested(content, path, place):
            return
        with self._noted(path):
            self._attached_text(content, declared[0], charset, signs, path)
        if self.pictures is not None and any(sign.by is By.CONTENT and sign.kind is Kind.IMAGE for sign in signs):
            with self._noted(path), self.budget.picture() as seconds:
                self.record.say(path, Role.ATTACHED, self.pictures.words(content, seconds))
        self._members(content, names, signs, path, place)
        if all(sign.by is not By.CONTENT or sign.kind in _TEXTUAL for sign in signs):
            text = in_ascii(content)
            inner = place if text is content else place.inside(Span(0, len(content)))
            self._hidden_parts(text, path, inner, anywhere=False)

    def _attached_text(
        self, content: bytes, declared: str | None, charset: str | None, signs: Sequence[Sign], path: str
    ) -> None:
        if _is_document(signs):
            self._document_text(content, signs, path)  # whatever its type says
        elif declared == "text/html" or any(sign.kind is Kind.HTML for sign in signs):
            page = read_page(content, charset)
            self.record.say(path, Role.ATTACHED, page.text)
            self.record.say(path, Role.HIDDEN, page.hidden)
            self.record.say(path, Role.CAPTION, page.captions)
            if page.trouble:
                self.record.skip(path, Reason.LIMIT, page.trouble)
        elif declared is not None and declared.startswith(("text/", "message/")) and declared not in _RICH_TEXT:
            text = decode_content(content[:MAX_OCTETS], charset)
            self._text(path, Role.ATTACHED, readable(text), len(content))
        else:
            self._document_text(content, signs, path)

    def _text(self, path: str, role: Role, text: str, octets: int) -> None:
        """A text of which so many octets stand there; more of them than are read are told."""
        self.record.say(path, role, text)
        if octets > MAX_OCTETS and not self.record.is_full:
            self.record.skip(path, Reason.LIMIT, TOO_MANY_OCTETS)

    def _document_text(self, content: bytes, signs: Sequence[Sign], path: str) -> None:
        found = text_of(content, signs, self.budget)
        self.record.say(path, Role.ATTACHED, found.visible)
        self.record.say(path, Role.HIDDEN, found.hidden)
        if found.limit:
            self.record.skip(path, Reason.LIMIT, found.limit)

    def _members(self, content: bytes, names: tuple[str, ...], signs: Sequence[Sign], path: str, place: Place) -> None:
        with self._noted(path):
            members = unpack(content, names, signs, self.budget)
            member = next(members, None)
            if member is None:
                return
            inner = place.inside(Span(0, len(content)))
            with self.budget.inside_container():
                while member is not None:
                    self._member(member, path, inner)
                    member = next(members, None)

    def _member(self, member: Member, path: str, place: Place) -> None:
        names = merge_names(member.names)
        if limit := names_limit(names):
            self.record.skip(path, Reason.LIMIT, limit)
        self._file(member.octets, names, (member.declared_type,), under(path, names), place, encrypted=member.encrypted)

    def _nested(self, content: bytes, path: str, place: Place) -> bool:
        """Walk a message inside the message, whose words count as forwarded; False when it has no header."""
        entity = read_entity(content, 0, len(content))
        if not any(entity.header.all(name) for name in _MESSAGE_FIELDS):
            return False
        lines = [
            f"{label}: {header_text(body)}"
            for label in ("From", "To", "Cc", "Date", "Subject")
            for body in entity.header.all(label.lower())
        ]
        self.record.say(path, Role.FORWARDED, "\n".join(lines))
        with self._noted(path), self.budget.inside_part():
            self.budget.count_part()
            inner = Place(path=f"{path}/", number="", nested=True, base=place.base, around=place.around)
            self._entity(content, entity, inner)
        return True


def _with_sizes(decoded: Decoded) -> str:
    """What is odd in an encoding, and how much each reader would get of it."""
    sizes = dict.fromkeys(f"{len(octets):,} octets" for octets in (decoded.octets, *decoded.others))
    return f"{decoded.trouble}; readers get {' or '.join(sizes)}" if len(sizes) > 1 else decoded.trouble


def _all_signs(
    names: tuple[str, ...], declared: Sequence[str | None], content: bytes, *, is_file: bool = False
) -> tuple[Sign, ...]:
    signs = [signs_of(names, media_type, content, is_file=is_file) for media_type in declared]
    return signs[0] if len(signs) == 1 else tuple(dict.fromkeys(sign for each in signs for sign in each))


def _is_document(signs: Sequence[Sign]) -> bool:
    return any(sign.by is By.CONTENT and sign.kind in _DOCUMENTS for sign in signs)


def _part(
    path: str,
    names: tuple[str, ...],
    declared: str | None,
    signs: tuple[Sign, ...],
    content: bytes,
    place: Place,
    *,
    encrypted: str | None = None,
    inline: bool = False,
) -> Part:
    """`place` is that of the content's first octet."""
    lies = place.where(Span(0, len(content)))
    return Part(
        path=path,
        names=names,
        declared_type=declared,
        signs=signs,
        size=len(content),
        digest=_digest(content),
        encrypted=encrypted,
        inline=inline,
        octets=None if lies is None else (lies.start, lies.end),
    )


def _digest(content: bytes) -> str:
    """SHA-256, of a large file's size and ends alone: all of a disc image takes as long as reading it."""
    if len(content) > 2 * _DIGESTED:
        content = b"%d " % len(content) + content[:_DIGESTED] + content[-_DIGESTED:]
    return hashlib.sha256(content).hexdigest()
