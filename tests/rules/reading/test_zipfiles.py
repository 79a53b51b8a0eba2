"""A zip is read by its directory and by its local headers, and what differs between them counts twice."""

import bz2
import io
import lzma
import struct
import time
import zipfile
import zlib

import pytest

from rules.reading.budget import Budget, LimitExceeded, Limits
from rules.reading.member import Unreadable
from rules.reading.zipfiles import directory_of, read_entry, unpack_zip

PROGRAM = b"MZ and so on"


def zipped(names, method=zipfile.ZIP_DEFLATED, content=PROGRAM):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name in names:
            archive.writestr(name, content)
    return target.getvalue()


def taken(octets, limits=None):
    """Members, and the complaint at the end if there is one."""
    found = []
    try:
        for member in unpack_zip(octets, Budget(limits)):
            found.append(member)
    except (Unreadable, LimitExceeded) as error:
        return found, str(error)
    return found, None


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_come_out_whole(method):
    (member,), fault = taken(zipped(["a/payload.exe"], method, PROGRAM * 100_000))
    assert fault is None
    assert (member.names, member.octets) == (("a/payload.exe",), PROGRAM * 100_000)


def test_folders_are_no_members():
    assert taken(zipped(["folder/"], content=b"")) == ([], None)


def test_a_folder_with_content_is_none():
    (member,), _ = taken(zipped(["payload.exe/"]))
    assert member.octets == PROGRAM


def test_an_empty_archive_is_an_archive():
    assert taken(zipped([])) == ([], None)


def test_sizes_behind_the_data_are_no_matter():
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

        def seek(self, *_):
            raise OSError

    target = Pipe()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", PROGRAM)
    (member,), fault = taken(target.getvalue())
    assert (member.octets, fault) == (PROGRAM, None)


@pytest.mark.parametrize(("listed", "local"), [(b"payload.exe", b"payload.txt"), (b"payload.txt", b"payload.exe")])
def test_e05_both_names_of_a_member_count(listed, local):
    octets = zipped(["payload.exe"])
    at = octets.index(b"PK\x01\x02")
    octets = octets[:at].replace(b"payload.exe", local) + octets[at:].replace(b"payload.exe", listed)
    (member,), _ = taken(octets)
    assert set(member.names) == {"payload.exe", "payload.txt"}


def test_a_member_that_the_directory_leaves_out_is_found():
    hidden, shown = zipped(["payload.exe"]), zipped(["a.txt"], content=b"harmless")
    local = hidden[: hidden.index(b"PK\x01\x02")]
    members, _ = taken(local + shown)
    assert [member.names[0] for member in members] == ["a.txt", "payload.exe"]
    assert members[1].octets == PROGRAM


def test_a_cut_archive_gives_what_it_has_and_is_told():
    octets = zipped(["payload.exe", "b.txt"])
    members, fault = taken(octets[: octets.index(b"PK\x01\x02")])
    assert [member.names[0] for member in members] == ["payload.exe", "b.txt"]
    assert "without a directory" in fault


def test_content_in_front_of_an_archive_is_passed_over():
    (member,), fault = taken(b"GIF89a" * 100 + zipped(["payload.exe"]))
    assert (member.names, fault) == (("payload.exe",), None)


def test_an_encrypted_member_is_named_and_not_read():
    octets = bytearray(zipped(["secret.doc"]))
    for at in (6, octets.index(b"PK\x01\x02") + 8):
        octets[at] |= 1
    (member,), fault = taken(bytes(octets))
    assert (member.names, member.octets, member.encrypted) == (("secret.doc",), b"", "encrypted zip member")
    assert fault is None


@pytest.mark.parametrize("where", ["local", "central"])
def test_e08_a_lock_that_only_one_header_claims_hides_nothing(where):
    octets = bytearray(zipped(["payload.exe"]))
    octets[6 if where == "local" else octets.index(b"PK\x01\x02") + 8] |= 1
    members, fault = taken(bytes(octets))
    assert [(member.octets, member.encrypted) for member in members] == [
        (b"", "encrypted zip member"),
        (PROGRAM, None),
    ]
    assert fault == "payload.exe is encrypted by one of its headers only"


@pytest.mark.parametrize("name", ["../payload.exe", "C:\\payload.exe", "/payload.exe"])
def test_e09_a_path_that_leads_out_is_told_and_its_member_read(name):
    (member,), fault = taken(zipped([name]))
    assert (member.names, member.octets) == ((name,), PROGRAM)
    assert fault == f"a path that leads out of the archive: {name}"


def test_e09_a_link_that_leads_out_is_told():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.create_system, link.external_attr = 3, 0xA1FF << 16
        archive.writestr(link, "/etc")
        archive.writestr("link/payload.exe", PROGRAM)
    members, fault = taken(target.getvalue())
    assert members[1].octets == PROGRAM
    assert fault == "a link that leads out of the archive: link to /etc"


def test_e03_a_member_listed_a_thousand_times_is_refused_by_its_overlap():
    octets = zipped(["a.txt"], content=bytes(10_000))
    start, end = octets.index(b"PK\x01\x02"), octets.index(b"PK\x05\x06")
    entries = octets[start:end] * 1_000
    record = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1_000, 1_000, len(entries), start, 0)
    members, fault = taken(octets[:start] + entries + record)
    assert "overlap" in fault
    assert not any(member.octets for member in members)


