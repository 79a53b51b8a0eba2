"""The disclaimer is added where it belongs and nowhere else, and another parser of mail reads what we meant."""

import base64
import email
import quopri
from email.message import Message as Parsed

import pytest

from rules.amendment import Amendment, Kept
from rules.disclaiming import MAX_PARTS, MAX_TEXT, disclaim

WORDS = "The opinions expressed here are those of the author and not those of the City; they bind nobody but her."
ACCENTED = "Die Meinung der Verfasserin ist nicht die der Stadt, und gilt für niemanden außer ihr."


def crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def applied(octets: bytes, amendment: Amendment) -> bytes:
    for edit in reversed(amendment.edits):
        octets = octets[: edit.start] + edit.octets + octets[edit.end :]
    return octets


def amended(octets: bytes, words: str = WORDS) -> Parsed:
    """The message as Python reads it after the edits, which must be some."""
    amendment = disclaim(octets, words)
    assert amendment.edits, amendment.kept
    assert disclaim(applied(octets, amendment), words) == Amendment(kept=Kept.PRESENT), "never twice"
    return email.message_from_bytes(applied(octets, amendment))


def text_of(part: Parsed) -> str:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode(part.get_content_charset("ascii"))


def spoken(text: str) -> str:
    return " ".join(text.split())


def written(body: bytes, encoding: str) -> bytes:
    match encoding:
        case "base64":
            return base64.encodebytes(body).replace(b"\n", b"\r\n")
        case "quoted-printable":
            return quopri.encodestring(body.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
        case _:
            return body


def letter(body: bytes, encoding: str, kind: str = "text/plain; charset=utf-8") -> bytes:
    head = f"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + written(body, encoding)


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "quoted-printable", "base64"])
@pytest.mark.parametrize("length", range(7))
@pytest.mark.parametrize("end", [b"", b"\r\n", b" \r\n\r\n"])
def test_below_a_plain_text_in_every_encoding(encoding: str, length: int, end: bytes) -> None:
    body = b"First line.\r\n" + b"x" * length + end
    text = text_of(amended(letter(body, encoding)))
    assert text.replace("\r\n", "\n").startswith(body.decode().replace("\r\n", "\n").rstrip("\n"))
    assert spoken(text) == spoken(body.decode() + "\n" + WORDS)
    assert all(len(line) <= 998 for line in text.split("\n"))


@pytest.mark.parametrize("encoding", ["7bit", "quoted-printable", "base64"])
@pytest.mark.parametrize(
    ("page", "after"),
    [
        ("<html><body><p>A letter.</p></body></html>\r\n", "</body></html>"),
        ("<p>A letter.</p></BODY >\r\n\r\n</HTML>", "</BODY >"),
        ("<p>A letter.</p>", ""),
        ("<p>A letter.</p><!-- </body> -->", ""),
        ("<p>A letter, " + "and more of it, " * 30 + "to the end.</p></body>", "</body>"),
    ],
)
def test_within_a_page_before_its_end_in_every_encoding(encoding: str, page: str, after: str) -> None:
    text = text_of(amended(letter(page.encode(), encoding, "text/html; charset=utf-8")))
    before, words, rest = text.partition(f"<p>{WORDS}</p>")
    assert words and rest.strip().startswith(after) and (after or not rest.strip())
    assert "".join((before + rest).split()) == "".join(page.split())


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("utf-8", "8bit"),
        ("utf-8", "quoted-printable"),
        ("utf-8", "base64"),
        ("iso-8859-1", "8bit"),
        ("iso-8859-15", "base64"),
        ("windows-1252", "quoted-printable"),
    ],
)
def test_the_words_are_in_the_parts_own_charset(charset: str, encoding: str) -> None:
    body = "Schöne Grüße\r\n".encode(charset)
    text = text_of(amended(letter(body, encoding, f"text/plain; charset={charset}"), ACCENTED))
    assert spoken(text) == spoken("Schöne Grüße " + ACCENTED)


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [("us-ascii", "7bit"), ("utf-8", "7bit"), ("euc-kr", "base64"), ("utf-16", "base64"), ("utf-7", "7bit"),
     ("x-unknown", "7bit"), ("koi8-r", "8bit"), ("iso-8859-1", "7bit")],
)  # fmt: skip
def test_a_charset_without_the_letters_keeps_the_message_as_it_is(charset: str, encoding: str) -> None:
    assert disclaim(letter(b"a\r\n", encoding, f"text/plain; charset={charset}"), ACCENTED).kept is Kept.CHARSET


