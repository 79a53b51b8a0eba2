"""Every format that a content is valid as: by its front, by what stands deep in it, and by what readers search for."""

import struct
import zlib
from collections.abc import Callable, Iterator

from rules.message import Octets
from rules.patterns import Literal
from rules.reading.signatures import HEAD, Format, front_of, is_old_tar, is_sound, is_text
from rules.remembering import remembered_last

ZIP_TAIL = 22 + 65_535  # a zip's end record with the longest comment (APPNOTE 4.3.16)
_CARRIED_WITHIN = 8 * 1024 * 1024  # octets searched for an archive behind something else: as 7-Zip; WinRAR half of it
_SECTOR_SIZES = tuple(struct.pack("<H", 512 << step) for step in range(4))  # in a FAT boot sector
_ISO_AT = 32_769  # ECMA-119: the first volume descriptor's identifier
# What 7-Zip finds by searching forward, and how far behind the archive's own front the signature stands.
_CARRIED = (
    (Literal(b"Rar!\x1a\x07"), Format.RAR, 0),
    (Literal(b"7z\xbc\xaf\x27\x1c"), Format.SEVEN_ZIP, 0),
    (Literal(b"PK\x03\x04"), Format.ZIP, 0),
    (Literal(b"MSCF\0\0\0\0"), Format.CAB, 0),
    (Literal(b"ustar"), Format.TAR, 257),
    (Literal(b"\x1f\x8b\x08"), Format.GZIP, 0),
    (Literal(b"1AY&SY"), Format.BZIP2, 4),
    (Literal(b"\xfd7zXZ\0"), Format.XZ, 0),
    (Literal(b"\x28\xb5\x2f\xfd"), Format.ZSTD, 0),
    (Literal(b"\x04\x22\x4d\x18"), Format.LZ4, 0),
    (Literal(b"LZIP\1"), Format.LZIP, 0),
    (Literal(b"07070"), Format.CPIO, 0),
    (Literal(b"!<arch>\n"), Format.AR, 0),
    (Literal(b"-lh"), Format.LHA, 2),
    (Literal(b"\x60\xea"), Format.ARJ, 0),
    (Literal(b"\1CD001\1"), Format.ISO, _ISO_AT - 1),
)
_SEARCHED = frozenset(known for _, known, _ in _CARRIED)
_IN_RTF = frozenset({Format.RAR, Format.SEVEN_ZIP})  # which may hold other files as they are
MAX_CARRIED = 100  # places with the signature that are looked at
MAX_ARJ = 10_000  # the same of ARJ, whose two octets stand in 8 MiB some hundred times by chance
_CARRIED_FRONT = 2_700  # octets of an archive behind something else that are looked at: ARJ's header has 2,600
_EMBEDDING = frozenset({Format.PDF, Format.RTF, Format.OLE})  # hold other files as they are, with their signatures
_PLAIN = _EMBEDDING | {
    Format.IMAGE, Format.MEDIA, Format.FONT, Format.POSTSCRIPT, Format.BINHEX, Format.SZDD, Format.APPLE_FILE,
    Format.MAC_BINARY,
}  # fmt: skip


@remembered_last  # four readers ask about one part in turn
def formats_of(octets: Octets) -> tuple[Format, ...]:
    """Every format the content is valid as: first by its front, then what it carries (a zip behind a picture)."""
    head = bytes(octets[:HEAD])
    front = front_of(head, len(octets))
    if front is None and is_text(head):
        found: dict[Format, None] = {}
        if octets.find(b"\0") >= 0:  # words have none, and every archive or disc has some
            found = dict.fromkeys((*_far(octets, front), *(known for known, _ in carried_in(octets))))
        return tuple(found | {Format.ZIP: None} if ends_as_zip(octets) else found)
    found = dict.fromkeys((front,) if front is not None else ())
    found.update(dict.fromkeys(_far(octets, front)))
    if front in _PLAIN or front is None:
        if front is not Format.OLE:  # its streams lie in pieces, and are looked at one by one
            found.update(dict.fromkeys(known for known, _ in carried_in(octets, front)))
        if ends_as_zip(octets, exactly=front in _EMBEDDING):
            found[Format.ZIP] = None
    elif front is not Format.ZIP and ends_as_zip(octets, exactly=True):
        found[Format.ZIP] = None  # what goes by the name takes it for a zip
    return tuple(found)


