"""Marks of a message, and to whom each is new: words of earlier messages and a subject they had are not, files are."""

from rules.facts import Part, Role
from rules.marked import marks_of_names, marks_of_subject, marks_of_text

PETRA = "petra.vale@lawfirm.example"
THREAD = (
    f"From: Ann Lee <ann.lee@city.example>\nSent: Monday, March 16, 2026 9:01 AM\nTo: Petra Vale <{PETRA}>\n"
    "Subject: CONFIDENTIAL lease\n\nCONFIDENTIAL\n\nThe limit is two million.\n"
)


def had(facts, role):
    return [mark.had for text in facts.said(role) for mark in marks_of_text(facts, text)]


def test_a_mark_of_an_earlier_message_is_not_new_to_whom_it_names_and_the_author_s_own_is(facts_of):
    facts = facts_of("CONFIDENTIAL\n\nour offer", forwarded=THREAD, to=(PETRA, "x@elsewhere.example"))
    assert frozenset({PETRA}) in had(facts, Role.FORWARDED)
    assert set(had(facts, Role.AUTHOR)) == {frozenset()}


def test_the_mark_of_a_subject_is_not_new_to_who_had_it(facts_of):
    (mark,) = marks_of_subject(facts_of(subject="RE: CONFIDENTIAL lease", quoted=THREAD, to=(PETRA,)))
    assert mark.had == frozenset({PETRA})
    (mark,) = marks_of_subject(facts_of(subject="CONFIDENTIAL lease", quoted=THREAD, to=(PETRA,)))
    assert not mark.had


def test_a_file_is_new_to_everybody(facts_of):
    part = Part(path="2", names=("privileged memo.pdf",), declared_type=None, signs=(), size=1, digest="0" * 64)
    (mark,) = marks_of_names(facts_of("See the file.", quoted=THREAD, to=(PETRA,), parts=(part,)))
    assert (mark.evidence.text, mark.had) == ("file name privileged memo.pdf", frozenset())


def test_a_legal_notice_is_told_as_one(facts_of):
    notice = "This e-mail is confidential and intended only for the named recipient."
    facts = facts_of(notice)
    (text,) = facts.said(Role.AUTHOR)
    assert {mark.footer for mark in marks_of_text(facts, text)} == {True}
