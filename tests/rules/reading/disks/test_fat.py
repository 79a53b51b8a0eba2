"""FAT12, FAT16 and FAT32 as mtools writes them, and as an attacker would."""

import struct

import pytest

from rules.reading.budget import Budget, LimitExceeded
from rules.reading.disks.disk import OctetsOnDisk, Tally
from rules.reading.disks.fat import files_of_fat, is_fat

pytestmark = pytest.mark.real

FAT12, FAT16, FAT32 = ("-f", "1440"), ("-T", "40000"), ("-F", "-T", "70000", "-c", "1")


def taken(octets):
    tally = Tally(Budget().open(len(octets)))
    return list(files_of_fat(OctetsOnDisk(octets), tally)), tally.faults


@pytest.mark.parametrize("kind", [FAT12, FAT16, FAT32], ids=["FAT12", "FAT16", "FAT32"])
def test_every_file_comes_out_with_both_its_names(floppy, program, kind):
    octets = floppy(*kind)
    assert is_fat(OctetsOnDisk(octets))
    members, faults = taken(octets)
    assert [member.names for member in members] == [
        ("NOTES.TXT",),
        ("SUB/Quarterly report.exe", "SUB/QUARTE~1.EXE"),
    ]
    assert members[1].octets == program
    assert faults == []


def test_other_content_is_no_fat():
    assert not is_fat(OctetsOnDisk(b""))
    assert not is_fat(OctetsOnDisk(b"\xeb\x3c\x90" + bytes(509)))


def test_a_file_beyond_the_end_of_the_image_is_told(floppy):
    members, faults = taken(floppy()[:20_000])
    assert members[0].names == ("NOTES.TXT",)
    assert faults[0] == "disk image: NOTES.TXT is cut off"


def directory_entry(name, first, size, attributes=0x20):
    return struct.pack("<11sB14xHI", name, attributes, first, size)


def root_of(octets):
    reserved, tables = struct.unpack_from("<HB", octets, 14)
    return (reserved + tables * struct.unpack_from("<H", octets, 22)[0]) * 512


def with_root(octets, entries):
    at = root_of(octets)
    return octets[:at] + entries + bytes(32) + octets[at + len(entries) + 32 :]


def test_a_file_that_runs_in_a_circle_is_told(floppy):
    octets = bytearray(with_root(floppy(), directory_entry(b"BOMB    BIN", 2, 0xFFFFFFFF)))
    octets[512 + 3] = 2  # the cluster after the second is the second
    octets[512 + 4] &= 0xF0
    (member,), faults = taken(bytes(octets))
    assert len(member.octets) <= len(octets)
    assert faults == ["disk image: BOMB.BIN is cut off"]


def test_files_that_share_their_clusters_end_at_the_limits(floppy):
    """220 files of 1.4 megabytes each on a floppy disk."""
    entries = b"".join(directory_entry(b"BOMB%04dBIN" % number, 2, 1_400_000) for number in range(220))
    octets = bytearray(with_root(floppy(), entries))
    for table in (512, 512 + struct.unpack_from("<H", octets, 22)[0] * 512):
        for cluster in range(2, 2_840, 2):
            pair = (cluster + 1) | (cluster + 2) << 12
            octets[table + cluster * 3 // 2 : table + cluster * 3 // 2 + 3] = pair.to_bytes(3, "little")
    with pytest.raises(LimitExceeded, match="200 times its size"):
        taken(bytes(octets))


def test_a_folder_inside_itself_is_read_once(floppy):
    octets = with_root(floppy(), directory_entry(b"SUB        ", 2, 0, 0x10))
    at = root_of(octets) + 224 * 32
    inside = directory_entry(b"SUB        ", 2, 0, 0x10) + directory_entry(b"A       TXT", 0, 0)
    members, faults = taken(octets[:at] + inside + bytes(448) + octets[at + 512 :])
    assert ([member.names for member in members], faults) == ([("SUB/A.TXT",)], [])


def chain(octets, *following):
    """Write what follows the second cluster, the third and so on into the first table of a FAT12."""
    table = struct.unpack_from("<H", octets, 14)[0] * 512
    for cluster in range(2, 2 + len(following), 2):
        first, second = (*following[cluster - 2 : cluster], 0xFFF)[:2]
        at = table + cluster * 3 // 2
        octets[at : at + 3] = (first | second << 12).to_bytes(3, "little")


@pytest.mark.parametrize(("clusters", "limited"), [(32, False), (33, True)])
def test_a_folder_as_long_as_may_be_and_longer(floppy, clusters, limited):
    """65,536 entries of 32 octets, in clusters of 64 KiB."""
    octets = bytearray(floppy("-T", "6000", "-c", "128"))
    chain(octets, *range(3, clusters + 2), 0xFFF)
    data = root_of(octets) + struct.unpack_from("<H", octets, 17)[0] * 32
    octets[root_of(octets) : root_of(octets) + 64] = directory_entry(b"SUB        ", 2, 0, 0x10) + bytes(32)
    octets[data : data + clusters * 65_536] = (b"\xe5" + bytes(31)) * (clusters * 2_048)
    octets[data + 32 * 65_536 - 32 : data + 32 * 65_536] = directory_entry(b"A       EXE", 0, 0)
    members, faults = taken(bytes(octets))
    assert [member.names for member in members] == [("SUB/A.EXE",)]
    assert faults == ["disk image with a folder of more than 65,536 entries"] * limited


@pytest.mark.parametrize(("depth", "limited"), [(50, False), (51, True)])
def test_folders_as_deep_as_are_followed_and_one_deeper(floppy, depth, limited):
    octets = bytearray(with_root(floppy(), directory_entry(b"SUB        ", 2, 0, 0x10)))
    data = root_of(octets) + 224 * 32
    for cluster in range(2, depth + 1):
        at = data + (cluster - 2) * 512
        octets[at : at + 512] = directory_entry(b"SUB        ", cluster + 1, 0, 0x10).ljust(512, b"\0")
    at = data + (depth - 1) * 512
    octets[at : at + 512] = directory_entry(b"A       EXE", 0, 0).ljust(512, b"\0")
    chain(octets, *[0xFFF] * depth)  # each a chain of its own
    members, faults = taken(bytes(octets))
    assert [member.names for member in members] == [] if limited else [("SUB/" * depth + "A.EXE",)]
    assert faults == ["disk image with folders more than 50 deep"] * limited


def test_folders_that_are_very_long_are_refused(floppy):
    """5,000 folders that share one long chain would take minutes."""
    octets = bytearray(floppy("-T", "40000", "-c", "1"))
    count = 39_000
    reserved = struct.unpack_from("<H", octets, 14)[0] * 512
    struct.pack_into(f"<{count}H", octets, reserved + 4, *range(3, count + 3))
    data = root_of(octets) + struct.unpack_from("<H", octets, 17)[0] * 32
    folders = b"".join(directory_entry(b"%08d   " % number, number + 2, 0, 0x10) for number in range(30))
    octets[root_of(octets) : root_of(octets) + len(folders)] = folders
    octets[data : data + 2_000_000] = b"\xe5" * 2_000_000  # deleted entries
    with pytest.raises(LimitExceeded, match="more than 16 MiB of folders"):
        taken(bytes(octets))
