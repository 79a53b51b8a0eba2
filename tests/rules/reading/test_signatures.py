"""What content shows by its own octets."""

import io
import lzma
import struct
import tarfile

import pytest

from rules.reading.formats import formats_of
from rules.reading.signatures import Format, is_text, is_whole_file

PE = b"MZ" + b"\0" * 58 + struct.pack("<I", 64) + b"PE\0\0L\x01" + b"\0" * 200
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


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


def test_a_stream_is_a_program_only_with_its_second_header():
    assert is_whole_file(PE, len(PE))
    assert not is_whole_file(b"MZ" + bytes(range(1, 200)), 198)


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
