"""Whose words a text is, told by the marks that mail programs leave."""

import time

import pytest

from rules.facts import Role
from rules.reading.quoting import split_text


def roles(text: str) -> dict[Role, str]:
    """The text of each role, its pieces joined."""
    found: dict[Role, str] = {}
    for piece in split_text(text):
        found[piece.role] = found.get(piece.role, "") + text[piece.start : piece.end]
    return found


def test_marked_lines_under_a_signature_are_quoted():
    text = "Hello\n\n-- \nAnn\n> Can you come?\nTelephone 1\n"
    roles = [(piece.role, text[piece.start : piece.end]) for piece in split_text(text)]
    assert roles == [
        (Role.AUTHOR, "Hello\n\n"),
        (Role.SIGNATURE, "-- \nAnn\n"),
        (Role.QUOTED, "> Can you come?\n"),
        (Role.SIGNATURE, "Telephone 1\n"),
    ]


def test_a_text_without_marks_is_the_authors():
    assert roles("Dear Bob,\nsee you on Monday.\n") == {Role.AUTHOR: "Dear Bob,\nsee you on Monday.\n"}


def test_lines_with_an_angle_are_quoted_and_answers_between_them_are_not():
    assert roles("> first\nyes\n> second\nno\n") == {Role.QUOTED: "> first\n> second\n", Role.AUTHOR: "yes\nno\n"}


@pytest.mark.parametrize(
    "attribution",
    [
        "On Mon, Sep 1, 2025 at 10:00 AM Bob Example <bob@elsewhere.example> wrote:",
        "On Mon, Sep 1, 2025 at 10:00 AM Bob Example\n<bob@elsewhere.example> wrote:",
        "Am 01.09.2025 um 10:00 schrieb Bob Example:",
        "Am Mo., 1. Sept. 2025 um 10:00 Uhr schrieb Bob <bob@elsewhere.example>:",
        "Le lun. 1 sept. 2025 à 10:00, Bob <bob@elsewhere.example> a écrit :",
        "El lun, 1 sept 2025 a las 10:00, Bob (<bob@elsewhere.example>) escribió:",
        "Il giorno lun 1 set 2025 alle ore 10:00 Bob ha scritto:",
        "Op ma 1 sep 2025 om 10:00 schreef Bob <bob@elsewhere.example>:",
        "Em seg., 1 de set. de 2025 às 10:00, Bob escreveu:",
        "Den mån 1 sep. 2025 kl 10:00 skrev Bob <bob@elsewhere.example>:",
        "W dniu 1.09.2025 o 10:00, Bob pisze:",
    ],
)
def test_everything_below_an_attribution_is_quoted(attribution):
    assert roles(f"Fine with me.\n\n{attribution}\n\nShall we meet?\n") == {
        Role.AUTHOR: "Fine with me.\n\n",
        Role.QUOTED: f"{attribution}\n\nShall we meet?\n",
    }


def test_below_marked_quotes_the_author_goes_on():
    text = "On 1 Sep 2025, Bob wrote:\n> Shall we meet?\n\nFine with me.\n"
    assert roles(text) == {
        Role.QUOTED: "On 1 Sep 2025, Bob wrote:\n> Shall we meet?\n\n",
        Role.AUTHOR: "Fine with me.\n",
    }


@pytest.mark.parametrize("prose", ["This is what he wrote:\nnothing\n", "On the desk lay what she said:\na list\n"])
def test_prose_that_ends_like_an_attribution_is_the_authors(prose):
    assert roles(prose) == {Role.AUTHOR: prose}


