"""Every format that a content is valid as, whatever else it begins with."""

import bz2
import gzip
import io
import lzma
import random
import struct
import sys
import tarfile
import zipfile
import zlib

import pytest

from rules.reading.formats import MAX_ARJ, MAX_CARRIED, carried_in, ends_as_zip, formats_of, from_its_front
from rules.reading.signatures import Format
from rules.remembering import forget_message
from tests.rules.reading.test_signatures import PNG

NOISE = random.Random(1).randbytes(1024 * 1024)


def zipped(names=("a.txt",)):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return target.getvalue()


def tarred():
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    return target.getvalue()


def test_a_zip_behind_a_picture_is_seen():
    assert formats_of(PNG + zipped()) == (Format.IMAGE, Format.ZIP)


def test_a_zip_behind_text_is_seen():
    assert formats_of(b"echo hello\n" * 1_000 + zipped()) == (Format.ZIP,)


def test_a_zip_inside_a_pdf_is_the_pdfs_own_matter():
    assert formats_of(b"%PDF-1.7\n" + zipped() + b"\nendstream\n%%EOF\n") == (Format.PDF,)
    assert formats_of(b"%PDF-1.7\n%%EOF\n" + zipped()) == (Format.PDF, Format.ZIP)


def test_archives_behind_other_content_are_found_with_their_place():
    content = PNG + b"Rar!\x1a\x07\x01\x00" + bytes(64)
    assert list(carried_in(content)) == [(Format.RAR, len(PNG))]


@pytest.mark.parametrize(("places", "told"), [(100, []), (101, [Format.ZIP])])
def test_as_many_places_with_a_signature_as_are_looked_at_and_one_more(places, told):
    """None of them is an archive; of more, no file has so many by chance, and their reader says what there is."""
    content = PNG + (b"PK\x03\x04" + b"\xff" * 60) * places
    assert [known for known, _ in carried_in(content)] == told


def test_the_words_of_an_end_record_alone_make_no_zip():
    assert not ends_as_zip(b"PK\x05\x06" + b"\x01" * 18)


def test_the_answer_kept_is_of_this_very_content_and_can_be_let_go():
    zipped, picture = b"PK\x03\x04" + bytes(40), b"\x89PNG\r\n\x1a\n" + bytes(40)
    assert formats_of(zipped) == formats_of(zipped)
    assert formats_of(picture) == (Format.IMAGE,)
    before = sys.getrefcount(picture)
    forget_message()
    assert sys.getrefcount(picture) == before - 1


def test_a_disc_that_begins_with_words_is_one():
    octets = (b"hello world\r\n" * 3_000)[:32_768] + b"\1CD001\1" + bytes(4_000)
    assert Format.ISO in formats_of(octets)
    assert formats_of(octets.replace(b"\0", b" ").replace(b"\1", b" ")) == ()  # words about one


def test_an_image_of_a_disc_is_told_by_its_descriptor_wherever_it_begins():
    disc = bytearray(64 * 1024)
    disc[32_769:32_774] = b"CD001"
    assert Format.ISO in formats_of(bytes(disc))
    disc[34_817:34_822] = b"NSR03"
    assert Format.UDF in formats_of(bytes(disc))


def test_trailers_tell_disk_images():
    assert Format.VHD in formats_of(b"\xeb\x00" + bytes(2_000) + b"conectix" + bytes(504))
    assert Format.DMG in formats_of(b"\x78\xda\x63" + bytes(2_000) + b"koly" + bytes(508))


def test_a_file_system_is_known_by_its_sectors_where_its_jump_is_odd():
    sector = b"\x90\x90\x90MSDOS5.0" + struct.pack("<HB", 512, 1)
    assert formats_of(sector.ljust(510, b"\0") + b"\x55\xaa" + bytes(20_000)) == (Format.FILE_SYSTEM,)
    assert formats_of((b"\x90" * 13).ljust(510, b"\0") + b"\x55\xaa" + bytes(20_000)) == ()


