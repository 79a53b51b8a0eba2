"""Every reading of a file name counts, and words that look like extensions do not."""

import pytest

from rules.facts import Kind
from rules.reading.extensions import KIND_OF, readings, signs_of_names


def kinds(*names):
    return {sign.kind for sign in signs_of_names(names)}


@pytest.mark.parametrize(
    "name",
    [
        "payload.exe",
        "PAYLOAD.EXE",
        "agenda.pdf.exe",
        "agenda.pdf                                        .exe",
        "payload.exe. .",
        "payload.exe\u00a0",
        "payload.exe\t",
        "payload.exe::$DATA",
        "payload.exe:Zone.Identifier",
        "payload.exe/",
        "C:\\Users\\ann\\payload.exe",
        '"payload.exe"',
        "ｐａｙｌｏａｄ．ｅｘｅ",
        "payload。exe",
        "pay.e\u200dxe",
        "payload.ex\u00ade",
        "payload.e\u0000xe",
        "payload%2eexe",
        "payload%252eexe",
        "ann\u202efdp.exe",
        "ann\u202eexe.pdf\u202c.exe",
        "payload.exe\0.pdf",
    ],
)
def test_a_program_is_a_program_however_it_is_spelled(name):
    assert Kind.PROGRAM in kinds(name)


def test_a_name_written_backwards_is_read_backwards():
    assert Kind.PROGRAM in kinds("report_\u202efdp.exe")
    assert Kind.PROGRAM in kinds("report_exe\u202egpj.rcs.\u202c")


@pytest.mark.parametrize(
    "name",
    [
        "agenda.pdf",
        "Minutes of St. Louis",
        "www.city.com.pdf",
        "notes.on.setup.py.docx",
        "a.b.c.d.xlsx",
        "Amendment No.3.docx",
        "",
        "...",
    ],
)
def test_ordinary_names_are_not_suspected(name):
    assert kinds(name) <= {Kind.DOCUMENT}


def test_a_program_before_a_harmless_extension_is_told_as_such():
    (sign,) = [sign for sign in signs_of_names(["invoice.exe.pdf"]) if sign.kind is Kind.PROGRAM]
    assert sign.text == ".exe before .pdf"


def test_windows_obeys_a_class_identifier_that_it_does_not_show():
    assert Kind.SHORTCUT in kinds("photo.jpg.{3050f4d8-98b5-11cf-bb82-00aa00bdce0b}")


@pytest.mark.parametrize(
    ("extension", "kind"),
    [
        ("lnk", Kind.SHORTCUT), ("iso", Kind.DISK_IMAGE), ("img", Kind.DISK_IMAGE), ("vhdx", Kind.DISK_IMAGE),
        ("one", Kind.MACRO_DOCUMENT), ("hta", Kind.SCRIPT), ("js", Kind.SCRIPT), ("jse", Kind.SCRIPT),
        ("vbs", Kind.SCRIPT), ("wsf", Kind.SCRIPT), ("scr", Kind.PROGRAM), ("pif", Kind.PROGRAM),
        ("cpl", Kind.PROGRAM), ("jar", Kind.SCRIPT), ("msi", Kind.INSTALLER), ("msix", Kind.INSTALLER),
        ("chm", Kind.MACRO_DOCUMENT), ("reg", Kind.SCRIPT), ("url", Kind.SHORTCUT), ("library-ms", Kind.SHORTCUT),
        ("ps1", Kind.SCRIPT), ("xll", Kind.PROGRAM), ("rdp", Kind.SHORTCUT), ("settingcontent-ms", Kind.SHORTCUT),
        ("docm", Kind.MACRO_DOCUMENT), ("xlsb", Kind.MACRO_DOCUMENT), ("zip", Kind.ARCHIVE), ("docx", Kind.DOCUMENT),
    ],
)  # fmt: skip
def test_the_table_knows_what_reliability_e14_lists(extension, kind):
    assert KIND_OF[extension] is kind


def test_an_ordinary_name_has_one_reading():
    assert readings("Agenda-2026.PDF") == ("agenda-2026.pdf",)


def test_a_name_without_end_is_cut():
    assert kinds("x" * 1_000_000 + ".exe") == {Kind.PROGRAM}


@pytest.mark.parametrize(
    ("extensions", "kind"),
    [
        ("wsb psdm1 bgi cnt ops prf vbp terminal tool sln", Kind.SCRIPT),
        ("ppkg msm mobileconfig", Kind.INSTALLER),
        ("webpnp contact", Kind.SHORTCUT),
        ("xlshtml docmhtml oxt", Kind.MACRO_DOCUMENT),
        ("shtm xhtm jhtml", Kind.HTML),
        ("b1 pea lrz", Kind.ARCHIVE),
    ],
)
def test_rarer_names_that_windows_macos_and_office_run_or_open(extensions, kind):
    assert {extension for extension in extensions.split() if kinds(f"a.{extension}") != {kind}} == set()


@pytest.mark.parametrize("name", ["city.crt", "city.cer", "mail.pst", "a.tmp"])
def test_certificates_and_mailboxes_run_nothing(name):
    assert kinds(name) == set()


@pytest.mark.parametrize("name", [".vbs", "letters/.hta", '".exe"', ".scr "])
def test_a_name_that_is_all_extension(name):
    assert kinds(name) & {Kind.PROGRAM, Kind.SCRIPT}


@pytest.mark.parametrize(
    "name",
    ["minutes.z01", "minutes.z17", "minutes.r00", "minutes.R42", "minutes.a01", "minutes.7z.002", "a.tar.gz.117"],
)
def test_volumes_of_archives_are_called_archives(name):
    assert kinds(name) == {Kind.ARCHIVE}


@pytest.mark.parametrize("name", ["minutes.002", "minutes.pdf.002", "7z.002", "minutes.7z.02", "minutes.7z.2025"])
def test_numbers_alone_make_no_volume(name):
    assert kinds(name) == set()


@pytest.mark.parametrize("length", [1_024, 1_025])
def test_of_a_name_as_much_of_its_end_is_looked_at_as_any_system_has_room_for(length):
    assert [len(reading) for reading in readings("a" * length)] == [1_024]
    assert max(map(len, readings(" " + "a" * (length - 1)))) == 1_024 - (length == 1_024)
