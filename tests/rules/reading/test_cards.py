"""Files in calendars and contacts come out; dates and addresses are none."""

import base64

import pytest

from rules.reading.budget import Budget
from rules.reading.cards import is_card, unpack_card

PROGRAM = b"MZ and so on"
BASE64 = base64.b64encode(PROGRAM)


def taken(*lines):
    octets = b"\r\n".join((b"BEGIN:VCALENDAR", *lines, b"END:VCALENDAR"))
    return [(member.names, member.octets) for member in unpack_card(octets, Budget())]


@pytest.mark.parametrize(
    "line",
    [
        b"ATTACH;FMTTYPE=x/y;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=a.exe:" + BASE64,
        b'ATTACH;X-ORACLE-FILENAME="a.exe";ENCODING=b:' + BASE64,
        b"ATTACH;FILENAME=a.exe:data:application/octet-stream;base64," + BASE64,
        b"ATTACH;FILENAME=a.exe;ENCODING=BASE64:" + BASE64[:5] + b"\r\n " + BASE64[5:],
    ],
)
def test_an_attachment_of_an_appointment_comes_out(line):
    assert taken(line) == [(("a.exe",), PROGRAM)]


@pytest.mark.parametrize("line", [b"PHOTO;ENCODING=b:", b"KEY;BASE64:", b"LOGO:data:;base64,"])
def test_files_of_a_contact_come_out(line):
    ((names, octets),) = taken(line + BASE64)
    assert (names, octets) == ((line[: line.index(b";") if line[4:5] != b":" else 4].decode().lower(),), PROGRAM)


def test_an_address_of_a_file_is_none():
    assert taken(b"ATTACH:https://a.example/a.exe", b"DTSTART:20250901T090000Z", b"URL:data", b"no colon") == []


def test_cards_are_known_by_their_front():
    assert is_card(b"\r\nbegin:vcard\r\n")
    assert not is_card(b"BEGIN:VOTE\r\n")