CPIO = b"070701" + b"%08X" * 13 % (1, 0o100644, 0, 0, 1, 0, 0, 0, 0, 0, 0, 6, 0) + b"a.txt\0" + bytes(40)
OLD_CPIO = b"070707" + b"0" * 53 + b"000006" + b"0" * 11 + b"a.txt\0" + bytes(40)
DISC = bytes(32_768) + b"\1CD001\1" + bytes(4_000)
LHA = b"\x1b\x00-lh0-" + bytes(13) + b"\0\5a.txt" + bytes(40)
LHA = LHA[:1] + bytes([sum(LHA[2 : 2 + LHA[0]]) & 0xFF]) + LHA[2:]
HEADER = bytes([30, 11, 1, 0, 16, 0, 2, 0]) + bytes(22)
ARCHIVES = [
    (Format.TAR, tarred()),
    (Format.GZIP, gzip.compress(NOISE[:90], mtime=0)),
    (Format.BZIP2, bz2.compress(b"words")),
    (Format.XZ, lzma.compress(b"words")),
    (Format.ZSTD, bytes.fromhex("28b52ffd2405290000") + b"words" + bytes(40)),
    (Format.LZ4, bytes.fromhex("04224d186440a7") + bytes(40)),
    (Format.LZIP, b"LZIP\1\x17" + bytes(40)),
    (Format.CPIO, CPIO),
    (Format.CPIO, OLD_CPIO),
    (Format.AR, b"!<arch>\n" + bytes(60)),
    (Format.LHA, LHA),
    (Format.ARJ, b"\x60\xea" + struct.pack("<H", 30) + HEADER + struct.pack("<I", zlib.crc32(HEADER)) + bytes(40)),
    (Format.ISO, DISC),
]


@pytest.mark.parametrize(("known", "archive"), ARCHIVES, ids=[known.text for known, _ in ARCHIVES])
@pytest.mark.parametrize("front", [PNG, b"words\n" * 99, bytes(8), NOISE], ids=["picture", "words", "zeros", "noise"])
def test_what_7_zip_finds_behind_something_else_is_found(known, archive, front):
    """7-Zip searches 8 MiB for the front of any of these."""
    whole = front + archive
    assert known in formats_of(whole)
    assert from_its_front(whole, known) == archive


SIGNATURES = [
    (Format.TAR, bytes(257) + b"ustar"),
    (Format.GZIP, b"\x1f\x8b\x08\0\0\0\0\0\0\x03"),
    (Format.BZIP2, b"Bxh91AY&SY"),
    (Format.XZ, b"\xfd7zXZ\0"),
    (Format.ZSTD, b"\x28\xb5\x2f\xfd"),
    (Format.LZ4, b"\x04\x22\x4d\x18"),
    (Format.LZIP, b"LZIP\1"),
    (Format.CPIO, CPIO[:94]),
    (Format.CPIO, b"070701"),
    (Format.LHA, b"\x1b\0-lh5-"),
    (Format.ARJ, b"\x60\xea\x1e\0"),
]


@pytest.mark.parametrize(("known", "signature"), SIGNATURES, ids=[known.text for known, _ in SIGNATURES])
def test_a_signature_alone_is_no_archive(known, signature):
    """Each stands in large files by chance."""
    assert known not in formats_of(PNG + signature + b"\xff" * 3_000)


def test_noise_holds_no_archive():
    assert list(carried_in(NOISE * 4)) == []


@pytest.mark.parametrize(("places", "told"), [(MAX_ARJ, []), (MAX_ARJ + 1, [Format.ARJ])])
def test_the_shortest_signature_is_looked_at_more_often(places, told):
    assert MAX_ARJ > MAX_CARRIED
    assert [known for known, _ in carried_in(PNG + b"\x60\xea\0\0" * places + bytes(40))] == told


@pytest.mark.parametrize(("more", "found"), [(0, True), (1, False)])
def test_an_archive_behind_something_else_as_far_as_7_zip_looks_and_further(more, found):
    archive = b"7z\xbc\xaf\x27\x1c" + bytes(40)
    content = PNG.ljust(8 * 1024 * 1024 + 1 - 6 + more, b"\1") + archive
    assert bool(list(carried_in(content, Format.IMAGE))) == found


@pytest.mark.parametrize(("more", "found"), [(0, True), (1, False)])
def test_the_end_of_a_zip_behind_the_longest_comment_and_one_octet_more(more, found):
    assert ends_as_zip(zipped() + bytes(65_535 + more)) == found
