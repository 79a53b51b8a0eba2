"""Macintosh files with both forks in one: AppleSingle and AppleDouble (RFC 1740), MacBinary. Gives the data fork.

The resource fork is left: what ran from it no Mac has run since 2006.
"""

import struct
from collections.abc import Iterator

from rules.message import Octets
from rules.reading.budget import Budget
from rules.reading.member import Member, Unreadable

_ENTRIES_AT = 26
_DATA_FORK, _REAL_NAME = 1, 3
_MAX_ENTRIES = 100  # RFC 1740 knows fifteen
_HEADER = 128  # octets of a MacBinary header
_LETTERS = frozenset(range(33, 127))
_MAX_NAME = 1_024  # octets of a name that count, from its end, where its extension is: HFS+ has names of 255 letters


def unpack_apple(octets: Octets, budget: Budget) -> Iterator[Member]:
    """The data fork under the file's real name; nothing when there is none. Raises Unreadable when it is cut off."""
    name, places = "data fork", []
    for kind, at, size in _entries(octets):
        if kind == _REAL_NAME:
            end = min(at + size, len(octets))
            name = bytes(octets[max(at, end - _MAX_NAME) : end]).decode("utf-8", "replace") or name
        elif kind == _DATA_FORK and size:
            places.append((at, size))
    for at, size in places:
        yield from _fork(octets, name, at, size, budget)


def unpack_macbinary(octets: Octets, budget: Budget) -> Iterator[Member]:
    """The data fork. Raises Unreadable when it is cut off."""
    (size,) = struct.unpack_from(">I", octets, 83)
    name = bytes(octets[2 : 2 + octets[1]]).decode("mac-roman")
    if size:
        yield from _fork(octets, name, _HEADER, size, budget)


def is_macbinary(head: bytes, size: int) -> bool:
    """Whether this is a header of MacBinary I, II or III: zeros where it has them, a name, forks.

    They fit in, and more may stand behind them; or a kind and a creator in letters tell it, and they are cut off.
    """
    if len(head) < _HEADER or head[0] or head[74] or head[82] or not 1 <= head[1] <= 63:
        return False
    data, resource = int.from_bytes(head[83:87], "big"), int.from_bytes(head[87:91], "big")
    if any(octet < 32 for octet in head[2 : 2 + head[1]]) or any(head[108:116]):
        return False
    told = _LETTERS.issuperset(head[65:73])
    return data + resource > 0 and (told or _HEADER + data + resource <= size)


def _entries(octets: Octets) -> Iterator[tuple[int, int, int]]:
    count = int.from_bytes(octets[24:26], "big")
    for number in range(min(count, _MAX_ENTRIES)):
        at = _ENTRIES_AT + 12 * number
        if at + 12 > len(octets):
            raise Unreadable("Macintosh file that is cut off")
        yield struct.unpack_from(">III", octets, at)
    if count > _MAX_ENTRIES:
        raise Unreadable(f"Macintosh file with more than {_MAX_ENTRIES:,} entries")


def _fork(octets: Octets, name: str, at: int, size: int, budget: Budget) -> Iterator[Member]:
    meter = budget.open(len(octets))
    meter.member()
    content = bytes(octets[at : at + size])
    meter.octets(len(content))
    yield Member(names=(name,), octets=content)
    if len(content) < size:
        raise Unreadable("Macintosh file that is cut off")
