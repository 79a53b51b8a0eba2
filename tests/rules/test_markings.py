"""Marks of confidentiality, and the legal footers that are none."""

import time

import pytest

from rules.markings import find_markings, name_marking, subject_marking

FOOTER = (
    "This e-mail and any attachments may contain confidential and privileged information intended only for the\n"
    "addressee. If you have received this message in error, notify the sender and delete it.\n"
)


def weight(text: str) -> float:
    return max((item.weight for item in find_markings(text) if not item.footer), default=0.0)


@pytest.mark.parametrize(
    "text",
    [
        "CONFIDENTIAL\n\nAnn, here is the draft settlement.",
        "*** Privileged & Confidential ***\nMy advice is to settle.",
        "Attorney-Client Communication\n\nThe council may go into closed session.",
        "INTERNAL USE ONLY\nKey codes of the pump houses follow.",
        "Law Enforcement Sensitive\nBriefing for Friday",
        "page 3 of 9   CONFIDENTIAL\nThe parties agree",
        "DO NOT DISTRIBUTE - draft of the reorganisation",
        "Please keep this strictly confidential until Monday.",
        "Please keep\nthis confidential.",
        "Please do not forward this message to anybody.",
        "Here is the draft of the budget. Please do not forward it.",
        "Our plan against phishing is attached. Do not distribute the attached document.",
        "The attached list is confidential, so lock your screen.",
        "Here is the confidential memo about the hire.",
        "It is not yet public. CONFIDENTIAL",
        "If you print it: this is confidential.",
    ],
)
def test_marks_of_authors_and_documents(text):
    assert weight(text) >= 0.6


@pytest.mark.parametrize(
    "text",
    [
        "",
        "We were confident that the council would agree.",
        "The vendor asks us to sign a confidentiality agreement before the demo.",
        "You can report it to a confidential hotline.",
        "9. Confidential Information\nEach party shall",
        "do not hesitate to call me about the private drive",
        "Our attorney and the client of the bank met.",
        "A phishing mail is going around. Do not forward it; report it to the help desk.",
        "You may get a suspicious invoice today. Please don't forward this, call us.",
        "The clerk does not consider this letter confidential, whatever its header says.",
        "You need not keep this confidential any longer.",
        "You don't have to treat this as confidential.",
        "Ask the clerk if this is confidential before you quote it.",
        "NON-CONFIDENTIAL\n\nFor the website.",
        "NOT CONFIDENTIAL\n\nFor the website.",
    ],
)
def test_words_of_ordinary_mail(text):
    assert weight(text) < 0.6


def test_a_legal_footer_is_told_apart():
    marks = find_markings(f"See you on Friday.\n\n{FOOTER}")
    assert all(item.footer for item in marks)
    notice = find_markings(f"CONFIDENTIALITY NOTICE: CONFIDENTIAL. {FOOTER}")
    assert notice and all(item.footer for item in notice)


def test_a_mark_above_a_legal_footer_still_counts():
    assert weight(f"CONFIDENTIAL\n\nThe list is attached.\n\n{FOOTER}") == 0.9


@pytest.mark.parametrize(
    ("subject", "marks"),
    [
        ("CONFIDENTIAL: disciplinary matter", True),
        ("Disciplinary matter (confidential)", True),
        ("FW: offer - Privileged & Confidential - second draft", True),
        ("Re: Attorney/client privileged", True),
        ("Training on confidential records", False),
        ("Confidential information: annual training", False),
        ("Confidentiality agreement", False),
        ("Confidential Agreement", False),
        ("Confidential folder for the auditors", False),
        ("Non-confidential: bid results", False),
        ("Bid results - not confidential", False),
        ("Whether or not: CONFIDENTIAL bids", True),
        ("Budget", False),
    ],
)
def test_subjects(subject, marks):
    found = subject_marking(subject)
    assert (found is not None and found.weight >= 0.6) is marks


def test_names_of_files():
    assert name_marking(("memo.pdf", "Confidential_memo.pdf")) == "Confidential_memo.pdf"
    assert name_marking(("confidentiality-form.pdf",)) is None


def test_time_grows_with_the_length_alone():
    hostile = "confidential keep this " * 20_000 + "message and " * 20_000 + "received this " * 20_000
    start = time.process_time()
    find_markings(hostile)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("count", [100, 101])
def test_as_many_marks_as_are_kept_and_one_more(count):
    """The lightest are left out, those in legal notices first."""
    text = (
        "It is company confidential, I think.\n\n" * 60 + "It is internal only, I think.\n\n" * (count - 61) + "FOUO\n"
    )
    found = find_markings(text)
    assert len(found) == 100
    assert found[-1].weight == 0.9


@pytest.mark.parametrize(("blanks", "banner"), [(107, False), (108, True)])
def test_a_line_is_a_banner_when_nothing_stands_near_the_mark(blanks, banner):
    assert (weight("x" * 13 + " " * blanks + "CONFIDENTIAL\n") == 0.9) == banner


@pytest.mark.parametrize(("between", "footer"), [(331, True), (332, False)])
def test_a_footer_gives_itself_away_near_the_mark(between, footer):
    """With its last letter 350 characters behind the mark, or one more."""
    (found,) = find_markings("CONFIDENTIAL" + "-" * between + "strictly prohibited.")
    assert found.footer == footer


@pytest.mark.parametrize("notices", [99, 100, 1_000])
@pytest.mark.parametrize("between", ["\n\n", "\n", " "])
def test_the_notices_of_a_long_thread_hide_no_mark(notices, between):
    notice = "This message is confidential and intended only for the addressee; delete it if it is not for you."
    text = f"{notice}{between}" * notices + "words\n" * 4_000 + "CONFIDENTIAL\n\nHere is the draft settlement.\n"
    assert weight(text) == 0.9


@pytest.mark.parametrize("length", [19_999, 20_000, 20_001, 20_006, 40_000, 40_001])
@pytest.mark.parametrize("filling", ["x", "x ", "x\n", "x\n\n"])
def test_a_mark_is_found_at_its_place_wherever_a_text_is_cut(length, filling):
    front = (filling * length)[: length - 6] + "\n\n"
    text = f"{front}CONFIDENTIAL\n\nwords"
    assert [text[item.start : item.end] for item in find_markings(text)] == ["CONFIDENTIAL"]
