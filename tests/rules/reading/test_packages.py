"""What a zip is by its members: documents, macros, programs, and what is fetched when a document is opened."""

import io
import zipfile

import pytest

from rules.facts import Kind
from rules.reading.packages import package_signs

TYPES = '<Types xmlns="x"><Default Extension="xml" ContentType="application/xml"/></Types>'
MACRO_TYPES = TYPES.replace("application/xml", "application/vnd.ms-word.document.macroEnabled.main+xml")
WORD = {"[Content_Types].xml": TYPES, "word/document.xml": "<w/>"}


def signs(files):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return {(sign.kind, sign.text) for sign in package_signs(target.getvalue())}


def relation(kind, target):
    return (
        f'<Relationships><Relationship Id="r1" Type="http://schemas.example/relationships/{kind}" '
        f'Target="{target}" TargetMode="External"/></Relationships>'
    )


def test_a_document_is_a_document():
    assert signs(WORD) == {(Kind.DOCUMENT, "Word document")}


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"word/vbaProject.bin": b"x"}, "vbaProject.bin"),
        ({"[Content_Types].xml": MACRO_TYPES}, "macros among its content types"),
        ({"xl/macrosheets/sheet1.xml": "<x/>"}, "Excel 4 macro sheet"),
    ],
)
def test_macros_are_found_under_a_harmless_extension(more, text):
    assert (Kind.MACRO_DOCUMENT, text) in signs(WORD | more)


@pytest.mark.parametrize("kind", ["attachedTemplate", "oleObject", "frame"])
def test_what_is_fetched_from_outside_is_told(kind):
    found = signs(WORD | {"word/_rels/settings.xml.rels": relation(kind, "https://a.example/x.dotm")})
    assert (Kind.MACRO_DOCUMENT, f"{kind} fetched from outside when it is opened") in found


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("hyperlink", "https://a.example/"),
        ("attachedTemplate", "file:///C:/Users/ann/AppData/Roaming/Microsoft/Templates/Normal.dotm"),
        ("image", "https://a.example/logo.png"),
    ],
)
def test_links_and_the_offices_own_template_are_not(kind, target):
    assert signs(WORD | {"word/_rels/document.xml.rels": relation(kind, target)}) == {(Kind.DOCUMENT, "Word document")}


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"META-INF/MANIFEST.MF": "", "a/B.class": b"x"}, Kind.SCRIPT),
        ({"AndroidManifest.xml": b"x", "classes.dex": b"x"}, Kind.INSTALLER),
        ({"AppxManifest.xml": "<x/>", "a.txt": ""}, Kind.INSTALLER),
    ],
)
def test_programs_in_zips_are_told(files, kind):
    assert kind in {found for found, _ in signs(files)}


def test_open_document_macros_are_told():
    plain = {"mimetype": "application/vnd.oasis.opendocument.text", "META-INF/manifest.xml": "<x/>", "content.xml": "x"}
    assert signs(plain) == {(Kind.DOCUMENT, "OpenDocument file")}
    assert (Kind.MACRO_DOCUMENT, "OpenDocument macros") in signs(plain | {"Basic/Standard/Module1.xml": "<x/>"})


def test_what_is_no_zip_has_no_signs():
    assert package_signs(b"PK\x03\x04" + bytes(50)) == ()
