"""RTF is read as Word shows it, and Outlook's compressed form is unpacked."""

import struct
from contextlib import nullcontext

import pytest

from rules.reading import rtf
from rules.reading.budget import LimitExceeded
from rules.reading.rtf import read_rtf, text_of_rtf, unpack_compressed_rtf


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (rb"{\rtf1\ansi Hello\par there}", "Hello\nthere"),
        (rb"{\rtf1{\fonttbl{\f0 Arial;}}{\*\generator Word;}{\info{\author Ann}}Hello}", "Hello"),
        (rb"{\rtf1 Gr\'fc\'dfe}", "Grüße"),
        (rb"{\rtf1 It\rquote s \u8364?5 \{net\}}", "It's €5 {net}"),
        (rb"{\rtf1 a\cell b\row}", "a\tb\n"),
        (rb"{\rtf1{\object{\*\objdata 4d5a}}shown}", "shown"),
        (rb"{\rtf1\uc0\u72 ello \uc2\u8364 ??5}", "Hello €5"),
        (
            rb"{\rtf1 \u-10179?\u-9152? and \u55357 ?{\b\u56384 ?}\uc0\u55357\u56384}",
            "\U0001f440 and \U0001f440\U0001f440",
        ),
        (rb"{\rtf1 a\u-10179?b\u-9152?\u-9152?\u-10179?c}", "abc"),
        (rb"{\rtf1 {\shp{\*\shpinst\shpleft0{\sp{\sn x}}{\shptxt Boxed}}}}", "Boxed"),
        (rb"{\rtf1 a{\*\annotation Noted}}", "aNoted"),
        (b"{\\rtf1 a{\\*\\header Noted}{\\*\r\n\\pard  too}}", "aNoted too"),
        (rb"{\rtf1 a{\*\new{\*\pard none}}{\fonttbl{\*\pard none}}{\*none}}", "a"),
        (rb"{\rtf1{\object{\*\objdata 4d5a}{\result shown}}}", "shown"),
        (rb"{\rtf1{\upr{\f0 }{\*\ud{\u1055?}}}}", "П"),
        (rb"{\rtf1\ansi\ansicpg1251 \'cf\'f0\'e8}", "При"),
        (rb"{\rtf1\ansicpg932 \'93\'fa\'96\'7b}", "日本"),
        (rb"}}}not well formed{{{", "not well formed"),
    ],
)
def test_the_text_is_what_a_reader_sees(written, text):
    assert text_of_rtf(written) == text


def test_hidden_text_stands_apart():
    found = read_rtf(rb"{\rtf1 shown{\v hidden}\v more\v0  again}")
    assert (found.visible, found.hidden, found.limit) == ("shown again", "hiddenmore", "")


def test_deleted_text_and_what_a_document_says_of_itself_stand_apart():
    found = read_rtf(rb"{\rtf1{\info{\title Wages}{\author Ann}{\creatim\yr2025}}shown{\deleted  gone}}")
    assert (found.visible, found.hidden) == ("shown", "\nWages\nAnn gone")


def test_groups_as_deep_as_the_bound_are_read_and_deeper_ones_told():
    assert read_rtf(b"{" * (rtf._MAX_GROUPS - 1) + b"Hello").visible == "Hello"
    found = read_rtf(b"{" * 1_000_000 + b"Hello")
    assert (found.visible, found.limit) == ("", "RTF nested more than 10,000 deep")


def test_a_text_as_long_as_the_bound_is_read_and_a_longer_one_told(monkeypatch):
    monkeypatch.setattr(rtf, "MAX_TEXT", 1_000)
    assert read_rtf(b"{\\rtf1 " + b"x" * 1_000 + b"}").limit == ""
    assert read_rtf(b"{\\rtf1 " + b"x" * 1_001 + b"}").limit.startswith("RTF of more than")


def test_the_example_of_the_specification_is_unpacked():
    # MS-OXRTFCP section 4.1
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert unpack_compressed_rtf(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


def test_the_uncompressed_form_is_passed_on():
    assert unpack_compressed_rtf(struct.pack("<II4sI", 20, 5, b"MELA", 0) + b"{\\rt}") == b"{\\rt}"


@pytest.mark.parametrize("content", [b"", b"short", struct.pack("<II4sI", 9, 9, b"LZFu", 0) + b"\xff\xff\xff\xff\xff"])
def test_malformed_content_is_something(content):
    unpack_compressed_rtf(content)


@pytest.mark.parametrize(("more", "limited"), [(0, False), (1, True)])
def test_a_messages_own_text_as_long_as_is_unpacked_and_longer(more, limited):
    packed = struct.pack("<II4sI", 20, 32 * 1024 * 1024 + more, b"MELA", 0) + b"{\\rtf1 x}"
    with pytest.raises(LimitExceeded, match="of more than 32 MiB") if limited else nullcontext():
        assert unpack_compressed_rtf(packed) == b"{\\rtf1 x}"


@pytest.mark.parametrize(("count", "limit"), [(16, ""), (17, "RTF with more than 16 characters that stand in for one")])
def test_as_many_stand_ins_as_are_passed_over_and_one_more(count, limit):
    read = read_rtf(b"{\\rtf1\\uc%d a\\u98 %sc}" % (count, b"x" * count))
    assert (read.visible == "abc", read.limit) == (not limit, limit)


def test_a_text_in_escapes_keeps_its_letters_of_two_octets_however_long_it_is():
    assert text_of_rtf(b"{\\rtf1\\ansicpg932 x" + b"\\'93\\'fa" * 40_000 + b"}") == "x" + "\u65e5" * 40_000