@pytest.mark.parametrize(
    "mark",
    [
        "-----Original Message-----",
        "---------- Forwarded message ----------",
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "---------------------- Forwarded by Ann Example/City on 03/06/2001 08:54 AM ---------------------------",
        "-----Ursprüngliche Nachricht-----",
        "-------- Message d'origine --------",
        "----- Mensaje original -----",
        "-----Messaggio originale-----",
        "-----Oorspronkelijk bericht-----",
        "From: Bob Example\nSent: Monday, September 1, 2025 10:00\nTo: Ann Example\nSubject: Meeting",
        "*From:* Bob Example\n*Sent:* Monday\n*To:* Ann Example\n*Subject:* Meeting",
        "________________________________\nFrom: Bob Example\nSent: Monday\nTo: Ann Example\nSubject: Meeting",
        "Von: Bob Example\nGesendet: Montag\nAn: Ann Example\nBetreff: Treffen",
        "De : Bob Example\nEnvoyé : lundi\nÀ : Ann Example\nObjet : Réunion",
        "De: Bob Example\nEnviado el: lunes\nPara: Ann Example\nAsunto: Cita",
        "Da: Bob Example\nInviato: lunedì\nA: Ann Example\nOggetto: Incontro",
        "Van: Bob Example\nVerzonden: maandag\nAan: Ann Example\nOnderwerp: Afspraak",
        "Från: Bob Example\nSkickat: måndag\nTill: Ann Example\nÄmne: Möte",
    ],
)
def test_everything_below_a_forwarding_mark_is_forwarded(mark):
    found = roles(f"For your information.\n\n{mark}\n\nThe old message.\n> and its quotes\n")
    assert found[Role.AUTHOR].strip("_\n ") == "For your information."
    assert found[Role.FORWARDED].endswith("\n\nThe old message.\n> and its quotes\n")
    assert Role.QUOTED not in found


def test_a_travel_plan_is_no_header_block():
    text = "From: City Hall\nWith the bus at ten.\nTo: the library\n"
    assert roles(text) == {Role.AUTHOR: text}


def test_the_signature_delimiter():
    assert roles("Hello\n-- \nAnn Example\nClerk\n") == {
        Role.AUTHOR: "Hello\n",
        Role.SIGNATURE: "-- \nAnn Example\nClerk\n",
    }


def test_the_lines_below_a_sign_off():
    assert roles("Hello\n\nBest regards,\nAnn Example\nClerk, City of Example\n555-0100\n") == {
        Role.AUTHOR: "Hello\n\nBest regards,\n",
        Role.SIGNATURE: "Ann Example\nClerk, City of Example\n555-0100\n",
    }


def test_a_text_that_goes_on_after_thanks_is_no_signature():
    text = "Thanks\nI have now read the whole report and will send it to the clerk tomorrow.\n"
    assert roles(text) == {Role.AUTHOR: text}


def test_a_legal_notice_is_a_footer():
    notice = (
        "CONFIDENTIALITY NOTICE: This e-mail is intended only for the person named above. If you are not the\n"
        "intended recipient, please notify the sender and delete it.\n"
    )
    assert roles(f"See the plan.\n\n{notice}") == {Role.AUTHOR: "See the plan.\n\n", Role.FOOTER: notice}


def test_a_notice_right_below_the_authors_words():
    notice = "CONFIDENTIALITY NOTICE: if you are not the intended recipient, notify the sender.\n"
    assert roles(f"Call me.\nAnn\n{notice}") == {Role.AUTHOR: "Call me.\nAnn\n", Role.FOOTER: notice}


def test_a_real_marking_is_no_footer():
    text = "Privileged and Confidential\nThis email contains legal advice\n"
    assert roles(text) == {Role.AUTHOR: text}


def test_what_a_telephone_adds_is_a_signature():
    assert roles("Yes.\n\nSent from my iPhone\n") == {Role.AUTHOR: "Yes.\n\n", Role.SIGNATURE: "Sent from my iPhone\n"}


def test_one_confidential_word_is_no_footer():
    text = "This plan is confidential, do not pass it on.\n"
    assert roles(text) == {Role.AUTHOR: text}


def test_the_footer_of_a_mailing_list():
    footer = (
        "_______________________________________________\nclerks mailing list\nhttps://lists.example/listinfo/clerks\n"
    )
    assert roles(f"Hello\n\n{footer}")[Role.FOOTER] == footer


def test_pieces_cover_the_text_and_carry_its_offsets():
    text = "Hello\n\n> old\n\n-- \nAnn\n\nFrom: Bob\nSent: today\nTo: Ann\nSubject: x\n\nbye\n"
    pieces = split_text(text)
    assert "".join(text[piece.start : piece.end] for piece in pieces) == text
    assert [piece.role for piece in pieces] == [Role.AUTHOR, Role.QUOTED, Role.SIGNATURE, Role.FORWARDED]


