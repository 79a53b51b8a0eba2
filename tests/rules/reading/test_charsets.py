"""Charsets as senders use them, and none of Python's other codecs."""

import base64
import binascii

import pytest

from rules.facts import Kind, Reason, Role
from rules.reading import walk
from rules.reading.budget import Budget
from rules.reading.charsets import codec_of, decode_content, decode_text, guess_text, in_ascii
from rules.reading.documents import text_of_content


def texts(facts, role: Role) -> list[str]:
    return [text.text.strip() for text in facts.said(role)]


@pytest.mark.parametrize("codec", ["utf-32-le", "utf-32-be"])
def test_text_in_utf_32_is_known_by_its_mark(codec):
    assert decode_content("\ufeffGrüße".encode(codec), "utf-8") == "Grüße"


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_octets_of_zero_between_letters_hide_no_text(codec):
    assert decode_content("Confidential: wages".encode(codec), None) == "Confidential: wages"


def test_a_label_of_utf_16_hides_no_text_of_one_octet_a_letter():
    assert "Confidential: wages" in decode_content(b"Confidential: wages", "utf-16")
    assert decode_content("Grüße an alle".encode("utf-16-le"), "utf-16") == "Grüße an alle"


@pytest.mark.parametrize(
    ("charset", "octets"),
    [
        ("utf-8", "grüß".encode()),
        ("iso-8859-1", b"gr\xfc\xdf"),
        ("us-ascii", b"gr\xfc\xdf"),
        ("x-nonsense", b"gr\xfc\xdf"),
        ("x-nonsense", "grüß".encode()),
        ("utf-16", "grüß".encode("utf-16")),
        ("macintosh", "grüß".encode("mac-roman")),
        ("windows-1252", b"gr\xfc\xdf"),
        ('"ISO_8859-1"', b"gr\xfc\xdf"),
    ],
)
def test_charsets_as_senders_use_them(facts_of, charset, octets):
    facts = facts_of(f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode() + octets)
    assert texts(facts, Role.AUTHOR) == ["grüß"]


@pytest.mark.parametrize(
    "codec", ["unicode_escape", "raw_unicode_escape", "idna", "punycode", "rot13", "zlib_codec", "hex"]
)
def test_python_codecs_are_no_charsets(facts_of, codec):
    facts = facts_of(f"Subject: =?{codec}?Q?a=5Cx41?=\nContent-Type: text/plain; charset={codec}\n\na\\x41\n")
    assert facts.subject == "a\\x41"
    assert texts(facts, Role.AUTHOR) == ["a\\x41"]


def test_lone_surrogates_of_utf_7_do_not_come_through(facts_of):
    facts = facts_of("Content-Type: text/plain; charset=utf-7\n\na +2AA- b +AOQ-\n")
    assert texts(facts, Role.AUTHOR)[0].endswith("b ä")
    facts.texts[0].text.encode()


@pytest.mark.parametrize(
    ("written", "codec"),
    [
        ("UTF-8", "utf-8"),
        (" utf8 ", "utf-8"),
        ("iso-8859-1", "cp1252"),
        ("ISO-8859-15", "iso8859-15"),
        ("windows-1251", "cp1251"),
        ("x-cp1252", "cp1252"),
        ("GB2312", "gb18030"),
        ("ks_c_5601-1987", "cp949"),
        ("Shift_JIS", "cp932"),
        ("us-ascii", ""),
        (None, ""),
        ("base64", None),
        ("unicode_escape", None),
    ],
)
def test_the_codec_of_a_charset(written, codec):
    assert codec_of(written) == codec


def test_every_codec_listed_is_one_and_decodes_anything():
    from rules.reading.charsets import _CODECS

    for name in _CODECS:
        assert isinstance(decode_text(bytes(range(256)), name), str)


@pytest.mark.parametrize("charset", ["cp037", "IBM037", "ibm-500", "CP1140", "EBCDIC-CP-US"])
def test_a_label_of_ebcdic_is_read_and_hides_no_text_of_ascii(facts_of, charset):
    codec = codec_of(charset)
    head = f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode()
    for octets in ("Wages of all".encode(codec), b"Wages of all"):
        assert "Wages of all" in texts(facts_of(head + base64.b64encode(octets)), Role.AUTHOR)[0]


