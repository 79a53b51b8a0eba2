"""PDF: embedded files wherever they hang, text, and passwords."""

import io
import time
import zlib

import pypdfium2
import pytest

from rules.reading import pdf as pdf_module
from rules.reading.budget import Budget, LimitExceeded
from rules.reading.member import Unreadable
from rules.reading.pdf import all_pieces, has_lock, pdf_protection, pieces_of, plain_copy, text_of_pdf, unpack_pdf

PROGRAM = b"MZ" + b"\0" * 58 + b"\x40\0\0\0" + b"PE\0\0L\x01" + b"\0" * 40


def pdf(*objects, page=b"", trailer=b""):
    """A document written by hand, without a table of its objects: readers build their own."""
    text = b"BT /F1 12 Tf 20 100 Td (Agenda for Thursday) Tj ET"
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> " + page + b">>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        *objects,
    ]
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, part) for number, part in enumerate(parts, 1))
    return b"%PDF-1.7\n" + body + b"trailer\n<< /Root 1 0 R /Size 20 " + trailer + b">>\n%%EOF\n"


def stream(content, fields=b""):
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (fields, len(content), content)


def taken(octets):
    return {member.names[0]: member.octets for member in unpack_pdf(octets, Budget())}


def test_a_document_of_text_has_no_members():
    assert taken(pdf()) == {}
    assert text_of_pdf(pdf())[0].strip() == "Agenda for Thursday"


def pages(count):
    document = pypdfium2.PdfDocument(pdf())
    for _ in range(count - 1):
        document.import_pages(pypdfium2.PdfDocument(pdf()))
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def test_as_many_pages_as_may_be_are_read_and_one_more_is_told(monkeypatch):
    monkeypatch.setattr(pdf_module, "MAX_PAGES", 3)
    text, limit = text_of_pdf(pages(3))
    assert (text.count("Agenda"), limit) == (3, "")
    text, limit = text_of_pdf(pages(4))
    assert (text.count("Agenda"), limit) == (3, "PDF with more than 3 pages")


def test_as_many_characters_as_may_be_are_read_and_one_more_is_told(monkeypatch):
    whole, _ = text_of_pdf(pages(2))
    monkeypatch.setattr(pdf_module, "MAX_TEXT", len(whole))
    assert text_of_pdf(pages(2)) == (whole, "")
    monkeypatch.setattr(pdf_module, "MAX_TEXT", len(whole) - 1)
    text, limit = text_of_pdf(pages(2))
    assert text == whole[:-1] and limit.startswith("PDF with more than")


NOTE = b"<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents (Oak Street) >>"
FIELD = b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (a) /V (Oak Street) /Rect [0 0 9 9] >>"
CHILD = b"<< /Type /Annot /Subtype /Widget /Parent 8 0 R /AP << /N 7 0 R >> /Rect [0 0 9 9] >>"
DRAWN = stream(b"/Tx BMC q BT /F1 9 Tf [(Oa) 3 (k Str)] TJ (eet)Tj ET Q EMC", b"/Subtype /Form /BBox [0 0 9 9]")
CHOICE = b"<< /Type /Annot /Subtype /Widget /FT /Ch /T (a) /Opt [(x) (Oak Street)] /V (Oak Street) /Rect [0 0 9 9] >>"


@pytest.mark.parametrize("objects", [(NOTE,), (FIELD,), (CHILD, DRAWN), (CHOICE,)], ids=str)
def test_what_notes_and_filled_in_fields_say_is_text(objects):
    form = b"/Type /Catalog /AcroForm << /Fields [%d 0 R] >> " % (5 + len(objects))
    octets = pdf(*objects, page=b"/Annots [6 0 R] ").replace(b"/Type /Catalog ", form)
    assert text_of_pdf(octets) == ("Agenda for Thursday\nOak Street", "")


