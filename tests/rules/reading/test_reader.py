"""A message read into facts: fields, people, texts by role, limits."""

import base64
import io
import mmap
import time
import zipfile

import pytest

from rules.facts import Mailbox, Reason, Role
from rules.transaction import Direction

HEADER = "From: Ann Example <ann@city.example>\nTo: bob@elsewhere.example\nSubject: Budget\n"


def texts(facts, role: Role) -> list[str]:
    return [text.text.strip() for text in facts.said(role)]


def test_an_ordinary_message(facts_of):
    facts = facts_of(f"{HEADER}\nDear Bob,\n\nall is well.\n")
    assert facts.subject == "Budget"
    assert facts.originators == (Mailbox(name="Ann Example", address="ann@city.example"),)
    assert facts.addressed == (Mailbox(name="", address="bob@elsewhere.example"),)
    assert facts.field("to") == "bob@elsewhere.example"
    assert facts.directions == {"bob@elsewhere.example": Direction.OUTBOUND}
    assert [(text.part, text.role, text.text) for text in facts.texts] == [
        ("subject", Role.SUBJECT, "Budget"),
        ("1", Role.AUTHOR, "Dear Bob,\n\nall is well.\n"),
    ]
    assert [(part.path, part.declared_type, part.inline) for part in facts.parts] == [("1", "text/plain", True)]
    assert not facts.unread
    assert not facts.ambiguities


def test_every_from_field_is_seen_and_told(facts_of):
    facts = facts_of("From: ann@city.example\nFrom: eve@elsewhere.example\n\nx")
    assert [mailbox.address for mailbox in facts.originators] == ["ann@city.example", "eve@elsewhere.example"]
    assert [ambiguity.detail for ambiguity in facts.ambiguities] == ["several from fields that differ"]


def test_hidden_words_are_a_role_of_their_own(facts_of):
    facts = facts_of("Content-Type: text/html\n\n<p>seen</p><p style='display:none'>unseen</p>")
    assert texts(facts, Role.AUTHOR) == ["seen"]
    assert texts(facts, Role.HIDDEN) == ["unseen"]


def test_quotes_of_html_are_quoted(facts_of):
    facts = facts_of("Content-Type: text/html\n\n<div>mine</div><blockquote>yours</blockquote><div>mine too</div>")
    assert texts(facts, Role.QUOTED) == ["yours"]
    assert texts(facts, Role.AUTHOR) == ["mine", "mine too"]


def test_a_nested_message_counts_as_forwarded(facts_of):
    facts = facts_of(
        f"{HEADER}Content-Type: multipart/mixed; boundary=b1\n\n--b1\n\nsee below\n"
        "--b1\nContent-Type: message/rfc822\n\n"
        "From: eve@elsewhere.example\nSubject: old news\n\nthe news\n--b1--\n"
    )
    assert texts(facts, Role.AUTHOR) == ["see below"]
    assert texts(facts, Role.FORWARDED) == ["From: eve@elsewhere.example\nSubject: old news", "the news"]


def test_a_text_file_is_attached_text(facts_of):
    facts = facts_of(
        "Content-Type: multipart/mixed; boundary=b1\n\n--b1\n\nhello\n"
        "--b1\nContent-Type: text/plain; charset=iso-8859-1\nContent-Disposition: attachment; filename=notes.txt\n"
        "Content-Transfer-Encoding: quoted-printable\n\nn=F6te\n--b1--\n"
    )
    assert texts(facts, Role.ATTACHED) == ["nöte"]
    assert facts.parts[1].path == "2/notes.txt"


def test_words_outside_the_parts_of_a_multipart_are_hidden(facts_of):
    facts = facts_of(
        "Content-Type: multipart/mixed; boundary=b1\n\nthe code is 1234\n--b1\n\nhello\n--b1--\nand 5678\n"
    )
    assert texts(facts, Role.HIDDEN) == ["the code is 1234", "and 5678"]


def test_the_usual_preamble_is_passed_over(facts_of):
    facts = facts_of(
        "Content-Type: multipart/mixed; boundary=b1\n\n"
        "This is a multi-part message in MIME format.\n--b1\n\nhello\n--b1--\n"
    )
    assert texts(facts, Role.HIDDEN) == []


