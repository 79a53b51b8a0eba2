"""What the XML of documents starts or fetches is told however it is written; what only looks like it is not."""

import time

import pytest

from rules.facts import Kind
from rules.reading.active_xml import plain_xml, xml_signs

BEGIN, SEPARATE, END = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end"))
ELSEWHERE = "https://a.example/x.dotm"


def words(instruction):
    return f'<w:r><w:instrText xml:space="preserve">{instruction}</w:instrText></w:r>'


def told(xml):
    return [sign.text for sign in xml_signs(f'<w:document xmlns:o="urn:oasis">{xml}</w:document>'.encode(), "a part")]


def relation(kind, target, mode="External"):
    return f'<Relationship Type="http://t.example/{kind}" Target="{target}" TargetMode="{mode}"/>'


@pytest.mark.parametrize(
    "xml",
    [
        BEGIN + words(r" DDEAUTO c:\\windows\\cmd.exe") + SEPARATE + "x" + END,
        BEGIN + words(" DD") + words("EAU") + words("TO x") + END,
        BEGIN + words("&#68;DE x") + END,
        BEGIN + words("<![CDATA[DDE x]]>") + END,
        BEGIN + words("DD<!-- here -->E x") + END,
        BEGIN + words(" " * 5_000 + "DDE x") + END,
        BEGIN + BEGIN + words("QUOTE 68 68 69") + SEPARATE + END + words(" x") + END,
        BEGIN + BEGIN + words('QUOTE "DDE"') + SEPARATE + END + words(" x") + END,
        BEGIN + BEGIN + words("REF a") + SEPARATE + "<w:t>DDE</w:t>" + END + words(" x") + END,
        '<w:fldSimple w:instr=" dde x y"/>',
        '<w:fldSimple\n w:instr\n=\n" dde x y"/>',
        (BEGIN + words("DDE x")).replace("w:", "a-rather-long-prefix.for-the-name:"),
        (BEGIN + words("PAGE") + END) * 60_000 + BEGIN + words("DDE x") + END,
    ],
)
def test_e15_a_field_that_starts_a_program_is_told(xml):
    assert told(xml) == ["DDE field"]


@pytest.mark.parametrize(
    "xml",
    [
        BEGIN + words(" PAGE ") + SEPARATE + "DDE" + END,
        BEGIN + words(' HYPERLINK "https://a.example/DDE" ') + END,
        "<w:t>DDEAUTO is a kind of field</w:t>",
        "<w:instrText/><w:t>DDEAUTO is a kind of field</w:t>",
        BEGIN + words(' INCLUDETEXT "C:\\forms\\letter.docx" ') + END,
        relation("hyperlink", "https://a.example/"),
        relation("image", "https://a.example/logo.png"),
        relation("attachedTemplate", "Normal.dotm"),
        relation("attachedTemplate", ELSEWHERE, "Internal"),
        '<a:hlinkClick action="ppaction://hlinksldjump"/>',
        '<connection><webPr url="https://a.example/rates"/></connection>',
        '<ddeLink ddeService="Excel" ddeTopic="a.xls"/>',
        '<table:table-cell table:formula="of:=SUM([.A1:.A9])|"/>',
        '<draw:object xlink:href="./Object 1"/>',
    ],
)
def test_what_is_ordinary_is_not(xml):
    assert told(xml) == []


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        (BEGIN + words(f'LINK htmlfile "{ELSEWHERE}"') + END, "field that fetches a document from outside"),
        (BEGIN + words(f"INCLUDETEXT {ELSEWHERE}") + END, "field that fetches a document from outside"),
        (relation("oleObject", "&#104;ttps://a.example/"), "oleObject fetched from outside when it is opened"),
        (relation("frame", ELSEWHERE, "&#69;xternal"), "frame fetched from outside when it is opened"),
        (
            f'<Relationships xml:base="{ELSEWHERE}">{relation("frame", "x")}</Relationships>',
            "frame fetched from outside when it is opened",
        ),
        (relation("hyperlink", "ms-msdt:/id x"), "link that starts a command"),
        (relation("xlMacrosheet", "a.xml", "Internal"), "macros among its relationships"),
        ('<Override ContentType="application/vnd.ms-excel.macro&#115;heet+xml"/>', "macros among its content types"),
        (f'<w:attachedTemplate w:val="{ELSEWHERE}"/>', "attachedTemplate fetched from outside when it is opened"),
        ("<ddeLink ddeTopic='x' ddeService='&#99;md'/>", "DDE link to cmd"),
        ('<u:customUI onLoad = "https://a.example/x!a"/>', "commands of a document elsewhere"),
        ('<customUI><b onAction="&#104;ttps://a.example/x!a"/></customUI>', "commands of a document elsewhere"),
        ('<a:hlinkHover action="ppaction://program"/>', "action that starts a program"),
        ('<a:hlinkClick action="&#112;paction://program"/>', "action that starts a program"),
        (
            '<connection refreshOnLoad="1"><webPr url="https://a.example/x"/></connection>',
            "web query that runs when it is opened",
        ),
        ("<xm:macrosheet/>", "Excel 4 macro sheet in a part"),
        ('<ax:ocx ax:classid="{D27CDB6E-AE6D-11CF-96B8-444553540000}"/>', "ActiveX control in a part"),
        ('<s:event-listener s:macro-name="Standard.Module1.Main"/>', "macro that an event starts"),
        ('<s:event-listener x:href="&#118;nd.sun.star.script:a"/>', "macro that an event starts"),
        ('<p:event-listener p:action="execute" x:href="file:///c:/a.exe"/>', "macro that an event starts"),
        ('<o:dde-source o:dde-application="cmd"/>', "DDE link to cmd"),
        ('<t:dde-connection-decl o:dde-application="cmd"/>', "DDE link to cmd"),
        ('<t:table-cell t:formula="of:=dde (&quot;cmd&quot;;&quot;x&quot;)"/>', "DDE link to cmd"),
        ("<Cell ss:Formula=\"=cmd|'/c calc'!A1\"/>", "formula that starts cmd"),
        ('<t:a x:href="macro:///Tools.Misc.x"/>', "link that starts a command"),
        (f'<t:section-source x:href="{ELSEWHERE}"/>', "content fetched from outside when it is opened"),
        (f'<d:object-ole x:href="{ELSEWHERE}"/>', "content fetched from outside when it is opened"),
        ("<d:applet/>", "Java applet or plug-in"),
        ("<o:source-code>Sub a</o:source-code>", "macros of OpenDocument"),
    ],
)
def test_e15_what_a_document_starts_or_fetches_is_told(xml, text):
    assert text in told(xml)


