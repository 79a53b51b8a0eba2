"""Programs written out as text are taken for what they are."""

import base64
import struct
from contextlib import nullcontext

import pytest

from rules.reading.armour import unpack_text
from rules.reading.budget import Budget, LimitExceeded

PROGRAM = b"MZ" + b"\0" * 58 + struct.pack("<I", 64) + b"PE\0\0L\x01" + b"\0" * 400


def taken(text):
    return [member.octets for member in unpack_text(text, Budget())]


def test_a_file_of_base64_is_decoded():
    assert taken(base64.encodebytes(PROGRAM)) == [PROGRAM]
    assert taken(base64.b64encode(PROGRAM))[0][:400] == PROGRAM[:400]


def test_a_certificate_that_is_none_is_decoded():
    text = b"-----BEGIN CERTIFICATE-----\r\n" + base64.encodebytes(PROGRAM) + b"-----END CERTIFICATE-----\r\n"
    assert taken(text) == [PROGRAM]


@pytest.mark.parametrize("begin", [b"-----BEGIN %s-----" % (b"A" * 500), b"-----BEGIN A-----\n\n", b"\n-----x-----"])
def test_whatever_stands_between_its_dashes(begin):
    assert taken(begin + base64.b64encode(PROGRAM + bytes(2)) + b"-----END-----")[0][:400] == PROGRAM[:400]


def test_embedded_files_of_flat_xml_come_out():
    data = base64.encodebytes(PROGRAM)
    xml = b'<?xml version="1.0"?><p><w:binData w:name="a">%s</w:binData></p>' % data
    assert taken(xml) == [PROGRAM]
    assert taken(xml.replace(b'w:binData w:name="a"', b"pkg:binaryData").replace(b"w:binData", b"pkg:binaryData")) == [
        PROGRAM
    ]


@pytest.mark.parametrize(("more", "limited"), [(0, False), (1, True)])
def test_as_many_files_in_xml_as_are_taken_and_one_more(more, limited):
    data = base64.encodebytes(PROGRAM[:80])
    xml = b'<?xml version="1.0"?><p>' + b"<w:binData>%s</w:binData>" % data * (1_000 + more)
    with pytest.raises(LimitExceeded, match="more than 1,000 files in XML") if limited else nullcontext():
        assert len(taken(xml)) == 1_000


def test_letters_and_pictures_are_left_alone():
    assert taken(b"Dear Ann,\n\nhere is the text.\n") == []
    assert taken(base64.encodebytes(b"\x89PNG\r\n\x1a\n" + bytes(100))) == []
    assert taken(b"A" * 10_000) == []
    assert taken(b"") == []
