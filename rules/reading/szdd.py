"""Files packed by Microsoft's compress program: SZDD, as `payload.ex_` on old installation discs. One file each."""

from collections.abc import Iterator, Sequence

from rules.message import Octets
from rules.reading.budget import MEBIBYTE, Budget, LimitExceeded
from rules.reading.member import Member, Unreadable

_EXPAND, _BASIC = b"SZDD\x88\xf0\x27\x33A", b"SZ\x20\x88\xf0\x27\x33\xd1"
_WINDOW = 4_096  # octets that a copy may reach back
_MAX_UNPACKED = 8 * MEBIBYTE  # octets: it is unpacked one by one, about four million a second


def unpack_szdd(octets: Octets, names: Sequence[str], budget: Budget) -> Iterator[Member]:
    """The one file. Raises Unreadable or LimitExceeded after as much as could be read."""
    content = bytes(octets)
    last = ""
    if content.startswith(_EXPAND):
        size, start, behind = int.from_bytes(content[10:14], "little"), 14, 16
        last = content[9:10].decode("latin-1").strip("\0")
    elif content.startswith(_BASIC):
        size, start, behind = int.from_bytes(content[8:12], "little"), 12, 18
    else:
        raise Unreadable("Microsoft compressed file of a kind that is not opened")
    meter = budget.open(len(content))
    meter.member()
    found = _unpacked(content, start, behind, min(size, _MAX_UNPACKED))
    meter.octets(len(found))
    yield Member(names=tuple(name[:-1] + last if name.endswith("_") else name for name in names), octets=found)
    if len(found) == _MAX_UNPACKED < size:
        raise LimitExceeded(f"a Microsoft compressed file that unpacks to more than {_MAX_UNPACKED // MEBIBYTE} MiB")
    if len(found) < size:
        raise Unreadable("Microsoft compressed file that is cut off")


def _unpacked(content: bytes, at: int, behind: int, size: int) -> bytes:
    """Eight marks, least bit first: one octet as it is, or a place in the window and how many octets to copy from it.

    The window begins as blanks, and is written from `behind` octets before its end.
    """
    found = bytearray(b" " * _WINDOW)
    while at < len(content) and len(found) < _WINDOW + size:
        marks, at = content[at], at + 1
        for bit in range(8):
            if marks >> bit & 1:
                found += content[at : at + 1]
                at += 1
            elif at + 1 >= len(content):
                at = len(content)  # cut off
            else:
                place, count = content[at] | (content[at + 1] & 0xF0) << 4, (content[at + 1] & 0x0F) + 3
                at += 2
                _copy(found, (place + behind - len(found)) % _WINDOW, count)
    return bytes(found[_WINDOW : _WINDOW + size])


def _copy(found: bytearray, place: int, count: int) -> None:
    """Copy from `place` octets after the oldest of the window on; a copy may reach into itself."""
    start = len(found) - _WINDOW + place
    for index in range(start, start + count):
        found.append(found[index])