def test_what_stands_before_damage_counts():
    assert [sign.text for sign in xml_signs(b"<a><fldSimple instr='DDE x'/><b>&")] == ["DDE field"]


def test_entities_of_the_file_itself_are_read():
    xml = f"<!DOCTYPE a [<!ENTITY b 'External'>]><a>{relation('frame', ELSEWHERE, '&b;')}</a>"
    assert [sign.text for sign in xml_signs(xml.encode())] == ["frame fetched from outside when it is opened"]


@pytest.mark.parametrize(
    "octets",
    [
        "<a>é</a>".encode(),
        "<a>é</a>".encode("utf-16"),
        "<a>é</a>".encode("utf-16-be"),
        '<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>'.encode("latin-1"),
        b"<?xml version='1.0' encoding='utf-7'?>+ADw-a+AD4-+AOk-+ADw-/a+AD4-",
    ],
)
def test_the_charset_is_that_which_the_front_shows(octets):
    assert "<a>é</a>" in plain_xml(octets).decode()


@pytest.mark.parametrize(
    "xml",
    [
        BEGIN * 50_000 + words("x"),
        words("x" * 100) * 20_000 + SEPARATE * 20_000,
        "<fldSimple " * 200_000,
        '<a b="ormula|' * 200_000,
        "ormula" + "dde  " * 200_000,
    ],
)
def test_hostile_repetition_costs_little(xml):
    began = time.process_time()
    told(xml)
    assert time.process_time() - began < 2


def test_kinds():
    assert {sign.kind for sign in xml_signs(b"<a x='urn:oasis'><applet/></a>")} == {Kind.ACTIVE_CONTENT}
    assert {sign.kind for sign in xml_signs(b"<a><fldSimple instr='DDE'/></a>")} == {Kind.MACRO_DOCUMENT}


@pytest.mark.parametrize(("length", "told"), [(200, 200), (201, 200)])
def test_of_a_name_as_much_is_told_as_has_room(length, told):
    before = "Excel 4 macro sheet in "
    (sign,) = xml_signs(b"<xm:macrosheet/>", "a" * (length - len(before)))
    assert sign.text == before + "a" * (told - len(before))


@pytest.mark.parametrize(("depth", "fault"), [(100, []), (101, ["fields inside each other more than 100 deep"])])
def test_fields_as_deep_as_are_followed_and_one_deeper(depth, fault):
    assert told(BEGIN * depth + words(" PAGE ") + END * depth) == fault


def test_e15_no_number_of_blanks_and_no_length_hides_what_is_asked():
    blanks = " " * 300
    asked = f'<x:cell xmlns:x="x" x:formula=\'of:=DDE{blanks}({blanks}"{"c" * 300}";"/c calc";"x")\'/>'
    assert told(asked) == [f"DDE link to {'c' * 100}"]
    fetched = words(f'{blanks}INCLUDETEXT{blanks}"https://a.example/{"a" * 2_000}.docx"')
    assert told(BEGIN + fetched + END) == ["field that fetches a document from outside"]
    fetched = words(f'INCLUDETEXT "https://a.example/{"a" * 9_000}.docx"')
    assert told(BEGIN + fetched + END) == ["field that fetches a document from outside"]


def test_a_charset_that_is_declared_behind_any_number_of_blanks_counts():
    written = f'<?xml version="1.0"{" " * 1_000}encoding{" " * 50}= "cp1251"?><a>\u0441\u043b\u043e\u0432\u043e</a>'
    assert "\u0441\u043b\u043e\u0432\u043e" in plain_xml(written.encode("cp1251")).decode()
