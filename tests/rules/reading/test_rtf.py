"""RTF is read as Word shows it, and Outlook's compressed form is unpacked."""

import struct

import pytest

from rules.reading.rtf import text_of_rtf, unpack_compressed_rtf


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        (rb"{\rtf1\ansi Hello\par there}", "Hello\nthere"),
        (rb"{\rtf1{\fonttbl{\f0 Arial;}}{\*\generator Word;}{\info{\author Ann}}Hello}", "Hello"),
        (rb"{\rtf1 Gr\'fc\'dfe}", "Grüße"),
        (rb"{\rtf1 It\rquote s \u8364?5 \{net\}}", "It's €5 {net}"),
        (rb"{\rtf1 a\cell b\row}", "a\tb\n"),
        (rb"{\rtf1{\object{\*\objdata 4d5a}}shown}", "shown"),
        (rb"}}}not well formed{{{", "not well formed"),
    ],
)
def test_the_text_is_what_a_reader_sees(rtf, text):
    assert text_of_rtf(rtf) == text


def test_deep_groups_end():
    assert text_of_rtf(b"{" * 1_000_000) == ""


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
