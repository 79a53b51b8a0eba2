"""Objects of RTF come out however they are written; what starts or fetches something on opening is told."""

import struct
import time
from contextlib import nullcontext

import pytest

from rules.facts import Kind
from rules.reading import rtf_objects
from rules.reading.budget import Budget, LimitExceeded
from rules.reading.rtf_objects import rtf_signs, unpack_rtf

PROGRAM = b"MZ" + b"\0" * 58 + struct.pack("<I", 64) + b"PE\0\0L\x01" + b"\0" * 40


def package(label=b"notes.txt", origin=b"C:\\x\\payload.exe", command=b"C:\\t\\payload.exe\0", content=PROGRAM):
    body = b"\x02\0" + label + b"\0" + origin + b"\0" + b"\0\0\x03\0" + struct.pack("<I", len(command)) + command
    return body + struct.pack("<I", len(content)) + content


def rtf(digits):
    return b"{\\rtf1{\\object\\objemb{\\*\\objclass Package}{\\*\\objdata " + digits + b"}}}"


def object_data(body=None, name=b"Package\0", topic=b"", kind=2):
    texts = b"".join(struct.pack("<I", len(text)) + text for text in (name, topic, b""))
    body = package() if body is None else body
    return (struct.pack("<II", 0x501, kind) + texts + struct.pack("<I", len(body)) + body).hex().encode()


def broken_up(digits):
    return b"\r\n".join(digits[at : at + 20] for at in range(0, len(digits), 20))


@pytest.mark.parametrize(
    "write",
    [
        lambda digits: digits,
        broken_up,
        lambda digits: digits[:10] + b"{\\*\\junk 12}" + digits[10:],
        lambda digits: digits[:10] + b"\\bogus1 " + digits[10:],
        lambda digits: digits[:20] + b"{}" + digits[20:].upper(),
        lambda digits: digits[:20] + b"\\'3f" + digits[20:],
        lambda digits: b"\\'0a" + digits[:21] + b"\\'ff" + digits[21:],
        lambda digits: digits[:20] + b"\\bin4 " + bytes.fromhex(digits[20:28].decode()) + digits[28:],
    ],
)
def test_objects_of_rtf_come_out_however_the_digits_are_broken(write):
    members = list(unpack_rtf(rtf(write(object_data())), Budget()))
    assert (("notes.txt", "payload.exe"), PROGRAM) in [(member.names, member.octets) for member in members]


def test_as_many_fields_as_may_be_and_one_more(monkeypatch):
    monkeypatch.setattr(rtf_objects, "MAX_RTF_FIELDS", 3)
    assert list(unpack_rtf(b"{\\rtf1" + b"{\\fldinst PAGE}" * 3 + b"}", Budget())) == []
    with pytest.raises(LimitExceeded, match="more than 3 fields"):
        list(unpack_rtf(b"{\\rtf1" + b"{\\fldinst PAGE}" * 4 + b"}", Budget()))


def test_text_of_rtf_is_no_object():
    assert list(unpack_rtf(b"{\\rtf1 see objdata 4d5a}", Budget())) == []


def told(content):
    return {sign.text for sign in rtf_signs(content) if sign.kind is Kind.MACRO_DOCUMENT}


@pytest.mark.parametrize("name", [b"Package\0", b"eQuAtIoN.3\0", b"OLE2Link\0", b"htmlfile\0"])
def test_e15_an_object_that_runs_is_told_by_its_class(name):
    assert told(rtf(object_data(b"x" * 20, name))) == {f"{name[:-1].decode()} object"}


def test_an_embedded_table_is_not():
    assert told(rtf(object_data(b"x" * 20, b"Excel.Sheet.12\0"))) == set()


def test_e15_an_object_that_is_loaded_or_fetched_on_opening_is_told():
    loaded = rtf(object_data(b"x", b"Word.Document.8\0")).replace(b"\\objemb", b"\\objemb\\objupdate")
    assert told(loaded) == {"object that is loaded when the document is opened"}
    linked = rtf(object_data(b"x", b"Word.Document.8\0", b"https://a.example/x.doc\0", kind=1))
    assert told(linked) == {"linked object fetched from outside when it is opened"}


@pytest.mark.parametrize(
    "written",
    [
        b"https://a.example/x.dotm",
        b"\\'68ttps://a.example/x",
        b"\\u104?\\u116?tp://a.example",
        b"\\\\\\\\a.example\\\\x",
    ],
)
def test_e15_a_template_from_elsewhere_is_told(written):
    assert told(b"{\\rtf1{\\*\\template " + written + b"}}") == {"template fetched from outside when it is opened"}


@pytest.mark.parametrize("front", [b"{}", b"{\\b0}", b"{\\b0 {\\i}}", b"\\b0 " * 3_000])
def test_e15_what_stands_before_the_address_of_a_template_hides_none(front):
    content = b"{\\rtf1{\\*\\template " + front + b"https://a.example/x}}"
    assert told(content) == {"template fetched from outside when it is opened"}


