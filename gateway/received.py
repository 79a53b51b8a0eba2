"""What was seen of a content's lines as it came in, so that they need not be searched again as it leaves.

To look at every octet is most of what relaying a large message costs. Only what holds the octets can say that it was
looked at: a copy, a part put together anew or a file written to since has lost it, and is searched.
"""

from gateway.mapped import MappedFile
from rules.message import Octets


class ReceivedOctets(bytes):
    """Octets in which every line ends in CRLF and none is NUL. `dotted`: a line may begin with a dot."""

    dotted: bool


def received(octets: bytes, *, dotted: bool) -> ReceivedOctets:
    content = ReceivedOctets(octets)
    content.dotted = dotted
    return content


def lines_seen(piece: Octets | memoryview) -> bool | None:
    """None where nobody has looked; else every line end is CRLF and no octet NUL, and the answer is `dotted`.

    A part that begins or ends within a CRLF says nothing of its own lines.
    """
    whole = piece.obj if isinstance(piece, memoryview) else piece
    if not isinstance(whole, ReceivedOctets | MappedFile) or whole.dotted is None:
        return None
    return None if piece[:1] == b"\n" or piece[-1:] == b"\r" else whole.dotted
