"""RAR headers tell names and locks without unpacking."""

import struct

import pytest

from rules.reading.rar import listing_of


def vint(number):
    octets = bytearray()
    while number > 0x7F:
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*octets, number])


def block5(kind, body, flags=0, extra=b"", data=b""):
    flags |= (1 if extra else 0) | (2 if data else 0)
    fields = vint(kind) + vint(flags) + (vint(len(extra)) if extra else b"") + (vint(len(data)) if data else b"")
    head = fields + body + extra
    return bytes(4) + vint(len(head)) + head + data


def file5(name, extra=b"", flags=0):
    raw = name.encode()
    body = vint(0) + vint(5) + vint(0) + vint(0) + vint(1) + vint(len(raw)) + raw
    return block5(2, body, flags=flags, extra=extra, data=b"12345")


RAR5 = b"Rar!\x1a\x07\x01\0"
MAIN5 = block5(1, vint(0))


def test_names_of_rar_5():
    listing = listing_of(RAR5 + MAIN5 + file5("ä/payload.exe") + file5("b.txt") + block5(5, vint(0)))
    assert [(entry.name, entry.encrypted) for entry in listing.entries] == [("ä/payload.exe", False), ("b.txt", False)]
    assert (listing.hidden, listing.volume, listing.reader) == (False, False, "rar5")


def test_an_encrypted_file_of_rar_5():
    lock = vint(3) + vint(1) + b"\0\0"
    (entry,) = listing_of(RAR5 + MAIN5 + file5("secret.doc", extra=lock)).entries
    assert entry.encrypted


def test_hidden_names_of_rar_5():
    assert listing_of(RAR5 + block5(4, vint(0) + bytes(20)) + bytes(100)).hidden


def test_a_volume_of_rar_5():
    assert listing_of(RAR5 + block5(1, vint(1))).volume
    assert listing_of(RAR5 + MAIN5 + file5("a.txt", flags=0x10)).volume


def block4(kind, flags, body=b""):
    return struct.pack("<HBHH", 0, kind, flags, 7 + len(body)) + body


def file4(name, flags=0, version=20, method=0x30):
    fields = struct.pack("<IIBIIBBHI", 0, 0, 2, 0, 0, version, method, len(name), 0x20)
    return block4(0x74, 0x8000 | flags, fields + name)


RAR4 = b"Rar!\x1a\x07\0"


def test_names_of_rar_4():
    listing = listing_of(RAR4 + block4(0x73, 0, bytes(6)) + file4(b"payload.exe") + file4(b"secret.doc", 0x04))
    assert [(entry.name, entry.encrypted) for entry in listing.entries] == [
        ("payload.exe", False),
        ("secret.doc", True),
    ]


@pytest.mark.parametrize(("version", "method", "old"), [(28, 0x33, True), (29, 0x33, False), (20, 0x30, False)])
def test_what_was_packed_before_version_3(version, method, old):
    (entry,) = listing_of(RAR4 + block4(0x73, 0, bytes(6)) + file4(b"a.txt", 0, version, method)).entries
    assert entry.old == old


def test_a_name_packed_from_utf_16():
    # high octet 04; the first four characters: one octet each with it, then the stop
    packed = b"\x04" + bytes([0b01010101]) + bytes([0x30, 0x31, 0x32, 0x33]) + bytes([0b00000000]) + b".exe"
    (entry,) = listing_of(RAR4 + block4(0x73, 0, bytes(6)) + file4(b"????.exe\0" + packed, 0x0200)).entries
    assert entry.name == "абвг.exe"


@pytest.mark.parametrize(("units", "name"), [("3dd800de", "\U0001f600"), ("27df2e00", "\ufffd."), ("3dd8", "\ufffd")])
def test_halves_of_characters_in_such_a_name(units, name):
    """A half alone could be neither stored nor shown."""
    packed = bytes([0, 0b10100000]) + bytes.fromhex(units)
    (entry,) = listing_of(RAR4 + file4(b"a\0" + packed, flags=0x200)).entries
    assert entry.name == name


def test_hidden_names_and_volumes_of_rar_4():
    assert listing_of(RAR4 + block4(0x73, 0x0080, bytes(6))).hidden
    assert listing_of(RAR4 + block4(0x73, 0x0001, bytes(6))).volume


@pytest.mark.parametrize("cut", range(0, 90, 3))
def test_a_cut_archive_tells_what_it_can(cut):
    listing_of((RAR5 + MAIN5 + file5("payload.exe") + file5("b.txt"))[:cut])
    listing_of((RAR4 + block4(0x73, 0, bytes(6)) + file4(b"payload.exe"))[:cut])


def test_a_stream_beside_a_file_of_rar_5_has_its_name():
    """WinRAR writes it when it unpacks (CVE-2025-8088); a comment is no such thing."""
    raw = b":..\\..\\Startup\\payload.exe"
    service = vint(0) + vint(5) + vint(0) + vint(0) + vint(1)
    name = vint(len(raw) + 1) + vint(7) + raw
    stream = block5(3, service + vint(3) + b"STM", extra=name, data=b"12345")
    comment = block5(3, service + vint(3) + b"CMT", data=b"12345")
    file, found = listing_of(RAR5 + MAIN5 + file5("a.txt") + stream + comment).entries
    assert (file.name, file.stream) == ("a.txt", False)
    assert (found.name, found.stream) == (raw.decode(), True)


def test_a_stream_beside_a_file_of_rar_4_has_its_name():
    name = ":payload.exe".encode("utf-16-le")
    fields = struct.pack("<IIBIIBBHI", 5, 5, 2, 0, 0, 29, 0x30, 3, 0) + b"STM" + name
    older = block4(0x77, 0, struct.pack("<IHB", 0, 0x105, 0))
    found = listing_of(b"Rar!\x1a\x07\0" + block4(0x7A, 0x8000, fields) + b"12345" + older).entries
    assert [(entry.name, entry.stream) for entry in found] == [(":payload.exe", True), ("stream", True)]


def test_the_block_that_ends_it_is_the_end():
    octets = RAR5 + MAIN5 + file5("a.txt") + block5(5, vint(0))
    assert listing_of(octets + file5("b.txt")).end == len(octets)
    assert len(listing_of(octets + file5("b.txt")).entries) == 1


@pytest.mark.parametrize(("count", "limit"), [(20_000, ""), (20_001, "RAR archive with more than 20,000 headers")])
def test_as_many_headers_as_are_read_and_one_more(count, limit):
    assert listing_of(RAR4 + block4(0x75, 0) * count).limit == limit
    assert listing_of(RAR5 + block5(3, vint(0) * 8) * count).limit == limit
