"""The words of documents, whatever they are packed in."""

import io
import zipfile

import pytest

from rules.reading import documents, office_text
from rules.reading.budget import Budget, LimitExceeded
from rules.reading.documents import decoded, text_of_content
from rules.reading.member import Unreadable

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def zipped(**files):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"[Content_Types].xml": "<Types/>", **files}.items():
            archive.writestr(name, content)
    return target.getvalue()


def read(octets):
    return text_of_content(octets, Budget())


def text(octets):
    return read(octets).visible


def word(body, **parts):
    main = {"word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>"}
    return zipped(**main, **{name.replace("__", "/") + ".xml": content for name, content in parts.items()})


def paragraph(words):
    return f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>"


def test_word():
    body = f"<w:document {W}><w:body><w:p><w:r><w:t>First</w:t></w:r><w:r><w:tab/><w:t>x</w:t></w:r></w:p>"
    body += "<w:p><w:r><w:t>Second</w:t></w:r></w:p></w:body></w:document>"
    foot = f"<w:ftr {W}><w:p><w:r><w:t>Footer</w:t></w:r></w:p></w:ftr>"
    assert text(zipped(**{"word/document.xml": body, "word/footer1.xml": foot})) == "First\tx\nSecond\nFooter\n"


def test_excel_with_shared_inline_and_numeric_cells():
    shared = f"<sst {S}><si><t>Name</t></si><si><r><t>Oak </t></r><r><t>Street</t></r></si></sst>"
    sheet = f'<worksheet {S}><sheetData><row><c t="s"><v>0</v></c><c><v>123456789</v></c></row>'
    sheet += '<row><c t="s"><v>1</v></c><c t="inlineStr"><is><t>ward 2</t></is></c><c t="s"><v>99</v></c></row>'
    sheet += "</sheetData></worksheet>"
    found = text(zipped(**{"xl/sharedStrings.xml": shared, "xl/worksheets/sheet1.xml": sheet}))
    assert found.splitlines()[:2] == ["Name\t123456789\t", "Oak Street\tward 2\t\t"]


@pytest.mark.parametrize(
    "part", ["header1", "footer2", "footnotes", "endnotes", "comments", "charts/chart1", "diagrams/data1", "../a/b"]
)
def test_word_wherever_it_stands(part):
    found = read(word(paragraph("Body"), **{f"word/{part}": f"<w:x {W}>{paragraph('Beside')}</w:x>"}))
    assert "Body" in found.visible and "Beside" in found.visible


@pytest.mark.parametrize("part", ["docProps/core", "customXml/item1", "word/glossary/document", "ppt/slideLayouts/a"])
def test_what_is_not_shown_with_the_document_stands_apart(part):
    found = read(word(paragraph("Body"), **{part: "<x>Aside</x>"}))
    assert "Aside" in found.hidden and "Aside" not in found.visible


def test_the_main_part_may_have_any_name():
    assert "Elsewhere" in text(zipped(**{"a/b.xml": f"<w:document {W}>{paragraph('Elsewhere')}</w:document>"}))


def test_a_part_in_another_charset():
    latin = '<?xml version="1.0" encoding="windows-1252"?><w>Grüße</w>'.encode("cp1252")
    assert text(zipped(**{"word/document.xml": latin})).strip() == "Grüße"


def test_a_hidden_sheet_stands_apart():
    book = f'<workbook {S} xmlns:r="r"><sheets><sheet name="A" state="veryHidden" r:id="r1"/></sheets></workbook>'
    relations = '<Relationships><Relationship Id="r1" Target="/xl/worksheets/sheet1.xml"/></Relationships>'
    sheet = f'<worksheet {S}><row><c t="inlineStr"><is><t>Wages</t></is></c></row></worksheet>'
    parts = {"xl/workbook.xml": book, "xl/_rels/workbook.xml.rels": relations, "xl/worksheets/sheet1.xml": sheet}
    found = read(zipped(**parts))
    assert "Wages" in found.hidden and "Wages" not in found.visible


def test_the_names_of_sheets_are_read_and_those_of_cells_stand_apart():
    book = f'<workbook {S}><sheets><sheet name="Streets"/></sheets><definedName name="x">"Oak"</definedName></workbook>'
    found = read(zipped(**{"xl/workbook.xml": book}))
    assert (found.visible, found.hidden) == ("Streets\n", '"Oak"')


