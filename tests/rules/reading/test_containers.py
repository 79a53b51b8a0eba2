"""Whatever holds a program gives it, at every depth, and what cannot be opened is told."""

import bz2
import gzip
import io
import random
import struct
import tarfile
import zipfile
from contextlib import nullcontext

import pytest

from rules.facts import Kind
from rules.reading.budget import Budget, LimitExceeded, Limits
from rules.reading.containers import Unreadable, protection_of, text_of, unpack
from rules.reading.filetype import signs_of

PE = b"MZ" + b"\0" * 58 + struct.pack("<I", 64) + b"PE\0\0L\x01" + b"\0" * 200


def zipped(name, content):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return target.getvalue()


def tarred(name, content):
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return target.getvalue()


def programs(octets, names=("x",), budget=None):
    """The paths of programs at every depth, walked as a message is."""
    budget = budget or Budget()
    signs = signs_of(names, None, octets)
    if any(sign.kind is Kind.PROGRAM for sign in signs):
        yield names[0]
    with budget.inside_container():
        for member in unpack(octets, names, signs, budget):
            for path in programs(member.octets, member.names, budget):
                yield f"{names[0]}/{path}"


def nested(depth):
    content, name = PE, "payload.bin"
    for level in range(depth):
        pack = (zipped, tarred)[level % 2]
        content, name = pack(name, content), f"l{level}"
    return content


def test_a_program_five_deep_is_found():
    assert list(programs(nested(5))) == ["x/l3/l2/l1/l0/payload.bin"]


def test_seven_deep_is_too_deep():
    with pytest.raises(LimitExceeded, match="nested more than 6 deep"):
        list(programs(nested(7)))


def test_different_packers_nest():
    octets = zipped("b.tgz", gzip.compress(tarred("c.bz2", bz2.compress(zipped("payload.exe", PE))), mtime=0))
    assert list(programs(octets)) == ["x/b.tgz/c.bz2/c/payload.exe"]


NOISE = random.Random(1).randbytes(2_000)
FRONTS = {
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(50),
    "GIF": b"GIF89a" + bytes(50),
    "words": b"echo hello\n" * 9,
    "page": b"<html><body>hello</body></html>\n",
    "PostScript": b"%!PS-Adobe-3.0\nshowpage\n",
    "wide letters": "hello world\r\n".encode("utf-16") * 9,
    "noise": NOISE,
}


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("tail", [b"", b"\r\n", NOISE * 40], ids=["nothing", "a line", "80 kB"])
def test_a_program_in_an_archive_behind_something_else_is_found(front, tail, stored_rar):
    for archive in (zipped("payload.exe", PE), stored_rar(content=PE)):
        assert list(programs(FRONTS[front] + archive + tail)) == ["x/payload.exe"]


@pytest.mark.parametrize("count", [100, 101])
def test_signatures_without_end_do_not_hide_an_archive(count):
    octets = FRONTS["picture"] + (b"PK\x03\x04" + b"\xff" * 40) * (count - 1)
    assert list(programs(octets + zipped("payload.exe", PE) + NOISE * 40)) == ["x/payload.exe"]
    with pytest.raises(Unreadable) if count > 100 else nullcontext():  # without an archive they are told
        assert list(programs(octets + b"PK\x03\x04" + b"\xff" * 400)) == []


def test_a_signature_that_stands_there_by_chance_is_passed_over():
    octets = FRONTS["picture"] + b"PK\x03\x04" + NOISE
    assert list(programs(octets + zipped("payload.exe", PE) + NOISE * 40)) == ["x/payload.exe"]
    assert list(programs(octets)) == []


def test_what_cannot_be_opened_in_one_way_is_opened_in_the_other():
    found = []
    with pytest.raises(Unreadable, match="PDF that cannot be opened"):
        for path in programs(b"%PDF-1.4\n%%EOF\n" + zipped("payload.exe", PE)):
            found.append(path)
    assert found == ["x/payload.exe"]