def test_as_many_notes_as_may_be_are_read_and_one_more_is_told(monkeypatch):
    octets = pdf(NOTE, NOTE.replace(b"Oak", b"Elm"), page=b"/Annots [6 0 R 7 0 R] ")
    monkeypatch.setattr(pdf_module, "_MAX_NOTES", 2)
    assert text_of_pdf(octets) == ("Agenda for Thursday\nOak Street\nElm Street", "")
    monkeypatch.setattr(pdf_module, "_MAX_NOTES", 1)
    assert text_of_pdf(octets)[1] == "PDF with more than 1 notes and fields"


def test_notes_that_take_too_long_are_told(monkeypatch):
    octets = pdf(NOTE, NOTE, page=b"/Annots [6 0 R 7 0 R] ")
    monkeypatch.setattr(pdf_module, "MAX_SECONDS", 0.0)
    assert text_of_pdf(octets) == ("Agenda for Thursday", "the text of a PDF took longer than 0 s")


def test_many_notes_with_one_long_text_end_at_the_limits(limited_memory):
    octets = pdf(NOTE.replace(b"Oak", b"k" * 1_000_000), page=b"/Annots [%s] " % (b"6 0 R " * 19_000))
    began = time.process_time()
    text, limit = text_of_pdf(octets)
    assert limit == "PDF with more than 16 million characters" and len(text) == 16 * 1024 * 1024
    assert time.process_time() - began < 4


def test_text_that_takes_too_long_is_told(monkeypatch):
    monkeypatch.setattr(pdf_module, "MAX_SECONDS", 0.0)
    text, limit = text_of_pdf(pages(2))
    assert (text.count("Agenda"), limit) == (1, "the text of a PDF took longer than 0 s")
    assert text_of_pdf(pages(1))[1] == ""


def test_e17_an_attached_file_comes_out_with_its_name():
    document = pypdfium2.PdfDocument.new()
    document.new_page(100, 100)
    document.new_attachment("notes.js").set_data(b"var x = 1;")
    target = io.BytesIO()
    document.save(target)
    assert taken(target.getvalue())["notes.js"] == b"var x = 1;"


@pytest.mark.parametrize("name", [b"(payload.exe)", b"<FEFF007000610079006C006F00610064002E006500780065>"])
@pytest.mark.parametrize("packed", [True, False])
def test_e17_a_file_behind_an_annotation_comes_out(name, packed):
    content = stream(zlib.compress(PROGRAM), b"/Filter /FlateDecode") if packed else stream(PROGRAM)
    octets = pdf(content, b"<< /Type /Filespec /F %s /EF << /F 6 0 R >> >>" % name)
    assert taken(octets) == {"embedded file": PROGRAM, "payload.exe": b""}


