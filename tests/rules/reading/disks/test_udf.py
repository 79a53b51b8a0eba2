"""UDF as genisoimage writes it beside ISO 9660, and as an attacker would change it."""

import struct

import pytest

from rules.reading.budget import Budget, LimitExceeded
from rules.reading.disks import udf as udf_module
from rules.reading.disks import unpack_udf
from rules.reading.member import Unreadable

pytestmark = pytest.mark.real


def taken(octets):
    found = []
    try:
        for member in unpack_udf(octets, Budget()):
            found.append(member)
    except (Unreadable, LimitExceeded) as error:
        return found, str(error)
    return found, None


@pytest.fixture
def udf(disc):
    """Without its ISO 9660 descriptors."""
    return disc("-udf").replace(b"CD001", bytes(5))


def test_files_come_out_with_their_paths(udf, program):
    members, fault = taken(udf)
    assert fault is None
    assert {member.names[0] for member in members} == {"notes.txt", "sub/Quarterly report.exe"}
    assert program in [member.octets for member in members]


def file_entry(octets, size):
    """Where the file entry of a file of this size begins (ECMA-167 4/14.9)."""
    return octets.index(struct.pack("<Q", size)) - 56


def test_a_file_beyond_the_end_of_the_image_is_told(udf):
    octets = bytearray(udf)
    at = file_entry(octets, 22 * 900)
    struct.pack_into("<I", octets, at + 176 + 4, 1 << 20)  # its extent begins elsewhere
    members, fault = taken(bytes(octets))
    assert len(members) == 2
    assert fault == "disk image: notes.txt is cut off"


def test_a_bomb_of_extents_that_were_never_recorded_ends_at_the_limits(udf):
    octets = bytearray(udf)
    at = file_entry(octets, 22 * 900)
    struct.pack_into("<Q", octets, at + 56, 1 << 40)
    struct.pack_into("<I", octets, at + 172, 800)  # octets of the list of extents
    for number in range(100):
        struct.pack_into("<II", octets, at + 176 + 8 * number, 1 << 30 | 0x3FFFFFFF, 0)
    assert taken(bytes(octets))[1] == "a container unpacks to more than 200 times its size"


def test_a_list_of_extents_that_goes_round_ends_at_the_limits(udf):
    octets = bytearray(udf)
    at = file_entry(octets, 22 * 900)
    (block,) = struct.unpack_from("<I", octets, at + 12)  # of the tag's own place
    struct.pack_into("<II", octets, at + 172, 16, 1)
    struct.pack_into("<II", octets, at + 176, 0, 0)
    octets[at + 24 : at + 40] = bytes(16)
    struct.pack_into("<H", octets, at + 34, 0)
    for place in range(at + 176, at + 192, 8):
        struct.pack_into("<II", octets, place, 3 << 30 | 2_048, block)
    for place in range(at + 24, at + 176, 8):
        struct.pack_into("<II", octets, place, 3 << 30 | 2_048, block)
    members, fault = taken(bytes(octets))
    assert fault is not None
    assert len(members) <= 2


@pytest.mark.parametrize("offset", [0, 256 * 2_048 + 16])
def test_damage_is_told(udf, offset):
    octets = udf[:offset] + bytes(40_000 if not offset else 8) + udf[offset + (40_000 if not offset else 8) :]
    members, fault = taken(octets if offset else bytes(len(udf)))
    assert members == []
    assert fault in ("damaged UDF disk image", "UDF disk image without its anchor")


