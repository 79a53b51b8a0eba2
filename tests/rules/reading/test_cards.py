"""Files in calendars and contacts come out; dates and addresses are none."""

import base64

import pytest

from rules.facts import Reason
from rules.reading.budget import Budget, LimitExceeded
from rules.reading.cards import is_card, readable, unpack_card

PROGRAM = b"MZ and so on"
BASE64 = base64.b64encode(PROGRAM)


def taken(*lines):
    octets = b"\r\n".join((b"BEGIN:VCALENDAR", *lines, b"END:VCALENDAR"))
    return [(member.names, member.octets) for member in unpack_card(octets, Budget())]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("SUMMARY:123-4\r\n 5-6789\r\n\t0", "SUMMARY:123-45-67890"),
        (r"NOTE:One\, two\nthree\; four\\n", "NOTE:One, two\nthree; four\\n"),
        ("NOTE;ENCODING=QUOTED-PRINTABLE:Gr=C3=BC=\n=C3=9Fe", "NOTE;ENCODING=QUOTED-PRINTABLE:Grüße"),
        ("NOTE;CHARSET=x;QUOTED-PRINTABLE:a=\nb=\nc", "NOTE;CHARSET=x;QUOTED-PRINTABLE:abc"),
        ("NOTE:a=\nURL:b", "NOTE:a=\nURL:b"),
        ("X-ALT-DESC;FMTTYPE=text/html:<b>Pass</b>word", "X-ALT-DESC;FMTTYPE=text/html:Password"),
        ("PHOTO;ENCODING=b;TYPE=JPEG:QUJDREVG", "PHOTO;ENCODING=b;TYPE=JPEG"),
    ],
)
def test_the_text_is_that_which_a_calendar_shows(line, shown):
    text = readable(f"BEGIN:VCARD\r\n{line}\r\nEND:VCARD\r\n")
    assert text.strip() == f"BEGIN:VCARD\n{shown}\nEND:VCARD"


def test_other_texts_stay_as_they_are():
    assert readable("First\n Second\\n") == "First\n Second\\n"


def test_a_calendar_in_a_message_is_unfolded(facts_of):
    facts = facts_of("Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nSUMMARY:pass\n word\nEND:VCALENDAR\n")
    assert "SUMMARY:password" in facts.texts[-1].text


@pytest.mark.parametrize(
    "line",
    [
        b"ATTACH;FMTTYPE=x/y;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=a.exe:" + BASE64,
        b'ATTACH;X-ORACLE-FILENAME="a.exe";ENCODING=b:' + BASE64,
        b"ATTACH;FILENAME=a.exe:data:application/octet-stream;base64," + BASE64,
        b"ATTACH;FILENAME=a.exe;ENCODING=BASE64:" + BASE64[:5] + b"\r\n " + BASE64[5:],
        b"ATTACH;FILENAME=a.exe;ENCODING=QUOTED-PRINTABLE:" + b"=\r\n".join(b"=%02X" % octet for octet in PROGRAM),
        b"ATTACH;QUOTED-PRINTABLE;FILENAME=a.exe:" + b"".join(b"=%02X" % octet for octet in PROGRAM),
    ],
)
def test_an_attachment_of_an_appointment_comes_out(line):
    assert taken(line) == [(("a.exe",), PROGRAM)]


def test_words_in_quoted_printable_are_no_file():
    assert taken(b"DESCRIPTION;ENCODING=QUOTED-PRINTABLE:see=\r\n below", b"ATTACH:https://files.example/a") == []


@pytest.mark.parametrize("line", [b"PHOTO;ENCODING=b:", b"KEY;BASE64:", b"LOGO:data:;base64,"])
def test_files_of_a_contact_come_out(line):
    ((names, octets),) = taken(line + BASE64)
    assert (names, octets) == ((line[: line.index(b";") if line[4:5] != b":" else 4].decode().lower(),), PROGRAM)


def test_an_address_of_a_file_is_none():
    assert taken(b"ATTACH:https://a.example/a.exe", b"DTSTART:20250901T090000Z", b"URL:data", b"no colon") == []


