"""Takes containers apart in memory: which reader opens which format, and what each yields. Writes no file."""

from collections.abc import Iterator, Sequence

from rules.facts import Sign
from rules.message import Octets
from rules.reading.budget import Budget
from rules.reading.member import Member, Unreadable

__all__ = ["Member", "Unreadable", "protection_of", "text_of", "unpack"]


def unpack(octets: Octets, names: Sequence[str], signs: Sequence[Sign], budget: Budget) -> Iterator[Member]:
    """Yield what this part contains, one level down; nothing when it is no container.

    The caller holds `budget.inside_container()` around the loop in which it walks the members. Members yielded
    before LimitExceeded or Unreadable count.
    """
    yield from ()


def protection_of(octets: Octets, signs: Sequence[Sign]) -> str | None:
    """Why the whole part is protected (archive, Office, PDF, S/MIME, PGP), or None."""
    return None


def text_of(octets: Octets, signs: Sequence[Sign], budget: Budget) -> str:
    """The readable text of a document or text file, bounded; "" when it has none. Raises Unreadable."""
    return ""
