"""The names of files in PDF: however they are written, and however long."""

import time
from contextlib import nullcontext

import pytest

from rules.reading import pdf_names
from rules.reading.budget import Budget, LimitExceeded
from rules.reading.pdf import unpack_pdf
from rules.reading.walk import Walk
from tests.rules.reading.test_pdf import pdf, stream, taken


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (b"/F (a\\056\\152s)", "a.js"),
        (b"/F (a(1).js)", "a(1).js"),
        (b"/F (a.j\\\ns)", "a.js"),
        (b"/F 8 0 R", "a.js"),
        (b"/F (a.js) /Desc (" + b"x" * 600 + b")", "a.js"),
        (b"/F%c\n(a.js)", "a.js"),
        (b"/DOS (a.js) /F (b.txt)", "a.js"),
        (b"/F (" + b"a" * 1_001 + b".js)", "a" * 1_001 + ".js"),
        (b"/F <feff" + b"0061" * 1_001 + b"002e006a0073>", "a" * 1_001 + ".js"),
    ],
)
def test_the_name_of_an_embedded_file_is_read_however_it_is_written(written, name):
    octets = pdf(stream(b"var x"), b"<< /Type /Filespec %s /EF << /F 6 0 R >> >>" % written, b"(a.js)")
    assert name in taken(octets)


def test_the_names_of_files_are_bounded():
    began = time.process_time()
    with pytest.raises(LimitExceeded, match="5,000 names"):
        list(unpack_pdf(pdf(b"/EF /F (" * 400_000), Budget()))
    assert time.process_time() - began < 4


def test_as_many_names_of_files_as_may_be_and_one_more(monkeypatch):
    file = b"<< /Type /Filespec /F (a.js) /EF << /F 6 0 R >> >>"
    octets = pdf(stream(b"var x"), file, file)
    monkeypatch.setattr(pdf_names, "_MAX_NAMES", 4)  # each gives two
    assert "a.js" in taken(octets)
    monkeypatch.setattr(pdf_names, "_MAX_NAMES", 3)
    with pytest.raises(LimitExceeded, match="PDF with more than 3 names of files"):
        taken(octets)


LONG = pdf_names._MAX_NAME


@pytest.mark.parametrize(("more", "limited"), [(0, False), (1, True)])
@pytest.mark.parametrize("write", [
    lambda octets: b"(%s.js)" % (b"a" * (octets - 3)),
    lambda octets: b"(%s%s.js)" % (b"\\\n" * 8_000, b"a" * (octets - 16_003)),
    lambda octets: b"<%s2e6a73>" % (b"61" * (octets - 3)),
    lambda octets: b"8 0 R /Note (",
], ids=["plain", "escaped", "in hexadecimal", "elsewhere"])  # fmt: skip
def test_a_name_as_long_as_is_read_and_longer_by_one_octet(write, more, limited):
    written = b"/Type /Filespec /F %s /EF << /F 6 0 R >>" % write(LONG + more)
    octets = pdf(stream(b"var x"), b"<< %s) >>" % written, b"(%s.js)" % (b"a" * (LONG + more - 3)))
    found = []
    with pytest.raises(LimitExceeded, match="a file of more than 16 KiB") if limited else nullcontext():
        found += (member.names[0] for member in unpack_pdf(octets, Budget()))
        assert any(name.endswith(".js") for name in found)


@pytest.mark.parametrize(("more", "told"), [(0, []), (1, ["a file name of more than 1,024 characters"])])
def test_a_name_longer_than_any_name_is_told_and_keeps_its_end(more, told):
    octets = pdf(stream(b"var x"), b"<< /F (%s.js) /EF << /F 6 0 R >> >>" % (b"a" * (1_024 - 3 + more)))
    walk = Walk()
    walk.message(b'Content-Type: application/pdf; name="a.pdf"\n\n' + octets)
    assert [entry.detail for entry in walk.record.unread] == told
    assert any(name.endswith(".js") for part in walk.record.parts for name in part.names)


def test_what_stands_in_a_stream_by_chance_is_no_long_name():
    noise = bytes(octet for octet in range(256) if octet not in b"()<>\\") * 40
    assert "embedded file" not in taken(pdf(stream(b"var x"), stream(b"/F (" + noise), b"<< /EF << /F 8 0 R >> >>"))


@pytest.mark.parametrize(("more", "limited"), [(0, False), (1, True)])
def test_as_many_octets_of_names_as_are_read_and_one_more(monkeypatch, more, limited):
    octets = pdf(stream(b"var x"), b"<< /F (%s.js) /UF (b.js) /EF << /F 6 0 R >> >>" % (b"a" * 20))
    monkeypatch.setattr(pdf_names, "_MAX_ALL_NAMES", 27 - more)
    with pytest.raises(LimitExceeded, match="MiB of them") if limited else nullcontext():
        assert "b.js" in taken(octets)