def test_a_name_in_a_compressed_object_stream_is_seen():
    inner = zlib.compress(b"7 0 << /Type /Filespec /F (payload.js) /EF << /F 6 0 R >> >>")
    octets = pdf(stream(b"var x"), stream(inner, b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode"))
    assert "payload.js" in taken(octets)


LOCK = (
    b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -44 /O (" + b"o" * 32 + b") /U (" + b"u" * 32 + b") >> /ID [(a)(b)] "
)


def test_a_password_is_told():
    assert pdf_protection(pdf(trailer=LOCK)) == "PDF with a password"
    assert pdf_protection(pdf()) is None


def test_what_cannot_be_opened_is_told():
    with pytest.raises(Unreadable, match="cannot be opened"):
        text_of_pdf(b"%PDF-1.7\nnothing")
    with pytest.raises(Unreadable, match="cannot be opened"):
        taken(b"%PDF-1.7\nnothing")


def test_a_program_in_a_broken_document_is_still_found():
    found = []
    with pytest.raises(Unreadable):
        for member in unpack_pdf(b"%PDF-1.7\n1 0 obj\n" + stream(PROGRAM), Budget()):
            found.append(member.octets)
    assert found == [PROGRAM]


def test_a_document_that_only_its_owner_locked_is_read(owned_pdf):
    assert pdf_protection(owned_pdf) is None
    assert has_lock(owned_pdf)
    assert not has_lock(pdf())
    copy = plain_copy(owned_pdf)
    assert copy is not None
    assert b"/Encrypt" not in copy


def test_objects_come_out_of_streams_of_rare_filters():
    inner = zlib.compress(b"7 0 << /Marked /Here >>").hex().encode() + b">"
    fields = b"/Type /ObjStm /N 1 /First 4 /Filter [/ASCIIHexDecode /FlateDecode]"
    assert len(list(pieces_of(pdf(stream(inner, fields))))) == 2
    plain = stream(zlib.compress(b"7 0 << /Marked /Here >>"), b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode")
    assert b"/Marked" in list(pieces_of(pdf(plain)))[1]


def test_what_cannot_be_opened_has_no_plain_copy():
    assert plain_copy(b"%PDF-1.7\nnothing") is None


def test_object_streams_before_much_else_cost_little():
    one = stream(zlib.compress(bytes(40_000)), b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode")
    octets = pdf(*[one] * 399) + b"\x01" * (18 << 20)
    began = time.process_time()
    assert len(list(pieces_of(octets))) == 400
    assert time.process_time() - began < 1


def test_object_streams_inside_each_other_are_read_a_bounded_number_of_times(monkeypatch):
    """Each holds all that follow: a block as it stands, which ends with the last."""
    monkeypatch.setattr(pdf_module, "_FED", 1_024)
    inner = b""
    for _ in range(100):
        inner += b"/ObjStm stream\n\x78\x9c"
        inner += b"\0" + (60_000).to_bytes(2, "little") + (5_535).to_bytes(2, "little")
    pieces, ended = all_pieces(pdf() + inner + b" " * 60_000)
    assert str(ended).startswith("PDF with more than 20,000 object streams")
    assert len(pieces) < 50


@pytest.mark.parametrize("kind", [b"/Type /ObjStm", b"/Type /Obj#53tm", b"/Type /#4f#62#6a#53#74#6d", b"/N 1 /First 4"])
def test_an_object_stream_is_known_however_it_is_called(kind):
    packed = stream(zlib.compress(b"9 0 << /S /Launch >>"), kind + b" /Filter /FlateDecode")
    assert any(b"/Launch" in piece for piece in pieces_of(pdf(packed)))


@pytest.mark.parametrize(
    ("content", "filters", "reason"),
    [
        (zlib.compress(zlib.compress(PROGRAM)), b"[/FlateDecode /FlateDecode]", "deflated twice"),
        (PROGRAM, b"/LZWDecode", "rare filter"),
        (PROGRAM, b"[/RunLengthDecode]", "rare filter"),
        (zlib.compress(PROGRAM), b"9 0 R", "rare filter"),
    ],
)
def test_an_embedded_file_that_is_not_simply_deflated_is_told(content, filters, reason):
    file = stream(content, b"/Type /EmbeddedFile /Filter %s" % filters)
    with pytest.raises(Unreadable, match=reason):
        taken(pdf(file, b"<< /Type /Filespec /F (a.txt) /EF << /F 6 0 R >> >>"))


@pytest.mark.parametrize("filters", [b"/FlateDecode", b"[/FlateDecode]", b"[ /FlateDecode ] /Params << /Size 3 >>"])
def test_an_embedded_file_that_is_simply_deflated_is_read(filters):
    file = stream(zlib.compress(PROGRAM), b"/Type /EmbeddedFile /Filter %s" % filters)
    picture = stream(b"x", b"/Subtype /Image /Filter [/ASCII85Decode /DCTDecode]")
    assert PROGRAM in taken(pdf(file, b"<< /F (a.txt) /EF << /F 6 0 R >> >>", picture)).values()


def test_a_file_larger_than_memory_is_not_taken_out(limited_memory):
    packer = zlib.compressobj(9)
    large = b"".join(packer.compress(bytes(1 << 24)) for _ in range(96)) + packer.flush()
    file = stream(zlib.compress(large, 9), b"/Type /EmbeddedFile /Filter [/FlateDecode /FlateDecode]")
    with pytest.raises(LimitExceeded, match="200 times its size"):
        taken(pdf(file, b"<< /F (a.txt) /EF << /F 6 0 R >> >>"))


def test_a_stream_larger_than_memory_is_told_before_the_library_takes_it(limited_memory):
    packer = zlib.compressobj(9)
    large = b"".join(packer.compress(bytes(1 << 24)) for _ in range(60)) + packer.flush()
    file = stream(large, b"/Type /EmbeddedFile /Filter /FlateDecode")
    tree = b"/Names << /EmbeddedFiles << /Names [(a.txt) 7 0 R] >> >> "
    octets = pdf(file, b"<< /F (a.txt) /EF << /F 6 0 R >> >>").replace(b"/Catalog ", b"/Catalog " + tree)
    for read in (taken, text_of_pdf):
        with pytest.raises(LimitExceeded, match="unpacks to more than 128 MiB in one stream"):
            read(octets)


def test_streams_as_large_as_may_be_and_larger_by_one_octet(monkeypatch):
    monkeypatch.setattr(pdf_module, "_ALWAYS_SMALL", 0)
    monkeypatch.setattr(pdf_module, "_MAX_STREAM", 5_000)
    monkeypatch.setattr(pdf_module, "_MAX_ALL_STREAMS", 10_000)

    def packed(*sizes, fields=b""):
        return pdf(*(stream(zlib.compress(bytes(size)), b"/Filter /FlateDecode " + fields) for size in sizes))

    text_of_pdf(packed(5_000, 5_000))
    text_of_pdf(packed(50_000, fields=b"/Subtype /Image"))
    for over in (packed(5_001), packed(5_000, 5_000, 1)):
        with pytest.raises(LimitExceeded, match="PDF that unpacks to more than"):
            text_of_pdf(over)


def test_as_many_objects_as_may_be_and_one_more(monkeypatch):
    octets = pdf() + b"\n" * 100
    monkeypatch.setattr(pdf_module, "_MAX_OBJECTS", octets.count(b" obj"))
    assert text_of_pdf(octets)[1] == ""
    assert pdf_protection(b"/Encrypt" + octets + b"9 0 obj") is None
    assert plain_copy(octets + b"9 0 obj") is None and not has_lock(octets + b"9 0 obj")
    with pytest.raises(LimitExceeded, match="PDF with more than 5 objects"):
        text_of_pdf(octets + b"9 0 obj")


def test_as_many_streams_as_may_be_are_looked_at_and_one_more_is_told(monkeypatch):
    octets = pdf(stream(PROGRAM))
    monkeypatch.setattr(pdf_module, "_MAX_STREAMS", 2)
    assert PROGRAM in taken(octets).values()
    monkeypatch.setattr(pdf_module, "_MAX_STREAMS", 1)
    with pytest.raises(LimitExceeded, match="PDF with more than 1 streams"):
        taken(octets)


def test_object_streams_as_large_as_may_be_and_larger_by_one_octet(monkeypatch):
    listed = [b"9 0 << /S /Launch >>", b"8 0 << /S /Launch >> "]
    packed = [stream(zlib.compress(one), b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode") for one in listed]
    monkeypatch.setattr(pdf_module, "_MAX_INFLATED", sum(map(len, listed)))
    assert (len(all_pieces(pdf(*packed))[0]), all_pieces(pdf(*packed))[1]) == (3, None)
    monkeypatch.setattr(pdf_module, "_MAX_INFLATED", sum(map(len, listed)) - 1)
    pieces, ended = all_pieces(pdf(*packed))
    assert len(pieces) == 2 and "MiB in them" in str(ended)


def test_as_many_object_streams_as_may_be_are_searched_and_one_more_is_told(monkeypatch):
    one = stream(zlib.compress(b"9 0 << /S /Launch >>"), b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode")
    monkeypatch.setattr(pdf_module, "_MAX_OBJECT_STREAMS", 3)
    assert len(all_pieces(pdf(*[one] * 3))[0]) == 4 and all_pieces(pdf(*[one] * 3))[1] is None
    pieces, ended = all_pieces(pdf(*[one] * 4))
    assert len(pieces) == 4 and str(ended).startswith("PDF with more than 3 object streams")
    with pytest.raises(LimitExceeded, match="object streams"):
        taken(pdf(*[one] * 4))


def test_e17_files_that_begin_alike_are_all_taken_out():
    first, second = (bytes(5_000) + end for end in (b"harmless", b"not so"))
    names = b"<< /F (a.txt) /EF << /F 6 0 R /UF 7 0 R >> >>"
    found = [member.octets for member in unpack_pdf(pdf(stream(first), stream(second), names), Budget())]
    assert first in found and second in found


def portfolio(count):
    names = b" ".join(b"(%05d) 7 0 R" % number for number in range(count))
    tree = b"/Names << /EmbeddedFiles << /Names [%s] >> >> " % names
    file = b"<< /Type /Filespec /F (a.txt) /EF << /F 6 0 R >> >>"
    octets = pdf(stream(b"x", b"/Type /EmbeddedFile"), file)
    return octets.replace(b"/Type /Catalog ", b"/Type /Catalog " + tree)


def test_the_number_of_embedded_files_is_bounded():
    assert len(list(unpack_pdf(portfolio(500), Budget()))) == 500
    with pytest.raises(LimitExceeded, match="500 embedded files"):
        list(unpack_pdf(portfolio(501), Budget()))


ACTION = b"9 0 << /S /Launch /F (a) >>"
PADDED = b"/Pad (%s)" % (b"A" * 3_000)


@pytest.mark.parametrize("between", [PADDED, b"%%%s\n" % (b"c" * 3_000), b" " * 3_000])
def test_an_object_stream_whose_dictionary_is_long_is_read_by_way_of_a_copy(between):
    packed = stream(zlib.compress(ACTION), b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode " + between)
    octets = pdf(packed).replace(b"/Type /Catalog ", b"/Type /Catalog /OpenAction 9 0 R ")
    assert any(b"/Launch" in piece for piece in pieces_of(octets))


@pytest.mark.parametrize("gap", [b" " * 9, b"%c\n", b" %c\n"])
def test_a_gap_that_no_program_writes_makes_a_copy_and_others_none(gap):
    assert len(list(pieces_of(pdf(b"<< /S%s/GoTo >>" % gap)))) == 2
    assert len(list(pieces_of(pdf(b"<< /S %s/GoTo >>" % gap.strip(b"%c\n")[:7])))) == 1


def test_a_copy_as_large_as_may_be_and_larger_by_one_octet(monkeypatch):
    def copied():
        return all_pieces(pdf(b"<< /S%c\n/GoTo >>"))  # anew: those of the last document are remembered

    (_, copy), ended = copied()
    assert ended is None
    monkeypatch.setattr(pdf_module, "_MAX_COPY", len(copy))
    assert copied()[1] is None
    monkeypatch.setattr(pdf_module, "_MAX_COPY", len(copy) - 1)
    assert str(copied()[1]).startswith("PDF with more than")


@pytest.mark.parametrize(("length", "is_read"), [(1_024, True), (1_025, False)])
def test_an_object_stream_whose_dictionary_is_longer_than_is_looked_at_may_have_any_filter(length, is_read):
    """Then a plain copy is read as well."""
    front = b"obj<< /Type /ObjStm /Pad (%s) /Filter /FlateDecode >>\n"
    front %= b"a" * (length - len(front) + 2)
    content = b"%PDF-1.7\n1 0 " + front + b"stream\n" + zlib.compress(b"7 0 << /A 1 >>") + b"\nendstream"
    objects, _ = pdf_module._object_stream(content, content.index(b"stream"), 1_000)
    assert (objects is not None) == is_read