@pytest.mark.parametrize(
    "page", ["<p>a<!-- open", "<p>a<style>", "<p>a<script>x = 1", "<plaintext>a</body>", "<p>a<TITLE>", '<p>a<a href="']
)
@pytest.mark.parametrize("encoding", ["7bit", "base64"])
def test_words_are_not_put_where_no_reader_sees_them(page: str, encoding: str) -> None:
    """The record says why, instead of that they stand there."""
    assert disclaim(letter(page.encode(), encoding, "text/html"), WORDS).kept is Kept.AMBIGUOUS
    closed = f"<!-- note --><style>p {{}}</style><title>t</title>{page.replace('<', '&lt;')}"
    assert WORDS in text_of(amended(letter(closed.encode(), encoding, "text/html")))


def test_a_page_that_ends_in_half_a_soft_line_break_keeps_its_last_word() -> None:
    octets = letter(b"", "quoted-printable", "text/html") + b"<p>a b=20c="
    assert text_of(amended(octets)).startswith("<p>a b c<p>The opinions")


@pytest.mark.parametrize("encoding", ["7bit", "base64", "quoted-printable"])
def test_words_are_not_put_behind_an_escape_that_was_not_taken_back(encoding: str) -> None:
    """They would be read as Chinese characters (RFC 1468: a text ends in ASCII)."""
    kind, open_ended = "text/plain; charset=iso-2022-jp", b"\x1b$B$3$s"
    ended = open_ended + b"\x1b(B"
    assert spoken(text_of(amended(letter(ended, encoding, kind)))) == f"{ended.decode('iso-2022-jp')} {WORDS}"
    assert disclaim(letter(open_ended, encoding, kind), WORDS).kept is Kept.CHARSET


@pytest.mark.parametrize("charset", ["us-ascii", "koi8-r"])
def test_a_page_needs_no_letters_beyond_ascii(charset: str) -> None:
    text = text_of(amended(letter(b"<p>a</p>", "7bit", f"text/html; charset={charset}"), ACCENTED))
    assert "f&#252;r niemanden au&#223;er" in text


def test_without_any_field_a_message_is_ascii_text() -> None:
    octets = crlf("Subject: x\n\nwords\n")
    assert applied(octets, disclaim(octets, WORDS)).startswith(octets)
    assert text_of(amended(octets)).startswith("words\r\n\r\nThe opinions")


BOTH = """Subject: x
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=out

--out
Content-Type: multipart/related; boundary=rel

--rel
Content-Type: multipart/alternative; boundary=alt

--alt
Content-Type: text/plain; charset=utf-8

A letter.
--alt
Content-Type: text/html; charset=utf-8

<p>A letter.</p>
--alt--
--rel
Content-Type: image/png
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--rel--
--out
Content-Type: text/plain; name=notes.txt
Content-Disposition: attachment

Notes.
--out
Content-Type: text/html

<p>A footer of the list.</p>
--out--
"""


def test_both_forms_of_the_letter_get_it_and_no_attachment() -> None:
    octets = crlf(BOTH)
    parsed = amended(octets)
    texts = [text_of(part) for part in parsed.walk() if part.get_content_maintype() == "text"]
    assert ["bind nobody" in text for text in texts] == [True, True, False, False]
    amendment = disclaim(octets, WORDS)
    assert len(amendment.edits) == 2 and all(edit.start == edit.end for edit in amendment.edits)


@pytest.mark.parametrize(
    "quoted",
    ["> The opinions expressed here\n> are those of the author and not those of the\n> City; they bind nobody but her.",
     "THE OPINIONS EXPRESSED HERE ARE THOSE OF THE AUTHOR, and not those of the city: they bind nobody but her."],
)  # fmt: skip
def test_once_for_each_thread(quoted: str) -> None:
    assert disclaim(crlf(f"Subject: Re: x\n\nYes.\n\n{quoted}\n"), WORDS).kept is Kept.PRESENT
    page = "<p>Yes.</p><blockquote>The opinions <b>expressed</b>&nbsp;here are those of the author and not those of"
    page += " the City; they bind nobody but her.</blockquote>"
    assert disclaim(letter(page.encode(), "quoted-printable", "text/html"), WORDS).kept is Kept.PRESENT


