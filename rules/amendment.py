"""What is to be changed in a message's body, octet by octet, or why it stays as it is. Values that travel as JSON."""

from dataclasses import dataclass
from enum import StrEnum


class Kept(StrEnum):
    """Why a message gets no disclaimer. The values are words for a header field and for the record."""

    PRESENT = "present"  # it, or a message that it quotes, has it
    SIGNED = "signed"
    ENCRYPTED = "encrypted"
    CALENDAR = "calendar"
    TNEF = "tnef"
    REPORT = "report"  # of delivery or of reading
    AMBIGUOUS = "ambiguous"  # readers may see different parts in it
    NO_TEXT = "no-text"
    CHARSET = "charset"  # which has not the letters
    LARGE = "large"
    MILTER = "milter"  # which never changes a body


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """In place of octets[start:end] of the content; `latin1` are octets, each as the character of its number."""

    start: int
    end: int
    latin1: str

    @property
    def octets(self) -> bytes:
        return self.latin1.encode("latin-1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """Edits in order that do not overlap, or the reason why there are none."""

    edits: tuple[Edit, ...] = ()
    kept: Kept | None = None
