"""Whatever kind of disk image holds a program gives it; other file systems are named, locked ones too."""

import struct

import pytest

from rules.reading.budget import Budget
from rules.reading.disks import unpack_image, unpack_iso, unpack_udf, unpack_vhd, unpack_vhdx
from rules.reading.member import Unreadable
from tests.rules.reading.disks.test_vhdx import MEBIBYTE, vhdx

SECTOR = 512


def taken(unpack, octets):
    found = []
    try:
        for member in unpack(octets, Budget()):
            found.append(member)
    except Unreadable as error:
        return found, str(error)
    return found, None


def partitioned(*contents):
    """A disk with these file systems in partitions."""
    rows, octets = b"", b""
    for content in contents:
        rows += struct.pack("<4xB3xII", 0x0C, 1 + len(octets) // SECTOR, len(content) // SECTOR)
        octets += content
    return bytes(446) + rows.ljust(64, b"\0") + b"\x55\xaa" + octets


def with_footer(octets):
    """A fixed VHD (specification 1.0)."""
    return octets + (b"conectix" + bytes(52) + struct.pack(">I", 2)).ljust(SECTOR, b"\0")


def boot_sector(name):
    return (b"\xeb\x58\x90" + name).ljust(510, b"\0") + b"\x55\xaa" + bytes(SECTOR * 40)


@pytest.mark.real
def test_a_program_on_a_disk_with_partitions_and_without(floppy, program):
    for octets in (floppy(), partitioned(floppy())):
        blocks = [octets[at : at + MEBIBYTE] for at in range(0, len(octets), MEBIBYTE)]
        forms = ((unpack_image, octets), (unpack_vhd, with_footer(octets)), (unpack_vhdx, vhdx(blocks)))
        for unpack, image in forms:
            members, fault = taken(unpack, image)
            assert fault is None
            assert members[-1].octets == program


@pytest.mark.real
def test_one_partition_that_is_not_opened_does_not_hide_the_other(floppy, program):
    members, fault = taken(unpack_image, partitioned(boot_sector(b"NTFS    "), floppy()))
    assert members[-1].octets == program
    assert fault == "disk image with the file system NTFS, not opened"


@pytest.mark.real
def test_a_table_in_the_boot_sector_of_a_file_system_counts_too(floppy, program):
    """A disk that is a file system from its first sector, and has a partition with another behind it."""
    shown, hidden = floppy("-f", "720"), floppy()
    row = struct.pack("<4xB3xII", 0x0C, len(shown) // SECTOR, len(hidden) // SECTOR)
    octets = shown[:446] + row.ljust(64, b"\0") + b"\x55\xaa" + shown[512:] + hidden
    members, fault = taken(unpack_image, octets)
    assert [member.octets for member in members].count(program) == 2
    assert fault is None


@pytest.mark.parametrize(
    ("mark", "name"),
    [(b"NTFS    ", "the file system NTFS"), (b"EXFAT   ", "the file system exFAT"), (b"", "an unknown file system")],
)
def test_other_file_systems_are_named(mark, name):
    for unpack, octets in ((unpack_image, boot_sector(mark)), (unpack_vhd, with_footer(boot_sector(mark)))):
        members, fault = taken(unpack, octets)
        assert (members, fault) == ([], f"disk image with {name}, not opened")


def test_e08_a_locked_volume_is_told_as_encrypted():
    members, fault = taken(unpack_vhd, with_footer(partitioned(boot_sector(b"-FVE-FS-"))))
    assert [(member.octets, member.encrypted) for member in members] == [(b"", "disk encrypted with BitLocker")]
    assert fault is None


@pytest.mark.real
@pytest.mark.parametrize("kind", ["floppy", "disc"])
def test_e12_no_damage_raises_anything_else(request, kind):
    """Cut at 16 points, and changed at 150."""
    make = request.getfixturevalue(kind)
    octets = make() if kind == "floppy" else make("-J", "-R", "-udf")
    unpackers = (unpack_image,) if kind == "floppy" else (unpack_iso, unpack_udf)
    for step in range(16):
        for unpack in unpackers:
            taken(unpack, octets[: len(octets) * step // 16])
    used = [at for at in range(len(octets)) if octets[at]][:: max(1, sum(map(bool, octets)) // 150)]
    for at in used:
        damaged = bytearray(octets)
        damaged[at] ^= 0xFF
        for unpack in unpackers:
            taken(unpack, bytes(damaged))
