"""A disk is read by offset, never beyond its end; what is asked of one image is counted."""

import pytest

from rules.reading.budget import Budget, LimitExceeded, Limits
from rules.reading.disks.disk import OctetsOnDisk, Section, Tally
from rules.reading.member import Unreadable


def test_a_disk_ends_where_its_octets_end():
    disk = OctetsOnDisk(b"0123456789")
    assert (disk.size, disk.read(2, 3), disk.read(8, 5), disk.read(20, 1), disk.read(-1, 1)) == (
        10, b"234", b"89", b"", b"",
    )  # fmt: skip


def test_a_section_shows_nothing_beside_it():
    section = Section(OctetsOnDisk(b"0123456789"), 3, 4)
    assert (section.read(0, 9), section.read(3, 9), section.read(4, 1), section.read(-2, 3)) == (
        b"3456", b"6", b"", b"",
    )  # fmt: skip


def test_folders_are_counted_up_to_their_limit():
    tally = Tally(Budget().open(1))
    tally.folder(16 * 1024 * 1024)
    with pytest.raises(LimitExceeded, match="more than 16 MiB of folders"):
        tally.folder(1)


def test_pieces_are_counted_before_the_next_is_read():
    octets = bytes(3 * 1024 * 1024)
    tally = Tally(Budget(Limits(unpacked=1024 * 1024)).open(len(octets)))
    pieces = tally.pieces(OctetsOnDisk(octets), 0, len(octets))
    assert len(next(pieces)) == 1024 * 1024
    with pytest.raises(LimitExceeded, match="more than 1 MiB"):
        next(pieces)


def test_pieces_end_with_the_disk():
    tally = Tally(Budget().open(1))
    assert b"".join(tally.pieces(OctetsOnDisk(b"0123456789"), 7, 100)) == b"789"


def test_faults_are_told_once_each():
    tally = Tally(Budget().open(1))
    tally.tell()
    for words in ("a", "a", "b", "c"):
        tally.fault(words)
    with pytest.raises(Unreadable, match="a; b"):
        tally.tell()
