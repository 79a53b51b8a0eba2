"""Cells in their rows; what a workbook hides stands apart."""

import time

import pytest

from rules.reading.office_text import Words
from rules.reading.sheets import SharedStrings, read_sheet, sheets_of


def cells(*texts, columns="ABC"):
    return "".join(
        f'<c r="{column}1" t="inlineStr"><is><t>{text}</t></is></c>'
        for column, text in zip(columns, texts, strict=False)
    )


def read(xml, shared=b"", **options):
    words = Words()
    read_sheet(f"<worksheet>{xml}</worksheet>".encode(), SharedStrings(shared), words, **options)
    return "".join(words.visible), "".join(words.hidden)


@pytest.mark.parametrize(
    ("xml", "visible", "hidden"),
    [
        (f"<row>{cells('a', 'b')}</row>", "a\tb\t\n", ""),
        (f"<row>{cells('a')}</row><row hidden='1'>{cells('b')}</row><row>{cells('c')}</row>", "a\t\nc\t\n", "b\t\n"),
        (f"<cols><col min='2' max='2' hidden='true'/></cols><row>{cells('a', 'b', 'c')}</row>", "a\tc\t\n", "b\t"),
        ("<cols><col min='2' max='9' hidden='1'/></cols><row><c><v>1</v></c><c><v>2</v></c></row>", "1\t\n", "2\t"),
        ("<row><c t='str'><f>A1&amp;B1</f><v>a</v></c></row>", "a\t\n", "A1&B1\n"),
        ("<headerFooter><oddHeader>a</oddHeader></headerFooter>", "a\n", ""),
        ("<x:row><x:c><x:v>7</x:v></x:c></x:row>", "7\t\n", ""),
    ],
)
def test_rows_and_columns(xml, visible, hidden):
    assert read(xml) == (visible, hidden)


@pytest.mark.parametrize(("column", "found"), [("XFD", ("\n", "a\t")), ("XFE", ("a\t\n", ""))])
def test_the_last_column_of_a_worksheet_can_be_hidden_and_one_behind_it_is_none(column, found):
    """What stands where no column is shown is no less told for that."""
    columns = '<col min="16384" max="16384" hidden="1"/><col min="16385" max="16385" hidden="1"/>'
    cell = f'<c r="{column}1"><v>a</v></c>'
    assert read(f"<cols>{columns}</cols><row>{cell}</row>") == found


def test_many_hidden_columns_cost_little():
    columns = "".join(f'<col min="{number}" max="{number + 20_000}" hidden="1"/>' for number in range(1, 16_385, 4))
    cells_of_one = '<c r="A1"><v>1</v></c>' * 100_000
    began = time.process_time()
    assert read(f"<cols>{columns}</cols><row>{cells_of_one}</row>") == ("\n", "1\t" * 100_000)
    assert time.process_time() - began < 4


def test_a_sheet_that_stands_aside_is_hidden():
    assert read(f"<row>{cells('a')}</row>", aside=True) == ("", "a\t\n")


def test_shared_texts_are_taken_by_their_number_and_those_left_are_known():
    shared = SharedStrings(b"<sst><si><t>Oak </t><t>Street</t></si><si><t>left</t></si></sst>")
    assert [shared.take(number) for number in ("0", "2", "-1", "x", "9" * 20)] == ["Oak Street", "", "", "", ""]
    assert shared.unused() == ["left"]


def test_sheets_that_the_workbook_does_not_show():
    book = b'<w><sheet state="hidden" r:id="r1"/><sheet state="visible" r:id="r2"/><sheet r:id="r3"/></w>'
    relations = b'<R><Relationship Id="r1" Target="worksheets/Sheet1.xml"/><Relationship Id="r2" Target="x"/></R>'
    assert sheets_of(book, relations).hidden_parts == {"worksheets/sheet1.xml"}
    assert sheets_of(book.replace(b"hidden", b"visible"), b"not looked at").hidden_parts == frozenset()


def test_the_names_of_sheets_by_whether_they_are_shown():
    sheets = sheets_of(b'<w><sheet name="Wages" state="hidden" r:id="r1"/><sheet name="Streets" r:id="r2"/></w>', b"")
    assert (sheets.shown, sheets.hidden, sheets.hidden_parts) == (("Streets",), ("Wages",), frozenset())
