"""Files as `compress.exe` of old installation discs packed them."""

import struct
from contextlib import nullcontext

import pytest

from rules.reading import szdd
from rules.reading.budget import Budget, LimitExceeded
from rules.reading.member import Unreadable
from rules.reading.szdd import unpack_szdd

TEXT = b"abcabcabcabc" + b" " * 5 + b"end"


def packed(body):
    return b"SZDD\x88\xf0\x27\x33Ae" + struct.pack("<I", len(TEXT)) + body


# Three octets as they are; nine copied from the first of them, which the copy itself goes on writing; five blanks out
# of the window as it begins; three octets.
BODY = bytes([0b11100111]) + b"abc" + bytes([0xF0, 0xF0 | 6]) + bytes([0x00, 0x02]) + b"end"


def taken(octets, names=("payload.ex_",)):
    found = []
    try:
        for member in unpack_szdd(octets, names, Budget()):
            found.append(member)
    except Unreadable as error:
        return found, str(error)
    return found, None


def test_the_file_comes_out_under_its_first_name():
    (member,), fault = taken(packed(BODY))
    assert (member.names, member.octets, fault) == (("payload.exe",), TEXT, None)


def test_a_name_that_was_not_shortened_stays():
    (member,), _ = taken(packed(BODY), ["setup.bin"])
    assert member.names == ("setup.bin",)


def test_the_kind_of_basic_keeps_its_window_elsewhere():
    body = BODY.replace(bytes([0xF0, 0xF0 | 6]), bytes([0xEE, 0xF0 | 6]))
    (member,), fault = taken(b"SZ\x20\x88\xf0\x27\x33\xd1" + struct.pack("<I", len(TEXT)) + body)
    assert (member.octets, fault) == (TEXT, None)


@pytest.mark.parametrize("cut", range(14, 25))
def test_e12_a_cut_file_gives_what_it_has_and_is_told(cut):
    (member,), fault = taken(packed(BODY)[:cut])
    assert TEXT.startswith(member.octets)
    assert fault == "Microsoft compressed file that is cut off"


@pytest.mark.parametrize(("more", "limited"), [(0, False), (1, True)])
def test_a_file_as_large_as_is_unpacked_and_larger(monkeypatch, more, limited):
    monkeypatch.setattr(szdd, "_MAX_UNPACKED", len(TEXT) - more)
    with pytest.raises(LimitExceeded, match="unpacks to more than") if limited else nullcontext():
        assert taken(packed(BODY))[1] is None


def test_other_kinds_are_told():
    assert taken(b"KWAJ\x88\xf0\x27\xd1" + bytes(20)) == ([], "Microsoft compressed file of a kind that is not opened")
