"""Who had an earlier message: whom its header names, and nobody whom a text merely speaks of."""

import time
from dataclasses import replace

import pytest

from rules.directory import Directory, Person
from rules.facts import Mailbox, Role, Text
from rules.threads import concerned, earlier_messages, had_before, who_had, who_had_subject, who_took_part

PETRA = "petra.vale@lawfirm.example"
OUTLOOK = (
    "-----Original Message-----\nFrom: Ann Lee <ann.lee@city.example>\nSent: Monday, March 16, 2026 9:01 AM\n"
    f"To: Ray, Bob <bob.ray@city.example>; Vale,\n Petra <{PETRA}>\nSubject: CONFIDENTIAL lease\n\n"
    "The limit is two million.\n"
)
GMAIL = f"On Mon, Mar 16, 2026 at 5:20 PM Petra Vale <{PETRA}>\nwrote:\n\n> The limit is two million.\n"
NOTES = f"To: Bob Ray/Law/City@CITY\ncc: {PETRA}\n\nSubject: lease\n\nThe limit is two million.\n"
INTERNAL = (
    "From: Ann Lee <ann.lee@city.example>\nSent: Tuesday\nTo: Bob Ray <bob.ray@city.example>\nSubject: lease\n\n"
    "The limit is two million.\n"
)


def had(facts, words="limit"):
    (place,) = [(text, text.text.index(words)) for text in facts.texts if words in text.text]
    return who_had(facts, *place)


@pytest.mark.parametrize("forwarded", [OUTLOOK, OUTLOOK.replace("Vale,\n Petra", "Petra Vale")])
def test_whoever_a_header_names_had_what_stands_below(facts_of, forwarded):
    assert had(facts_of("See below.", forwarded=forwarded, to=(PETRA, "x@elsewhere.example"))) == {PETRA}


def test_an_attribution_names_the_author(facts_of):
    assert had(facts_of("Yes.", quoted=GMAIL, to=(PETRA,))) == {PETRA}


def test_notes_name_the_author_above_the_header(facts_of):
    by_petra = f"Petra Vale <{PETRA}>\n03/16/2026 05:20 PM\n\n"
    addressed = facts_of("Petra Nobody\n03/16/2026 05:20 PM\n", forwarded=NOTES, to=(PETRA,))
    wrote = facts_of(f"Yes.\n\n{by_petra}", forwarded=NOTES.replace(f"cc: {PETRA}\n", ""), to=(PETRA,))
    assert had(addressed) == had(wrote) == {PETRA}


@pytest.mark.parametrize(
    "below",
    [
        f"The limit is two million. Petra ({PETRA}) must not know.\n",
        f"To: {PETRA}, in a week\nThe limit is two million.\n",
        f"From: what {PETRA} asked, the limit is two million\n",
    ],
)
def test_a_text_that_names_somebody_clears_nobody(facts_of, below):
    said = INTERNAL.replace("The limit is two million.\n", below)
    assert not had(facts_of("See below.", forwarded=said, to=(PETRA,)))


def test_the_letter_that_follows_a_header_at_once_is_none_of_it(facts_of):
    gapless = INTERNAL.replace("Subject: lease\n\n", "").replace("Sent:", "Date:") + f"ask {PETRA}\n"
    assert not had(facts_of("See below.", forwarded="Subject: lease\n" + gapless, to=(PETRA,)))


def test_nor_is_a_letter_that_follows_an_empty_line(facts_of):
    letter = (
        f"From: Ann Lee <ann@city.example>\nSent: Monday\nTo: Bob,\n\nask {PETRA}, for the limit is near\nRe: lease\n"
    )
    assert not had(facts_of("See below.", forwarded=letter, to=(PETRA,)))


def test_what_we_said_of_an_outsider_s_letter_is_new_to_him(facts_of):
    facts = facts_of("See below.", forwarded=f"{INTERNAL}\n{OUTLOOK.replace('limit', 'price')}", to=(PETRA,))
    assert not had(facts)
    assert had(facts, "price") == {PETRA} == who_took_part(facts)


def test_what_is_quoted_less_deeply_was_not_his(facts_of):
    quoted = f"> On Monday 16 March, Petra Vale <{PETRA}> wrote:\n>> an old question\n> The limit is two million.\n"
    facts = facts_of("Hm.", quoted=quoted, to=(PETRA,))
    assert not had(facts) and had(facts, "question") == {PETRA}


def test_answers_between_the_quoted_lines(facts_of):
    quoted = Text(part="1", role=Role.QUOTED, text="> The limit is two million.\n", start=400)
    author = Text(part="1", role=Role.AUTHOR, text="Three.\n", start=390)
    facts = facts_of("", quoted=GMAIL.replace("limit", "price"), texts=(author, quoted), to=(PETRA,))
    assert had(facts) == {PETRA}


