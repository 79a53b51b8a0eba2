"""Files inside Office files, RTF and OneNote come out with their names."""

import struct
import uuid
import zlib
from contextlib import nullcontext

import pytest

from rules.reading import embedded
from rules.reading.budget import Budget, LimitExceeded
from rules.reading.embedded import native_object, unpack_compound, unpack_onenote

PROGRAM = b"MZ" + b"\0" * 58 + struct.pack("<I", 64) + b"PE\0\0L\x01" + b"\0" * 40


def package(label=b"notes.txt", origin=b"C:\\x\\payload.exe", command=b"C:\\t\\payload.exe\0", content=PROGRAM):
    body = b"\x02\0" + label + b"\0" + origin + b"\0" + b"\0\0\x03\0" + struct.pack("<I", len(command)) + command
    return body + struct.pack("<I", len(content)) + content


def native(body):
    return struct.pack("<I", len(body)) + body


def test_a_package_has_all_its_names():
    member = native_object(native(package()))
    assert (member.names, member.octets) == (("notes.txt", "payload.exe"), PROGRAM)


def test_a_package_has_its_unicode_names():
    wide = "C:\\ü.scr"
    body = package() + struct.pack("<I", len(wide)) + wide.encode("utf-16-le")
    assert native_object(native(body)).names[-1] == "ü.scr"


def test_a_native_object_that_is_no_package_is_its_data():
    assert native_object(native(PROGRAM)).octets == PROGRAM


@pytest.mark.parametrize("cut", range(0, 100, 7))
def test_a_cut_package_is_something(cut):
    native_object(native(package())[:cut])


def test_objects_of_a_document_come_out(compound_file):
    octets = compound_file(
        {
            "WordDocument": bytes(600),
            "ObjectPool/_1/\x01Ole10Native": native(package()),
            "ObjectPool/_2/Package": b"PK\x03\x04 and so on",
            "ObjectPool/_3/anything": PROGRAM,
            "Data": b"MZ is not enough" + bytes(range(100)),
        }
    )
    found = {member.names[0]: member.octets for member in unpack_compound(octets, Budget())}
    assert found == {"notes.txt": PROGRAM, "Package": b"PK\x03\x04 and so on", "anything": PROGRAM}


@pytest.mark.parametrize("packed", [True, False])
def test_objects_of_a_presentation_come_out(compound_file, packed):
    inner = compound_file({"VBA/dir": b"x"})
    body = struct.pack("<I", len(inner)) + zlib.compress(inner) if packed else inner
    stream = struct.pack("<HHI", 0x0F, 1000, 4) + b"skip" + struct.pack("<HHI", 0x10 * packed, 0x1011, len(body)) + body
    (member,) = unpack_compound(compound_file({"PowerPoint Document": stream}), Budget())
    assert member.octets == inner


@pytest.mark.parametrize(("more", "limited"), [(0, False), (1, True)])
def test_as_many_records_of_a_presentation_as_are_read_and_one_more(compound_file, monkeypatch, more, limited):
    monkeypatch.setattr(embedded, "_MAX_RECORDS", 10)
    octets = compound_file({"PowerPoint Document": struct.pack("<HHI", 0x0F, 1_000, 0) * (10 + more)})
    with pytest.raises(LimitExceeded, match="more than 10 records") if limited else nullcontext():
        assert list(unpack_compound(octets, Budget())) == []


def note(*contents, names=()):
    start = uuid.UUID("7b5c52e4-d88c-4da7-aeb1-5378d02996d3").bytes_le + bytes(100)
    for name in names:
        start += b"\0\0" + name.encode("utf-16-le") + b"\0\0" + bytes(10)
    identifier = uuid.UUID("bde316e7-2665-4511-a4c4-8d4d0b7a9eac").bytes_le
    return start + b"".join(
        identifier + struct.pack("<Q", len(content)) + bytes(12) + content + bytes(20) for content in contents
    )


def test_files_of_a_note_come_out_with_every_name_in_it():
    members = list(unpack_onenote(note(PROGRAM, b"@echo off", names=("invoice.pdf", "open me.bat")), Budget()))
    assert [member.octets for member in members] == [PROGRAM, b"@echo off"]
    assert all({"invoice.pdf", "open me.bat"} <= set(member.names) for member in members)


@pytest.mark.parametrize(("more", "limited"), [(0, False), (1, True)])
def test_as_many_names_in_a_note_as_are_kept_and_one_more(more, limited):
    section = note(PROGRAM, names=[f"a{number}.txt" for number in range(200 + more)])
    members = []
    with pytest.raises(LimitExceeded, match="more than 200 names") if limited else nullcontext():
        members.extend(unpack_onenote(section, Budget()))
    assert [(len(member.names), member.octets) for member in members] == [(200, PROGRAM)]


def test_a_linked_package_has_its_names_and_no_content():
    body = b"\x02\0calc.exe\0C:\\Windows\\calc.exe\0\0\0\x01\0\x01\0C:\\Windows\\calc.exe\0"
    member = native_object(native(body))
    assert (member.names, member.octets) == (("calc.exe", "calc.exe"), b"")


@pytest.mark.parametrize(("more", "kept"), [(0, 100), (1, 100)])
def test_of_a_name_in_a_note_the_end_counts(more, kept):
    (member,) = unpack_onenote(note(PROGRAM, names=["a" * (100 + more) + ".exe"]), Budget())
    assert member.names == ("a" * kept + ".exe",)