def test_a_program_in_a_document_is_found_and_the_documents_own_parts_are_not():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w/>")
        archive.writestr("word/media/image1.png", b"\x89PNG\r\n\x1a\n" + bytes(9))
        archive.writestr("xl/printerSettings/printerSettings1.bin", bytes(50) + b"MSCF" + bytes(50))
        archive.writestr("word/media/image2.png", PE)
    octets = target.getvalue()
    members = unpack(octets, (), signs_of(["a.docx"], None, octets), Budget())
    assert [member.names[0] for member in members] == ["word/media/image2.png"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (bytes(7) + b"**ACE**" + bytes(50), "ACE archive, which is not opened"),
        (b"MSWIM\0\0\0" + bytes(200), "WIM disk image, which is not opened"),
        (b"vhdxfile" + bytes(200), "VHDX disk image whose two tables of regions differ or are damaged"),
        (b"ITSF\x03\0\0\0" + bytes(200), "compiled HTML help, which is not opened"),
        (b"7kSt\xa0\x31\x83\xd3" + bytes(200), "ZPAQ archive, which is not opened"),
        (b"AA01" + bytes(200), "Apple archive, which is not opened"),
        (bytes(7) + b"-sqx-" + bytes(200), "SQX archive, which is not opened"),
        (b"\x1f\x1e" + bytes(200), "file of an old Unix packer, which is not opened"),
        (b"!BDN" + bytes(200), "folder of Outlook's mail, which is not opened"),
        (b"\0" + b"\xff" * 10 + b"\0" + bytes(200), "raw image of a disc, which is not opened"),
        (b"WLPWM\0\0\0" + bytes(200), "WIM disk image, which is not opened"),
        (bytes(1_024) + b"H+\0\4" + bytes(3_000), "disk image with the file system HFS\\+, not opened"),
    ],
)
def test_what_is_not_opened_is_told(content, words):
    with pytest.raises(Unreadable, match=words):
        list(unpack(content, (), (), Budget()))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x89LZO\0\r\n\x1a\n\x10\x40\x20\xa0\x09\x40\x01\x05" + bytes(60),
         "lzop compressed data.*, which is not opened"),
        (b"\x1a\x08PAYLOAD.EXE\0\0\0" + bytes(range(200)), "ARC archive.*, which is not opened"),
        (b"LRZI\0\6" + bytes(60), "LRZIP compressed data.*, which is not opened"),
        (b"\0\0\0\x7b" + bytes(range(100)), "dar archive.*, which is not opened"),
        (b"UHA\6" + bytes(range(100)), "UHarc archive.*, which is not opened"),
        (b"\x27\xb5\x2f\xfd" + bytes(range(60)), "Zstandard compressed data .v0.7.*, which is not opened"),
        (b"<<< Oracle VM VirtualBox Disk Image >>>\n" + bytes(24) + b"\x7f\x10\xda\xbe" + bytes(200),
         "VirtualBox Disk Image.*, which is not opened"),
    ],
)  # fmt: skip
def test_what_only_libmagic_knows_is_told_whatever_its_name(content, words):
    with pytest.raises(Unreadable, match=words):
        list(unpack(content, (), signs_of((), None, content), Budget()))


@pytest.mark.parametrize("content", [b"\x78\x9c" + bytes(range(200)), b"SQLite format 3\0" + bytes(100)])
def test_what_libmagic_knows_as_no_archive_is_not_held(content):
    assert list(unpack(content, (), signs_of((), None, content), Budget())) == []


def test_a_name_that_promises_an_archive_is_held_to_it():
    content = bytes(range(256))
    with pytest.raises(Unreadable, match="of no format that is known"):
        list(unpack(content, (), signs_of(["a.zip"], None, content), Budget()))
    content = b"hello world\n" * 400 + NOISE
    with pytest.raises(Unreadable, match="of no format that is known"):
        list(unpack(content, (), signs_of(["a.gz"], None, content), Budget()))
    for text in (b"The attachment was removed.", "The attachment was removed.".encode("utf-16")):
        assert list(unpack(text, (), signs_of(["a.zip"], None, text), Budget())) == []


def test_ordinary_content_holds_nothing():
    for content in (b"", b"Hello", b"\x89PNG\r\n\x1a\n" + bytes(99), PE):
        assert list(unpack(content, (), signs_of((), None, content), Budget())) == []


