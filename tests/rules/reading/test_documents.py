"""The words of documents, whatever they are packed in."""

import io
import zipfile

import pytest

from rules.reading.budget import Budget, LimitExceeded
from rules.reading.documents import decoded, text_of_content
from rules.reading.member import Unreadable

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def zipped(**files):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def text(octets):
    return text_of_content(octets, Budget())


def test_word():
    body = f"<w:document {W}><w:body><w:p><w:r><w:t>First</w:t></w:r><w:r><w:tab/><w:t>x</w:t></w:r></w:p>"
    body += "<w:p><w:r><w:t>Second</w:t></w:r></w:p></w:body></w:document>"
    foot = f"<w:ftr {W}><w:p><w:r><w:t>Footer</w:t></w:r></w:p></w:ftr>"
    assert text(zipped(**{"word/document.xml": body, "word/footer1.xml": foot})) == "First\tx\nSecond\n\nFooter\n"


def test_excel_with_shared_inline_and_numeric_cells():
    shared = f"<sst {S}><si><t>Name</t></si><si><r><t>Oak </t></r><r><t>Street</t></r></si></sst>"
    sheet = f'<worksheet {S}><sheetData><row><c t="s"><v>0</v></c><c><v>123456789</v></c></row>'
    sheet += '<row><c t="s"><v>1</v></c><c t="inlineStr"><is><t>ward 2</t></is></c><c t="s"><v>99</v></c></row>'
    sheet += "</sheetData></worksheet>"
    found = text(zipped(**{"xl/sharedStrings.xml": shared, "xl/worksheets/sheet1.xml": sheet}))
    assert found.splitlines()[:2] == ["Name\t123456789\t", "Oak Street\tward 2\t\t"]


def test_power_point_and_open_document():
    slide = '<p:sld xmlns:p="p" xmlns:a="a"><a:p><a:r><a:t>Slide</a:t></a:r></a:p></p:sld>'
    assert text(zipped(**{"ppt/slides/slide1.xml": slide})) == "Slide\n"
    assert text(zipped(**{"content.xml": '<o xmlns:text="t"><text:p>Letter</text:p></o>'})) == "Letter\n"


def test_entities_are_refused():
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    with pytest.raises(Unreadable, match="entities"):
        text(zipped(**{"word/document.xml": bomb}))


def test_malformed_xml_is_told():
    with pytest.raises(Unreadable, match="malformed XML"):
        text(zipped(**{"word/document.xml": "<w:document>"}))


def test_a_document_draws_on_the_budget():
    with pytest.raises(LimitExceeded, match="times its size"):
        text(zipped(**{"word/document.xml": b"<a>" + b" " * 30_000_000 + b"</a>"}))


def test_an_old_word_file_shows_its_runs(compound_file):
    stream = bytes(600) + b"Agenda for Thursday\rNext line" + bytes(50) + "Ünicode text".encode("utf-16-le") + bytes(9)
    assert text(compound_file({"WordDocument": stream})) == "Agenda for Thursday\nNext line\nÜnicode text"


def test_rtf():
    assert text(b"{\\rtf1 Hello}") == "Hello"


@pytest.mark.parametrize(
    "octets",
    ["Grüße".encode(), "Grüße".encode("cp1252"), "\ufeffGrüße".encode(), "\ufeffGrüße".encode("utf-16-le")],
)
def test_text_files_in_any_charset(octets):
    assert text(octets).removeprefix("\ufeff") == "Grüße"
    assert "Grüße" in decoded(octets)


@pytest.mark.parametrize("octets", [b"", b"\x89PNG\r\n\x1a\n" + bytes(100), b"<html><p>x</p></html>", bytes(100)])
def test_what_has_no_text_of_its_own(octets):
    assert text(octets) == ""
