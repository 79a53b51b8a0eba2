"""Archives of hostile shape, sent as mail: the program is found, or the mail is held for a reason that has a name.

The cases of group E of the catalogue that concern archives; those of one format stand with its reader.
"""

import base64
import gzip
import io
import struct
import subprocess
import tarfile
import time
import zipfile
import zlib

import pytest

from rules.detectors.executable_attachment import Parameters, detect
from rules.facts import Kind, Reason

PE = b"MZ" + b"\0" * 58 + struct.pack("<I", 64) + b"PE\0\0L\x01" + b"\0" * 200
MEBIBYTE = 1024 * 1024
WORKER_SECONDS = 10  # of CPU, of the 45 that a worker has


@pytest.fixture
def attached(facts_of):
    """Facts of a message with this file."""

    def read(octets, name="file.bin", media_type="application/octet-stream"):
        head = (
            "From: ann@city.example\r\nMIME-Version: 1.0\r\n"
            f'Content-Type: {media_type}; name="{name}"\r\nContent-Disposition: attachment\r\n'
            "Content-Transfer-Encoding: base64\r\n\r\n"
        )
        return facts_of(head.encode() + base64.encodebytes(octets).replace(b"\n", b"\r\n"))

    return read


@pytest.fixture
def run(tmp_path):
    """Run a program in a folder of these files; what it made as `out`, whatever extension it gave it."""

    def make(*command, **files):
        for name, content in files.items():
            (tmp_path / name.replace("_", ".")).write_bytes(content)
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        return next(tmp_path.glob("out*")).read_bytes()

    return make


def reasons(facts):
    return {unread.reason for unread in facts.unread}


def told(facts):
    return "; ".join(unread.detail for unread in facts.unread)


def programs(facts):
    return [part.path for part in facts.parts if any(sign.kind is Kind.PROGRAM for sign in part.signs)]


def is_found(facts):
    return bool(list(detect(facts, Parameters())))


def zipped(*members, method=zipfile.ZIP_DEFLATED):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return target.getvalue()


def tarred(name, content):
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return target.getvalue()


# E01: depth


@pytest.mark.real
def test_e01_a_program_five_deep_in_different_archives(attached, run, tmp_path, stored_rar):
    disc = run("genisoimage", "-o", "out.iso", "payload.bin", payload_bin=PE)
    (tmp_path / "out.iso").unlink()
    packed = gzip.compress(tarred("a.rar", stored_rar(b"a.iso", disc)), mtime=0)
    facts = attached(zipped(("a.7z", run("7z", "a", "out.7z", "a.tgz", a_tgz=packed))), "a.zip")
    assert programs(facts) == ["1/a.zip/a.7z/a.tgz/a.rar/a.iso/PAYLOAD.BIN"]
    assert facts.unread == ()


def nested(depth):
    content = PE
    for level in range(depth):
        content = (zipped((f"{level}.bin", content)), tarred(f"{level}.bin", content))[level % 2]
    return content


@pytest.mark.parametrize("depth", [1, 5, 6])
def test_e01_a_program_as_deep_as_may_be_is_found(attached, depth):
    facts = attached(nested(depth))
    assert len(programs(facts)) == 1
    assert facts.unread == ()


def test_e01_what_lies_deeper_is_a_limit(attached):
    facts = attached(nested(7))
    assert programs(facts) == []
    assert reasons(facts) == {Reason.LIMIT}
    assert told(facts) == "containers nested more than 6 deep"


# E02: bombs


@pytest.mark.usefixtures("limited_memory")
def test_e02_a_bomb_of_archives_in_archives(attached):
    """As 42.zip: five levels of sixteen archives each, with a large file of zeros in each of the innermost."""
    content = zipped(("0.bin", bytes(64 * MEBIBYTE)))
    for level in range(5):
        content = zipped(*((f"{level}{number}.zip", content) for number in range(16)))
    began = time.process_time()
    facts = attached(content, "42.zip")
    assert time.process_time() - began < WORKER_SECONDS
    assert Reason.LIMIT in reasons(facts)
    assert "a container unpacks to more than 200 times its size" in told(facts)