@pytest.mark.parametrize(("more", "limited"), [(0, False), (1, True)])
def test_an_address_of_a_template_as_long_as_is_read_and_longer(more, limited):
    content = b"{\\rtf1{\\*\\template" + b" " * (64 * 1024 - 1 + more) + b"}}"
    assert told(content) == ({"template with an address of more than 64 KiB"} if limited else set())


def test_the_offices_own_template_is_not():
    assert told(b"{\\rtf1{\\*\\template C:\\\\Templates\\\\Normal.dotm}}") == set()


def test_e15_a_field_that_starts_a_program_is_told():
    assert told(b"{\\rtf1{\\field{\\*\\fldinst DDEAUTO cmd x}}}") == {"DDE field"}


def test_objects_end_at_their_number():
    content = b"{\\rtf1" + b"{\\objdata 0102030405060708}" * 1_000
    assert len(list(unpack_rtf(content + b"}", Budget()))) == 1_000
    with pytest.raises(LimitExceeded, match="more than 1,000 objects"):
        list(unpack_rtf(content + b"{\\objdata 01}}", Budget()))


@pytest.mark.parametrize("piece", [b"{\\objdata ", b"\\objdata ", b"\\objdata 01{", b"\\objdata\\bin999999 "])
def test_objects_inside_objects_end(piece):
    content = b"{\\rtf1" + piece * (1_500_000 // len(piece))
    began = time.process_time()
    with pytest.raises(LimitExceeded, match="RTF"):
        list(unpack_rtf(content, Budget()))
    assert time.process_time() - began < 8
    rtf_signs(content)


@pytest.mark.parametrize("word", [b"objdata1 ", b"objdata-12 ", b"objdata"])
def test_a_number_behind_the_word_of_an_object_hides_nothing(word):
    content = rtf(object_data()).replace(b"objdata ", word)
    assert PROGRAM in [member.octets for member in unpack_rtf(content, Budget())]


def test_a_long_count_of_plain_octets_is_read():
    digits = object_data()
    content = rtf(b"\\bin%020d " % (len(digits) // 2) + bytes.fromhex(digits.decode()))
    assert PROGRAM in [member.octets for member in unpack_rtf(content, Budget())]


def test_a_package_has_its_name_whatever_its_class_is_called():
    members = unpack_rtf(rtf(object_data(name=b"OLE Package\0")), Budget())
    assert ("notes.txt", "payload.exe") in [member.names for member in members]


@pytest.mark.parametrize("front", [b"\\*\\template1 ", b"\\*{\\template ", b"\\*\r\n\\template "])
def test_a_template_from_elsewhere_is_told_however_it_is_written(front):
    content = b"{\\rtf1{" + front + b"https://a.example/x.dotm}}"
    assert told(content) == {"template fetched from outside when it is opened"}


@pytest.mark.parametrize("field", [b"fldinst1 DDEAUTO cmd", b"fldinst \\u68?\\u68\\'3f\\u69 ?AUTO cmd"])
def test_a_field_that_starts_a_program_is_told_however_it_is_written(field):
    assert told(b"{\\rtf1{\\field{\\*\\" + field + b"}}}") == {"DDE field"}


def test_templates_and_objects_without_number_cost_little():
    for count, word in ((300_000, b"\\*\\template "), (200_000, b"{\\*\\objdata ")):
        content = b"{\\rtf1" + word * count
        began = time.process_time()
        rtf_signs(content)
        with pytest.raises(LimitExceeded):
            list(unpack_rtf(content, Budget()))
        assert time.process_time() - began < 5


def test_the_number_of_templates_is_bounded():
    content = b"{\\rtf1" + b"{\\*\\template a.dotm}" * 100
    assert list(unpack_rtf(content + b"}", Budget())) == []
    with pytest.raises(LimitExceeded, match="100 templates"):
        list(unpack_rtf(content + b"{\\*\\template a.dotm}}", Budget()))


@pytest.mark.parametrize(("blanks", "limited"), [(2, False), (3, True)])
def test_objects_inside_objects_that_are_read_as_often_as_may_be_and_one_octet_more(blanks, limited):
    """Three that end together are read three times: 3 x 699,037 digits, 38 octets between, the blanks."""
    assert 3 * 699_037 + 38 + 2 == 2 * 1024 * 1024 - 1
    content = b"{\\objdata " + b" " * blanks + b"{\\objdata {\\objdata " + b"0" * 699_037 + b"}}}"
    with pytest.raises(LimitExceeded, match="objects inside each other") if limited else nullcontext():
        list(unpack_rtf(content, Budget()))


@pytest.mark.parametrize(("digits", "limited"), [(27, False), (28, True)])
def test_of_a_larger_document_objects_are_read_for_twice_its_length(monkeypatch, digits, limited):
    monkeypatch.setattr(rtf_objects, "_LEAST", 1)
    content = b"{\\objdata {\\objdata {\\objdata " + b"0" * digits + b"}}}"
    with pytest.raises(LimitExceeded, match="objects inside each other") if limited else nullcontext():
        list(unpack_rtf(content, Budget()))
