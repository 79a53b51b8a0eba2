"""What is signed comes out of its envelope in whatever form that is written."""

import pytest

from rules.reading.cms import signed_content
from rules.reading.member import Unreadable
from tests.rules.reading.test_protection import ENTITY, PKCS7, message, value

DATA = PKCS7 + b"\x01"
OTHER = b"\x06\x03\x2a\x03\x04"


NONE = value(0x31, b"")


def signed(content, *, algorithms=NONE, kind=DATA):
    inner = kind + (value(0xA0, content) if content else b"")
    return message(2, b"\x02\x01\x01" + algorithms + value(0x30, inner) + value(0xA0, b"certificates"))


def indefinite(tag, content):
    return bytes([tag, 0x80]) + content + b"\0\0"


WHOLE = value(0x04, ENTITY)


@pytest.mark.parametrize(
    "octets",
    [
        signed(WHOLE),
        signed(WHOLE, algorithms=value(0x31, value(0x30, DATA) * 500)),
        signed(WHOLE, algorithms=indefinite(0x31, indefinite(0x30, DATA) * 3)),
        signed(WHOLE, kind=OTHER),
        signed(indefinite(0x24, value(0x04, ENTITY[:9]) + value(0x04, ENTITY[9:]))),
        signed(value(0x24, value(0x24, value(0x04, ENTITY[:9])) + indefinite(0x24, value(0x04, ENTITY[9:])))),
        b"\x30\x80" + DATA[:-1] + b"\x02\xa0\x80\x30\x80\x02\x01\x01" + value(0x31, b"")
        + indefinite(0x30, DATA + indefinite(0xA0, WHOLE)) + b"\0\0\0\0\0\0",
    ],
    ids=["plain", "many algorithms", "indefinite", "of another type", "in pieces", "pieces in pieces", "streamed"],
)  # fmt: skip
def test_d25_the_content_is_found(octets):
    assert signed_content(octets) == ENTITY


def test_a_signature_apart_holds_nothing():
    assert signed_content(signed(b"")) is None
    assert signed_content(message(2, b"\x02\x01\x01" + value(0x31, b"") + indefinite(0x30, DATA))) is None


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x30\x80",
        signed(value(0x30, b"of no string")),
        signed(value(0x24, value(0x0C, ENTITY))),
        signed(b"\x24\x80" * 20 + WHOLE),
        signed(WHOLE, algorithms=b"\x31\x80" + b"\x30\x80" * 2_000),
        signed(b"\x04\x89" + bytes(9)),
    ],
)
def test_what_cannot_be_followed_is_told(octets):
    with pytest.raises(Unreadable, match="malformed S/MIME signature"):
        signed_content(octets)


@pytest.mark.parametrize(("more", "limited"), [(0, False), (1, True)])
def test_pieces_as_deep_as_are_followed_and_deeper_by_one(more, limited):
    content = WHOLE
    for _ in range(8 + more):
        content = value(0x24, content)
    if limited:
        with pytest.raises(Unreadable):
            signed_content(signed(content))
    else:
        assert signed_content(signed(content)) == ENTITY
