"""Old fields, links and formulas that start a program are told however they are written; ordinary ones are not."""

import time

import pytest

from rules.reading.commands import (
    dde_sign,
    formula_commands,
    old_field_commands,
    rtf_field_commands,
    supbook_command,
)


@pytest.mark.parametrize(
    "content",
    [
        b"name,amount\r\n=cmd|'/c calc'!A1,2\r\n",
        b"a;\"=MSEXCEL|'\\..\\..\\cmd.exe /c calc'!''\"",
        b"@SUM(1+9)*cmd|'/c calc'!A0",
        b"<Cell ss:Formula=\"=cmd|'/c calc.exe'!A1\"/>",
        b"=   AAAA+BBBB&cmd|'/c calc'!A",
        b"+cmd|'/c calc'!A1",
        b"-cmd|'/c calc'!A1",
        b"\t\t\"=cmd|'/c calc'!A1\"",
        b"a|b|=cmd|'/c calc'!A1",
        b"{=cmd|'/c calc'!A1}",
        b"=cmd|'/c " + b"a" * 8_000 + b"'!A1",
        "\uff1dcmd|'/c calc'!A1".encode(),
        b'=DDE("cmd";"/c calc";"x")',
        b'"=dde(""cmd"",""/c calc"",""x"")"',
        b"=a|b!c\r\n" * 20_000 + b"=cmd|'/c calc'!A1",
        b"=" + b"1+" * 4_000 + b"cmd|'/c calc'!A1",
        b"=cmd|" + b"a" * 8_000 + b"!A1",
        b"=" + b"c" * 300 + b"|'/c calc'!A1",
        b'a,"' + b" " * 100 + b"=cmd|'/c calc'!A1",
        b"=DDE" + b" " * 100 + b"(" + b" " * 100 + b'"' + b"c" * 300 + b'";"/c calc";"x")',
        b"=a|b!c+cmd|'/c calc'!A1",
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
        b"=1\r\nsee cmd|'/c calc'!A1",
        b'=DDE("soffice";"a.ods";"A1")',
        b"The DDE (department of education) wrote",
    ],
)
def test_tables_are_not(content):
    assert formula_commands(content) == ()


def test_links_are_told_but_those_between_tables():
    assert dde_sign("cmd").text == "DDE link to cmd"
    assert dde_sign("Excel") is None and dde_sign("") is None


@pytest.mark.parametrize(("length", "told"), [(100, 100), (101, 100)])
def test_of_the_name_of_a_program_as_much_is_told_as_has_room(length, told):
    name = "c" * length
    assert dde_sign(name).text == "DDE link to " + "c" * told
    assert formula_commands(b"=%s|'x'!A1" % name.encode())[0].text == "formula that starts " + "c" * told


def test_old_documents_and_workbooks():
    assert old_field_commands(b"text \x13 DDE x")
    assert old_field_commands(b"text \x13" + b' "' * 100 + b"DDE x")
    assert old_field_commands(b"text \x13\0" + b' \0"\0' * 100 + b"D\0D\0E\0")
    assert not old_field_commands(b"text DDE x")
    assert supbook_command(b"\1\0\x05\0\1" + "cmd\3x".encode("utf-16-le")).text == "DDE link to cmd"
    assert supbook_command(b"\1\0\x05\0\0\1a.xls") is None


@pytest.mark.parametrize(
    "field", [b"DDEAUTO x", b"{\\rtlch D}{\\b DE} x", b"\\'44DE x", b"\r\nD\r\nDE x", b'"' + b" " * 100 + b"DDE x"]
)
def test_e15_a_field_of_rtf_is_told(field):
    assert rtf_field_commands(b"{\\rtf1{\\field{\\*\\fldinst " + field + b"}}}")
    assert rtf_field_commands(b"{\\rtf1{\\field{\\*\\fldinst " + b"{\\b0 }" * 4_000 + field + b"}}}")
    assert not rtf_field_commands(b"{\\field{\\*\\fldinst DDEAUTOMATIC}}")
    assert not rtf_field_commands(b"{\\field{\\*\\fldinst PAGE}{\\fldrslt " + field + b"}}")


@pytest.mark.parametrize(
    ("find", "content"),
    [
        (formula_commands, b"=-a|'" * 400_000 + b"!"),
        (formula_commands, b"aa|'a'!a\t\" " * 200_000),
        (formula_commands, b"=aa|" * 400_000 + b"!"),
        (formula_commands, b'\t" ' * 600_000 + b"\"aa|'a'!a"),
        (formula_commands, b"DDE \t" * 400_000),
        (old_field_commands, b"\x13\0\x13 \0" * 400_000),
        (rtf_field_commands, b"\\fldinst " * 200_000),
        (rtf_field_commands, b"\\fldinst " + b"\\b0 " * 400_000),
        (rtf_field_commands, (b"\\fldinst " + b"{\\b}" * 1_000) * 400),
    ],
)
def test_hostile_repetition_costs_little(find, content):
    began = time.process_time()
    find(content)
    assert time.process_time() - began < 2
