"""Styles that hide what is written in them, directly and by what they are based on; and what they are applied to."""

import io
import zipfile

import pytest

from rules.reading.budget import Budget
from rules.reading.documents import text_of_content
from rules.reading.hidden_styles import NONE, hidden_styles

HIDING = '<w:style w:type="character" w:styleId="X"><w:rPr><w:vanish/></w:rPr></w:style>'
PARAGRAPH = '<w:style w:type="paragraph" w:styleId="P"><w:rPr><w:vanish w:val="1"/></w:rPr></w:style>'


def of(*styles):
    return hidden_styles(f"<w:styles>{''.join(styles)}</w:styles>".encode())


def based(name, on, rest=""):
    return f'<w:style w:type="character" w:styleId="{name}"><w:basedOn w:val="{on}"/>{rest}</w:style>'


def test_a_style_and_what_is_based_on_it():
    shown = based("S", "X", '<w:rPr><w:vanish w:val="0"/></w:rPr>')
    assert of(based("Y", "X"), HIDING, shown, based("Z", "S"), based("N", "")).names == {"X", "Y"}


def test_styles_without_a_hiding_one():
    assert of(based("N", "N")) == NONE
    assert of('<w:style w:type="table" w:styleId="T"><w:tblStylePr><w:vanish/></w:tblStylePr></w:style>') == NONE


def test_damage_hides_no_definition_before_it():
    assert hidden_styles(f"<w:styles>{HIDING}<".encode()).names == {"X"}


def test_the_style_of_paragraphs_that_name_none():
    assert of(PARAGRAPH.replace("<w:style ", '<w:style w:default="1" ')).by_default
    assert not of(PARAGRAPH).by_default


@pytest.mark.parametrize(("more", "hidden"), [(0, False), (1, True)])
def test_a_chain_of_styles_as_long_as_is_followed_and_one_more(more, hidden):
    """What a longer one ends in is not known, so its words count as hidden."""
    count = 32 + more
    chain = [based(f"C{n}", f"C{n + 1}") for n in range(count)]
    end = based(f"C{count}", "", '<w:rPr><w:vanish w:val="0"/></w:rPr>')
    assert ("C0" in of(*chain, end, HIDING).names) == hidden


def package(**parts):
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return octets.getvalue()


def word(body, styles=HIDING + PARAGRAPH, **others):
    parts = {"[Content_Types].xml": "<Types/>", "word/document.xml": f"<w:document>{body}</w:document>"}
    styled = {} if "word/other.xml" in others else {"word/styles.xml": f"<w:styles>{styles}</w:styles>"}
    text = text_of_content(package(**parts, **styled, **others), Budget())
    return text.visible.split(), text.hidden.split()


def run(words, properties=""):
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{words}</w:t></w:r>"


def paragraph(*runs, style=""):
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}</w:pPr>{''.join(runs)}</w:p>"


IN_X, SHOWN = '<w:rStyle w:val="X"/>', '<w:vanish w:val="0"/>'


@pytest.mark.parametrize(
    ("body", "seen", "hidden"),
    [
        (paragraph(run("seen"), run("kept", IN_X)), ["seen"], ["kept"]),
        (paragraph(run("kept"), style="P") + paragraph(run("seen")), ["seen"], ["kept"]),
        (paragraph(run("seen", IN_X + SHOWN)), ["seen"], []),
        (paragraph(run("seen", SHOWN), run("kept"), style="P"), ["seen"], ["kept"]),
        (paragraph(run("seen", IN_X), style="P"), ["seen"], []),
        (paragraph(run("seen", '<w:rStyle w:val="Other"/>'), style="Another"), ["seen"], []),
    ],
)
def test_words_in_a_style_that_hides(body, seen, hidden):
    assert word(body) == (seen, hidden)


def test_words_of_paragraphs_that_name_no_style():
    styles = PARAGRAPH.replace("<w:style ", '<w:style w:default="1" ')
    assert word(paragraph(run("kept")) + paragraph(run("seen"), style="Body"), styles) == (["seen"], ["kept"])


def test_the_part_of_styles_may_have_any_name():
    relation = '<R><Relationship Type="http://x/relationships/{}" Target="{}"/></R>'
    others = {
        "_rels/.rels": relation.format("officeDocument", "word/document.xml"),
        "word/_rels/document.xml.rels": relation.format("styles", "/word/other.xml"),
        "word/other.xml": f"<w:styles>{HIDING}</w:styles>",
    }
    assert word(paragraph(run("kept", IN_X)), **others) == ([], ["kept"])


def test_styles_of_open_document():
    styles = (
        '<style:style style:name="X"><style:text-properties text:display="none"/></style:style>'
        '<style:style style:name="Y" style:parent-style-name="X"/>'
    )
    automatic = (
        '<style:style style:name="T1" style:parent-style-name="Y"/><style:style style:name="T2" '
        'style:parent-style-name="Y"><style:text-properties text:display="true"/></style:style>'
    )
    spans = "".join(f'<text:span text:style-name="{n}">{n}w </text:span>' for n in ("X", "Y", "T1", "T2", "T3"))
    octets = package(**{
        "mimetype": "application/vnd.oasis.opendocument.text",
        "META-INF/manifest.xml": "<manifest/>",
        "content.xml": f"<office:document-content>{automatic}{spans}</office:document-content>",
        "styles.xml": f"<office:document-styles>{styles}</office:document-styles>",
    })  # fmt: skip
    text = text_of_content(octets, Budget())
    assert (text.visible.split(), text.hidden.split()) == (["T2w", "T3w"], ["Xw", "Yw", "T1w"])


def test_a_document_in_one_file_has_its_styles_behind_it():
    octets = (
        '<pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage"><pkg:part><w:document>'
        f"{paragraph(run('kept', IN_X), run('seen'))}</w:document></pkg:part><pkg:part><w:styles>{HIDING}</w:styles>"
        "</pkg:part></pkg:package>"
    )
    text = text_of_content(octets.encode(), Budget())
    assert (text.visible.split(), text.hidden.split()) == (["seen"], ["kept"])
