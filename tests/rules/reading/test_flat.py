"""Documents written as one XML file: recognised, their files taken out, their words and what they start told."""

import base64

import pytest

from rules.facts import Kind
from rules.reading import flat
from rules.reading.budget import Budget, LimitExceeded
from rules.reading.documents import text_of_content
from rules.reading.filetype import signs_of
from rules.reading.flat import flat_kind, unpack_flat
from rules.reading.member import Unreadable

OPC = "http://schemas.microsoft.com/office/2006/xmlPackage"
PROGRAM = b"MZ and so on" * 20
PACKAGE = (
    f'<?xml version="1.0"?><pkg:package xmlns:pkg="{OPC}"><pkg:part pkg:name="/word/a.exe"><pkg:binaryData>'
    f'{base64.encodebytes(PROGRAM).decode()}</pkg:binaryData></pkg:part><pkg:part><w:document xmlns:w="w"><w:p>'
    '<w:t>Sec</w:t><w:t>ret</w:t></w:p><w:fldSimple w:instr="DDE x"/></w:document></pkg:part></pkg:package>'
)


@pytest.mark.parametrize("octets", [PACKAGE.encode(), b"\xef\xbb\xbf" + PACKAGE.encode(), PACKAGE.encode("utf-16")])
def test_a_package_in_one_file(octets):
    assert flat_kind(octets) == "Office document in XML"
    assert [(member.names, member.octets) for member in unpack_flat(octets, Budget())] == [(("a.exe",), PROGRAM)]
    assert text_of_content(octets, Budget()).visible.strip() == "Secret"
    found = {(sign.kind, sign.text) for sign in signs_of(("letter.doc",), None, octets)}
    assert {(Kind.DOCUMENT, "Office document in XML"), (Kind.MACRO_DOCUMENT, "DDE field")} <= found


@pytest.mark.parametrize(
    ("xml", "kind"),
    [
        (b'<w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"/>', "Word document in XML"),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
            "Excel workbook in XML",
        ),
        (b'<!-- x --><o:a xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0"/>', "OpenDocument file in XML"),
    ],
)
def test_other_dialects(xml, kind):
    assert flat_kind(xml) == kind


@pytest.mark.parametrize("before", [" " * 60, " " * 70, "\r\n" * 50_000])
@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16"])
def test_no_number_of_blanks_before_it_and_no_length_of_its_prefix_hides_a_document(before, charset):
    written = f'{before}<{"w" * 2_000}:a xmlns="http://schemas.microsoft.com/office/word/2003/wordml"/>'
    assert flat_kind(written.encode(charset)) == "Word document in XML"


@pytest.mark.parametrize(
    "octets",
    [
        b"<?xml version='1.0'?><feed/>",
        b"See urn:schemas-microsoft-com:office:spreadsheet",
        b'<html xmlns:x="urn:schemas-microsoft-com:office:spreadsheet"><table>',
        b"",
    ],
)
def test_other_files_are_none(octets):
    assert flat_kind(octets) is None


def test_damage_is_told_after_what_stands_before_it():
    members = unpack_flat(PACKAGE.replace("</pkg:binaryData>", "<x></pkg:binaryData>").encode(), Budget())
    assert next(members).octets == PROGRAM
    with pytest.raises(Unreadable, match="malformed"):
        next(members)


def test_a_file_as_long_as_the_bound_is_read_and_a_longer_one_told(monkeypatch):
    octets = PACKAGE.encode()
    monkeypatch.setattr(flat, "MAX_FLAT", len(octets))
    assert len(list(unpack_flat(octets, Budget()))) == 1
    with pytest.raises(LimitExceeded, match="document in XML of more than"):
        list(unpack_flat(octets + b"\n", Budget()))
