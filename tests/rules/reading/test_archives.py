"""Archives made by real programs come apart in memory; damaged ones are told."""

import base64
import bz2
import gzip
import io
import lzma
import struct
import subprocess
import tarfile
import zlib

import pytest
from libarchive import ffi
from libarchive.exception import ArchiveError

from rules.reading.archives import has_hidden_names, unpack_archive
from rules.reading.budget import Budget, LimitExceeded, Limits
from rules.reading.formats import formats_of
from rules.reading.member import Unreadable
from rules.reading.signatures import Format

PROGRAM = b"MZ and so on" * 10


def tarred(names=("payload.exe",), mode="w", content=PROGRAM):
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as archive:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return target.getvalue()


def taken(octets, names=("x",), limits=None):
    return list(unpack_archive(octets, formats_of(octets)[0], names, Budget(limits)))


@pytest.fixture
def made(tmp_path):
    """An archive of `payload.exe` made by a program; `{}` in its arguments stands for the archive."""

    def make(*command, suffix):
        (tmp_path / "payload.exe").write_bytes(PROGRAM)
        (tmp_path / "notes.txt").write_bytes(b"notes")
        target = tmp_path / f"made.{suffix}"
        subprocess.run([part.format(target) for part in command], cwd=tmp_path, check=True, capture_output=True)
        return target.read_bytes()

    return make


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar_comes_apart_whatever_it_is_packed_with(mode):
    (member,) = taken(tarred(mode=mode))
    assert (member.names, member.octets) == (("payload.exe",), PROGRAM)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_single_file_is_named_by_its_container(pack):
    (member,) = taken(pack(PROGRAM), ("payload.exe.packed",))
    assert (member.names, member.octets) == (("payload.exe",), PROGRAM)


def test_the_name_that_gzip_keeps_counts_too():
    target = io.BytesIO()
    with gzip.GzipFile("payload.exe", "wb", fileobj=target) as packed:
        packed.write(PROGRAM)
    (member,) = taken(target.getvalue(), ("readme.txt.gz",))
    assert member.names == ("readme.txt", "payload.exe")


@pytest.mark.parametrize("before", [1_020, 1_021, 5_000])
def test_the_name_that_gzip_keeps_counts_to_its_end_however_long_it_is(facts_of, before):
    name = b"a" * before + b".exe"
    packed = gzip.compress(b"words", mtime=0)
    octets = packed[:3] + b"\x08" + packed[4:10] + name + b"\0" + packed[10:]
    header = b"Content-Type: application/gzip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    parts = facts_of(header + base64.encodebytes(octets)).parts
    assert ".exe" in [sign.text for part in parts for sign in part.signs]


@pytest.mark.parametrize("flags", [0x08, 0x0C, 0x18, 0x1C, 0x0A, 0x09])
def test_the_name_that_gzip_keeps_is_found_behind_whatever_stands_before_it(flags):
    packed = gzip.compress(PROGRAM, mtime=0)
    extra = b"\x05\0ab\x01\0c" if flags & 0x04 else b""
    comment = b"a comment\0" if flags & 0x10 else b""
    head = packed[:3] + bytes([flags]) + packed[4:10] + extra + b"payload.exe\0" + comment
    checksum = struct.pack("<H", zlib.crc32(head) & 0xFFFF) if flags & 0x02 else b""
    (member,) = taken(head + checksum + packed[10:], ())
    assert (member.names, member.octets) == (("payload.exe",), PROGRAM)


@pytest.mark.real
def test_7z_comes_apart(made):
    (member,) = taken(made("7z", "a", "{}", "payload.exe", suffix="7z"))
    assert (member.names, member.octets) == (("payload.exe",), PROGRAM)


@pytest.mark.real
def test_7z_with_a_password_shows_its_names(made):
    octets = made("7z", "a", "-psecret", "{}", "notes.txt", "payload.exe", suffix="7z")
    members, _ = refused(octets)
    assert {member.names[0] for member in members} == {"notes.txt", "payload.exe"}
    assert any(member.encrypted for member in members)
    assert not has_hidden_names(octets)


