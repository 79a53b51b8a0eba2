"""The words of XML parts: what is shown, what is hidden, where lines end."""

import pytest

from rules.reading import office_text
from rules.reading.office_text import FullError, Words, read_words


def read(xml, **options):
    words = Words()
    read_words(f"<root>{xml}</root>".encode(), words, **options)
    return "".join(words.visible), "".join(words.hidden)


@pytest.mark.parametrize(
    ("xml", "visible", "hidden"),
    [
        ("<w:p><w:t>a</w:t><w:tab/><w:t>b</w:t></w:p>", "a\tb\n", ""),
        ("<w:r><w:rPr><w:vanish/></w:rPr><w:t>b</w:t></w:r><w:t>a</w:t>", "a", "b"),
        ('<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>a</w:t></w:r>', "a", ""),
        ("<w:p><w:pPr><w:rPr><w:vanish/></w:rPr></w:pPr><w:r><w:t>a</w:t></w:r></w:p>", "a\n", ""),
        ("<w:del><w:r><w:delText>b</w:delText></w:r></w:del><w:t>a</w:t>", "a", "b"),
        ("<w:instrText>HYPERLINK b</w:instrText><w:t>a</w:t>", "a", "HYPERLINK b"),
        ('<wp:docPr descr="b"/><w:t>a</w:t>', "a", "b\n"),
        ('<p:sld show="0"><a:t>b</a:t></p:sld><a:t>a</a:t>', "a", "b"),
        ("a<text:s/>b<text:s text:c='3'/>c", "a b   c", ""),
        ("<text:deletion>b</text:deletion>a", "a", "b"),
        ('<text:hidden-text text:string-value="b"/>a', "a", "b"),
        ('<table:table-row table:visibility="collapse"><text:p>b</text:p></table:table-row>a', "a", "b\n"),
        (
            '<style:style style:name="T1"><style:text-properties text:display="none"/></style:style>'
            '<text:span text:style-name="T1">b</text:span><text:span text:style-name="T2">a</text:span>',
            "a",
            "b",
        ),
        ('<text:section text:display="none"><text:p>b</text:p></text:section>a', "a", "b\n"),
        ('<office:spreadsheet><table:table table:name="a">c</table:table></office:spreadsheet>', "a\nc", ""),
        ('<office:text><table:table table:name="b"/>a</office:text>', "a\n", ""),
        ('<table:table-cell office:value-type="string" office:string-value="a"/>', "a\t", ""),
        ('<table:table-cell office:value="1"><text:p>a</text:p></table:table-cell>', "a\n\t", ""),
        ('<v:shape alt="b"><v:textpath string="a"/></v:shape>', "a\n", "b\n"),
        ('<cacheField><s v="b"/></cacheField>a', "a", "b\n"),
        ("<pkg:binaryData>TVqQ</pkg:binaryData>a", "a", ""),
        ("<t><![CDATA[a]]></t>", "a", ""),
        ("<t>&#97;</t>", "a", ""),
    ],
)
def test_what_is_shown_and_what_is_hidden(xml, visible, hidden):
    assert read(xml) == (visible, hidden)


def test_what_stands_aside_is_hidden():
    assert read("<t>a</t>", aside=True) == ("", "a")


def test_words_up_to_the_bound_are_kept_and_more_is_told(monkeypatch):
    monkeypatch.setattr(office_text, "MAX_TEXT", 10)
    words = Words()
    words.add("x" * 9)
    words.add("y", hidden=True)
    assert not words.is_full
    with pytest.raises(FullError):
        words.add("z")
    assert words.is_full
