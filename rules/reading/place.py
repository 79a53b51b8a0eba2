"""Where the walk through a message stands, and how the parts of a message are numbered and named."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rules.reading.mime import Span


@dataclass(slots=True, kw_only=True)
class Place:
    """The path so far and what the surrounding parts imply."""

    path: str
    number: str  # of MIME alone, "" at the top of a message
    nested: bool = False  # inside a message inside the message
    default: str = "text/plain"
    boundary: bytes = b""
    body: str | None = None  # the outermost multipart/alternative around it
    chosen: tuple[str, ...] = ()  # the alternatives it is in, outermost first
    said: list[bytes] | None = None  # fingerprints of the other alternatives, inside multipart/alternative
    base: int | None = 0  # offset in the message of the octets it is read from; None when they were decoded
    around: Span | None = None  # in the message, of the part that holds the decoded ones

    def child(self, number: int) -> "Place":
        own = f"{self.number}.{number}" if self.number else str(number)
        return replace(self, number=own, default="text/plain")

    def where(self, span: Span) -> Span | None:
        """Where octets that stand at `span` of those at hand lie in the message as received, encoded or not."""
        return self.around if self.base is None else Span(self.base + span.start, self.base + span.end)

    def at(self, start: int) -> "Place":
        """The same place, in octets that begin at `start` of those at hand."""
        return replace(self, base=None if self.base is None else self.base + start)

    def inside(self, span: Span) -> "Place":
        """The same place, in octets that were decoded from `span`."""
        return replace(self, base=None, around=self.where(span))

    @property
    def name(self) -> str:
        """The path to report."""
        return self.path + (self.number or "1")


def under(path: str, names: Sequence[str]) -> str:
    """The path of a named part: `2/invoice.zip`."""
    return f"{path}/{names[0].replace('/', '_')}" if names else path