@pytest.mark.real
def test_7z_that_hides_its_names_is_told_as_such(made):
    octets = made("7z", "a", "-psecret", "-mhe=on", "{}", "payload.exe", suffix="7z")
    assert has_hidden_names(octets)
    assert taken(octets) == []


def test_a_7z_without_a_directory_is_told_and_an_empty_one_is_not():
    empty = b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(bytes(20))) + bytes(20)
    assert taken(empty) == []
    assert refused(empty + PROGRAM) == ([], "7z archive without a directory, which repairs may find")


def test_rar_comes_apart(stored_rar):
    (member,) = taken(stored_rar())
    assert (member.names, member.octets) == (("payload.exe",), PROGRAM)


def test_rar_behind_a_picture_comes_apart(stored_rar):
    octets = b"\x89PNG\r\n\x1a\n" + bytes(100) + stored_rar()
    (member,) = unpack_archive(octets, Format.RAR, (), Budget())
    assert member.octets == PROGRAM


def test_a_rar_in_which_nothing_is_found_is_told(stored_rar):
    for octets in (b"RE~^" + bytes(range(60)), stored_rar()[:20]):
        members, fault = refused(octets)
        assert (members, fault) == ([], "RAR archive in which no file is found")


def test_a_stream_beside_a_file_is_named_and_told(stored_rar):
    made = stored_rar(b"a.txt")
    name = ":payload.exe".encode("utf-16-le")
    fields = struct.pack("<IIBIIBBHI", 5, 5, 2, 0, 0, 29, 0x30, 3, 0) + b"STM" + name
    head = struct.pack("<BHH", 0x7A, 0x8000, 7 + len(fields)) + fields
    stream = struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head + b"12345"
    members, fault = refused(made[:-7] + stream + made[-7:])
    assert [member.names[0] for member in members] == ["payload.exe", "a.txt"]
    assert fault == "RAR archive with a stream of NTFS beside a file, which is not opened"


def test_an_encrypted_rar_member_is_named(stored_rar):
    (member,) = taken(stored_rar(flags=0x04))
    assert (member.names, member.encrypted) == (("payload.exe",), "encrypted RAR member")


def refused(octets):
    found = []
    try:
        for member in unpack_archive(octets, formats_of(octets)[0], (), Budget()):
            found.append(member)
    except Unreadable as error:
        return found, str(error)
    return found, None


def cabinet(content=PROGRAM, packed=None):
    """A cabinet with one stored file (MS-CAB); `packed` is what its data block claims to hold."""
    name = b"payload.exe\0"
    data = struct.pack("<IHH", 0, len(content) if packed is None else packed, len(content)) + content
    files = struct.pack("<IIHHHH", len(content), 0, 0, 0, 0, 0x20) + name
    folder = struct.pack("<IHH", 44 + len(files), 1, 0)
    size = 36 + len(folder) + len(files) + len(data)
    return struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, size, 0, 44, 0, 3, 1, 1, 1, 0, 0, 0) + folder + files + data


def test_a_cabinet_comes_apart():
    (member,) = taken(cabinet())
    assert (member.names, member.octets) == (("payload.exe",), PROGRAM)


def test_a_damaged_cabinet_is_told():
    members, fault = refused(cabinet(packed=0xFFFF))
    assert [member.names[0] for member in members] == ["payload.exe"]
    assert fault == "cabinet archive: payload.exe: Invalid CFDATA"


def test_an_archive_is_not_read_on_after_a_fatal_error(monkeypatch):
    def fail(*_):
        raise ArchiveError("broken", retcode=ffi.ARCHIVE_FATAL)

    monkeypatch.setattr(ffi, "read_data", fail)
    members, fault = refused(tarred(["a.txt", "b.txt"]))
    assert [member.names[0] for member in members] == ["a.txt"]
    assert fault == "tar archive: a.txt: broken"


def test_one_volume_of_several_is_told(stored_rar):
    members, fault = refused(stored_rar(flags=0x02))
    assert [member.names[0] for member in members] == ["payload.exe"]
    assert fault == "one volume of a RAR archive of several"