def test_offsets_are_into_the_whole_text_of_the_part(facts_of):
    body = "mine\n> yours\nmine again\n"
    for text in facts_of(f"{HEADER}\n{body}").texts[1:]:
        assert body[text.start : text.start + len(text.text)] == text.text


def test_a_mapped_file_reads_as_octets_do(facts_of, tmp_path):
    mail = tmp_path / "a.eml"
    mail.write_bytes(parts(3).replace("\n", "\r\n").encode())
    with mail.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert facts_of(mapped) == facts_of(mail.read_bytes())


@pytest.mark.parametrize("name", ["old.eml", "old.txt"])
def test_an_attached_message_file_is_walked_by_its_name_or_type(facts_of, name):
    kind = "application/octet-stream" if name.endswith("eml") else "message/rfc822"
    facts = facts_of(
        f"Content-Type: {kind}\nContent-Disposition: attachment; filename={name}\n\nFrom: eve@x.example\n\nnews\n"
    )
    assert [part.path for part in facts.parts] == [f"1/{name}", f"1/{name}/1"]
    assert texts(facts, Role.FORWARDED) == ["From: eve@x.example", "news"]


def test_a_body_that_begins_at_once(facts_of):
    assert texts(facts_of("\njust text\n"), Role.AUTHOR) == ["just text"]


def test_an_empty_message(facts_of):
    facts = facts_of(b"")
    assert facts.texts == ()
    assert facts.size == 0


def parts(count: int) -> str:
    return "Content-Type: multipart/mixed; boundary=b1\n\n" + "--b1\n\nx\n" * count + "--b1--\n"


def test_999_parts_are_within_the_limit_and_1000_with_their_multipart_are_too(facts_of):
    assert facts_of(parts(999)).unread == ()
    unread = facts_of(parts(1_000)).unread
    assert [(entry.reason, entry.detail) for entry in unread] == [(Reason.LIMIT, "more than 1,000 MIME parts")]


def nested(depth: int) -> str:
    top = "".join(f"Content-Type: multipart/mixed; boundary=b{n}x\n\n--b{n}x\n" for n in range(depth))
    return top + "\ninnermost\n" + "".join(f"--b{n}x--\n" for n in reversed(range(depth)))


def test_depth_30_is_within_the_limit_and_31_is_not(facts_of):
    assert texts(facts_of(nested(30)), Role.AUTHOR) == ["innermost"]
    assert facts_of(nested(30)).unread == ()
    assert [entry.reason for entry in facts_of(nested(31)).unread] == [Reason.LIMIT]


@pytest.mark.parametrize(("more", "told"), [(0, []), (1, [(Reason.LIMIT, "more than 16 million characters of text")])])
def test_as_much_text_as_is_read_and_one_character_more(facts_of, more, told):
    """The texts of all parts together; the subject has a bound of its own."""
    first, second = "word\n" * 1_000_000, "w" + "word\n" * 2_355_443 + "w" * more
    body = f"--b1\n\n{first}\n--b1\n\n{second}\n--b1--\n"
    facts = facts_of(f"{HEADER}Content-Type: multipart/mixed; boundary=b1\n\n{body}")
    assert [(entry.reason, entry.detail) for entry in facts.unread] == told
    assert sum(len(text.text) for text in facts.texts if text.role is Role.AUTHOR) == 16 * 1024 * 1024


@pytest.mark.parametrize(("more", "told"), [(0, []), (1, [("", Reason.LIMIT, "more than 20,000 links")])])
def test_as_many_links_as_are_looked_at_and_one_more(facts_of, more, told):
    facts = facts_of(f"{HEADER}\n" + "https://a.example/\n" * (20_000 + more))
    assert [(entry.part, entry.reason, entry.detail) for entry in facts.unread] == told


