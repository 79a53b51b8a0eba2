"""Files that dictionaries of a PDF refer to, whatever their filters."""

import base64
import zlib
from contextlib import nullcontext

import pytest

from rules.reading.budget import Budget, LimitExceeded, Limits
from rules.reading.member import Unreadable
from rules.reading.pdf_files import referred_files

FILE = b"MZ and so on" * 50


def document(content, fields=b"", specification=b"<< /F (a.bin) /EF << /F 6 0 R >> >>"):
    body = b"6 0 obj\n<< %s /Length %d >>\nstream\n%s\nendstream\nendobj\n" % (fields, len(content), content)
    return b"%%PDF-1.7\n%s7 0 obj\n%s\nendobj\n" % (body, specification)


def found(octets, *pieces, budget=None):
    return list(referred_files(octets, (octets, *pieces), (budget or Budget()).open(len(octets))))


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (FILE, b""),
        (zlib.compress(FILE), b"/Filter /FlateDecode"),
        (zlib.compress(FILE), b"/Filter [ /Fl ]"),
        (FILE.hex().encode() + b">", b"/Filter /ASCIIHexDecode"),
        (base64.a85encode(FILE, wrapcol=60) + b"~>", b"/Filter /A85"),
        (base64.a85encode(zlib.compress(FILE)) + b"~>", b"/Filter [/ASCII85Decode /FlateDecode]"),
        (zlib.compress(zlib.compress(FILE)).hex().encode(), b"/Filter %c\n[/AHx/Fl/Fl]"),
    ],
)
def test_e17_filters_are_undone(content, fields):
    assert found(document(content, fields)) == [FILE]


@pytest.mark.parametrize("specification", [b"<< /EF 8 0 R >>", b"null"])
def test_e17_a_file_is_found_by_its_label_too(specification):
    assert found(document(FILE, b"/Type /EmbeddedFile", specification)) == [FILE]


def test_e17_a_specification_in_an_object_stream_counts():
    assert found(document(FILE, specification=b"null"), b"9 0 << /EF << /UF 6 0 R >> >>") == [FILE]


@pytest.mark.parametrize(
    "fields",
    [
        b"/Filter /Fl /DecodeParms << /Predictor" + b" " * 50 + b"12 >>",
        b"/Filter /Fl /DecodeParms << /Predictor%c\n12 >>",
        b"/Filter /LZWDecode",
        b"/Filter 9 0 R",
        b"/Filter /Fl /DecodeParms << /Predictor 12 >>",
    ],
)
def test_other_filters_are_told(fields):
    with pytest.raises(Unreadable, match="rare filter"):
        found(document(zlib.compress(FILE), fields))


PAD = b"/Pad (%s)" % (b"A" * 3_000)


@pytest.mark.parametrize(
    "specification",
    [
        b"<< /EF << %s /F 6 0 R >> >>" % PAD,
        b"<< /EF %c\n << /F 6 %c\n 0 R >> >>",
        b"<< /EF <<" + b" " * 900 + b"/F 6" + b" " * 900 + b"0 R >> >>",
    ],
)
def test_e17_what_stands_between_hides_no_file(specification):
    assert found(document(FILE, PAD, specification)) == [FILE]


@pytest.mark.parametrize("length", [900, 1_100, 30_000])
def test_e17_what_stands_before_its_label_hides_no_filter_of_a_file(length):
    other = b"5 0 obj\n<< /Filter /AHx >>\nstream\n41>\nendstream\nendobj\n"
    fields = b"/Filter /Fl /Pad (%s) /Type /EmbeddedFile" % (b"A" * length)
    assert found(other + document(zlib.compress(FILE), fields, b"null")) == [FILE]


@pytest.mark.parametrize(("more", "told"), [(0, False), (1, True)])
def test_a_dictionary_as_long_as_is_looked_at_and_longer(more, told):
    fields = b"/Pad ("
    fields += b"A" * (64 * 1024 - len(b"\n<< %s) /Length 600 >>\n" % fields) + more) + b")"
    octets = document(FILE, fields)
    assert octets.index(b"stream") - octets.index(b"obj") == 64 * 1024 + more + len(b"obj")
    with pytest.raises(Unreadable, match="not where it is said to be") if told else nullcontext():
        assert found(octets) == [FILE]


def test_a_specification_that_cannot_be_followed_is_told():
    with pytest.raises(Unreadable, match="not where it is said to be"):
        found(document(FILE, specification=b"<< /EF << /Pad (%s) /F 6 0 R >> >>" % (b"A" * 5_000)))
    with pytest.raises(Unreadable, match="not where it is said to be"):
        found(document(FILE, specification=b"<< /EF %%%s\n << /F 6 0 R >> >>" % (b"c" * 300)))


def test_of_many_objects_of_one_number_the_first_ones_and_the_last_count():
    older = b"".join(b"6 0 obj\n<< >>\nstream\n%d\nendstream\nendobj\n" % number for number in range(8))
    octets = b"%PDF-1.7\n" + older + document(FILE)
    assert found(octets) == [b"0", b"1", b"2", b"3", FILE]


def test_damage_is_told():
    with pytest.raises(Unreadable, match="damaged"):
        found(document(b"zz\x7f\x7f~>", b"/Filter /A85"))


def test_what_is_inflated_draws_on_the_budget():
    octets = document(zlib.compress(bytes(10_000)), b"/Filter /FlateDecode")
    assert found(octets, budget=Budget(Limits(unpacked=20_000))) == [bytes(10_000)]
    with pytest.raises(LimitExceeded):
        found(octets, budget=Budget(Limits(unpacked=19_999)))