def test_a_form_of_the_letter_that_lacks_it_gets_it_alone() -> None:
    octets = crlf(BOTH.replace("A letter.\n--alt", f"A letter.\n{WORDS}\n--alt"))
    (edit,) = disclaim(octets, WORDS).edits
    assert b"<p>The opinions" in edit.octets


def part_of(kind: str, body: str = "x\n", more: str = "") -> bytes:
    part = f"--out\nContent-Type: {kind}\n{more}\n{body}"
    return crlf(
        BOTH.replace("--out\nContent-Type: text/plain; name=notes.txt", f"{part}--out\nContent-Type: text/plain")
    )


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (crlf("Content-Type: multipart/signed; boundary=b\n\n--b\n\nx\n--b--\n"), Kept.SIGNED),
        (part_of("application/pkcs7-signature"), Kept.SIGNED),
        (crlf("\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nx\n"), Kept.SIGNED),
        (crlf("Content-Type: multipart/encrypted; boundary=b\n\n--b\n\nx\n--b--\n"), Kept.ENCRYPTED),
        (crlf("Content-Type: application/pkcs7-mime; name=smime.p7m\n\nx\n"), Kept.ENCRYPTED),
        (crlf("\n-----BEGIN PGP MESSAGE-----\n\nx\n"), Kept.ENCRYPTED),
        (part_of("application/x-microsoft-rpmsg-message"), Kept.ENCRYPTED),
        (crlf("Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n"), Kept.CALENDAR),
        (part_of("text/calendar; method=REQUEST"), Kept.CALENDAR),
        (crlf("Content-Type: application/ms-tnef\n\nx\n"), Kept.TNEF),
        (part_of("application/octet-stream; name=winmail.dat"), Kept.TNEF),
        (
            part_of("application/octet-stream", more="Content-Disposition: attachment; filename=WINMAIL.DAT\n"),
            Kept.TNEF,
        ),
        (crlf("Content-Type: multipart/report; boundary=b\n\n--b\n\nx\n--b--\n"), Kept.REPORT),
        (part_of("message/delivery-status"), Kept.REPORT),
        (part_of("message/disposition-notification"), Kept.REPORT),
        (crlf("Content-Type: image/png\n\nx\n"), Kept.NO_TEXT),
        (crlf("Content-Type: text/plain\nContent-Disposition: attachment\n\nx\n"), Kept.NO_TEXT),
        (crlf("Content-Type: message/rfc822\n\nSubject: y\n\nx\n"), Kept.NO_TEXT),
        (crlf("Content-Type: text/plain\nContent-Type: text/html\n\nx\n"), Kept.AMBIGUOUS),
        (crlf("Content-Type: text/plain\nContent-Transfer-Encoding: foo64\n\nx\n"), Kept.AMBIGUOUS),
        (crlf("Content-Type: multipart/mixed\n\nx\n"), Kept.AMBIGUOUS),
        (crlf("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n"), Kept.AMBIGUOUS),
        (crlf("Content-Type: multipart/mixed; boundary=b; boundary=c\n\n--b\n\nx\n--b--\n"), Kept.AMBIGUOUS),
        (crlf("Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\neA=eA=\n"), Kept.AMBIGUOUS),
    ],
)
def test_what_must_stay_as_it_is_does_and_says_why(octets: bytes, why: Kept) -> None:
    assert disclaim(octets, WORDS) == Amendment(kept=why)


def test_a_message_of_200_parts_is_changed_and_one_of_201_is_not() -> None:
    def of(parts: int) -> bytes:
        inner = "--b\nContent-Type: text/plain\n\nx\n" * (parts - 1)
        return crlf(f"Content-Type: multipart/mixed; boundary=b\n\n{inner}--b--\n")

    assert disclaim(of(MAX_PARTS), WORDS).edits
    assert disclaim(of(MAX_PARTS + 1), WORDS).kept is Kept.AMBIGUOUS


def test_a_text_of_4_mib_is_changed_and_one_octet_more_is_not() -> None:
    lines = (b"x" * 62 + b"\r\n") * (MAX_TEXT // 64)
    assert disclaim(b"\r\n" + lines, WORDS).edits
    assert disclaim(b"\r\n" + lines + b"x", WORDS).kept is Kept.LARGE