def overlapping(count, size):
    """Fifield's: each member's data begins by quoting the next one's header, so that all share one block of zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packer.compress(bytes(size)) + packer.flush()
    listed = []
    for number in reversed(range(count)):
        name = b"%03d" % number
        fields = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, 0, len(data), size, len(name), 0)
        octets = b"PK\x03\x04" + fields + name + data
        listed.append((fields, name, len(octets)))
        quoted = 30 + len(name)
        data = struct.pack("<BHH", 0, quoted, 0xFFFF - quoted) + octets
        size += quoted
    central = b"".join(
        b"PK\x01\x02\x14\0" + fields + bytes(10) + struct.pack("<I", len(octets) - from_end) + name
        for fields, name, from_end in listed
    )
    return octets + central + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(central), len(octets), 0)


def test_e02_a_bomb_of_members_that_overlap(attached):
    octets = overlapping(250, 21 * MEBIBYTE)
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        assert len(archive.infolist()) == 250  # of 21 MiB each, in 60 kB
    began = time.process_time()
    facts = attached(octets, "zbsm.zip")
    assert time.process_time() - began < WORKER_SECONDS
    assert reasons(facts) == {Reason.UNREADABLE}
    assert told(facts) == "zip archive whose members overlap"


@pytest.mark.real
def test_e02_an_image_that_holds_itself(attached, run):
    """A quine: each level unpacks to the whole again."""
    disc = bytearray(run("genisoimage", "-o", "out", "quine.iso", quine_iso=b"itself"))
    at = disc.index(b"QUINE.ISO") - 33
    struct.pack_into("<I", disc, at + 2, 0)
    struct.pack_into("<I", disc, at + 10, len(disc))
    facts = attached(bytes(disc), "quine.iso")
    assert reasons(facts) == {Reason.LIMIT}
    assert told(facts) == "containers nested more than 6 deep"
    assert any("/".join(["QUINE.ISO"] * 6) in part.path for part in facts.parts)


@pytest.mark.real
@pytest.mark.parametrize(
    "command",
    [
        ("gzip", "-k"), ("bzip2", "-k"), ("xz", "-k"), ("xz", "-k", "--format=lzma"), ("7z", "a", "zeros.7z"),
        ("zip", "zeros.zip"),
    ],
    ids=lambda command: " ".join(command),
)  # fmt: skip
@pytest.mark.usefixtures("limited_memory")
def test_e02_one_file_of_zeros_in_every_packing(attached, tmp_path, command):
    (tmp_path / "zeros").write_bytes(bytes(50 * MEBIBYTE))
    subprocess.run([*command, "zeros"], cwd=tmp_path, check=True, capture_output=True)
    (packed,) = tmp_path.glob("zeros.*")
    facts = attached(packed.read_bytes(), packed.name)
    assert reasons(facts) == {Reason.LIMIT}
    assert told(facts) == "a container unpacks to more than 200 times its size"


def test_e02_as_many_files_as_may_be_and_one_more(attached):
    facts = attached(zipped(*((f"{number}.txt", b"") for number in range(5_000))))
    assert facts.unread == ()
    facts = attached(zipped(*((f"{number}.txt", b"") for number in range(5_001))))
    assert reasons(facts) == {Reason.LIMIT}
    assert told(facts) == "more than 5,000 files in containers"


@pytest.mark.usefixtures("limited_memory")
def test_e02_as_many_octets_as_may_be_and_one_more(attached):
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    zeros = packer.compress(bytes(100 * MEBIBYTE)) + packer.flush()
    noise = bytes(range(256)) * (12 * 1024)  # so that the archive is no two-hundredth of what it unpacks to
    for more, expected in ((0, set()), (1, {Reason.LIMIT})):
        octets = stored([*[(8, zeros, 100 * MEBIBYTE)] * 4, (8, zeros, 100 * MEBIBYTE)], noise, more)
        facts = attached(octets, "large.zip")
        assert reasons(facts) == expected, told(facts)
    assert told(facts) == "containers unpack to more than 500 MiB"


def stored(packed, noise, more):
    """Members of this data; a stored one of `more` octets at last, and noise in front of the archive."""
    octets, central = noise, b""
    for number, (method, data, size) in enumerate([*packed, (0, bytes(more), more)]):
        name = b"%d.bin" % number
        fields = struct.pack("<HHHHHIIIHH", 20, 0, method, 0, 0, 0, len(data), size, len(name), 0)
        central += b"PK\x01\x02\x14\0" + fields + bytes(10) + struct.pack("<I", len(octets)) + name
        octets += b"PK\x03\x04" + fields + name + data
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0, 0, len(central), len(octets), 0)
    return octets + central + end


# E03 and E05: directories that lie


def test_e03_one_member_listed_a_thousand_times(attached):
    octets = zipped(("a.txt", bytes(10_000)))
    start, end = octets.index(b"PK\x01\x02"), octets.index(b"PK\x05\x06")
    entries = octets[start:end] * 1_000
    facts = attached(
        octets[:start] + entries + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1_000, 1_000, len(entries), start, 0)
    )
    assert told(facts) == "zip archive whose members overlap"
    assert sum(part.size for part in facts.parts) < 1_000_000


@pytest.mark.parametrize(("listed", "local"), [(b"payload.exe", b"payload.txt"), (b"payload.txt", b"payload.exe")])
def test_e05_the_name_in_the_directory_and_the_one_before_the_member(attached, listed, local):
    octets = zipped(("payload.exe", b"words"))
    at = octets.index(b"PK\x01\x02")
    octets = octets[:at].replace(b"payload.exe", local) + octets[at:].replace(b"payload.exe", listed)
    assert is_found(attached(octets, "a.zip"))


# E08: encryption


@pytest.mark.real
@pytest.mark.parametrize(
    ("options", "shows_names"),
    [
        (("-tzip", "-mem=ZipCrypto"), True), (("-tzip", "-mem=AES256"), True), (("-t7z",), True),
        (("-t7z", "-mhe=on"), False),
    ],
)  # fmt: skip
def test_e08_locked_archives_are_told_and_visible_names_matched(attached, run, options, shows_names):
    facts = attached(run("7z", "a", "-psecret", *options, "out", "payload.exe", payload_exe=PE), "a.dat")
    assert Reason.ENCRYPTED in reasons(facts)
    assert is_found(facts) == shows_names


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (
            b"Rar!\x1a\x07\0" + struct.pack("<HBHH", 0, 0x73, 0x0080, 13) + bytes(106),
            "RAR archive with encrypted names",
        ),
        (b"Rar!\x1a\x07\x01\0" + bytes(4) + b"\x21\x04\0\0\1\x0f" + bytes(100), "RAR archive with encrypted names"),
    ],
    ids=["RAR 4", "RAR 5"],
)
def test_e08_rar_with_hidden_names_is_told(attached, octets, words):
    facts = attached(octets, "a.dat")
    assert words in told(facts)
    assert Reason.ENCRYPTED in reasons(facts)


@pytest.mark.parametrize(
    ("streams", "words"),
    [
        ({"EncryptedPackage": bytes(90), "EncryptionInfo": bytes(90)}, "Office document with a password"),
        ({"WordDocument": bytes(11) + b"\1" + bytes(90)}, "Word document with a password"),
        ({"Workbook": struct.pack("<HHHH", 0x2F, 4, 0, 0)}, "Excel workbook with a password"),
        ({"Current User": bytes(12) + b"\xdf\xc4\xd1\xf3"}, "PowerPoint presentation with a password"),
    ],
    ids=["Office", "Word", "Excel", "PowerPoint"],
)
@pytest.mark.parametrize("name", ["a.docx", "notes.txt"])
def test_e08_a_protected_document_is_told(attached, compound_file, streams, words, name):
    facts = attached(compound_file(streams), name)
    assert words in told(facts)
    assert Reason.ENCRYPTED in reasons(facts)


def test_e08_a_locked_rar_member_is_told_and_its_name_matched(attached, stored_rar):
    facts = attached(stored_rar(content=PE, flags=0x04), "a.dat")
    assert reasons(facts) == {Reason.ENCRYPTED}
    assert is_found(facts)


def test_e08_a_locked_apple_disk_image_is_told(attached):
    assert Reason.ENCRYPTED in reasons(attached(b"encrcdsa" + bytes(2_000), "a.dmg"))


# E09: paths, links and devices


def linked(kind, name, target):
    """A tar whose second member would be written through its first."""
    octets = io.BytesIO()
    with tarfile.open(fileobj=octets, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, target
        archive.addfile(entry)
        payload = tarfile.TarInfo(f"{name}/payload.exe")
        payload.size = len(PE)
        archive.addfile(payload, io.BytesIO(PE))
    return octets.getvalue()


def zip_link(target):
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.create_system, link.external_attr = 3, 0xA1FF << 16
        archive.writestr(link, target)
        archive.writestr("link/payload.exe", PE)
    return octets.getvalue()


def copied_out(name):
    """A cpio archive of the newer ASCII form."""

    def entry(name, content):
        fields = (0, 0o100644, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        head = (b"070701" + b"".join(b"%08X" % value for value in fields) + name + b"\0").ljust(
            -(-(111 + len(name)) // 4) * 4, b"\0"
        )
        return head + content.ljust(-(-len(content) // 4) * 4, b"\0")

    return entry(name.encode(), PE) + entry(b"TRAILER!!!", b"")


@pytest.mark.parametrize("name", ["../payload.exe", "{0}/payload.exe", "C:\\payload.exe", "..\\payload.exe"])
@pytest.mark.parametrize("form", ["zip", "tar", "cpio"])
def test_e09_nothing_is_written_where_a_path_leads(attached, form, name, tmp_path, monkeypatch):
    name = name.replace("{0}", str(tmp_path))
    octets = {"zip": lambda: zipped((name, PE)), "tar": lambda: tarred(name, PE), "cpio": lambda: copied_out(name)}[
        form
    ]()
    _writes_nothing(attached, octets, tmp_path, monkeypatch)


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, "zip"]
)
@pytest.mark.parametrize("target", ["{0}", "../out"])
def test_e09_nothing_is_written_through_links_and_devices(attached, kind, target, tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    target = target.replace("{0}", str(tmp_path / "out"))
    octets = zip_link(target) if kind == "zip" else linked(kind, "link", target)
    _writes_nothing(attached, octets, tmp_path, monkeypatch)


def _writes_nothing(attached, octets, folder, monkeypatch):
    (folder / "worker").mkdir()
    monkeypatch.chdir(folder / "worker")
    before = sorted(folder.rglob("*"))
    facts = attached(octets, "a.dat")
    assert sorted(folder.rglob("*")) == before
    assert Reason.UNREADABLE in reasons(facts)
    assert is_found(facts)


# E11: polyglots and wrong names

PICTURE, JPEG = b"GIF89a" + bytes(500), b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(500) + b"\xff\xd9"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
EXECUTABLE = (("payload.exe", PE),)
JAR = (("META-INF/MANIFEST.MF", b"Main-Class: A"), ("A.class", b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(50)))


@pytest.mark.parametrize(
    ("front", "members", "name", "media_type"),
    [
        (PDF, EXECUTABLE, "report.pdf", "application/pdf"),
        (PICTURE, JAR, "logo.gif", "image/gif"),
        (JPEG, EXECUTABLE, "photo.jpg", "image/jpeg"),
        (PE, EXECUTABLE, "photo.jpg", "image/jpeg"),
        (b"Dear all\r\n" * 50, EXECUTABLE, "letter.txt", "text/plain"),
        (gzip.compress(b"harmless", mtime=0), EXECUTABLE, "archive.zip", "application/zip"),
        (tarred("a.txt", b"harmless"), EXECUTABLE, "archive.zip", "application/zip"),
    ],
)
def test_e11_a_program_in_a_zip_behind_something_else_is_found(attached, front, members, name, media_type):
    assert is_found(attached(front + zipped(*members), name, media_type))


@pytest.mark.parametrize("front", [gzip.compress(b"harmless", mtime=0), tarred("a.txt", b"harmless")])
def test_e11_also_with_something_behind_the_zip(attached, front):
    facts = attached(front + zipped(("payload.exe", PE)) + bytes(500), "archive.zip", "application/zip")
    assert programs(facts)


@pytest.mark.parametrize(
    ("name", "media_type", "content"),
    [
        ("notes.txt", "text/plain", PE),
        ("notes.txt", "text/plain", zipped(("a.dat", PE))),
        ("photo.jpg", "image/jpeg", gzip.compress(PE, mtime=0)),
        ("payload.exe", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(50)),
        ("notes.dat", "application/x-msdownload", b"some text"),
        ("notes.dat", "text/plain", b"L\0\0\0\x01\x14\x02\0" + bytes(12) + b"\xc0\0\0\0\0\0\0F<script>run()</script>"),
    ],
)
def test_e11_any_sign_counts(attached, name, media_type, content):
    assert is_found(attached(content, name, media_type))


# E17: volumes


def test_e17_one_volume_of_a_zip_alone_is_told(attached):
    octets = bytearray(zipped(("a.txt", b"text")))
    struct.pack_into("<H", octets, octets.index(b"PK\x05\x06") + 4, 2)
    assert told(attached(bytes(octets), "a.zip")) == "one volume of a zip archive of several"
    first = attached(b"PK\x07\x08" + zipped(("payload.exe", PE))[:100], "a.z01")
    assert reasons(first) == {Reason.UNREADABLE}
    assert is_found(first)


def test_e17_one_volume_of_a_rar_alone_is_told(attached, stored_rar):
    facts = attached(stored_rar(content=PE, flags=0x02), "a.part1.rar")
    assert told(facts) == "one volume of a RAR archive of several"
    assert is_found(facts)


@pytest.mark.real
def test_e17_the_first_volume_of_a_7z_is_told(attached, run):
    facts = attached(run("7z", "a", "-v4k", "-mx=0", "out.7z", "payload.exe", payload_exe=PE * 40), "a.7z.001")
    assert reasons(facts) == {Reason.UNREADABLE}


@pytest.mark.real
def test_e17_a_name_with_override_characters_on_a_disc(attached, run, tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "invoice_\u202efdp.exe").write_bytes(b"text")
    disc = run("genisoimage", "-J", "-R", "-input-charset", "utf-8", "-o", "out", "files")
    facts = attached(disc, "disc.dat")
    assert any(sign.text == ".exe" for part in facts.parts for sign in part.signs)
    assert is_found(facts)
