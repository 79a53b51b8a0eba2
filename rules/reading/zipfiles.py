"""Takes zip archives apart as every zip reader would: by the central directory and by the local headers (APPNOTE 6.3).

The standard library trusts one of the two, and refuses a file in which they differ; here both count.
"""

import bz2
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

from rules.message import Octets
from rules.reading.behind import behind
from rules.reading.budget import Budget, Meter
from rules.reading.member import Member, Unreadable
from rules.reading.paths import escape_of
from rules.reading.zip_directory import (
    AES,
    LOCAL,
    SIZE_FOLLOWS,
    Directory,
    Entry,
    is_likely_at,
    local_at,
    read_directory,
)

__all__ = ["Entry", "directory_of", "read_entry", "unpack_zip"]

_STORED, _DEFLATED, _BZIP2, _LZMA, _XZ = 0, 8, 12, 14, 95
_METHODS = {1: "Shrink", 6: "Implode", 9: "Deflate64", 93: "Zstandard", 98: "PPMd", AES: "AES"}  # APPNOTE 4.4.5
_CHUNK = 1024 * 1024  # octets unpacked between two looks at the budget
_MAX_MEMORY = 128 * 1024 * 1024  # octets for xz, whose strongest setting takes 65 MiB
_UNKNOWN = -1  # a packed size that only the data's own end tells
_MAX_TARGET = 4_096  # octets of a link's target: the longest path of Unix
_NOTHING = Directory(entries=(), doubts=(), end=0)

_Pair = tuple[Entry, Entry | None]  # of the directory, and the local header where it says


def directory_of(octets: Octets) -> tuple[Entry, ...]:
    """The entries of the central directory. Raises Unreadable when there is none or it is broken."""
    return read_directory(octets).entries


def read_entry(octets: Octets, entry: Entry, limit: int) -> bytes:
    """At most `limit` octets of one entry of the directory. Raises Unreadable."""
    local = local_at(octets, entry.header)
    if local is None:
        raise Unreadable(f"zip archive: {entry.names[0]} is not where the directory says")
    if entry.is_encrypted:
        return b""
    assert local.start is not None
    content = bytearray()
    for chunk in _unpacked(octets, entry.method, local.start, entry.packed, min(limit, _CHUNK)):
        content += chunk
        if len(content) >= limit:
            break
    return bytes(content[:limit])


def unpack_zip(octets: Octets, budget: Budget) -> Iterator[Member]:
    """Every member that the directory names, and every one that only a local header shows.

    Yields what can be had, then raises Unreadable for what could not.
    """
    meter = budget.open(len(octets))
    faults: list[str] = []
    try:
        directory = read_directory(octets)
    except Unreadable as error:
        faults.append(str(error))
        directory = _NOTHING
    faults.extend(directory.doubts)
    pairs = [(entry, local_at(octets, entry.header)) for entry in directory.entries]
    overlapping = _overlapping([local for _, local in pairs if local is not None], dict(_sizes(pairs)))
    for entry, local in pairs:
        meter.member()
        if overlapping:
            yield Member(names=entry.names, octets=b"")
        else:
            yield from _member(octets, entry, local, meter, faults)
    if overlapping:
        raise Unreadable("zip archive whose members overlap")
    for local in _unlisted(octets, pairs, meter):
        meter.member()
        yield from _member(octets, local, local, meter, faults)
    yield from behind(octets, directory.end or len(octets), meter)
    if faults:
        raise Unreadable("; ".join(dict.fromkeys(faults[:3])))


def _sizes(pairs: list[_Pair]) -> Iterator[tuple[int, int]]:
    for entry, local in pairs:
        if local is not None:
            yield local.header, entry.packed


def _overlapping(locals_: list[Entry], sizes: dict[int, int]) -> bool:
    """Whether two members share octets: how bombs are built (CVE-2024-0450)."""
    end = 0
    for local in sorted(locals_, key=lambda entry: entry.header):
        if local.header < end:
            return True
        assert local.start is not None
        end = local.start + sizes[local.header]
    return False


def _unlisted(octets: Octets, pairs: list[_Pair], meter: Meter) -> Iterator[Entry]:
    """Local headers in the gaps between listed members, which readers that go through from the front see."""
    spans = sorted((local.header, (local.start or 0) + entry.packed) for entry, local in pairs if local is not None)
    stop = octets.find(b"PK\x01\x02", spans[-1][1]) if spans else -1
    at = 0
    for begin, end in [*spans, (len(octets) if stop < 0 else stop, 0)]:
        while 0 <= (at := octets.find(LOCAL, at, begin)) < begin:
            meter.place()
            local = local_at(octets, at) if is_likely_at(octets, at) else None
            if local is not None and local.start is not None:
                unknown = local.flags & SIZE_FOLLOWS and not local.packed
                yield replace(local, packed=_UNKNOWN) if unknown else local
                at = max(local.start, local.start + local.packed)
            else:
                at += 4
            if at >= begin:
                break
        at = max(at if at > 0 else 0, end)