def test_an_outlook_message_gives_its_attachment(compound_file):
    streams = {
        "__properties_version1.0": bytes(32),
        "__attach_version1.0_#00000000/__substg1.0_3707001F": "payload.exe".encode("utf-16-le"),
        "__attach_version1.0_#00000000/__substg1.0_37010102": PE,
    }
    assert list(programs(compound_file(streams))) == ["x/payload.exe"]


def test_the_budget_holds_over_all_of_a_message():
    with pytest.raises(LimitExceeded, match="more than 2 files"):
        list(programs(nested(3), budget=Budget(Limits(members=2))))


def test_protection_and_text_are_asked_of_what_can_have_them():
    picture = b"\x89PNG\r\n\x1a\n-----BEGIN PGP MESSAGE-----" + bytes(99)
    signs = signs_of(["a.png"], None, picture)
    assert protection_of(picture, signs) is None
    assert text_of(picture, signs, Budget()).visible == ""
    letter = b"-----BEGIN PGP MESSAGE-----\n"
    assert protection_of(letter, signs_of(["a.asc"], None, letter)) == "OpenPGP message"
    assert text_of(b"Hello", signs_of(["a.txt"], None, b"Hello"), Budget()).visible == "Hello"


@pytest.mark.parametrize("name", ["a.docx", "a.pdf", "plan.XLS", "letter.odt"])
def test_a_document_that_is_none_is_told(name):
    with pytest.raises(Unreadable, match="called a document, and of no format that is known"):
        list(programs(NOISE, (name,)))


@pytest.mark.parametrize(("name", "octets"), [("photo.raw", NOISE), ("a.docx", b"words under a wrong name\r\n" * 9)])
def test_words_and_unknown_names_are_no_such_document(name, octets):
    assert list(programs(octets, (name,))) == []


GIF = b"GIF89a\x01\0\x01\0\0\0\0;"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("xl/printerSettings/printerSettings1.bin", PE),
        ("xl/other/printerSettings1.bin", bytes(40)),
        ("word/payload.hta", GIF + b"<script>run()</script>"),
        ("word/media/photo.lnk", GIF),
        ("word/vbaproject.bin", PE),
        ("word/media/image1.png", b"\x89PNG\r\n\x1a\n" + bytes(40) + zipped("payload.exe", PE)),
    ],
)
def test_what_only_looks_like_a_part_of_a_document_is_taken_out(name, content):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w/>")
        archive.writestr(name, content)
        archive.writestr("word/media/image2.gif", GIF)
    octets = target.getvalue()
    budget = Budget()
    with budget.inside_container():
        members = list(unpack(octets, ("a.docx",), signs_of(("a.docx",), None, octets), budget))
    assert [member.names[0] for member in members] == [name]


@pytest.mark.parametrize("name", ["a.gpg", "a.PGP", "plan.docx.aes", "a.age", "a.axx"])
def test_what_is_named_as_encrypted_and_is_nothing_else_is(name):
    end = name.lower()[-4:]
    why = f"called {end}, as encrypted files are, and of no format that is known"
    assert protection_of(NOISE, signs_of([name], None, NOISE), [name]) == why
    assert protection_of(NOISE, signs_of(["a.xyz"], None, NOISE), ["a.xyz"]) is None
    for known in (b"Hello", b"\x89PNG\r\n\x1a\n" + bytes(99), b""):
        assert protection_of(known, signs_of([name], None, known), [name]) is None


@pytest.mark.parametrize(
    "front", ["99010d046b0ba35b01", "c68d046b0ba35b01", "c6c00d046b0ba35b16", "c6ff0000010d066b0ba35b1b"]
)
def test_a_public_key_is_not_encrypted_whatever_its_name(front):
    key = bytes.fromhex(front) + NOISE
    assert protection_of(key, signs_of(["ann.gpg"], None, key), ["ann.gpg"]) is None
    other = key.replace(key[:1], b"\xd5", 1)
    assert protection_of(other, signs_of(["ann.gpg"], None, other), ["ann.gpg"]) is not None