def test_utf_8_that_is_slightly_damaged_stays_utf_8():
    assert guess_text("äöüßÄÖÜ".encode() + b"\xff") == "äöüßÄÖÜ\ufffd"


TABLE = "name\tnumber\r\nann\t536-22-1234\r\n"


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("declared", ["text/plain", "text/csv; charset=utf-8", "text/plain; charset=us-ascii"])
def test_an_attached_text_with_a_mark_of_utf_16_is_read_by_it(facts_of, declared, codec):
    content = base64.encodebytes(("\ufeff" + TABLE).encode(codec))
    header = f"Content-Type: {declared}\nContent-Disposition: attachment; filename=a.txt\n"
    facts = facts_of(header.encode() + b"Content-Transfer-Encoding: base64\n\n" + content)
    assert "ann\t536-22-1234" in "".join(texts(facts, Role.ATTACHED))


def test_a_mark_of_utf_16_hides_no_letters_of_one_octet():
    assert "536-22-1234" in decode_content(b"\xff\xfe536-22-1234", None)
    assert decode_content("grüß – dich".encode("utf-16"), None) == "grüß – dich"


@pytest.mark.parametrize(("more", "limit"), [(0, ""), (1, "a document of more than 16 million characters")])
def test_as_long_a_text_of_wide_letters_as_is_read_and_longer_by_one(more, limit):
    """In the widest of charsets, four octets a letter."""
    found = text_of_content(("\ufeff" + "a" * (16 * 1024 * 1024 + more)).encode("utf-32-le"), Budget())
    assert (len(found.visible), found.limit) == (16 * 1024 * 1024, limit)


@pytest.mark.parametrize(("more", "limit"), [(0, ""), (1, "a text of more than 64 MiB")])
def test_a_file_of_little_text_as_long_as_is_read_and_longer_by_one_octet(more, limit):
    """A NUL is shown to nobody."""
    found = text_of_content((b"word " * 900).ljust(64 * 1024 * 1024 + 8 + more, b"\0"), Budget())
    assert (len(found.visible), found.limit) == (4_500, limit)


@pytest.mark.parametrize(("more", "told"), [(0, []), (1, [(Reason.LIMIT, "a text of more than 64 MiB")])])
def test_a_part_of_little_text_as_long_as_is_read_and_longer_by_one_octet(facts_of, monkeypatch, more, told):
    monkeypatch.setattr(walk, "MAX_OCTETS", 5_000)
    header = b"Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\n"
    facts = facts_of(header + (b"word " * 900).ljust(5_000 + more, b"\0"))
    assert [(entry.reason, entry.detail) for entry in facts.unread] == told


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-32-le"])
@pytest.mark.parametrize(("letters", "wide"), [(11, False), (12, True)])
def test_so_many_wide_letters_make_a_wide_text_and_one_fewer_does_not(charset, letters, wide):
    octets = b"\xe9\xe9\xe9\xe9" + ("x" * letters).encode(charset) + b"\xe9\xe9\xe9\xe9"
    assert (b"x" * letters in in_ascii(octets)) == wide


@pytest.mark.parametrize(("octets", "readings"), [(8, 1), (9, 2)])
def test_without_a_nul_a_longer_text_in_utf_16_is_read_as_others_too(octets, readings):
    assert len(decode_text((b"ab" * 5)[:octets], "utf-16-le").splitlines()) == readings


@pytest.mark.parametrize("form", ["base64", "uuencode"])
def test_a_program_written_out_in_utf_16_is_found(facts_of, form):
    program = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + bytes(100)
    written = base64.encodebytes(program).decode()
    if form == "uuencode":
        lines = (binascii.b2a_uu(program[at : at + 45]).decode() for at in range(0, len(program), 45))
        written = "".join(("begin 644 a.bin\n", *lines, "`\nend\n"))
    content = base64.encodebytes(written.encode("utf-16"))
    header = b"Content-Type: application/octet-stream; name=a.txt\nContent-Transfer-Encoding: base64\n\n"
    assert any(sign.kind is Kind.PROGRAM for part in facts_of(header + content).parts for sign in part.signs)
