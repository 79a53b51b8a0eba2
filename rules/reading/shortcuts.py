"""Reads Windows shortcuts (MS-SHLLINK): what one starts, with which arguments, and what is hidden behind it."""

import struct
from collections.abc import Iterator

from rules.facts import By, Kind, Sign
from rules.message import Octets
from rules.reading.budget import Budget
from rules.reading.member import Member, Unreadable

_HEADER = 76  # octets of the header (section 2.1)
_TARGETS, _PLACE, _NAME, _RELATIVE, _FOLDER, _ARGUMENTS, _ICON, _UNICODE = (1 << bit for bit in range(8))
_TEXTS = (_NAME, _RELATIVE, _FOLDER, _ARGUMENTS, _ICON)  # in the order in which they stand
_ENVIRONMENT = 0xA0000001  # the extra block with a target that has variables in it (section 2.5.4)
_MAX_BLOCKS = 100  # of extra data; Windows knows eleven kinds (section 2.5)
_LEAST_BLOCK = 8  # octets: its size and its signature
_MAX_BEHIND = 512  # octets after a shortcut that some programs leave there
_MAX_TOLD = 200  # characters of a target or its arguments


def shortcut_sign(octets: Octets) -> Sign:
    """That it is a shortcut, and what it starts as far as that can be read."""
    try:
        texts, at = _texts(octets)
        target = _target(octets) or texts.get(_RELATIVE) or _environment(octets, at) or texts.get(_NAME, "")
    except (struct.error, IndexError):
        texts, target = {}, ""
    told = " ".join(filter(None, (target[:_MAX_TOLD], texts.get(_ARGUMENTS, "").strip()[:_MAX_TOLD])))
    text = f"Windows shortcut to {told}" if told else "Windows shortcut"
    return Sign(kind=Kind.SHORTCUT, by=By.CONTENT, text="".join(filter(str.isprintable, text)))


def unpack_shortcut(octets: Octets, budget: Budget) -> Iterator[Member]:
    """What stands behind the shortcut, which its own command takes out; nothing when little does.

    Raises Unreadable, after it, when more blocks follow than are read.
    """
    is_over = False
    try:
        _, at = _texts(octets)
        last = next(reversed([at, *(stop for _, _, stop in _blocks(octets, at))]))
        is_over = _block_size(octets, last) > 0
        end = last if is_over else min(last + 4, len(octets))
    except (struct.error, IndexError):
        end = _HEADER  # whatever it is, it is looked at
    behind = bytes(octets[end:]).strip(b"\0")
    if len(behind) > _MAX_BEHIND or (behind and end == _HEADER):
        meter = budget.open(len(octets))
        meter.member()
        meter.octets(len(behind))
        yield Member(names=("content behind the shortcut",), octets=behind)
    if is_over:
        raise Unreadable(f"Windows shortcut with more than {_MAX_BLOCKS:,} blocks of data")


def _texts(octets: Octets) -> tuple[dict[int, str], int]:
    """The texts by their flag, and where they end (section 2.4)."""
    (flags,) = struct.unpack_from("<I", octets, 20)
    at = _place_at(octets, flags)
    if flags & _PLACE:
        at += struct.unpack_from("<I", octets, at)[0]
    found: dict[int, str] = {}
    for flag in _TEXTS:
        if flags & flag:
            (count,) = struct.unpack_from("<H", octets, at)
            size = 2 * count if flags & _UNICODE else count
            text = bytes(octets[at + 2 : at + 2 + size])
            found[flag] = text.decode("utf-16-le" if flags & _UNICODE else "cp1252", "replace")
            at += 2 + size
    return found, at


def _place_at(octets: Octets, flags: int) -> int:
    return _HEADER + (2 + struct.unpack_from("<H", octets, _HEADER)[0] if flags & _TARGETS else 0)


def _target(octets: Octets) -> str:
    """The path on the machine, or the share, that the LinkInfo names (section 2.3); "" without one."""
    (flags,) = struct.unpack_from("<I", octets, 20)
    at = _place_at(octets, flags)
    if not flags & _PLACE:
        return ""
    size, _, kinds, _, base, share, suffix = struct.unpack_from("<7I", octets, at)
    info = bytes(octets[at : at + size])
    if kinds & 1:
        return _text(info, base) + _text(info, suffix)
    return (
        f"{_text(info, share + struct.unpack_from('<I', info, share + 8)[0])}\\{_text(info, suffix)}" if share else ""
    )


def _text(info: bytes, at: int) -> str:
    return info[at:].partition(b"\0")[0].decode("cp1252", "replace") if at else ""


def _blocks(octets: Octets, at: int) -> Iterator[tuple[int, int, int]]:
    """Signature, beginning and end of each extra block; behind the last stands a size below four (section 2.5)."""
    for _ in range(_MAX_BLOCKS):
        size = _block_size(octets, at)
        if not size:
            return
        yield int.from_bytes(octets[at + 4 : at + 8], "little"), at, at + size
        at += size


def _block_size(octets: Octets, at: int) -> int:
    """The octets of the block that begins there; 0 when none does."""
    size = int.from_bytes(octets[at : at + 4], "little")
    return size if _LEAST_BLOCK <= size <= len(octets) - at else 0


def _environment(octets: Octets, at: int) -> str:
    for signature, start, end in _blocks(octets, at):
        if signature == _ENVIRONMENT:
            wide = bytes(octets[start + 268 : end])
            return wide.decode("utf-16-le", "replace").partition("\0")[0] or _text(bytes(octets[start:end]), 8)
    return ""
