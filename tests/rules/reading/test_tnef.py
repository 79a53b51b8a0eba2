"""TNEF gives its attachments with every name, whatever its counts claim."""

import struct
import time

import pytest

from rules.reading.budget import Budget
from rules.reading.member import Unreadable
from rules.reading.tnef import unpack_tnef

PROGRAM = b"MZ and so on"
HEAD = b"\x78\x9f\x3e\x22\x01\x00"


def attribute(level, identifier, body):
    return struct.pack("<BHHI", level, identifier, 6, len(body)) + body + struct.pack("<H", sum(body) & 0xFFFF)


def properties(*items):
    body = struct.pack("<I", len(items))
    for tag, kind, value in items:
        body += struct.pack("<HH", kind, tag)
        if kind == 3:
            body += struct.pack("<I", value)
        else:
            body += struct.pack("<II", 1, len(value)) + value + bytes(-len(value) % 4)
    return body


def wide(text):
    return (text + "\0").encode("utf-16-le")


def attachment(title=b"PAYLOA~1.TXT\0", *items, data=PROGRAM):
    return (
        attribute(2, 0x9002, bytes(14))
        + attribute(2, 0x8010, title)
        + attribute(2, 0x800F, data)
        + (attribute(2, 0x9005, properties(*items)) if items else b"")
    )


def taken(octets):
    found = []
    try:
        for member in unpack_tnef(octets, Budget()):
            found.append(member)
    except Unreadable as error:
        return found, str(error)
    return found, None


def test_d24_an_attachment_has_its_short_and_its_long_name():
    octets = HEAD + attachment(b"A.TXT\0", (0x3707, 0x1F, wide("payload.exe")), (0x370E, 0x1E, b"text/plain\0"))
    (member,), fault = taken(octets)
    assert (member.names, member.octets, member.declared_type) == (("A.TXT", "payload.exe"), PROGRAM, "text/plain")
    assert fault is None


def test_several_attachments_are_kept_apart():
    members, _ = taken(HEAD + attachment(b"a.txt\0") + attachment(b"b.txt\0", data=b"second"))
    assert [(member.names[0], member.octets) for member in members] == [("a.txt", PROGRAM), ("b.txt", b"second")]


def test_data_in_front_of_its_name_and_its_mark_is_taken():
    octets = HEAD + attribute(2, 0x800F, PROGRAM) + attribute(2, 0x8010, b"payload.exe\0")
    (member,), _ = taken(octets)
    assert (member.names, member.octets) == (("payload.exe",), PROGRAM)


def test_d24_an_embedded_object_loses_its_identifier():
    octets = HEAD + attribute(2, 0x9002, bytes(14))
    octets += attribute(2, 0x9005, properties((0x3701, 0x0D, bytes(16) + HEAD + attachment())))
    (member,), _ = taken(octets)
    assert member.octets == HEAD + attachment()


def test_the_messages_own_text_comes_out():
    octets = HEAD + attribute(1, 0x9003, properties((0x1000, 0x1F, wide("Hello")), (0x1013, 0x102, b"<p>Hello</p>")))
    members, _ = taken(octets)
    assert [(member.declared_type, member.octets) for member in members] == [
        ("text/plain", b"Hello"),
        ("text/html", b"<p>Hello</p>"),
    ]


def test_d24_a_wrong_checksum_is_no_matter():
    octets = (HEAD + attribute(2, 0x9002, bytes(14)) + attribute(2, 0x8010, b"payload.exe\0"))[:-2] + b"\xff\xff"
    assert taken(octets)[0][0].names == ("payload.exe",)


def test_d24_what_is_cut_off_is_told_after_what_could_be_read():
    octets = HEAD + attachment(b"payload.exe\0") + attachment(b"b.txt\0")
    members, fault = taken(octets[:-5])
    assert members[0].names == ("payload.exe",)
    assert fault == "TNEF that is cut off"


def test_a_huge_count_costs_nothing():
    body = struct.pack("<I", 0xFFFFFFFF) + struct.pack("<HHI", 3, 0x3705, 1) * 2
    began = time.process_time()
    _, fault = taken(HEAD + attribute(2, 0x9002, bytes(14)) + attribute(2, 0x9005, body))
    assert time.process_time() - began < 1
    assert fault == "TNEF that claims more properties than it has"


def test_a_fault_in_one_attachment_does_not_hide_the_next():
    bad = attribute(2, 0x9002, bytes(14)) + attribute(2, 0x9005, struct.pack("<IHH", 1, 0x0FEE, 0x3705))
    members, fault = taken(HEAD + bad + attachment(b"payload.exe\0"))
    assert members[0].names == ("payload.exe",)
    assert fault == "TNEF with an unknown kind of property"


@pytest.mark.parametrize("cut", range(6, 200, 5))
def test_no_cut_raises_anything_else(cut):
    taken((HEAD + attachment(b"a.txt\0", (0x3707, 0x1F, wide("payload.exe"))))[:cut])


@pytest.mark.parametrize("flip", range(6, 200, 3))
def test_no_flipped_octet_raises_anything_else(flip):
    octets = bytearray(HEAD + attachment(b"a.txt\0", (0x3707, 0x1F, wide("payload.exe"))))
    octets[flip % len(octets)] ^= 0xFF
    taken(bytes(octets))


def test_as_many_attributes_as_are_read_and_one_more():
    octets = HEAD + attribute(1, 0x8006, b"x") * 19_999 + attribute(1, 0x800C, b"words")
    assert len(taken(octets)[0]) == 1
    assert "more than 20,000 attributes" in taken(octets + attribute(1, 0x8006, b"x"))[1]


@pytest.mark.parametrize(("count", "fault"), [(2_000, None), (2_001, "more than 2,000 properties")])
def test_as_many_properties_as_are_read_and_one_more(count, fault):
    told = taken(HEAD + attachment(b"a.txt", *[(0x3700, 3, 1)] * count))[1]
    assert told is None if fault is None else fault in told


@pytest.mark.parametrize(("count", "fault"), [(1_000, None), (1_001, "more than 1,000 values of one property")])
def test_as_many_values_as_are_read_and_one_more(count, fault):
    values = struct.pack("<IHHI", 1, 0x1102, 0x3701, count) + struct.pack("<I4s", 4, b"data") * count
    told = taken(HEAD + attribute(2, 0x9002, bytes(14)) + attribute(2, 0x9005, values))[1]
    assert told is None if fault is None else fault in told
