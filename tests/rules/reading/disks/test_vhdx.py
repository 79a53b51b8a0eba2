"""Virtual hard disks of the second form give the disk they stand for; where copies differ they are told instead."""

import struct
import uuid

import pytest

from rules.reading.disks import vhdx as subject
from rules.reading.disks.vhdx import disk_of_vhdx
from rules.reading.member import Unreadable

MEBIBYTE = 1024 * 1024
PRESENT, UNMAPPED, PARTLY = 6, 3, 7
BLOCK_TABLE, METADATA = "2dc27766-f623-4200-9d64-115e9bfd4a08", "8b7ca206-4790-4b9a-b8fe-575f050f886e"
PARAMETERS, SIZE = "caa16737-fa36-4d43-b3b6-33f0aa44e76b", "2fa54224-cd1b-4876-b211-5dbed83bf4b8"
SECTORS = "8141bf1d-a96f-4709-ba47-f233a8faab5f"


def entries(*rows):
    return b"".join(
        uuid.UUID(name).bytes_le + struct.pack("<QII", at, size, 0)
        if wide
        else uuid.UUID(name).bytes_le + struct.pack("<IIII", at, size, 0, 0)
        for name, at, size, wide in rows
    )


def vhdx(blocks, *, block=MEBIBYTE, flags=0, sector=512, size=None, state=PRESENT, log=b"", second=None, extra=None):
    """A dynamic disk, as qemu-img makes them; a block that is None was never written. `extra`: its table."""
    written = [content for content in blocks if content is not None]
    at = iter(range(3, 3 + len(written)))
    table = b"".join(struct.pack("<Q", 0 if content is None else next(at) << 20 | state) for content in blocks)
    header = b"head" + bytes(44) + log.ljust(16, b"\0")
    regions = b"regi" + bytes(4) + struct.pack("<II", 2, 0)
    regions += entries((BLOCK_TABLE, 2 * MEBIBYTE, MEBIBYTE, True), (METADATA, MEBIBYTE, MEBIBYTE, True))
    items = entries((PARAMETERS, 65_536, 8, False), (SIZE, 65_544, 8, False), (SECTORS, 65_552, 4, False))
    told = struct.pack("<IIQI", block, flags, block * len(blocks) if size is None else size, sector)
    metadata = (b"metadata" + bytes(2) + struct.pack("<H", 3) + bytes(20) + items).ljust(65_536, b"\0") + told
    front = b"vhdxfile".ljust(65_536, b"\0") + header.ljust(65_536, b"\0") * 2
    front += regions.ljust(65_536, b"\0") + (second or regions).ljust(65_536, b"\0")
    octets = front.ljust(MEBIBYTE, b"\0") + metadata.ljust(MEBIBYTE, b"\0")
    octets += (extra or table).ljust(MEBIBYTE, b"\0")
    return octets + b"".join(content.ljust(block, b"\0") for content in written)


def test_a_disk_is_put_together_from_its_blocks():
    disk = disk_of_vhdx(vhdx([b"first", None, b"third"]))
    assert disk.size == 3 * MEBIBYTE
    assert disk.read(0, 5) == b"first"
    assert disk.read(2 * MEBIBYTE - 3, 8) == b"\0\0\0third"
    assert disk.read(3 * MEBIBYTE, 1) == b""


def test_it_ends_where_the_disk_does_not_the_last_block():
    assert disk_of_vhdx(vhdx([b"0123456789"], size=7)).read(4, 100) == b"456"


def test_what_was_let_go_is_read_while_it_is_there():
    assert disk_of_vhdx(vhdx([b"first"], state=UNMAPPED)).read(0, 5) == b"first"


def test_among_the_blocks_stand_those_of_bitmaps():
    """Behind every sixteen of the largest size (section 2.5)."""
    block = 256 * MEBIBYTE
    places = [*([0] * 16), 9 << 20 | PRESENT, 3 << 20 | PRESENT]
    octets = vhdx([None] * 17, block=block, extra=struct.pack("<18Q", *places)) + b"behind"
    assert disk_of_vhdx(octets).read(16 * block, 6) == b"behind"


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (vhdx([b"x"], flags=2), "differencing VHDX disk image"),
        (vhdx([b"x"], state=PARTLY), "differencing VHDX disk image"),
        (vhdx([b"x"], sector=4_096), "VHDX disk image with sectors of 4,096 octets, not opened"),
        (vhdx([b"x"], log=b"1"), "VHDX disk image with a log that is not played"),
        (vhdx([b"x"], second=b"regi"), "whose two tables of regions differ"),
        (vhdx([b"x"], block=1_000), "damaged VHDX disk image"),
        (vhdx([None], block=257 * MEBIBYTE), "damaged VHDX disk image"),
        (vhdx([b"x"])[: 2 * MEBIBYTE + 4], "damaged VHDX disk image"),
        (vhdx([b"x"]).replace(b"metadata", b"metaData"), "damaged VHDX disk image"),
        (vhdx([b"x"]).replace(uuid.UUID(METADATA).bytes_le, bytes(16)), "damaged VHDX disk image"),
        (vhdx([b"x"]).replace(uuid.UUID(SIZE).bytes_le, bytes(16)), "damaged VHDX disk image"),
        (b"vhdxfile", "whose two tables of regions differ or are damaged"),
    ],
)
def test_what_cannot_be_opened_is_told(octets, words):
    with pytest.raises(Unreadable, match=words):
        disk_of_vhdx(octets)


def test_as_many_blocks_as_are_followed_and_one_more(monkeypatch):
    monkeypatch.setattr(subject, "MAX_BLOCKS", 3)
    assert disk_of_vhdx(vhdx([None, None, b"last"])).read(2 * MEBIBYTE, 4) == b"last"
    with pytest.raises(Unreadable, match="VHDX disk image with more than 3 blocks"):
        disk_of_vhdx(vhdx([None, None, None, b"last"]))


@pytest.mark.parametrize(("more", "damaged"), [(0, False), (1, True)])
def test_as_many_entries_of_a_table_as_the_form_allows_and_one_more(more, damaged):
    octets = bytearray(vhdx([b"first"]))
    struct.pack_into("<H", octets, MEBIBYTE + 10, 2_047 + more)
    if damaged:
        with pytest.raises(Unreadable, match="damaged VHDX disk image"):
            disk_of_vhdx(octets)
    else:
        assert disk_of_vhdx(octets).read(0, 5) == b"first"