def test_what_rar_packed_before_version_3_is_told_as_such(stored_rar):
    members, fault = refused(stored_rar(method=0x33))
    assert members[-1].names == ("payload.exe",)
    assert fault == "RAR archive packed as by versions before 3, which is not unpacked"


def linked(kind, target):
    octets = io.BytesIO()
    with tarfile.open(fileobj=octets, mode="w") as archive:
        entry = tarfile.TarInfo("sub/link")
        entry.type, entry.linkname = kind, target
        archive.addfile(entry)
        payload = tarfile.TarInfo("sub/link/payload.exe")
        payload.size = len(PROGRAM)
        archive.addfile(payload, io.BytesIO(PROGRAM))
    return octets.getvalue()


@pytest.mark.parametrize("name", ["../../etc/payload.exe", "/etc/payload.exe", "C:\\payload.exe"])
def test_e09_a_path_that_leads_out_is_told_and_its_member_read(name):
    (member,), fault = refused(tarred([name]))
    assert (member.names, member.octets) == ((name,), PROGRAM)
    assert fault == f"tar archive: a path that leads out of the archive: {name}"


@pytest.mark.parametrize(
    ("kind", "target", "words"),
    [
        (tarfile.SYMTYPE, "/etc", "a link that leads out of the archive: sub/link to /etc"),
        (tarfile.SYMTYPE, "../../x", "a link that leads out of the archive: sub/link to ../../x"),
        (tarfile.LNKTYPE, "/etc/passwd", "a path that leads out of the archive: /etc/passwd"),
        (tarfile.LNKTYPE, "../x", "a path that leads out of the archive: ../x"),
        (tarfile.CHRTYPE, "", "a device, which no document needs: sub/link"),
        (tarfile.FIFOTYPE, "", "a device, which no document needs: sub/link"),
    ],
)
def test_e09_links_that_lead_out_and_devices_are_told(kind, target, words):
    members, fault = refused(linked(kind, target))
    assert [member.octets for member in members] == [b"", PROGRAM]
    assert fault == f"tar archive: {words}"


@pytest.mark.parametrize(("kind", "target"), [(tarfile.SYMTYPE, "../a.txt"), (tarfile.LNKTYPE, "sub/a.txt")])
def test_e09_links_inside_the_archive_are_ordinary(kind, target):
    assert refused(linked(kind, target))[1] is None


@pytest.mark.real
def test_e09_a_cpio_archive_is_told_likewise(tmp_path):
    (tmp_path / "payload.exe").write_bytes(PROGRAM)
    made = subprocess.run(
        ["cpio", "-o", "-H", "newc"], cwd=tmp_path, input=b"payload.exe\n",
        check=True, capture_output=True,
    ).stdout  # fmt: skip
    members, fault = refused(made)
    assert ([member.octets for member in members], fault) == ([PROGRAM], None)
    _, fault = refused(made.replace(b"payload.exe", b"/../payload"))
    assert fault == "cpio archive: a path that leads out of the archive: /../payload"


def test_a_cut_archive_gives_what_it_has_and_is_told():
    octets = tarred(["a.txt", "b.txt"])
    members, fault = refused(octets[:1_100])
    assert members[0].names == ("a.txt",)
    assert "cannot be read" in fault or "tar archive" in fault


def test_a_bomb_is_stopped_while_it_is_read():
    with pytest.raises(LimitExceeded, match="200 times"):
        taken(gzip.compress(bytes(40 * 1024 * 1024), mtime=0))


def test_members_are_counted():
    with pytest.raises(LimitExceeded, match="more than 5 files"):
        taken(tarred([f"{n}.txt" for n in range(10)]), limits=Limits(members=5))


@pytest.mark.parametrize("cut", range(1, 300, 13))
def test_no_cut_raises_anything_else(cut, stored_rar):
    for octets in (tarred(mode="w:gz"), stored_rar()):
        if formats_of(octets[:cut]):
            refused(octets[:cut])
