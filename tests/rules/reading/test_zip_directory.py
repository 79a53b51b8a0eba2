"""Every directory that some reader of zip archives would follow is followed, and their differences are told."""

import io
import struct
import zipfile

import pytest

from rules.reading.member import Unreadable
from rules.reading.zip_directory import local_at, read_directory


def zipped(*names, comment=b"", content=b"text"):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, content)
        archive.comment = comment
    return target.getvalue()


def directory_at(octets):
    return octets.index(b"PK\x01\x02")


def end_record(size, offset, count=1, comment=b""):
    return struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, size, offset, len(comment)) + comment


def names_of(octets):
    return [entry.names[0] for entry in read_directory(octets).entries]


DIFFER = ("zip archive with several directories that differ",)


def test_an_ordinary_archive_has_one_directory():
    directory = read_directory(zipped("a.txt", "b.txt", comment=b"hello"))
    assert [entry.names for entry in directory.entries] == [("a.txt",), ("b.txt",)]
    assert directory.doubts == ()


@pytest.mark.parametrize("count", [0, 1, 3, 0xFFFF])
def test_the_count_of_entries_is_not_believed(count):
    octets = bytearray(zipped("a.txt", "b.txt"))
    struct.pack_into("<HH", octets, octets.index(b"PK\x05\x06") + 8, count, count)
    assert names_of(bytes(octets)) == ["a.txt", "b.txt"]


def test_content_before_and_behind_the_archive_is_passed_over():
    octets = zipped("a.txt")
    assert names_of(b"MZ" + bytes(500) + octets) == ["a.txt"]
    assert names_of(octets + bytes(500)) == ["a.txt"]


def test_a_comment_that_holds_an_end_record_which_leads_nowhere_is_passed_over():
    assert names_of(zipped("a.txt", comment=end_record(46, 9_999))) == ["a.txt"]
    assert names_of(zipped("a.txt", comment=end_record(5, 3))) == ["a.txt"]


def test_both_end_records_count_when_the_comment_holds_one_that_leads_somewhere():
    first = zipped("payload.exe")
    at = directory_at(first)
    listed = first[at : first.index(b"PK\x05\x06")].replace(b"payload.exe", b"payload.txt")
    octets = first[:-22] + end_record(len(listed), at, comment=listed + end_record(len(listed), len(first)))
    directory = read_directory(octets)
    assert [set(entry.names) for entry in directory.entries] == [{"payload.exe", "payload.txt"}]
    assert directory.doubts == DIFFER


def test_archives_one_behind_the_other_both_count():
    octets = zipped("payload.exe") + zipped("a.txt")
    directory = read_directory(octets)
    assert {entry.names[0] for entry in directory.entries} == {"a.txt", "payload.exe"}
    assert directory.doubts == DIFFER


def test_an_archive_stored_in_another_is_a_member_and_no_second_directory():
    directory = read_directory(zipped("inner.zip", "b.txt", content=zipped("a.txt")))
    assert [entry.names[0] for entry in directory.entries] == ["inner.zip", "b.txt"]
    assert directory.doubts == ()


def test_a_directory_by_its_offset_counts_beside_that_by_its_size():
    first = zipped("payload.exe")
    at, end = directory_at(first), first.index(b"PK\x05\x06")
    shown = first[at:end].replace(b"payload.exe", b"payload.txt")
    octets = first[:end] + shown + end_record(len(shown), at)
    assert {name for entry in read_directory(octets).entries for name in entry.names} == {"payload.exe", "payload.txt"}
    assert read_directory(octets).doubts == DIFFER


def with_zip64(octets, size, offset, at=None):
    """The archive with a larger end record of these numbers; the small one stays as it is."""
    end = octets.index(b"PK\x05\x06")
    record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, size, offset)
    return octets[:end] + record + struct.pack("<4sIQI", b"PK\x06\x07", 0, end if at is None else at, 1) + octets[end:]


def test_a_larger_end_record_that_says_the_same_is_no_doubt():
    octets = zipped("a.txt")
    at, end = directory_at(octets), octets.index(b"PK\x05\x06")
    directory = read_directory(with_zip64(octets, end - at, at))
    assert [entry.names[0] for entry in directory.entries] == ["a.txt"]
    assert directory.doubts == ()


def test_a_larger_end_record_that_says_otherwise_does_not_hide_what_the_small_one_lists():
    octets = zipped("a.txt", "payload.exe")
    second = octets.rindex(b"PK\x01\x02")
    found = read_directory(with_zip64(octets, octets.index(b"PK\x05\x06") - second, second))
    assert {entry.names[0] for entry in found.entries} == {"a.txt", "payload.exe"}
    assert found.doubts == DIFFER


def test_a_locator_that_leads_nowhere_is_passed_over():
    octets = zipped("a.txt")
    at, end = directory_at(octets), octets.index(b"PK\x05\x06")
    assert names_of(with_zip64(octets, end - at, at, at=1 << 60)) == ["a.txt"]


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"PK\x03\x04" + bytes(60), "without a directory: cut off, or one volume of several"),
        (end_record(46, 1 << 30), "directory points outside it"),
        (struct.pack("<4sHHHHIIH", b"PK\x05\x06", 3, 0, 1, 1, 0, 0, 0), "one volume of a zip archive of several"),
        (bytes(60) + end_record(46, 10), "zip archive with a broken directory"),
    ],
)
def test_e17_what_cannot_be_listed_is_told(octets, words):
    with pytest.raises(Unreadable, match=words):
        read_directory(octets)


def test_e08_an_encrypted_directory_is_told_as_such():
    octets = bytearray(zipped("a.txt"))
    octets[7] |= 0x20  # the mark that local headers are blank
    at = directory_at(bytes(octets))
    octets[at : at + 30] = bytes(range(30))
    with pytest.raises(Unreadable, match="zip archive with an encrypted directory"):
        read_directory(bytes(octets))
    assert local_at(bytes(octets), 0).is_encrypted


def test_entries_are_counted():
    octets = zipped("a.txt")
    at, end = directory_at(octets), octets.index(b"PK\x05\x06")
    many = octets[at:end] * 10_000
    assert len(read_directory(octets[:at] + many + end_record(len(many), at)).entries) == 10_000
    with pytest.raises(Unreadable, match="more than 10,000 entries"):
        read_directory(octets[:at] + many + octets[at:end] + end_record(len(many) + end - at, at))


def test_modes_of_unix_tell_links():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.create_system, link.external_attr = 3, 0xA1FF << 16
        archive.writestr(link, "/etc")
        archive.writestr("a.txt", "text")
    assert [entry.is_link for entry in read_directory(target.getvalue()).entries] == [True, False]
