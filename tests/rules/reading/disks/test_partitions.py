"""Partitions by either table; what the tables claim beyond the disk is no partition."""

import struct
from contextlib import nullcontext

import pytest

from rules.reading.budget import LimitExceeded
from rules.reading.disks.disk import OctetsOnDisk
from rules.reading.disks.partitions import partitions_of

SECTOR = 512


def table(*entries):
    """A boot record with these partitions: kind, first sector, count."""
    rows = b"".join(struct.pack("<4xB3xII", *entry) for entry in entries)
    return bytes(446) + rows.ljust(64, b"\0") + b"\x55\xaa"


def places(octets):
    return [(section.start // SECTOR, section.size // SECTOR) for section in partitions_of(OctetsOnDisk(octets))]


def test_a_disk_without_a_table_has_none():
    assert places(bytes(5_000)) == []
    assert places(b"") == []


def test_the_four_of_the_boot_record():
    octets = table((0x0C, 1, 4), (0x07, 5, 3), (0, 2, 2), (0xEE, 1, 9)) + bytes(9 * SECTOR)
    assert places(octets) == [(1, 4), (5, 3)]


def test_what_lies_beyond_the_disk_is_none_and_what_reaches_beyond_is_cut():
    assert places(table((0x0C, 4, 100), (0x0C, 900, 4)) + bytes(9 * SECTOR)) == [(4, 6)]


def test_logical_drives_in_an_extended_partition():
    octets = bytearray(20 * SECTOR)
    octets[:SECTOR] = table((0x05, 2, 18))
    octets[2 * SECTOR : 3 * SECTOR] = table((0x0C, 1, 4), (0x05, 8, 10))
    octets[10 * SECTOR : 11 * SECTOR] = table((0x0C, 1, 4))
    assert places(bytes(octets)) == [(3, 4), (11, 4)]


def test_a_chain_of_extended_partitions_that_goes_round_ends():
    octets = bytearray(20 * SECTOR)
    octets[:SECTOR] = table((0x05, 2, 18))
    octets[2 * SECTOR : 3 * SECTOR] = table((0x0C, 1, 4), (0x05, 0, 10))
    assert places(bytes(octets)) == [(3, 4)]


@pytest.mark.parametrize(("count", "limited"), [(128, False), (129, True)])
@pytest.mark.parametrize("kind", ["chain", "GPT"])
def test_as_many_partitions_as_are_opened_and_one_more(kind, count, limited):
    octets = bytearray(400 * SECTOR)
    octets[:SECTOR] = table((0x05, 2, 390))
    for number in range(count):  # each two sectors, of which the first is the next table
        following = ((0x05, 2 + 2 * number, 2),) if number + 1 < count else ()
        at = (2 + 2 * number) * SECTOR
        octets[at : at + SECTOR] = table((0x0C, 1, 1), *following)
    if kind == "GPT":
        entries = b"".join(struct.pack("<16s16xQQ80x", b"\1" * 16, 50 + number, 50 + number) for number in range(count))
        header = b"EFI PART".ljust(72, b"\0") + struct.pack("<QII", 2, count, 128)
        octets = table((0xEE, 1, 9)) + header.ljust(SECTOR, b"\0") + entries.ljust(SECTOR * 300, b"\0")
    with pytest.raises(LimitExceeded, match="more than 128 partitions") if limited else nullcontext():
        assert len(places(bytes(octets))) == 128


def test_both_tables_of_a_disk_count():
    """Windows takes a disk for a GPT disk only when its boot record says so."""
    reserved = bytes.fromhex("16e3c9e35c0bb84d817df92df00215ae")
    entries = struct.pack("<16s16xQQ80x", b"\1" * 16, 4, 6) + struct.pack("<16s16xQQ80x", reserved, 7, 9)
    header = b"EFI PART".ljust(72, b"\0") + struct.pack("<QII", 2, 4, 128)
    octets = table((0x0C, 8, 2)) + header.ljust(SECTOR, b"\0") + entries.ljust(SECTOR * 8, b"\0")
    assert places(octets) == [(8, 2), (4, 3)]
