"""What is observed of one message, once, for all its recipients and all detectors. Holds no opinion."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rules.address import Address
from rules.directory import Directory
from rules.identity import UNKNOWN, Identity
from rules.transaction import Direction, Envelope


class Kind(StrEnum):
    """What a part is, told from a name, from content or from the declared type; a part may be several."""

    PROGRAM = "program"
    SCRIPT = "script"
    INSTALLER = "installer"
    MACRO_DOCUMENT = "macro document"
    SHORTCUT = "shortcut"
    DISK_IMAGE = "disk image"
    ACTIVE_CONTENT = "active content"  # HTML or SVG that builds or carries files, PDF that launches
    ARCHIVE = "archive"
    DOCUMENT = "document"
    IMAGE = "image"
    AUDIO_VIDEO = "audio or video"
    TEXT = "text"
    HTML = "html"
    CALENDAR = "calendar"
    MESSAGE = "message"
    UNKNOWN = "unknown"


class By(StrEnum):
    """What tells of a part's kind."""

    NAME = "name"
    CONTENT = "content"
    DECLARED = "declared type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One reason to call a part a kind; `text` is for people: `MZ executable`, `.exe`, `vbaProject.bin`."""

    kind: Kind
    by: By
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A body part, archive member, embedded object or nested message. `path` as in evidence: `2/invoice.zip/a.exe`."""

    path: str
    names: tuple[str, ...]  # every candidate, normalised for people to read; first is the best
    declared_type: str | None  # media type, lower case, None inside archives
    signs: tuple[Sign, ...]
    size: int  # octets decoded
    digest: str  # tells files apart: SHA-256, of the front, the end and the size alone where it is large
    encrypted: str | None = None  # why it is called protected, None when it is not
    inline: bool = False  # shown as body text, not offered as a file
    octets: tuple[int, int] | None = None  # where it, or the encoded part around it, lies in the message as received


class Role(StrEnum):
    """Whose words a text is."""

    SUBJECT = "subject"
    AUTHOR = "author"  # the sender's own words
    QUOTED = "quoted"  # lines of an earlier message, marked as quoted
    FORWARDED = "forwarded"  # below a forwarding line or in a nested message
    SIGNATURE = "signature"
    FOOTER = "footer"  # legal notice, list footer
    HIDDEN = "hidden"  # in HTML, not shown to a reader
    CAPTION = "caption"  # in HTML, shown where a picture is not, or when pointed at, or as the page's title
    ATTACHED = "attached"  # text of an attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Readable text of one role in one part. `start` is the offset of text[0] in the part's whole readable text."""

    part: str
    role: Role
    text: str
    start: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """A text of one alternative of a body, whole: `Facts.texts` leave out what another alternative has said.

    `body` is the path of the outermost multipart/alternative; `chosen` are the paths of the alternatives that a reader
    must take to see the text, outermost first: more than one where bodies of several alternatives are nested.
    """

    body: str
    chosen: tuple[str, ...]
    text: Text


class Reason(StrEnum):
    """Why something was not inspected."""

    LIMIT = "limit exceeded"
    ENCRYPTED = "protected"
    UNREADABLE = "unreadable"
    PARTIAL = "fragment or external"  # message/partial, message/external-body
    FAILED = "inspection failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A part that was not inspected, by its path ("" is the message), and why: in a word, and in words for people."""

    part: str
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ambiguity:
    """Something that mail readers would read differently, in words; `octets` as a part's."""

    part: str
    detail: str
    octets: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """An author of a header field: display name decoded, address as text (perhaps malformed)."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that detectors may know. `fields` holds (lower-case name, decoded body) in order, of the outermost header."""

    received: datetime
    envelope: Envelope
    directions: Mapping[str, Direction]  # recipient address key → direction
    directory: Directory
    fields: tuple[tuple[str, str], ...]
    subject: str
    originators: tuple[Mailbox, ...]  # From
    addressed: tuple[Mailbox, ...]  # To and Cc
    parts: tuple[Part, ...]
    texts: tuple[Text, ...]
    size: int
    unread: tuple[Unread, ...] = ()
    ambiguities: tuple[Ambiguity, ...] = ()
    alternatives: tuple[Alternative, ...] = ()  # none that only repeats another, and none inside nested messages
    identity: Identity = UNKNOWN  # what was proved of the sender before judgement

    def said(self, *roles: Role) -> tuple[Text, ...]:
        """The texts of these roles, in order."""
        return tuple([text for text in self.texts if text.role in roles])

    def field(self, name: str) -> str | None:
        """The decoded body of the first header field of that name, which is lower case."""
        for key, body in self.fields:  # asked some thirty times a message: a generator would be twice as slow
            if key == name:
                return body
        return None

    def recipients(self, *directions: Direction) -> tuple[Address, ...]:
        """Recipients whose copy travels in one of these directions."""
        return tuple(
            recipient.address
            for recipient in self.envelope.recipients
            if self.directions[recipient.address.key] in directions
        )