def test_an_attached_message_holds_all_of_its_parts(facts_of):
    header = Text(part="2", role=Role.FORWARDED, text=f"From: Ann <ann@city.example>\nTo: {PETRA}\nSubject: lease")
    inner = Text(part="2/1", role=Role.FORWARDED, text="The limit is two million.")
    other = Text(part="3", role=Role.FORWARDED, text="The ceiling is three.")
    facts = facts_of("Attached.", texts=(header, inner, other), to=(PETRA,))
    assert had(facts) == {PETRA} and not had(facts, "ceiling")


NAMES_ONLY = INTERNAL.replace("Bob Ray <bob.ray@city.example>", "Ray, Bob; Vale, Petra J")


@pytest.mark.parametrize(
    ("shown", "address", "cleared"),
    [
        ("Petra Vale", PETRA, True),
        ("Vale, Petra", PETRA, True),
        ("Bob Vale", "bob@lawfirm.example", False),  # a name of two people
        ("Petra Vale", "petra@gmail.com", False),  # perhaps the home of the Petra Vale who is meant
        ("Petra", PETRA, False),
    ],
)
def test_a_header_that_shows_names_alone(facts_of, shown, address, cleared):
    facts = facts_of("See below.", forwarded=NAMES_ONLY, to=(address,), addressed=((shown, address),))
    assert had(facts) == ({address} if cleared else set())


def test_a_name_that_one_of_ours_bears_is_taken_for_theirs(facts_of):
    staff = Person(address="petra.vale@city.example", name="Petra Vale")
    directory = Directory(domains=frozenset({"city.example"}), people={staff.address: staff})
    options = {"forwarded": NAMES_ONLY, "to": (PETRA,), "addressed": (("Petra Vale", PETRA),)}
    assert not had(facts_of("See below.", directory=directory, **options))


def test_a_mailbox_under_the_sender_s_own_name(facts_of):
    facts = facts_of("Home.", forwarded=NAMES_ONLY, to=(PETRA,), addressed=(("Petra Vale", PETRA),))
    assert not had(replace(facts, originators=(Mailbox(name="Vale, Petra", address="p@city.example"),)))


def test_the_subject_s_mark_was_known(facts_of):
    quoted = {"forwarded": OUTLOOK, "to": (PETRA,)}
    assert who_had_subject(facts_of("Yes.", subject="RE: CONFIDENTIAL lease", **quoted)) == {PETRA}
    assert not who_had_subject(facts_of("Yes.", subject="CONFIDENTIAL: RE: lease", **quoted))
    plain = {"forwarded": OUTLOOK.replace("CONFIDENTIAL ", ""), "to": (PETRA,)}
    assert not who_had_subject(facts_of("Yes.", subject="RE: CONFIDENTIAL lease", **plain))
    assert who_had_subject(facts_of("Yes.", subject="Re: CONFIDENTIAL lease", quoted=GMAIL, to=(PETRA,))) == {PETRA}


def test_whom_the_heaviest_new_mark_concerns():
    marks = [(0.9, frozenset("a")), (0.7, frozenset()), (0.2, frozenset())]
    assert concerned("abc", marks, 0.6) == (0.9, ("a", "b", "c"))
    assert concerned("abc", marks, 0.8) == (0.9, ("b", "c"))
    assert concerned("ab", [(0.9, frozenset("ab"))], 0.6) == (0.0, ())
    assert concerned("ab", [(0.9, frozenset("ab")), (0.3, frozenset("a"))], 0.6) == (0.3, ("b",))
    assert had_before(["a", "b"]) == "; not new to a, b, named in the thread" and not had_before([])


def test_thousands_of_recipients_and_marks(facts_of):
    everybody = tuple(f"r{number}@elsewhere.example" for number in range(20_000))
    shown = (("Petra Vale", everybody[0]),)
    facts = facts_of("See below.", forwarded=NAMES_ONLY * 90, to=everybody, addressed=shown)
    start = time.perf_counter()
    assert had_by_all(facts) == {everybody[0]}
    assert concerned(everybody, [(0.9, frozenset(everybody[:1]))] * 2_000, 0.6)[1] == everybody[1:]
    assert time.perf_counter() - start < 2


def had_by_all(facts):
    (forwarded,) = facts.said(Role.FORWARDED)
    return who_had(facts, forwarded, len(forwarded.text) - 1)


@pytest.mark.parametrize("line", ["To: a@b.example,\n", "From: a\nTo: b\nSubject: c\n", "> On 1 x wrote:\n", "Cc: x\n"])
def test_a_text_of_headers_alone_takes_no_time(facts_of, line):
    facts = facts_of("See below.", forwarded=line * (200_000 // len(line)), to=(PETRA,))
    start = time.perf_counter()
    earlier_messages(facts)
    assert time.perf_counter() - start < 2
