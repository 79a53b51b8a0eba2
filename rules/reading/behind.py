"""What stands behind an archive's own end: readers that look for another kind of archive open that one.

Takes nothing apart; the walk goes on into what is given.
"""

from collections.abc import Iterator

from rules.message import Octets
from rules.reading.budget import Meter
from rules.reading.formats import formats_of
from rules.reading.member import Member

_LEAST = 22  # octets of the smallest archive, an empty zip


def behind(octets: Octets, end: int, meter: Meter) -> Iterator[Member]:
    """The rest from `end` on when it is of a known format; padding before it and words are passed over."""
    if len(octets) - end < _LEAST:
        return
    rest = bytes(octets[end:])
    stripped = rest.lstrip(b"\0")
    for found in (stripped, rest) if len(stripped) < len(rest) else (rest,):  # a disc begins with zeros of its own
        if len(found) >= _LEAST and formats_of(found):
            meter.member()
            yield Member(names=("what follows the archive",), octets=found)
            return
