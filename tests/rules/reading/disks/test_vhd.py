"""Virtual hard disks give the disk they stand for; what they only claim takes no memory."""

import struct

import pytest

from rules.reading.disks.vhd import disk_of_vhd
from rules.reading.member import Unreadable

BLOCK = 2 * 1024 * 1024
UNUSED = 0xFFFFFFFF


def footer(kind, header=0xFFFFFFFFFFFFFFFF):
    return (b"conectix" + bytes(8) + struct.pack(">Q", header) + bytes(36) + struct.pack(">I", kind)).ljust(512, b"\0")


def dynamic(blocks, entries=None):
    """A dynamic disk; a block that is None was never written."""
    table, data, at = b"", b"", 4
    for block in blocks:
        table += struct.pack(">I", UNUSED if block is None else at)
        if block is not None:
            data += b"\xff" * 512 + block.ljust(BLOCK, b"\0")
            at = 4 + len(data) // 512
    header = b"cxsparse" + bytes(8) + struct.pack(">QIII", 1_536, 0x10000, entries or len(blocks), BLOCK)
    end = footer(3, 512)
    return end + header.ljust(1_024, b"\0") + table.ljust(512, b"\xff") + data + end


def test_a_fixed_disk_is_what_stands_before_its_footer():
    disk = disk_of_vhd(b"0123456789" + footer(2))
    assert (disk.size, disk.read(4, 100)) == (10, b"456789")


def test_a_dynamic_disk_is_put_together_from_its_blocks():
    disk = disk_of_vhd(dynamic([b"first", None, b"third"]))
    assert disk.size == 3 * BLOCK
    assert disk.read(0, 5) == b"first"
    assert disk.read(2 * BLOCK - 3, 8) == b"\0\0\0third"
    assert disk.read(BLOCK + 7, 3) == bytes(3)
    assert disk.read(3 * BLOCK, 1) == b""


def test_a_dynamic_disk_without_its_last_sector_still_opens():
    octets = dynamic([b"first"])
    assert disk_of_vhd(octets[:-512]).read(0, 5) == b"first"


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (footer(4), "differencing VHD disk image"),
        (footer(9), "VHD disk image of unknown kind"),
        (footer(3, 1 << 40), "damaged VHD disk image"),
        (dynamic([None], entries=1 << 31), "VHD disk image with more than 1,048,576 blocks"),
        (dynamic([None], entries=1_000_000), "damaged VHD disk image"),
        (b"conectix", "damaged VHD disk image"),
    ],
)
def test_what_cannot_be_opened_is_told(octets, words):
    with pytest.raises(Unreadable, match=words):
        disk_of_vhd(octets)


def test_as_many_blocks_as_the_format_holds_and_one_more():
    """Two tebibytes, of which none was ever written."""
    most = 1024 * 1024
    exact, over = (dynamic([None], entries=count) for count in (most, most + 1))
    table = bytes([0xFF]) * (4 * most + 4)
    assert disk_of_vhd(exact[:1_536] + table + exact[-512:]).size == most * BLOCK
    with pytest.raises(Unreadable, match="VHD disk image with more than 1,048,576 blocks"):
        disk_of_vhd(over[:1_536] + table + over[-512:])
