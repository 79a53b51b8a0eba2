"""ISO 9660 as genisoimage writes it: every tree counts, whichever a system shows."""

import struct

import pytest

from rules.reading.budget import Budget, LimitExceeded, Limits
from rules.reading.disks import unpack_iso
from rules.reading.member import Unreadable

pytestmark = pytest.mark.real

BOTH = ("-J", "-R")


def taken(octets, limits=None):
    found = []
    try:
        for member in unpack_iso(octets, Budget(limits)):
            found.append(member)
    except (Unreadable, LimitExceeded) as error:
        return found, str(error)
    return found, None


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ((), ("SUB/QUARTERL.EXE",)),
        (("-J",), ("SUB/QUARTERL.EXE", "sub/Quarterly report.exe")),
        (("-R",), ("sub/Quarterly report.exe", "sub/QUARTERL.EXE")),
        (BOTH, ("sub/Quarterly report.exe", "sub/QUARTERL.EXE")),
    ],
)
def test_files_come_out_with_the_names_of_every_tree(disc, program, arguments, names):
    members, fault = taken(disc(*arguments))
    assert fault is None
    assert [member.names for member in members if member.octets == program] == [names]
    assert len(members) == 2


@pytest.mark.parametrize("tree", ["-hide", "-hide-joliet"])
def test_e05_a_file_that_one_tree_hides_is_found_in_the_other(disc, program, tree):
    members, _ = taken(disc(*BOTH, tree, "Quarterly report.exe"))
    assert program in [member.octets for member in members]


def test_e17_names_with_characters_that_turn_the_direction_come_out_as_they_are(files, disc, program):
    (files / "invoice_\u202efdp.exe").write_bytes(program + b"other")
    members, _ = taken(disc("-J", "-R", "-input-charset", "utf-8"))
    assert any("\u202efdp.exe" in name for member in members for name in member.names)


def test_a_cut_image_is_told_with_the_name(disc):
    octets = disc(*BOTH)
    members, fault = taken(octets[: octets.index(b"Notes of the meeting") + 100])
    assert len(members) == 2
    assert "notes.txt is cut off" in fault


def record_of(octets, name):
    """Where the directory record of this name begins."""
    return octets.index(name) - 33


def test_an_image_that_holds_itself_ends_at_the_limits(disc):
    """A quine: its one large file is the image. Each level is a container of its own, so the caller's depth ends it."""
    octets = bytearray(disc())
    at = record_of(octets, b"NOTES.TXT")
    struct.pack_into("<I", octets, at + 2, 0)
    struct.pack_into("<I", octets, at + 10, len(octets))
    members, _ = taken(bytes(octets))
    assert bytes(octets) in [member.octets for member in members]


def test_a_file_larger_than_the_disk_takes_no_memory(disc):
    octets = bytearray(disc())
    struct.pack_into("<I", octets, record_of(octets, b"NOTES.TXT") + 10, 0xFFFFFFFF)
    members, fault = taken(bytes(octets))
    assert all(len(member.octets) <= len(octets) for member in members)
    assert "NOTES.TXT is cut off" in fault


def test_interleaved_files_are_told(disc):
    octets = bytearray(disc())
    octets[record_of(octets, b"NOTES.TXT") + 26] = 1
    _, fault = taken(bytes(octets))
    assert fault == "disk image: NOTES.TXT is stored in a way that is not read"


def test_members_are_counted_and_their_names_told_all_the_same(disc):
    members, fault = taken(disc(), Limits(members=2))
    assert fault == "more than 2 files in containers"
    assert len(members) == 1


def test_a_damaged_tree_is_told(disc):
    octets = bytearray(disc())
    octets[record_of(octets, b"NOTES.TXT")] = 20
    assert taken(bytes(octets))[1] == "damaged ISO 9660 disk image"
    assert taken(bytes(40_000))[1] == "damaged ISO 9660 disk image"
