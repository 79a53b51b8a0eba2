"""Marks of confidentiality on a message: where they may stand, and what evidence says."""

import pytest

from rules.detectors.confidential_marking import Parameters, detect
from rules.facts import Part


def seen(facts_of, author="", parameters=None, **more):
    return list(detect(facts_of(author, **more), parameters or Parameters()))


@pytest.mark.parametrize("role", ["author", "quoted", "forwarded", "attached"])
def test_a_banner_in_every_text(facts_of, role):
    (found,) = seen(facts_of, **{role: "CONFIDENTIAL\n\nThe draft settlement follows."})
    assert found.detected and found.summary == "marked: CONFIDENTIAL"
    first = found.evidence[0]
    assert first.text[slice(*first.mark)] == "CONFIDENTIAL"


def test_the_subject(facts_of):
    (found,) = seen(facts_of, subject="Confidential: settlement")
    assert found.detected


@pytest.mark.parametrize(
    ("name", "body", "marks"),
    [
        ("sensitivity", "Company-Confidential", True),
        ("msip_labels", "MSIP_Label_2f8_Name=Internal; MSIP_Label_2f8_Enabled=true", True),
        ("x-classification", "Law Enforcement Sensitive", True),
        ("sensitivity", "Personal", False),
        ("x-classification", "Public", False),
        ("x-mailer", "Confidential Mailer", False),
    ],
)
def test_header_fields(facts_of, name, body, marks):
    found = seen(facts_of, "Hello", fields=((name, body),))
    assert bool(found and found[0].detected) is marks


def test_the_name_of_an_attachment(facts_of):
    part = Part(path="2", names=("Confidential memo.pdf",), declared_type=None, signs=(), size=1, digest="0" * 64)
    (found,) = seen(facts_of, parts=(part,))
    assert found.detected and found.evidence[0].part == "2"


def test_a_legal_footer_alone_is_told_and_not_detected(facts_of):
    notice = (
        "See you on Friday.\n\nThis message may contain confidential information intended only for the recipient. "
        "If you received this in error, delete it. It is confidential."
    )
    (found,) = seen(facts_of, notice)
    assert not found.detected and found.summary == "legal footer only"
    assert not seen(facts_of, footer=notice)


def test_a_city_s_own_label(facts_of):
    labels = Parameters(labels=("Council Eyes",))
    (found,) = seen(facts_of, "for council eyes: the land deal", labels)
    assert found.detected


def test_ordinary_mail_is_silent(facts_of):
    assert not seen(facts_of, "The agenda for Tuesday is attached. Please call if you have questions.")