def _member(octets: Octets, entry: Entry, local: Entry | None, meter: Meter, faults: list[str]) -> Iterator[Member]:
    """The member read by each header that describes it differently; one that cannot be read yields its names."""
    names = tuple(dict.fromkeys(entry.names + (local.names if local is not None else ())))
    if entry.is_folder and (local is None or local.is_folder):
        return
    if local is None or local.start is None:
        faults.append(f"{entry.names[0]} is not where the zip directory says")
        yield Member(names=names, octets=b"")
        return
    if (danger := escape_of(names)) is not None:
        faults.append(danger)
    if entry.is_encrypted or local.is_encrypted:
        yield Member(names=names, octets=b"", encrypted="encrypted zip member")
    if entry.is_encrypted and local.is_encrypted:
        return
    if entry.is_encrypted or local.is_encrypted:
        faults.append(f"{entry.names[0]} is encrypted by one of its headers only")
    ways = {(entry.method, entry.packed)}
    if local.method != entry.method or (local.packed != entry.packed and local.packed):
        ways.add((local.method, local.packed or entry.packed))
    for method, packed in sorted(ways):
        content, fault = _read(octets, method, local.start, packed, meter)
        if fault is not None:
            faults.append(f"{entry.names[0]}: {fault}")
        if entry.is_link and (danger := escape_of(names, content[:_MAX_TARGET].decode("utf-8", "replace"))) is not None:
            faults.append(danger)
        yield Member(names=names, octets=content)


def _read(octets: Octets, method: int, start: int, packed: int, meter: Meter) -> tuple[bytes, str | None]:
    """The content as far as it can be read, and what went wrong."""
    content = (
        BytesIO()
    )  # gives its octets without another copy, unlike joined pieces: a member may take half the memory
    fault = None
    try:
        for chunk in _unpacked(octets, method, start, packed, _CHUNK, whole=True):
            meter.octets(len(chunk))
            content.write(chunk)
    except Unreadable as error:
        fault = str(error)
    return content.getvalue(), fault


def _unpacked(
    octets: Octets, method: int, start: int, packed: int, step: int, *, whole: bool = False
) -> Iterator[bytes]:
    """The data of one member piece by piece; `whole`: it must fill its place. Raises Unreadable."""
    stop = len(octets) if packed == _UNKNOWN else start + packed
    if stop > len(octets) or (method == _STORED and packed == _UNKNOWN):
        raise Unreadable("cut off")
    if start == stop:
        return
    if method == _STORED:
        for at in range(start, start + packed, step):
            yield bytes(octets[at : min(at + step, stop)])
    elif method == _DEFLATED:
        yield from _inflated(octets, start, stop, step, whole=whole and packed != _UNKNOWN)
    elif method in (_BZIP2, _XZ):
        yield from _decompressed(
            bz2.BZ2Decompressor() if method == _BZIP2 else lzma.LZMADecompressor(memlimit=_MAX_MEMORY),
            octets,
            start,
            stop,
        )
    elif method == _LZMA:
        yield from _decompressed(_zip_lzma(bytes(octets[start : start + 9])), octets, start + 9, stop)
    else:
        raise Unreadable(f"compressed with {_METHODS.get(method, f'method {method}')}, which is not read")


def _inflated(octets: Octets, start: int, stop: int, step: int, *, whole: bool) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-15)
    waiting = bytes(octets[start : min(stop, start + step)])
    at = start + len(waiting)
    try:
        while not inflate.eof:
            chunk = inflate.decompress(waiting, step)
            if chunk:
                yield chunk
            waiting = inflate.unconsumed_tail
            if not waiting and not chunk:
                if at >= stop:
                    break
                waiting = bytes(octets[at : min(stop, at + step)])
                at += len(waiting)
    except zlib.error as error:
        raise Unreadable("damaged data") from error
    if not inflate.eof:
        raise Unreadable("cut off")
    if whole and (at < stop or inflate.unused_data):
        raise Unreadable("more behind the end of its data, which readers from the front take for members")


def _decompressed(
    machine: bz2.BZ2Decompressor | lzma.LZMADecompressor, octets: Octets, start: int, stop: int
) -> Iterator[bytes]:
    waiting = bytes(octets[start:stop])
    try:
        while not machine.eof:
            chunk = machine.decompress(waiting, _CHUNK)
            waiting = b""
            if not chunk and machine.needs_input:
                return  # zip's LZMA need not mark its end
            yield chunk
    except (OSError, lzma.LZMAError, EOFError, ValueError) as error:
        raise Unreadable("damaged data") from error


def _zip_lzma(head: bytes) -> lzma.LZMADecompressor:
    """A decoder for zip's own LZMA header: version, size of the properties, five octets of them (APPNOTE 5.8.8)."""
    if len(head) < 9 or head[2:4] != b"\x05\0" or head[4] >= 225:
        raise Unreadable("damaged data")
    rest, lc = divmod(head[4], 9)
    pb, lp = divmod(rest, 5)
    size = min(int.from_bytes(head[5:9], "little"), 64 * 1024 * 1024)
    if lc + lp > 4:
        raise Unreadable("damaged data")
    settings = [{"id": lzma.FILTER_LZMA1, "dict_size": max(size, 4_096), "lc": lc, "lp": lp, "pb": pb}]
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=settings)