@pytest.mark.parametrize("packed", [False, True])
def test_a_table_of_ten_million_characters_is_read_to_its_end(facts_of, packed):
    rows = "".join(f"{parcel};Main Street {parcel % 900};paid\n" for parcel in range(370_000))
    table = f"{rows}last row\n".encode()
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("parcels.csv", table)
    content, name = (target.getvalue(), "parcels.zip") if packed else (table, "parcels.csv")
    head = f"Content-Type: application/octet-stream; name={name}\nContent-Transfer-Encoding: base64\n\n"
    facts = facts_of(head.encode() + base64.encodebytes(content))
    assert facts.unread == ()
    assert len(table) > 10_000_000
    assert texts(facts, Role.ATTACHED)[0].endswith("last row")


def test_a_header_beyond_the_limit_is_told(facts_of):
    facts = facts_of("".join(f"X-{number}: y\n" for number in range(2_000)) + "\nx")
    assert facts.unread[0].reason is Reason.LIMIT


@pytest.mark.parametrize(
    "mail",
    [
        "Subject: " + "a" * 1_000_000 + "\n\nx",
        "Subject: " + "=?utf-8?q?x?= " * 20_000 + "\n\nx",
        "Subject: x\n" + " y\n" * 85_000 + "\nx",
        "Subject: (x\n" + "y\n" * 100_000 + "\nx",
        "To: " + ", ".join(f"a{n}@city.example" for n in range(20_000)) + "\n\nx",
        "To: " + "(" * 100_000 + "\n\nx",
        "To: " + '"' * 100_001 + "\n\nx",
        "To: " + "<" * 100_000 + "\n\nx",
        "Content-Type: text/plain; " + "".join(f"n*{n}=x; " for n in range(8_000)) + "\n\nx",
        "Content-Type: text/plain; a=" + "(" * 60_000 + "\n\nx",
        "Content-Type: multipart/mixed; boundary=" + "=?" * 8_000 + "\n\nx",
        'Content-Type: multipart/mixed; boundary="' + "\\" * 60_001 + "\n\nx",
        "Content-Disposition: attachment; filename=" + "%" * 60_000 + "\n\nx",
        "Content-Type: multipart/mixed; boundary=b\n\n" + "--b\n" * 100_000,
        "Content-Type: multipart/mixed; boundary=b\n\n" + "--bb\n" * 100_000,
        "Content-Type: multipart/mixed\n\n" + "--\n" * 200_000,
        "Content-Type: multipart/mixed; boundary=b\n" * 500 + "\n--b\n\nx\n",
        "\n" + "begin 644 a\n" * 50_000,
        "\n" + "=ybegin name=a\n" * 20_000,
        "\n" + "(This file must be converted with BinHex 4.0)\n:!!!\n" * 10_000,
        "\n" + "> " * 400_000,
        "\n" + "From: x\n" * 50_000,
        "\n" + "On 1 he wrote:\n" * 30_000,
        "\n" + "disclaimer\n" * 30_000,
        "\n" + "Thanks\n" * 50_000,
        "Content-Type: message/rfc822\n\n" * 2_000,
        "X" * 300_000,
        "x\n" * 150_000,
        ":\n" * 150_000,
        " \n" * 150_000 + "\nx",
    ],
    ids=range(30),
)
def test_costly_input_ends_soon(facts_of, mail):
    began = time.process_time()
    facts_of(mail)
    assert time.process_time() - began < 4


def test_an_encoding_that_gives_nothing_is_told(facts_of):
    head = "From: ann@city.example\nContent-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\n"
    (unread,) = facts_of(head + "!!!!\n").unread
    assert (unread.reason, unread.detail) == (Reason.UNREADABLE, "base64 that decodes to nothing")
    assert facts_of(head + "\n").unread == ()


@pytest.mark.parametrize("declared", ["text/plain", "text/html", "application/octet-stream"])
@pytest.mark.parametrize("kind", ["docx", "rtf"])
def test_a_document_is_read_whatever_its_type_says(facts_of, declared, kind):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w><p>secret words</p></w>")
    octets = target.getvalue() if kind == "docx" else b"{\\rtf1 secret words}"
    head = f"From: ann@city.example\nContent-Type: {declared}; name=a.{kind}\nContent-Transfer-Encoding: base64\n\n"
    found = facts_of(head + base64.encodebytes(octets).decode()).texts
    assert any("secret words" in text.text for text in found if text.role is Role.ATTACHED)