def _far(octets: Octets, front: Format | None) -> Iterator[Format]:
    """Signatures that stand deep in the file or at its end."""
    if len(octets) > _ISO_AT + 5:
        identifier = octets[_ISO_AT : _ISO_AT + 5]
        if identifier == b"CD001":
            yield Format.ISO
        area = octets[_ISO_AT - 1 : _ISO_AT - 1 + 32 * 2_048]
        if b"\0NSR02" in area or b"\0NSR03" in area:  # ECMA-167 volume recognition area
            yield Format.UDF
    if octets[-512:-508] == b"koly":
        yield Format.DMG
    if octets[-512:-504] == b"conectix":
        yield Format.VHD
    elif front is None and (octets[1_024:1_028] in (b"H+\0\4", b"HX\0\5") or octets[32:36] == b"NXSB"):
        yield Format.FILE_SYSTEM  # Apple's
    elif (
        front is None
        and len(octets) >= 16_384
        and octets[510:512] == b"\x55\xaa"
        and (octets[0] in (0xEB, 0xE9, 0x33, 0xFA, 0x00) or octets[11:13] in _SECTOR_SIZES)
    ):
        yield Format.FILE_SYSTEM


def carried_in(
    octets: Octets, front: Format | None = None, kinds: frozenset[Format] = _SEARCHED
) -> Iterator[tuple[Format, int]]:
    """Archives of these kinds that readers find by searching forward, each with its offset."""
    start = 1
    if octets[:5] == b"%PDF-":  # may embed files as they are: only what is appended counts
        start = max(1, octets.rfind(b"%%EOF"))
    for signature, known, before in _CARRIED:
        if known in kinds and (front is not Format.RTF or known in _IN_RTF):
            at = _carried_at(octets, start, signature, known, before)
            if at > 0:
                yield known, at


def _carried_at(octets: Octets, start: int, signature: Literal, known: Format, before: int) -> int:
    """Where an archive of this kind begins, or 0."""
    stop = start + _CARRIED_WITHIN + before
    at = signature.find(octets, start + before, stop)
    for _ in range(MAX_ARJ if known is Format.ARJ else MAX_CARRIED):
        if at < 0 or at + 32 >= len(octets):
            return 0
        if _is_carried(known, bytes(octets[at - before : at - before + _CARRIED_FRONT])):
            return at - before
        at = signature.find(octets, at + 1, stop)
    return max(0, at - before)  # no file has so many by chance: its reader tells what there is


def _is_carried(known: Format, head: bytes) -> bool:
    """A second look at the shorter signatures, which stand in large files by chance."""
    looks = _LOOKS.get(known)
    return looks is None or looks(head)


def _is_zip(head: bytes) -> bool:
    """Version, method, and a name of letters (APPNOTE 4.3.7)."""
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    return head[4] <= 63 and int.from_bytes(head[8:10], "little") <= 99 and name.strip() != b"" and is_text(name)


def _is_gzip(head: bytes) -> bool:
    """Flags, level and system (RFC 1952 section 2.3.1), and data that can be inflated."""
    if head[3] >= 0x20 or head[8] not in (0, 2, 4) or (head[9] > 13 and head[9] != 255):
        return False
    try:
        return bool(zlib.decompressobj(31).decompress(head, 1))
    except zlib.error:
        return False


