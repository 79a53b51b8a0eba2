"""ISO 9660 as genisoimage writes it: every tree counts, whichever a system shows."""

import struct

import pytest

from rules.reading.budget import Budget, LimitExceeded, Limits
from rules.reading.disks import iso as iso_module
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


def both(number):
    return struct.pack("<I", number) + struct.pack(">I", number)


def record(name, sector, size, fields=b"", flags=0):
    """A directory record (ECMA-119 9.1) with what stands behind its name."""
    behind = name + bytes(len(name) % 2 == 0) + fields
    return (
        bytes([33 + len(behind), 0])
        + both(sector)
        + both(size)
        + bytes(7)
        + bytes([flags, 0, 0, 1, 0, 0, 1, len(name)])
        + behind
    )


def by_hand(*records, others=0):
    """An image whose root folder holds these, with so many volume descriptors that say nothing before the end."""
    root = record(b"\0", 100, 2_048, flags=2)
    volume = (b"\1CD001\1".ljust(128, b"\0") + struct.pack("<H", 2_048)).ljust(156, b"\0") + root
    descriptors = [volume, *[b"\0CD001\1"] * others, b"\xffCD001\1"]
    octets = b"".join(descriptor.ljust(2_048, b"\0") for descriptor in descriptors)
    return (
        bytes(16 * 2_048)
        + octets.ljust(84 * 2_048, b"\0")
        + b"".join((root, *records)).ljust(2_048, b"\0")
        + b"words".ljust(2_048, b"\0")
    )


@pytest.mark.parametrize(("others", "fault"), [(63, None), (64, "more than 64 volume descriptors")])
def test_as_many_volume_descriptors_as_are_read_and_one_more(others, fault):
    members, told = taken(by_hand(record(b"A.EXE;1", 101, 5), others=others))
    assert [member.names for member in members] == [("A.EXE",)]
    assert told == (fault and f"ISO 9660 disk image with {fault}")


@pytest.mark.parametrize(("pieces", "fault"), [(32, None), (33, "is stored in a way that is not read")])
def test_a_name_in_as_many_pieces_as_are_read_and_one_more(pieces, fault):
    """Rock Ridge fields that go on elsewhere, each with a letter of the name (SUSP 1.12 section 5.1)."""
    goes_on = [b"CE\x1c\1" + both(102 + number) + both(0) + both(64) for number in range(pieces - 1)]
    fields = [b"NM\6\1\0a" + further for further in (*goes_on, b"NM\x09\1\0.exe")]
    image = by_hand(record(b"A.TXT;1", 101, 5, fields[0]))
    members, told = taken(image + b"".join(piece.ljust(2_048, b"\0") for piece in fields[1:]))
    assert (members[0].names[0] == "a" * pieces + ".exe") == (fault is None)
    assert told == (fault and f"disk image: {'a' * 32} {fault}")


@pytest.mark.parametrize(("more", "fault"), [(0, None), (1, "disk image with a file of more than 3 extents")])
def test_a_file_of_as_many_extents_as_are_followed_and_of_one_more(more, fault, monkeypatch):
    monkeypatch.setattr(iso_module, "_MAX_EXTENTS", 3)
    pieces = [record(b"A.EXE;1", 101, 5, flags=0x80)] * (2 + more) + [record(b"A.EXE;1", 101, 5)]
    members, told = taken(by_hand(*pieces))
    assert (members[0].octets, told) == (b"words" * (3 + more), fault)


def test_a_damaged_tree_is_told(disc):
    octets = bytearray(disc())
    octets[record_of(octets, b"NOTES.TXT")] = 20
    assert taken(bytes(octets))[1] == "damaged ISO 9660 disk image"
    assert taken(bytes(40_000))[1] == "damaged ISO 9660 disk image"


@pytest.mark.parametrize(("names", "members"), [(8, 1), (9, 2)])
def test_a_file_with_as_many_names_as_are_one_file_and_one_more(names, members):
    """More count as files of their own, so that no image has names without end."""
    image = by_hand(*(record(b"%d.TXT;1" % number, 101, 5) for number in range(names)))
    assert taken(image, Limits(members=members))[1] is None
    assert taken(image, Limits(members=members - 1))[1] is not None