def test_shared_strings_that_no_cell_shows_stand_apart():
    found = read(zipped(**{"xl/sharedStrings.xml": f"<sst {S}><si><t>Removed</t></si></sst>"}))
    assert (found.visible, found.hidden) == ("", "Removed\n")


def test_a_binary_workbook_shows_its_texts():
    assert "Oak Street" in text(zipped(**{"xl/sharedStrings.bin": b"\x13\x13\0" + "Oak Street".encode("utf-16-le")}))


def test_a_drawing_that_is_malformed_hides_nothing_and_is_no_fault():
    found = read(word(paragraph("Body"), **{"word/drawing1": "<xml><v:shape>Note<br></v:shape></xml>"}))
    assert "Note" in found.visible


def test_the_words_of_a_picture_in_svg():
    assert text(b'<svg xmlns="s"><title>Map</title><text>Oak <tspan>Street</tspan></text></svg>').split() == [
        "Map", "Oak", "Street",
    ]  # fmt: skip
    assert "Oak" in text(b"<svg><text>Oak<br></text></svg>")


def test_a_text_as_long_as_the_bound_is_read_and_a_longer_one_told(monkeypatch):
    monkeypatch.setattr(documents, "MAX_TEXT", 1_000)
    monkeypatch.setattr(office_text, "MAX_TEXT", 1_000)
    for make in (
        str.encode,
        lambda words: word(f"<w:t>{words}</w:t>"),
        lambda words: b"<svg><a>%s</a></svg>" % words.encode(),
    ):
        exact, over = read(make("x" * 1_000)), read(make("x" * 1_001))
        assert (len(exact.visible), exact.limit) == (1_000, "")
        assert over.limit.startswith("a document of more than")


def test_parts_as_long_as_the_bound_are_read_and_longer_ones_told(monkeypatch):
    octets = zipped(**{"word/a.xml": "<w:t>first</w:t>", "word/document.xml": "<w:t>second</w:t>"})
    size = len("<w:t>first</w:t>" + "<w:t>second</w:t>")
    monkeypatch.setattr(documents, "_MAX_XML", size)
    assert (read(octets).visible.split(), read(octets).limit) == (["firstsecond"], "")
    monkeypatch.setattr(documents, "_MAX_XML", size - 1)
    assert (read(octets).visible, read(octets).limit) == (
        "first",
        "Office document with more than 96 MiB of text and settings",
    )


def test_six_hundred_slides_are_read():
    slides = {f"ppt/slides/slide{number}.xml": f"<s><a:t xmlns:a='a'>Slide {number}</a:t></s>" for number in range(600)}
    assert "Slide 599" in text(zipped(**slides))


def test_power_point_and_open_document():
    slide = '<p:sld xmlns:p="p" xmlns:a="a"><a:p><a:r><a:t>Slide</a:t></a:r></a:p></p:sld>'
    assert text(zipped(**{"ppt/slides/slide1.xml": slide})) == "Slide\n"
    assert (
        text(
            zipped(**{"META-INF/manifest.xml": "<x/>", "content.xml": '<o xmlns:text="t"><text:p>Letter</text:p></o>'})
        )
        == "Letter\n"
    )


def test_an_archive_that_is_no_document_has_no_text():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("word/document.xml", "<a>Hello</a>")
    assert text(target.getvalue()) == ""


def test_entities_are_refused():
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    with pytest.raises(Unreadable, match="entities"):
        text(zipped(**{"word/document.xml": bomb}))


def test_malformed_xml_is_told():
    with pytest.raises(Unreadable, match="malformed XML"):
        text(zipped(**{"word/document.xml": "<w:document>x"}))


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
    assert text(octets) == "Grüße"
    assert "Grüße" in decoded(octets)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_text_files_of_wide_letters_without_a_mark(codec):
    assert text("Ann Grün; 536-22-1234\n".encode(codec)) == "Ann Grün; 536-22-1234\n"
    assert text(("\1" * 30).encode(codec)) == ""


@pytest.mark.parametrize("octets", [b"", b"\x89PNG\r\n\x1a\n" + bytes(100), b"<html><p>x</p></html>", bytes(100)])
def test_what_has_no_text_of_its_own(octets):
    assert text(octets) == ""
