"""Fields, links and formulas that start a program are told however they are written; ordinary ones are not."""

import time

import pytest

from rules.reading.commands import (
    field_commands,
    formula_commands,
    link_commands,
    old_field_commands,
    rtf_field_commands,
    supbook_command,
)

BEGIN, SEPARATE, END = (
    b'<w:r><w:fldChar w:fldCharType="%s"/></w:r>' % kind for kind in (b"begin", b"separate", b"end")
)


def text(instruction):
    return b'<w:r><w:instrText xml:space="preserve">' + instruction + b"</w:instrText></w:r>"


@pytest.mark.parametrize(
    "xml",
    [
        BEGIN + text(rb" DDEAUTO c:\\windows\\cmd.exe") + SEPARATE + b"x" + END,
        BEGIN + text(b" DD") + text(b"EAU") + text(b"TO x") + END,
        BEGIN + text(b"&#68;DE x") + END,
        BEGIN + BEGIN + text(b"QUOTE 68 68 69") + SEPARATE + END + text(b" x") + END,
        b'<w:fldSimple w:instr=" dde x y"/>',
        (BEGIN + text(b"DDE x")).replace(b"<w:", b"<word:"),
    ],
)
def test_e15_a_field_is_told(xml):
    assert [sign.text for sign in field_commands(b"<w:document>" + xml)] == ["DDE field"]


@pytest.mark.parametrize(
    "xml",
    [
        BEGIN + text(b" PAGE ") + SEPARATE + b"DDE" + END,
        BEGIN + text(b' HYPERLINK "https://a.example/DDE" ') + END,
        b"<w:t>DDEAUTO is a kind of field</w:t>",
    ],
)
def test_other_fields_are_not(xml):
    assert field_commands(xml) == ()


@pytest.mark.parametrize(
    "content",
    [
        b"name,amount\r\n=cmd|'/c calc'!A1,2\r\n",
        b"a;\"=MSEXCEL|'\\..\\..\\cmd.exe /c calc'!''\"",
        b"@SUM(1+9)*cmd|'/c calc'!A0",
        b"<Cell ss:Formula=\"=cmd|'/c calc.exe'!A1\"/>",
        b"=   AAAA+BBBB&cmd|'/c calc'!A",
    ],
)
def test_e15_a_formula_is_told(content):
    assert formula_commands(content)


@pytest.mark.parametrize(
    "content",
    [
        b"name|street|note!\r\nann|Oak|yes!\r\n",
        b"- see a|b!c\r\n",
        b"=Excel|'[a.xls]Sheet1'!A1\r\n",
        b"=SUM(A1:A9)|x\r\nHello!",
    ],
)
def test_tables_are_not(content):
    assert formula_commands(content) == ()


def test_links_are_told_but_those_between_tables():
    assert [sign.text for sign in link_commands(b'<x:ddeLink ddeTopic="a" ddeService="cmd"/>')] == ["DDE link to cmd"]
    assert link_commands(b'<ddeLink ddeService="Excel" ddeTopic="a.xls"/>') == ()


def test_old_documents_and_workbooks():
    assert old_field_commands(b"text \x13 DDE x")
    assert not old_field_commands(b"text DDE x")
    assert supbook_command(b"\1\0\x05\0\1" + "cmd\3x".encode("utf-16-le")).text == "DDE link to cmd"
    assert supbook_command(b"\1\0\x05\0\0\1a.xls") is None


@pytest.mark.parametrize("field", [b"DDEAUTO x", b"{\\rtlch D}{\\b DE} x", b"\\'44DE x", b"\r\nD\r\nDE x"])
def test_e15_a_field_of_rtf_is_told(field):
    assert rtf_field_commands(b"{\\rtf1{\\field{\\*\\fldinst " + field + b"}}}")
    assert not rtf_field_commands(b"{\\field{\\*\\fldinst PAGE}{\\fldrslt " + field + b"}}")


@pytest.mark.parametrize(
    ("find", "content"),
    [
        (formula_commands, b"=-a|'" * 400_000 + b"!"),
        (field_commands, b"instrText" + b"<w:fldChar " * 200_000),
        (field_commands, BEGIN * 50_000 + text(b"x")),
        (rtf_field_commands, b"\\fldinst " * 200_000),
        (link_commands, b"<ddeLink " * 200_000),
    ],
)
def test_hostile_repetition_costs_little(find, content):
    began = time.process_time()
    find(content)
    assert time.process_time() - began < 2
