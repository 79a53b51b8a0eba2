"""Windows shortcuts: what they start is told, and what is hidden behind them comes out."""

import struct

import pytest

from rules.facts import Kind
from rules.reading.budget import Budget
from rules.reading.member import Unreadable
from rules.reading.shortcuts import shortcut_sign, unpack_shortcut

IDENTIFIER = b"\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"
SCRIPT = b"@echo off\r\nstart calc.exe\r\n" + b"rem\r\n" * 120


def info(path):
    body = struct.pack("<6I", 28, 1, 28, 28, 0, 28 + len(path) + 1) + path + b"\0\0"
    return struct.pack("<I", len(body) + 4) + body


def shortcut(*, target=b"", arguments="", behind=b"", more=b""):
    flags = 0x80 | (2 if target else 0) | (0x20 if arguments else 0)
    head = struct.pack("<I16sI", 76, IDENTIFIER, flags).ljust(76, b"\0")
    text = struct.pack("<H", len(arguments)) + arguments.encode("utf-16-le") if arguments else b""
    return head + (info(target) if target else b"") + text + more + bytes(4) + behind


def behind(octets):
    return [member.octets for member in unpack_shortcut(octets, Budget())]


def test_e11_the_target_and_its_arguments_are_told():
    sign = shortcut_sign(shortcut(target=b"C:\\Windows\\System32\\cmd.exe", arguments="/c start x"))
    assert (sign.kind, sign.text) == (Kind.SHORTCUT, r"Windows shortcut to C:\Windows\System32\cmd.exe /c start x")


def test_a_target_with_variables_is_told():
    path = r"%COMSPEC%".encode("utf-16-le").ljust(520, b"\0")
    block = struct.pack("<II", 788, 0xA0000001) + bytes(260) + path
    assert shortcut_sign(shortcut(more=block)).text == "Windows shortcut to %COMSPEC%"


def test_e11_a_script_behind_a_shortcut_comes_out():
    assert behind(shortcut(target=b"C:\\x.exe", behind=SCRIPT)) == [SCRIPT]


def test_little_or_nothing_behind_is_nothing():
    assert behind(shortcut(target=b"C:\\x.exe")) == []
    assert behind(shortcut(target=b"C:\\x.exe", behind=b"x" * 512)) == []
    assert behind(shortcut(target=b"C:\\x.exe", behind=b"x" * 513)) == [b"x" * 513]


def test_as_many_blocks_as_are_read_and_one_more():
    """What follows comes out either way; only where the blocks end it begins with what the script begins with."""
    assert behind(shortcut(more=struct.pack("<II", 8, 1) * 100, behind=SCRIPT)) == [SCRIPT]
    members = unpack_shortcut(shortcut(more=struct.pack("<II", 8, 1) * 101, behind=SCRIPT), Budget())
    assert next(members).octets.endswith(SCRIPT)
    with pytest.raises(Unreadable, match="Windows shortcut with more than 100 blocks of data"):
        next(members)


@pytest.mark.parametrize(("length", "told"), [(200, 200), (201, 200)])
def test_of_a_target_and_of_its_arguments_as_much_is_told_as_has_room(length, told):
    sign = shortcut_sign(shortcut(target=b"C" * length, arguments="a" * length))
    assert sign.text == f"Windows shortcut to {'C' * told} {'a' * told}"


@pytest.mark.parametrize("cut", range(20, 200, 7))
def test_a_cut_shortcut_is_a_shortcut(cut):
    octets = shortcut(target=b"C:\\Windows\\cmd.exe", arguments="/c x", behind=SCRIPT)[:cut]
    assert shortcut_sign(octets).kind is Kind.SHORTCUT
    behind(octets)


@pytest.mark.parametrize("at", range(20, 160, 3))
def test_no_damage_raises(at):
    octets = bytearray(shortcut(target=b"C:\\Windows\\cmd.exe", arguments="/c x", behind=SCRIPT))
    octets[at] ^= 0xFF
    assert shortcut_sign(bytes(octets)).kind is Kind.SHORTCUT
    behind(bytes(octets))