def test_a_bomb_is_stopped_while_it_is_read():
    octets = zipped(["a.bin"], content=bytes(30 * 1024 * 1024))
    members, fault = taken(octets)
    assert members == []
    assert "200 times its size" in fault


def test_members_are_counted():
    _, fault = taken(zipped([f"{n}.txt" for n in range(30)]), Limits(members=20))
    assert fault == "more than 20 files in containers"


def test_a_method_that_is_not_read_is_told_with_the_name():
    octets = bytearray(zipped(["a.txt"]))
    octets[8] = 98
    octets[octets.index(b"PK\x01\x02") + 10] = 98
    members, fault = taken(bytes(octets))
    assert members[0].names == ("a.txt",)
    assert fault == "a.txt: compressed with PPMd, which is not read"


def test_the_larger_end_record_is_followed(monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    (first, second), fault = taken(zipped(["a.txt", "b.txt"]))
    assert (first.octets, second.octets, fault) == (PROGRAM, PROGRAM, None)


def test_names_are_read_in_every_way():
    octets = zipped(["xx.txt"]).replace(b"xx.txt", "ü.txt".encode())
    (member,), _ = taken(octets)
    assert "ü.txt" in member.names
    assert len(member.names) == 2


def test_an_entry_can_be_looked_into_without_the_rest():
    octets = zipped(["a.xml"], content=b"<a/>" * 100_000)
    (entry,) = directory_of(octets)
    assert read_entry(octets, entry, 10) == b"<a/><a/><a"


@pytest.mark.parametrize("cut", range(0, 220, 7))
def test_no_cut_raises_anything_else(cut):
    taken(zipped(["payload.exe", "b.txt"])[:cut])


@pytest.mark.parametrize("flip", range(0, 230, 3))
def test_no_flipped_octet_raises_anything_else(flip):
    octets = bytearray(zipped(["payload.exe", "b.txt"]))
    octets[flip % len(octets)] ^= 0xFF
    taken(bytes(octets))


def test_xz_and_bzip2_data_that_is_damaged_is_told():
    for method, packed in ((95, lzma.compress(PROGRAM)), (12, bz2.compress(PROGRAM))):
        octets = bytearray(zipped(["a.txt"], zipfile.ZIP_STORED, packed[:-8] + b"\xff" * 8))
        octets[8] = octets[octets.index(b"PK\x01\x02") + 10] = method
        _, fault = taken(bytes(octets))
        assert fault == "a.txt: damaged data"


def test_data_behind_the_end_of_a_member_is_told():
    """A reader from the front finds another member there."""
    hidden = zipped(["payload.exe"])
    local = hidden[: hidden.index(b"PK\x01\x02")]
    packed = zlib.compressobj(wbits=-15)
    octets = bytearray(zipped(["a.txt"], zipfile.ZIP_STORED, packed.compress(b"text") + packed.flush() + local))
    octets[8] = octets[octets.index(b"PK\x01\x02") + 10] = zipfile.ZIP_DEFLATED
    (member,), fault = taken(bytes(octets))
    assert member.octets == b"text"
    assert fault == "a.txt: more behind the end of its data, which readers from the front take for members"


def test_sizes_of_the_local_header_count_too():
    """Stored data, of which the directory lists the first octets only; with the mark that its size stands behind it."""
    octets = bytearray(zipped(["a.bin"], zipfile.ZIP_STORED, b"text" + PROGRAM))
    octets[6] |= 8
    octets[octets.index(b"PK\x01\x02") + 20] = 4
    members, _ = taken(bytes(octets))
    assert [member.octets for member in members] == [b"text", b"text" + PROGRAM]


def test_xz_that_asks_for_too_much_memory_is_told():
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 512 * 1024 * 1024}]
    octets = bytearray(zipped(["a.txt"], zipfile.ZIP_STORED, lzma.compress(PROGRAM, filters=filters)))
    octets[8] = octets[octets.index(b"PK\x01\x02") + 10] = 95
    assert taken(bytes(octets))[1] == "a.txt: damaged data"


@pytest.mark.parametrize(
    ("marks", "limit"),
    [(20_000, None), (20_001, "zip archives with more than 20,000 marks of local headers")],
)
def test_places_that_begin_as_a_local_header_are_looked_at_20_000_times(marks, limit):
    (member,), fault = taken(b"PK\3\4" * marks + zipped(["a.txt"]))
    assert (member.octets, fault) == (PROGRAM, limit)


def test_places_that_claim_a_long_name_each_and_are_none_cost_little():
    began = time.process_time()
    taken((b"PK\3\4" + b"\xe1" * 22 + b"\xff\xff\1\0") * 19_000 + zipped(["a.txt"]))
    assert time.process_time() - began < 1


@pytest.mark.parametrize(("more", "told"), [(0, True), (1, False)])
def test_a_link_with_a_target_as_long_as_systems_follow_and_longer(more, told):
    target = "/" * more + "./" * 2_047 + ".."
    link = zipfile.ZipInfo("link")
    link.create_system, link.external_attr = 3, 0xA1FF << 16
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(link, target[more:] if not more else "./" * 2_047 + "/..")
    assert ("leads out" in str(taken(written.getvalue())[1])) == told
