"""Compound files: applications, macros, protection."""

import struct
import time
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest

from rules.facts import Kind
from rules.reading import office
from rules.reading.budget import Budget, LimitExceeded
from rules.reading.embedded import unpack_compound
from rules.reading.member import Unreadable
from rules.reading.office import Compound, biff_sign, compound_protection, compound_signs


def record(kind, body=b""):
    return struct.pack("<HH", kind, len(body)) + body


def book(*records):
    return record(0x809, bytes(16)) + b"".join(records) + record(0x0A)


def sheet(kind):
    return record(0x85, bytes(4) + b"\0" + bytes([kind]) + b"\x06\0Sheet1")


def kinds(octets):
    return {sign.kind for sign in compound_signs(octets)}


@pytest.mark.parametrize(("more", "limited"), [(0, False), (1, True)])
def test_as_many_records_as_are_looked_at_and_one_more(compound_file, monkeypatch, more, limited):
    octets = compound_file({"Workbook": book(*[record(0x31)] * (9 + more))})
    monkeypatch.setattr(office, "_MAX_RECORDS", 10)
    assert (compound_protection(octets), len(compound_signs(octets))) == (None, 1)
    with pytest.raises(LimitExceeded, match="more than 10 records") if limited else nullcontext():
        assert list(unpack_compound(octets, Budget())) == []


@pytest.mark.parametrize(("more", "limited"), [(0, False), (1, True)])
def test_as_many_streams_as_are_listed_and_one_more(compound_file, monkeypatch, more, limited):
    octets = compound_file({f"folder/{number}": b"x" for number in range(9 + more)})
    monkeypatch.setattr(office, "_MAX_STREAMS", 10)
    with pytest.raises(Unreadable, match="more than 10 streams") if limited else nullcontext():
        assert len(Compound(octets).streams) == 9


@pytest.mark.parametrize(("more", "limited"), [(0, False), (1, True)])
def test_folders_as_deep_as_are_followed_and_one_deeper(compound_file, more, limited):
    octets = compound_file({"/".join(["a"] * (64 + more)): b"x"})
    with pytest.raises(Unreadable, match="nested more than 64 deep") if limited else nullcontext():
        assert len(Compound(octets).streams) == 1


def test_a_document_without_macros(compound_file):
    assert [sign.text for sign in compound_signs(compound_file({"WordDocument": bytes(600)}))] == ["Word document"]


@pytest.mark.parametrize("path", ["Macros/VBA/dir", "Macros/VBA/_VBA_PROJECT", "_VBA_PROJECT_CUR/VBA/dir"])
def test_macros_are_found_in_their_storage(compound_file, path):
    assert Kind.MACRO_DOCUMENT in kinds(compound_file({"WordDocument": bytes(600), path: b"x"}))


def test_e15_macros_are_told_with_their_place(compound_file):
    octets = compound_file({"WordDocument": bytes(600), "Macros/VBA/dir": b"x"})
    assert "macros in Macros/VBA" in {sign.text for sign in compound_signs(octets)}


@pytest.mark.parametrize("text", [b"\x13 DDEAUTO c:\\x\x14", " \x13ddeauto x".encode("utf-16-le")])
def test_e15_a_field_that_starts_a_program_is_found(compound_file, text):
    assert Kind.MACRO_DOCUMENT in kinds(compound_file({"WordDocument": bytes(600) + text}))
    assert Kind.MACRO_DOCUMENT not in kinds(
        compound_file({"WordDocument": bytes(600) + text.replace(b"\x13", b"\x20")})
    )


@pytest.mark.parametrize(
    ("path", "counts"), [(b"cmd\x03/c calc", True), (b"Excel\x03[a.xls]A", False), (b"Word.Document.8\x03a", False)]
)
def test_e15_a_link_that_starts_a_program_is_found(compound_file, path, counts):
    link = record(0x1AE, struct.pack("<HH", 1, len(path)) + b"\0" + path)
    assert (Kind.MACRO_DOCUMENT in kinds(compound_file({"Workbook": book(link)}))) is counts


def test_excel_4_macro_sheets_are_found(compound_file):
    assert Kind.MACRO_DOCUMENT in kinds(compound_file({"Workbook": book(sheet(0), sheet(1))}))
    assert Kind.MACRO_DOCUMENT not in kinds(compound_file({"Workbook": book(sheet(0), sheet(2))}))


def test_installers_are_told_by_their_class(compound_file):
    octets = compound_file({"a": b"x"}, "000C1084-0000-0000-C000-000000000046")
    assert Kind.INSTALLER in kinds(octets)


@pytest.mark.parametrize("version", [0, 2, 4])
def test_e15_a_macro_sheet_of_the_oldest_kind_is_told(version):
    head = bytes([9, version]) + struct.pack("<HHH", 4, 0, 0x40)
    assert biff_sign(head).kind is Kind.MACRO_DOCUMENT
    assert biff_sign(head[:6] + b"\x10\0") is None


