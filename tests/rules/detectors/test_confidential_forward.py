"""Confidential content that goes out for the first time, and to whom."""

from rules.detectors.confidential_forward import Parameters, detect
from rules.facts import Part

THREAD = (
    "From: Ann Lee <ann.lee@city.example>\nSent: Monday\nTo: Bob Ray <bob.ray@city.example>\n"
    "Subject: land deal\n\nCONFIDENTIAL\n\nWe would go to two million.\n"
)
OPEN_THREAD = THREAD.replace("CONFIDENTIAL\n\n", "")
OUTSIDER = "cy.dale@elsewhere.example"


def seen(facts_of, author="See below.", parameters=None, **more):
    return list(detect(facts_of(author, **more), parameters or Parameters()))


def test_a_marked_thread_of_our_own_goes_outside(facts_of):
    (found,) = seen(facts_of, forwarded=THREAD, to=("bob.ray@city.example", OUTSIDER))
    assert found.detected and found.recipients == (OUTSIDER,)
    assert found.score == 1.0
    assert found.summary == f"marked content of our own people passed on to {OUTSIDER}"


def test_it_stays_inside(facts_of):
    assert not seen(facts_of, forwarded=THREAD, to=("bob.ray@city.example",))


def test_a_marked_attachment_by_its_text_or_its_name(facts_of):
    assert seen(facts_of, attached="CONFIDENTIAL\n\nMemorandum")[0].detected
    part = Part(path="2", names=("privileged memo.pdf",), declared_type=None, signs=(), size=1, digest="0" * 64)
    assert seen(facts_of, parts=(part,))[0].detected


def test_a_marked_subject_counts_when_something_is_passed_on(facts_of):
    assert seen(facts_of, subject="FW: CONFIDENTIAL land deal", forwarded=OPEN_THREAD)[0].detected
    assert not seen(facts_of, subject="CONFIDENTIAL land deal")


def test_whoever_was_in_the_thread_has_it_already(facts_of):
    quoted = THREAD.replace("Bob Ray <bob.ray@city.example>", f"Cy Dale <{OUTSIDER}>")
    assert not seen(facts_of, quoted=quoted, to=(OUTSIDER,))
    names_only = THREAD.replace("Bob Ray <bob.ray@city.example>", "Dale, Cy")
    assert not seen(facts_of, quoted=names_only, to=(OUTSIDER,), addressed=(("Cy Dale", OUTSIDER),))
    (found,) = seen(facts_of, quoted=quoted, to=(OUTSIDER, "dee@elsewhere.example"))
    assert found.recipients == ("dee@elsewhere.example",)


def test_a_thread_of_our_own_without_a_mark_is_told(facts_of):
    (found,) = seen(facts_of, forwarded=OPEN_THREAD)
    assert not found.detected and found.score == 0.4
    (found,) = seen(facts_of, forwarded=OPEN_THREAD, parameters=Parameters(internal_threads=True))
    assert found.detected


def test_the_author_s_own_words_are_not_a_forward(facts_of):
    assert not seen(facts_of, "CONFIDENTIAL\n\nour offer to you")


def test_a_legal_footer_below_a_forwarded_thread(facts_of):
    notice = "\n\nCONFIDENTIAL: this message may contain information intended only for the addressee.\n"
    outside = "From: Dee <dee@elsewhere.example>\nTo: ann.lee@city.example\nSubject: hello\n\nHello"
    assert not seen(facts_of, forwarded=outside + notice)


def test_a_marked_file_is_new_even_to_whoever_was_in_the_thread(facts_of):
    quoted = THREAD.replace("Bob Ray <bob.ray@city.example>", f"Cy Dale <{OUTSIDER}>")
    (found,) = seen(facts_of, quoted=quoted, attached="CONFIDENTIAL\n\nMemorandum", to=(OUTSIDER,))
    assert found.detected and found.recipients == (OUTSIDER,)


def test_what_we_said_among_ourselves_above_an_outsider_s_letter(facts_of):
    letter = (
        f"\nFrom: Cy Dale <{OUTSIDER}>\nSent: Sunday\nTo: Ann Lee <ann.lee@city.example>\nSubject: land\n\nHow much?\n"
    )
    (found,) = seen(facts_of, forwarded=THREAD + letter, to=(OUTSIDER,))
    assert found.detected and found.recipients == (OUTSIDER,)


def test_who_was_let_off_is_told(facts_of):
    quoted = THREAD.replace("Bob Ray <bob.ray@city.example>", f"Cy Dale <{OUTSIDER}>")
    (found,) = seen(facts_of, quoted=quoted, to=(OUTSIDER, "dee@elsewhere.example"))
    assert found.summary.endswith(f"passed on to dee@elsewhere.example; not new to {OUTSIDER}, named in the thread")