@pytest.mark.parametrize(("more", "limited"), [(0, False), (1, True)])
def test_as_many_volume_descriptors_as_are_read_and_one_more(udf, program, more, limited):
    """With others in front of those that count, which the last of all ends."""
    octets = bytearray(udf)
    size, at = struct.unpack_from("<II", octets, 256 * 2_048 + 16)
    own = bytes(octets[at * 2_048 : at * 2_048 + size])
    count = next(number for number in range(16) if own[number * 2_048 : number * 2_048 + 2] == b"\x08\0")
    moved = struct.pack("<H", 1).ljust(2_048, b"\0") * (64 - count + more) + own[: (count + 1) * 2_048]
    struct.pack_into("<II", octets, 256 * 2_048 + 16, len(moved), len(octets) // 2_048)
    members, fault = taken(bytes(octets) + moved + bytes(2_048 * 300))
    assert fault == ("UDF disk image with more than 64 volume descriptors" if limited else None)
    assert (program in [member.octets for member in members]) != limited


def sector_with_tag(octets, tag):
    return next(at for at in range(0, len(octets), 2_048) if octets[at : at + 2] == struct.pack("<H", tag))


def with_metadata_in(octets, count):
    """The same disc as one whose folders lie in a metadata file of so many pieces (OSTA UDF 2.50 section 2.2.10)."""
    changed = bytearray(octets)
    (start,) = struct.unpack_from("<I", changed, sector_with_tag(octets, 5) + 188)
    logical = sector_with_tag(octets, 6)
    struct.pack_into("<II", changed, logical + 264, 64, 1)
    partition_map = b"\x02\x40\0\0\0*UDF Metadata Partition".ljust(38, b"\0")
    partition_map += struct.pack("<HI", 0, len(octets) // 2_048 - start)
    changed[logical + 440 : logical + 504] = partition_map.ljust(64, b"\0")
    entry = bytearray(2_048)
    struct.pack_into("<H", entry, 0, 261)
    struct.pack_into("<II", entry, 168, 0, 8 * count)
    for number in range(count):
        size = 2_048 if number + 1 < count else 4_096 * 2_048
        struct.pack_into("<II", entry, 176 + 8 * number, size, number)
    return bytes(changed) + bytes(entry)


@pytest.mark.parametrize(("more", "limited"), [(0, False), (1, True)])
def test_metadata_in_as_many_pieces_as_are_followed_and_one_more(udf, program, more, limited):
    members, fault = taken(with_metadata_in(udf, 64 + more))
    assert fault == ("UDF disk image with its metadata in more than 64 pieces" if limited else None)
    assert (program in [member.octets for member in members]) != limited


@pytest.mark.parametrize(
    ("more", "fault"), [(0, None), (1, "UDF disk image with a list of extents of more than 64 KiB")]
)
def test_a_list_of_extents_that_goes_on_as_long_as_is_read_and_longer(udf, program, more, fault):
    """The metadata's list goes on behind the image, where it says the same."""
    changed = bytearray(with_metadata_in(udf, 1))
    own = bytes(changed[-2_048 + 176 : -2_048 + 184])
    (start,) = struct.unpack_from("<I", changed, sector_with_tag(udf, 5) + 188)
    struct.pack_into("<II", changed, len(udf) + 176, 3 << 30 | 64 * 1024 + more, len(changed) // 2_048 - start)
    members, told = taken(bytes(changed) + bytes(24) + own + bytes(64 * 1024))
    assert told == fault
    assert (program in [member.octets for member in members]) == (fault is None)


def test_as_many_extents_as_are_followed_and_one_more(udf, program, monkeypatch):
    """At the number that this disc has everything is read; below it the rest is told."""
    found = {}
    for limit in range(1, 20):
        monkeypatch.setattr(udf_module, "_MAX_EXTENTS", limit)
        found[limit] = taken(udf)
    exact = min(limit for limit, (_, fault) in found.items() if fault is None)
    assert exact > 3  # two files and their folders
    assert program in [member.octets for member in found[exact][0]]
    assert found[exact - 1][1] == f"UDF disk image with more than {exact - 1} extents"


def test_a_folder_as_long_as_is_read_and_longer_by_one_octet(udf, monkeypatch):
    def fault(limit):
        monkeypatch.setattr(udf_module, "_MAX_DIRECTORY", limit)
        return taken(udf)[1]

    exact = next(limit for limit in range(80, 500) if fault(limit) is None)
    assert "is cut off" in fault(exact - 1)


def test_a_disc_written_in_sessions_is_told(udf):
    at = udf.index(b"\x01\x06\x01\x00", 0)  # the map of its one partition
    octets = bytearray(udf)
    octets[at : at + 64] = b"\x02\x40\0\0\0*UDF Virtual Partition".ljust(64, b"\0")
    assert "written in sessions" in taken(bytes(octets))[1]