def _is_zstd(head: bytes) -> bool:
    """Descriptor, window and first block (RFC 8878 section 3.1.1)."""
    descriptor = head[4]
    single = bool(descriptor & 0x20)
    if descriptor & 0x08 or (not single and head[5] >> 3 > 21):
        return False
    at = 5 + (not single) + (0, 1, 2, 4)[descriptor & 3] + (int(single), 2, 4, 8)[descriptor >> 6]
    block = int.from_bytes(head[at : at + 3], "little")
    return block >> 1 & 3 != 3 and block >> 3 <= 128 * 1024


def _is_cpio(head: bytes) -> bool:
    """Whether its name ends where its header says (cpio(5), the forms in letters)."""
    if not is_sound(Format.CPIO, head) or head[5:6] not in b"127":
        return False
    field, base, at = (head[59:65], 8, 76) if head[5:6] == b"7" else (head[94:102], 16, 110)
    try:
        size = int(field, base)
    except ValueError:
        return False
    return 1 < size <= 1_024 and head[at + size - 1 : at + size] == b"\0" != head[at : at + 1]


def _is_lha(head: bytes) -> bool:
    """Method and level of the header, and the sum of one that has it."""
    if head[6:7] != b"-" or head[5:6] not in b"0123456789dsx" or head[20] > 2:
        return False
    return head[20] == 2 or sum(head[2 : 2 + head[0]]) & 0xFF == head[1]


def _is_arj(head: bytes) -> bool:
    size = int.from_bytes(head[2:4], "little")
    return 30 <= size <= 2_600 and zlib.crc32(head[4 : 4 + size]) == int.from_bytes(head[4 + size : 8 + size], "little")


_LOOKS: dict[Format, Callable[[bytes], bool]] = {
    Format.ZIP: _is_zip,
    Format.CAB: lambda head: head[24:26] == b"\x03\x01",
    Format.TAR: lambda head: is_old_tar(head[:512]),
    Format.GZIP: _is_gzip,
    Format.BZIP2: lambda head: head[:3] == b"BZh" and head[3:4] in b"123456789",
    Format.XZ: lambda head: zlib.crc32(head[6:8]) == int.from_bytes(head[8:12], "little"),
    Format.ZSTD: _is_zstd,
    Format.LZ4: lambda head: head[4] >> 6 == 1 and not head[4] & 2 and head[5] & 0x8F == 0 and head[5] >> 4 > 3,
    Format.LZIP: lambda head: 12 <= head[5] & 31 <= 29,
    Format.CPIO: _is_cpio,
    Format.LHA: _is_lha,
    Format.ARJ: _is_arj,
}


def from_its_front(octets: Octets, known: Format) -> Octets:
    """The octets from where this archive begins, which may stand behind something else."""
    if known not in _SEARCHED or (known is Format.ISO and octets[_ISO_AT : _ISO_AT + 5] == b"CD001"):
        return octets
    front = front_of(bytes(octets[:HEAD]), len(octets))
    if front is known:
        return octets
    return octets[next((at for _, at in carried_in(octets, front, frozenset({known}))), 0) :]


def holds_zip(octets: Octets) -> bool:
    """Whether a reader finds a zip in it that looks for one anywhere."""
    return ends_as_zip(octets) or any(carried_in(octets, kinds=frozenset({Format.ZIP})))


def ends_as_zip(octets: Octets, *, exactly: bool = False) -> bool:
    """Whether an end record stands behind a directory where zip readers look; `exactly` with nothing after it."""
    at = octets.rfind(b"PK\x05\x06", max(0, len(octets) - ZIP_TAIL))
    if at < 0 or len(octets) - at < 22:
        return False
    size, _, comment = struct.unpack_from("<IIH", octets, at + 12)
    if exactly and at + 22 + comment != len(octets):
        return False
    if octets[max(0, at - 20) : at - 16] == b"PK\x06\x07":
        return True
    return 0 < size <= at and bool(octets[at - size : at - size + 4] == b"PK\x01\x02")