def test_e15_objects_that_run_are_told_by_their_class(compound_file):
    octets = compound_file({"Equation Native": b"x"}, "0002CE02-0000-0000-C000-000000000046")
    assert [sign.text for sign in compound_signs(octets)] == ["Equation Editor object"]
    link = {"\x01Ole": b"\1\0\0\2" + "https://a.example/x.hta".encode("utf-16-le")}
    linked = compound_file(link, "00000300-0000-0000-C000-000000000046")
    assert [sign.text for sign in compound_signs(linked)] == ["linked object fetched from outside when it is opened"]


@pytest.mark.parametrize(
    ("streams", "reason"),
    [
        ({"EncryptedPackage": b"x", "EncryptionInfo": b"x"}, "Office document with a password"),
        ({"EncryptedPackage": b"x", "\x06DataSpaces/DRMEncryptedDataSpace": b"x"}, "rights-managed Office document"),
        ({"WordDocument": bytes(10) + b"\x00\x01" + bytes(600)}, "Word document with a password"),
        ({"Workbook": book(record(0x2F, bytes(6)))}, "Excel workbook with a password"),
        (
            {"PowerPoint Document": b"x", "Current User": bytes(12) + struct.pack("<I", 0xF3D1C4DF)},
            "PowerPoint presentation with a password",
        ),
        ({"WordDocument": bytes(600)}, None),
        ({"Workbook": book(sheet(0))}, None),
    ],
)
def test_protection_is_told_with_its_reason(compound_file, streams, reason):
    assert compound_protection(compound_file(streams)) == reason


def test_a_stream_is_read_whole(compound_file):
    compound = Compound(compound_file({"a/b": b"x" * 1_000, "c": b"yes"}))
    assert compound.streams == (("a", "b"), ("c",))
    assert compound.read(("a", "b")) == b"x" * 1_000
    assert compound.find("c") == b"yes"
    assert compound.find("b") is None


def test_a_stream_that_claims_more_than_the_file_is_refused(compound_file):
    octets = compound_file({"a": b"x" * 100})
    at = octets.index("a\0".encode("utf-16-le"), 512)
    octets = octets[: at + 120] + struct.pack("<I", 0x7FFFFFFF) + octets[at + 124 :]
    with pytest.raises(Unreadable, match=r"longer than the file|cannot be read|damaged"):
        Compound(octets).read(("a",))


def test_a_folder_within_itself_is_unreadable():
    octets = (Path(__file__).parents[2] / "fuzz" / "seeds" / "ole" / "folder-within-itself").read_bytes()
    with pytest.raises(Unreadable, match="damaged"):
        Compound(octets)


def patched(octets, at, layout, *values):
    return octets[:at] + struct.pack(layout, *values) + octets[at + struct.calcsize(layout) :]


@pytest.mark.parametrize(
    ("at", "layout", "values"),
    [
        (30, "<H", (2,)),
        (30, "<H", (31,)),
        (44, "<I", (0x7FFFFFFF,)),
        (44, "<I25xI", (0x7FFFFFFF, 16_909_320)),
        (68, "<II", (0, 0x7FFFFFFF)),
    ],
)
def test_impossible_tables_cost_nothing(compound_file, at, layout, values):
    octets = patched(compound_file({"a": b"x" * 100}), at, layout, *values)
    began = time.process_time()
    with pytest.raises(Unreadable, match="impossible tables"):
        Compound(octets)
    assert time.process_time() - began < 1


def test_a_chain_of_sectors_without_end_ends(compound_file):
    octets = compound_file({"a": b"x" * 100, "b": b"y" * 4_000})
    table = octets.index(struct.pack("<I", 0xFFFFFFFD), 512)
    looped = patched(octets, table + 4, "<127I", *[1] * 127)  # after each sector comes the first again
    began = time.process_time()
    with suppress(Unreadable):
        compound = Compound(looped)
        assert sum(len(compound.read(path)) for path in compound.streams) <= 4_100
    assert time.process_time() - began < 1


@pytest.mark.parametrize("count", [64, 65])
def test_folders_end_at_their_depth(compound_file, count):
    octets = compound_file({"/".join("a" * 1 for _ in range(count - 1)) + "/b": b"x"})
    if count == 64:
        assert len(Compound(octets).streams) == 1
    else:
        with pytest.raises(Unreadable, match="more than 64 deep"):
            Compound(octets)


def test_two_streams_of_one_name_are_told(compound_file):
    octets = compound_file({"ab": b"x", "aB": b"y"})
    with pytest.raises(Unreadable, match="two streams of one name"):
        Compound(octets)


@pytest.mark.parametrize("cut", range(8, 2_000, 97))
def test_a_cut_file_is_unreadable_or_read(compound_file, cut):
    octets = compound_file({"WordDocument": bytes(600), "Macros/VBA/dir": b"x"})[:cut]
    compound_signs(octets)
    compound_protection(octets)
    try:
        compound = Compound(octets)
        for path in compound.streams:
            compound.read(path)
    except Unreadable:
        pass
