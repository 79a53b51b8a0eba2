"""What content shows by its own octets."""

import io
import lzma
import struct
import sys
import tarfile
import zipfile

import pytest

from rules.reading.signatures import Format, carried_in, ends_as_zip, formats_of, is_text, is_whole_file
from rules.remembering import forget_message

PE = b"MZ" + b"\0" * 58 + struct.pack("<I", 64) + b"PE\0\0L\x01" + b"\0" * 200
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def zipped(names=("a.txt",)):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "known"),
    [
        (PE, Format.PE),
        (b"MZ" + b"\0" * 62 + bytes(200), Format.DOS),
        (b"\x7fELF\x02\x01\x01" + b"\0" * 60, Format.ELF),
        (b"\xca\xfe\xba\xbe\0\0\0\x02" + b"\0" * 60, Format.MACH_O),
        (b"\xca\xfe\xba\xbe\0\0\0\x3d" + b"\0" * 60, Format.JAVA_CLASS),
        (b"L\0\0\0\x01\x14\x02\0" + b"\0" * 60, Format.LNK),
        (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD", Format.EICAR),
        (b"%PDF-1.7\n%\xe2\xe3\n", Format.PDF),
        (b"junk before it\n%PDF-1.4\n", Format.PDF),
        (b"%PDF\n%\xe2\xe3\n", Format.PDF),
        (b"%!PS-Adobe-3.0 PDF-1.4\n%\xe2\xe3\n", Format.PDF),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", Format.POSTSCRIPT),
        (b"%FDF-1.2\n", Format.PDF),
        (b"{\\rtf1\\ansi}", Format.RTF),
        (b"\x78\x9f\x3e\x22\x01\0\x01\x90\x08\0", Format.TNEF),
        (PNG, Format.IMAGE),
        (b"BZh91AY&SY\x01\x02\0\0", Format.BZIP2),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\x03", Format.GZIP),
    ],
)
def test_the_front_tells_the_format(content, known):
    assert formats_of(content)[:1] == (known,)


@pytest.mark.parametrize("settings", [(2, 0, 2), (1, 1, 1), (0, 4, 4)])
@pytest.mark.parametrize("dictionary", [4_096, 3 << 19, 1 << 26])
def test_lzma_is_known_without_a_signature(settings, dictionary):
    literal, position, mask = settings
    chain = [{"id": lzma.FILTER_LZMA1, "dict_size": dictionary, "lc": literal, "lp": position, "pb": mask}]
    packed = lzma.compress(b"words " * 99, lzma.FORMAT_ALONE, filters=chain)
    with_size = packed[:5] + struct.pack("<Q", 594) + packed[13:]
    assert [formats_of(content) for content in (packed, with_size)] == [(Format.LZMA,)] * 2
    for at, octet in ((0, 225), (0, 8 + 9 * 4), (1, 1), (5, 1), (13, 1)):
        damaged = bytearray(packed)
        damaged[at] = octet
        assert Format.LZMA not in formats_of(bytes(damaged))


@pytest.mark.parametrize("front", [PNG, b"ID3" + bytes(range(256)), b"words\n" * 99])
def test_a_cabinet_behind_other_content_is_seen(front):
    assert Format.CAB in formats_of(front + b"MSCF" + bytes(20) + b"\x03\x01" + bytes(40))


@pytest.mark.parametrize(
    "text",
    [
        b"MZ is short for the initials of an engineer, and this is a letter about her.",
        b"OTTO asks whether the meeting is on.",
        b"070701, 070702 and 070703 are the parcel numbers.",
        b"EGGA is a place; BMX is a sport; RIFF is music.",
        b"",
        b"PK",
        "Grüße aus Köln".encode(),
        "Grüße aus Köln".encode("latin-1"),
    ],
)
def test_letters_are_letters(text):
    assert formats_of(text) == ()
    assert is_text(text)


def test_tar_of_either_age_is_recognised():
    for layout in (tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT):
        target = io.BytesIO()
        with tarfile.open(fileobj=target, mode="w", format=layout) as archive:
            archive.addfile(tarfile.TarInfo("a.txt"))
        assert formats_of(target.getvalue()) == (Format.TAR,)
    old = bytearray(target.getvalue()[:512])
    old[257:265] = bytes(8)
    old[148:156] = b" " * 8
    old[148:156] = b"%06o\0 " % sum(old)
    assert formats_of(bytes(old)) == (Format.TAR,)


def test_an_image_of_a_disc_is_told_by_its_descriptor_wherever_it_begins():
    disc = bytearray(64 * 1024)
    disc[32_769:32_774] = b"CD001"
    assert Format.ISO in formats_of(bytes(disc))
    disc[34_817:34_822] = b"NSR03"
    assert Format.UDF in formats_of(bytes(disc))


def test_trailers_tell_disk_images():
    assert Format.VHD in formats_of(b"\xeb\x00" + bytes(2_000) + b"conectix" + bytes(504))
    assert Format.DMG in formats_of(b"\x78\xda\x63" + bytes(2_000) + b"koly" + bytes(508))


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


def test_a_stream_is_a_program_only_with_its_second_header():
    assert is_whole_file(PE, len(PE))
    assert not is_whole_file(b"MZ" + bytes(range(1, 200)), 198)


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


def test_a_file_system_is_known_by_its_sectors_where_its_jump_is_odd():
    sector = b"\x90\x90\x90MSDOS5.0" + struct.pack("<HB", 512, 1)
    assert formats_of(sector.ljust(510, b"\0") + b"\x55\xaa" + bytes(20_000)) == (Format.FILE_SYSTEM,)
    assert formats_of((b"\x90" * 13).ljust(510, b"\0") + b"\x55\xaa" + bytes(20_000)) == ()


def test_a_cabinet_is_known_whatever_its_second_field_holds():
    fields = struct.pack("<4sIIIIIBB", b"MSCF", 7, 100, 0, 44, 0, 3, 1)
    assert formats_of(fields + bytes(80)) == (Format.CAB,)
    assert formats_of(fields.replace(b"\3\1", b"\3\2") + bytes(80)) == ()


def test_an_archive_of_afio_is_cpio():
    head = b"070727" + b"0" * 8 + b"0" * 16 + b"m" + b"0" * 40 + b"n" + b"0" * 8 + b"s" + b"0" * 16 + b":"
    assert formats_of(head + b"a.txt\0" + bytes(60)) == (Format.CPIO,)


@pytest.mark.parametrize(("more", "known"), [(0, (Format.PDF,)), (1, ())])
def test_a_pdf_that_begins_as_late_as_readers_look_and_later(more, known):
    assert formats_of(b"\xe2" * (1_024 - len("%PDF-") + more) + b"%PDF-1.7") == known


@pytest.mark.parametrize(("more", "found"), [(0, True), (1, False)])
def test_an_archive_behind_something_else_as_far_as_7_zip_looks_and_further(more, found):
    archive = b"7z\xbc\xaf\x27\x1c" + bytes(40)
    content = PNG.ljust(8 * 1024 * 1024 + 1 - 6 + more, b"\1") + archive
    assert bool(list(carried_in(content, Format.IMAGE))) == found


@pytest.mark.parametrize(("more", "found"), [(0, True), (1, False)])
def test_the_end_of_a_zip_behind_the_longest_comment_and_one_octet_more(more, found):
    assert ends_as_zip(zipped() + bytes(65_535 + more)) == found
