"""Opens disk images: partitions, and the FAT, ISO 9660 and UDF file systems. Other file systems are named.

A disk is read in place, by offsets; what a virtual disk only claims to hold takes no memory.
"""

from collections.abc import Iterator

from rules.message import Octets
from rules.reading.budget import Budget
from rules.reading.disks.disk import Disk, OctetsOnDisk, Section, Tally
from rules.reading.disks.fat import files_of_fat, is_fat
from rules.reading.disks.iso import files_of_iso
from rules.reading.disks.partitions import partitions_of
from rules.reading.disks.udf import files_of_udf
from rules.reading.disks.vhd import disk_of_vhd
from rules.reading.disks.vhdx import disk_of_vhdx
from rules.reading.member import Member, Unreadable

__all__ = ["unpack_image", "unpack_iso", "unpack_udf", "unpack_vhd", "unpack_vhdx"]

_NAMED = (
    (3, b"NTFS    ", "NTFS"),
    (3, b"EXFAT   ", "exFAT"),
    (3, b"ReFS\0", "ReFS"),
    (1_080, b"\x53\xef", "ext"),
    (1_024, b"H+", "HFS+"),
    (32, b"NXSB", "APFS"),
    (32_769, b"CD001", "ISO 9660"),
)
_LOCKED = ((3, b"-FVE-FS-", "BitLocker"), (0, b"LUKS\xba\xbe", "LUKS"))


def unpack_image(octets: Octets, budget: Budget) -> Iterator[Member]:
    """The files of a raw image, with partitions or without. Raises Unreadable after those that could be read."""
    yield from _of_disk(OctetsOnDisk(octets), Tally(budget.open(len(octets))))


def unpack_vhd(octets: Octets, budget: Budget) -> Iterator[Member]:
    """The files of a virtual hard disk, fixed or dynamic. Raises Unreadable after those that could be read."""
    yield from _of_disk(disk_of_vhd(octets), Tally(budget.open(len(octets))))


def unpack_vhdx(octets: Octets, budget: Budget) -> Iterator[Member]:
    """The files of one of the second form, likewise."""
    yield from _of_disk(disk_of_vhdx(octets), Tally(budget.open(len(octets))))


def unpack_iso(octets: Octets, budget: Budget) -> Iterator[Member]:
    """The files of an optical disc's ISO 9660. Raises Unreadable after those that could be read."""
    tally = Tally(budget.open(len(octets)))
    yield from files_of_iso(OctetsOnDisk(octets), tally)
    tally.tell()


def unpack_udf(octets: Octets, budget: Budget) -> Iterator[Member]:
    """The files of an optical disc's UDF, which Windows prefers to the ISO 9660 beside it. Raises as the others do."""
    tally = Tally(budget.open(len(octets)))
    yield from files_of_udf(OctetsOnDisk(octets), tally)
    tally.tell()


def _of_disk(disk: Disk, tally: Tally) -> Iterator[Member]:
    """A disk may be a file system and have partitions as well; a boot sector's code only looks like a table."""
    whole = is_fat(disk)
    if whole:
        yield from files_of_fat(disk, tally)
    for section in partitions_of(disk) or (() if whole else (Section(disk, 0, disk.size),)):
        try:
            yield from _of_section(section, tally, whole=whole)
        except Unreadable as error:
            tally.fault(str(error))
    tally.tell()


def _of_section(section: Section, tally: Tally, *, whole: bool) -> Iterator[Member]:
    if is_fat(section):
        yield from files_of_fat(section, tally)
        return
    locked = _found(section, _LOCKED)
    if locked is not None:
        yield Member(names=(f"{locked} volume",), octets=b"", encrypted=f"disk encrypted with {locked}")
    elif not whole:
        known = _found(section, _NAMED)
        raise Unreadable(
            f"disk image with {f'the file system {known}' if known else 'an unknown file system'}, not opened"
        )


def _found(disk: Disk, table: tuple[tuple[int, bytes, str], ...]) -> str | None:
    return next((name for at, mark, name in table if disk.read(at, len(mark)) == mark), None)