NOTICE = (
    "This message is confidential and intended only for the addressee. If you are not the intended recipient, delete."
)


@pytest.mark.parametrize(("length", "role"), [(4_000, Role.FOOTER), (4_001, Role.AUTHOR)])
def test_whoever_says_more_in_one_paragraph_than_a_notice_holds_speaks_himself(length: int, role: Role) -> None:
    text = f"See you on Monday.\n\n{NOTICE} {'x' * (length - len(NOTICE) - 2)}\n"
    assert "intended recipient" in roles(text)[role]


def test_a_text_that_is_nothing_but_a_notice_is_its_authors() -> None:
    assert set(roles(NOTICE)) == {Role.AUTHOR}
    assert set(roles(f"Hello.\n\n{NOTICE}")) == {Role.AUTHOR, Role.FOOTER}


@pytest.mark.parametrize(("more", "cut"), [(0, True), (1, False)])
def test_a_text_of_as_many_lines_as_are_told_apart_and_of_one_more(more, cut):
    """Whoever writes more says it all."""
    text = "> asked\n" + "said\n" * (200_000 - 2 + more) + "end"
    assert (Role.QUOTED in roles(text)) == cut
    assert roles(text)[Role.AUTHOR].endswith("said\nend")


@pytest.mark.parametrize(("more", "pieces"), [("", 2_000), ("> once more", 1)])
def test_a_text_of_as_many_pieces_as_are_told_apart_and_of_one_more(more, pieces):
    text = "> asked\nsaid\n" * 1_000 + more
    found = split_text(text)
    assert len(found) == pieces
    if pieces == 1:
        assert (found[0].role, found[0].start, found[0].end) == (Role.AUTHOR, 0, len(text))


def test_what_a_page_quotes_is_marked_in_one_pass_also_where_it_stands_in_each_other():
    text = "said\nasked\nonce more\n"
    assert [piece.role for piece in split_text(text, ((5, 22), (11, 15)))] == [Role.AUTHOR, Role.QUOTED]
    began = time.process_time()
    split_text("asked\nsaid\n" * 20_000, [(place, place + 6) for place in range(0, 220_000, 11)])
    assert time.process_time() - began < 4


def wrapped(lines):
    """An attribution of so many lines."""
    return "On Mon, 1 Sep 2025 at 10:00\n" + "Bob\n" * (lines - 2) + "Example wrote:\n> yes\n\nI agree."


def block(lines):
    """A forwarded header whose last field stands so many lines below its first."""
    return "Look.\n\nFrom: Bob\nSent: Monday\n" + "x\n" * (lines - 2) + "Subject: y\n\nold"


def labelled(before):
    return f"Look.\n\n{'*' * before}From: Bob\nSent: Monday\nSubject: y\n\nold"


def listed(rule):
    return f"Hello\n\n{rule}\nclerks mailing list\n"


def signed(line="Ann", lines=1):
    return "Hello\n\nBest regards,\n" + f"{line}\n" * lines


@pytest.mark.parametrize(
    ("at", "beyond", "role"),
    [
        (wrapped(4), wrapped(5), Role.QUOTED),
        (block(8), block(9), Role.FORWARDED),
        (signed(lines=10), signed(lines=11), Role.SIGNATURE),
        (signed("a " * 5), signed("a " * 6), Role.SIGNATURE),
        (signed("Ann\n" + "x" * 100), signed("Ann\n" + "x" * 101), Role.SIGNATURE),
        (f"Hello\n\nThanks{'!' * 34}\nAnn\n", f"Hello\n\nThanks{'!' * 35}\nAnn\n", Role.SIGNATURE),
        (labelled(19), labelled(20), Role.FORWARDED),
        (listed("_" * 20), listed("_" * 19), Role.FOOTER),
    ],
    ids=["attribution", "header", "lines", "words", "width", "sign-off", "label", "rule"],
)
def test_marks_as_long_as_they_may_be_and_longer_by_one(at, beyond, role):
    """Beyond, the words are their author's: nothing is left out."""
    assert len(roles(at).get(role, "")) > len(roles(beyond).get(role, ""))
    assert len(roles(beyond)[Role.AUTHOR]) > len(roles(at)[Role.AUTHOR])
