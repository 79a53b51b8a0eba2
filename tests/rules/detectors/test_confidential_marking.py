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


COUNSEL = "p.vale@lawfirm.example"
THREAD = (
    f"From: Petra Vale <{COUNSEL}>\nSent: Monday\nTo: Ann Clerk <ann.clerk@city.example>\n"
    "Subject: Confidential: lease\n\nPRIVILEGED & CONFIDENTIAL\n\nMy advice is to renew.\n"
)


def test_an_answer_to_whoever_set_the_mark(facts_of):
    (found,) = seen(facts_of, "Thanks.", subject="RE: Confidential: lease", forwarded=THREAD, to=(COUNSEL,))
    assert not found.detected and found.recipients == ()
    assert found.summary.endswith(f"; not new to {COUNSEL}, named in the thread")


def test_whoever_comes_into_the_thread_is_concerned(facts_of):
    to = (COUNSEL, "dee@elsewhere.example", "bob@city.example")
    (found,) = seen(facts_of, "Thanks.", subject="RE: Confidential: lease", forwarded=THREAD, to=to)
    assert found.detected and found.recipients == ("dee@elsewhere.example", "bob@city.example")
    assert found.summary == f"marked: Confidential; not new to {COUNSEL}, named in the thread"


@pytest.mark.parametrize(
    "own",
    [
        {"author": "CONFIDENTIAL\n\nOur limit is two million."},
        {"attached": "CONFIDENTIAL\n\nMemorandum"},
        {"subject": "Confidential: RE: lease"},
        {"fields": (("sensitivity", "Company-Confidential"),)},
        {"parts": (Part(path="2", names=("privileged.pdf",), declared_type=None, signs=(), size=1, digest="0" * 64),)},
    ],
)
def test_a_mark_of_the_author_s_own_concerns_everybody(facts_of, own):
    (found,) = seen(facts_of, forwarded=THREAD, to=(COUNSEL,), **own)
    assert found.detected and found.recipients is None


def test_a_label_of_the_city_in_what_he_had(facts_of):
    labels = Parameters(labels=("renew",))
    (found,) = seen(facts_of, "Thanks.", labels, forwarded=THREAD, to=(COUNSEL,))
    assert not found.detected
    (found,) = seen(facts_of, "We renew.", labels, forwarded=THREAD, to=(COUNSEL,))
    assert found.detected
