"""What a Macintosh packs with its resources gives its data fork, under every name."""

import struct

import pytest

from rules.reading.budget import Budget, LimitExceeded, Limits
from rules.reading.containers import unpack
from rules.reading.formats import formats_of
from rules.reading.macintosh import is_macbinary
from rules.reading.member import Unreadable
from rules.reading.signatures import Format

PROGRAM = b"MZ and so on" * 30


def apple(entries, magic=b"\0\x05\x16\0", count=None):
    at = 26 + 12 * len(entries)
    table = body = b""
    for kind, content in entries:
        table += struct.pack(">III", kind, at + len(body), len(content))
        body += content
    return magic + b"\0\2\0\0" + bytes(16) + struct.pack(">H", len(entries) if count is None else count) + table + body


def macbinary(content=PROGRAM, name=b"payload.exe", resource=b""):
    head = bytes([0, len(name)]) + name.ljust(63, b"\0") + b"APPLmdos" + bytes(10)
    head += struct.pack(">II", len(content), len(resource))
    return head.ljust(128, b"\0") + content + bytes(-len(content) % 128) + resource


def members(octets, limits=None):
    return [(member.names, member.octets) for member in unpack(octets, (), (), Budget(limits))]


@pytest.mark.parametrize("magic", [b"\0\x05\x16\0", b"\0\x05\x16\7"])
def test_the_data_fork_has_the_real_name(magic):
    made = apple([(9, bytes(32)), (3, b"payload.exe"), (2, b"resources"), (1, PROGRAM)], magic)
    assert members(made) == [(("payload.exe",), PROGRAM)]


@pytest.mark.parametrize(("more", "kept"), [(0, 1_020), (1, 1_020)])
def test_of_a_name_the_end_counts(more, kept):
    made = apple([(3, b"a" * (1_020 + more) + b".exe"), (1, PROGRAM)])
    assert members(made) == [(("a" * kept + ".exe",), PROGRAM)]


def test_the_companion_file_of_a_mac_holds_no_data():
    assert members(apple([(9, bytes(32)), (2, bytes(286))], b"\0\x05\x16\7")) == []


def test_macbinary_gives_its_data():
    assert members(macbinary()) == [(("payload.exe",), PROGRAM)]
    assert members(macbinary(resource=b"r" * 300)) == [(("payload.exe",), PROGRAM)]
    third = macbinary()[:102] + b"mBIN\0\1" + macbinary()[108:] + b"more behind"
    assert members(third) == [(("payload.exe",), PROGRAM)]


@pytest.mark.parametrize(
    "octets",
    [
        bytes(200) + PROGRAM,
        macbinary(name=b"\1\2"),
        b"\0\0\1\0" + macbinary()[4:],
    ],
    ids=["zeros", "no name", "an icon"],
)
def test_what_only_begins_with_a_zero_is_none(octets):
    assert not is_macbinary(octets[:4_096], len(octets)) or formats_of(octets)[0] is not Format.MAC_BINARY


def test_one_that_is_cut_off_is_told():
    with pytest.raises(Unreadable, match="cut off"):
        members(apple([(1, PROGRAM)])[:-1])
    with pytest.raises(Unreadable, match="cut off"):
        members(macbinary()[:200])


def test_100_entries_are_read_and_one_more_is_told():
    entries = [(9, b"x")] * 99 + [(1, PROGRAM)]
    assert members(apple(entries)) == [(("data fork",), PROGRAM)]
    with pytest.raises(Unreadable, match="more than 100 entries"):
        members(apple([*entries, (9, b"x")]))


def test_the_budget_counts_it():
    with pytest.raises(LimitExceeded):
        members(macbinary(), Limits(members=0))
