"""Charsets as senders use them, and none of Python's other codecs."""

import pytest

from rules.facts import Role
from rules.reading.charsets import codec_of, decode_text, guess_text


def texts(facts, role: Role) -> list[str]:
    return [text.text.strip() for text in facts.said(role)]


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


def test_utf_8_that_is_slightly_damaged_stays_utf_8():
    assert guess_text("äöüßÄÖÜ".encode() + b"\xff") == "äöüßÄÖÜ\ufffd"