def test_cards_are_known_by_their_front():
    assert is_card(b"\r\nbegin:vcard\r\n")
    assert not is_card(b"BEGIN:VOTE\r\n")
    assert not is_card(b"We write BEGIN:VCARD here\r\n")


def test_lines_beyond_the_limit_are_told():
    attached = b"ATTACH;FILENAME=a.exe;ENCODING=BASE64:" + BASE64
    assert taken(*[b"X:"] * 199_997, attached) == [(("a.exe",), PROGRAM)]
    with pytest.raises(LimitExceeded, match="a calendar or contact of more than 200,000 lines"):
        taken(*[b"X:"] * 199_998, attached)


@pytest.mark.parametrize("length", [4_000, 400_000])
def test_parameters_of_any_length_hide_no_file(length):
    padding = b'X="a:b%s"' % (b"c" * length)
    assert taken(b"ATTACH;%s;FILENAME=a.exe;ENCODING=BASE64:" % padding + BASE64) == [(("a.exe",), PROGRAM)]


@pytest.mark.parametrize("name", [b"a" * 300 + b".exe", b'"%s.exe"' % (b"a" * 300)])
@pytest.mark.parametrize("parameter", [b"FILENAME=", b"X-%s-FILENAME=" % (b"A" * 100)])
def test_a_long_name_counts_to_its_end(parameter, name):
    ((names, _),) = taken(b"ATTACH;ENCODING=BASE64;%s%s:" % (parameter, name) + BASE64)
    assert names == ("a" * 300 + ".exe",)


@pytest.mark.parametrize("before", [4_000, 4_000_000])
def test_a_text_is_read_as_a_card_however_late_it_begins(before):
    assert readable("x" * before + "\nBEGIN:VCARD\nNOTE:conf\n iden\n tial").splitlines()[-1] == "NOTE:confidential"


@pytest.mark.parametrize("length", [4_000, 400_000])
def test_parameters_of_any_length_hide_no_words(length):
    padding = 'X="a:b%s"' % ("c" * length)
    read = readable(f"BEGIN:VCARD\nNOTE;{padding};QUOTED-PRINTABLE:con=66i=\ndential\nEND:VCARD")
    assert ":confidential\n" in read


CALENDAR = b"BEGIN:VCALENDAR\r\nATTACH;FILENAME=a.exe;ENCODING=BASE64:" + BASE64 + b"\r\nEND:VCALENDAR\r\n"


@pytest.mark.parametrize(
    ("name", "octets"),
    [
        ("a.ics", CALENDAR),
        ("a.ics", CALENDAR.replace(b"\r\nATTACH", b"\r\nX-A:\x01\r\nATTACH")),
        ("a.txt", CALENDAR.replace(b"\r\nATTACH", b"\r\nX-A:\x01\r\nATTACH")),
        ("a.ics", CALENDAR.decode().encode("utf-16")),
        ("a.ics", b"X-A:b\r\n" + CALENDAR),
        ("a.ics", b"X-A:b\r\n" * 2_000 + CALENDAR),
        ("a.htm", b"<html>\r\n" + CALENDAR),
    ],
)
def test_a_calendar_is_opened_as_lenient_readers_do(facts_of, name, octets):
    header = b"Content-Type: text/calendar; name=%s\r\nContent-Transfer-Encoding: base64\r\n\r\n" % name.encode()
    facts = facts_of(header + base64.encodebytes(octets))
    assert any("a.exe" in part.names for part in facts.parts)


def test_a_calendar_beyond_the_limit_is_unread(facts_of):
    long = CALENDAR.replace(b"\r\nATTACH", b"\r\nX:" * 200_000 + b"\r\nATTACH")
    facts = facts_of(b"Content-Type: text/calendar; name=a.ics\r\n\r\n" + long)
    told = (Reason.LIMIT, "a calendar or contact of more than 200,000 lines")
    assert told in {(entry.reason, entry.detail) for entry in facts.unread}
