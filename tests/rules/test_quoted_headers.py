"""Headers of earlier messages, told from other lines, in the forms that mail programs give them."""

import pytest

from rules.quoted_headers import header_at, lines_of

OUTLOOK = (
    "From: Ann Lee <ann@city.example>\nSent: Monday\nTo: Bob Ray; Cy\n Dale\nCc: dee@b.example\nSubject: lease,\nanew\n"
)


def header(text, number=0):
    return header_at(tuple(lines_of(text, 0)), number)


def entries(text, number=0):
    found = header(text, number)
    return {" ".join(entry.split()) for entry in found.entries if entry.strip()} if found else None


def test_the_fields_of_outlook_with_wrapped_lines():
    found = header(OUTLOOK)
    assert entries(OUTLOOK) == {"Ann Lee <ann@city.example>", "Bob Ray", "Cy Dale", "dee@b.example"}
    assert found.subject == "lease,\nanew\n" and (found.first, found.last) == (0, 7)


@pytest.mark.parametrize("margin", ["> ", ">> ", "  ", "| "])
def test_within_a_quotation(margin):
    quoted = "".join(f"{margin}{line}\n" for line in OUTLOOK.splitlines())
    assert entries(quoted) == entries(OUTLOOK)
    assert header(quoted).inner == margin.count(">") + margin.count("|")


def test_fields_that_are_paragraphs_and_in_another_language():
    german = "Von: Ann Lee <ann@city.example>\n\nGesendet: Montag\n\nAn: bob@b.example\n\nBetreff: Pacht\n"
    assert entries(german) == {"Ann Lee <ann@city.example>", "bob@b.example"}
    assert entries(OUTLOOK.replace("From:", "*From:*").replace("To:", "*To:*")) == entries(OUTLOOK)


def test_names_that_commas_part_and_that_hold_one():
    assert entries("From: a@b.example\nDate: Monday\nTo: Dale, Cy\n\nHello") == {"a@b.example", "Dale", "Cy", "Dale Cy"}


@pytest.mark.parametrize(
    "text",
    [
        "From: the start\nwe knew it\n",
        "From: a@b.example\nSubject: two fields are too few\n",
        "To: whom it may concern\nSubject: nobody wrote it\n",
        "Subject: lease\nFrom: a@b.example\n",
        "he wrote:\n",
    ],
)
def test_lines_that_are_no_header(text):
    assert header(text) is None


def test_a_list_of_to_below_a_name_and_a_date():
    notes = "Ann Lee <ann@city.example>\n03/16/2026 05:20 PM\nTo: bob@b.example\ncc:\n\nSubject: lease\n"
    assert entries(notes, 2) == {"Ann Lee <ann@city.example> 03/16/2026 05:20 PM", "bob@b.example"}


@pytest.mark.parametrize(
    ("text", "number", "inner"),
    [
        ("On 3/16/26 5:20 PM, Ann Lee wrote:\n> Hello\n", 0, 1),
        ("On Monday 16 March Ann Lee\n<ann@city.example>\nwrote:\n\n> Hello\n", 2, 1),
        ("> Am 16.03.2026 schrieb Ann Lee:\n>> Hallo\n", 0, 2),
        ("On 3/16/26, Ann Lee wrote:\nHello\n", 0, 0),
    ],
)
def test_attributions(text, number, inner):
    found = header(text, number)
    assert found.inner == inner and found.subject is None
    assert "Ann Lee" in found.entries[0]
