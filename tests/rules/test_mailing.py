"""A mailing is known again when it comes split over several messages."""

import time

from rules.directory import Directory, Person
from rules.facts import By, Kind, Part, Sign
from rules.mailing import PRINTS, mailing_of

PEOPLE = {
    f"{local}@city.example": Person(address=f"{local}@city.example", name=name, active=active)
    for local, name, active in (
        ("ann.lee", "Ann Lee", True),
        ("bob.ray", "Bob Ray", True),
        ("will.may", "Will May", True),
        ("gone.guy", "Gone Guy", False),
    )
}
STAFF = Directory(
    domains=frozenset({"city.example"}),
    people=PEOPLE,
    groups={"crew@city.example": frozenset({"ann.lee@city.example", "bob.ray@city.example"})},
)
BODY = "\n\nthe garage on Third Street will be closed next week for painting. Please park elsewhere.\n"


def test_copies_that_differ_only_in_the_salutation_are_one_mailing(facts_of):
    prints = {
        mailing_of(facts_of(f"{line}{BODY}", subject="Garage", to=(to,), directory=STAFF)).prints
        for line, to in (
            ("Dear Ann,", "ann.lee@city.example"),
            ("Dear Bob,", "bob.ray@city.example"),
            ("Will,", "will.may@city.example"),
            ("Good morning Ann:", "ann.lee@city.example"),
        )
    }
    assert len(prints) == 1


def test_names_and_numbers_in_the_text_do_not_make_another_mailing(facts_of):
    prints = {
        mailing_of(
            facts_of(
                f"Hi,\nspace {number} is yours, {name}.{BODY}", subject=f"{name}: garage", to=(to,), directory=STAFF
            )
        ).prints
        for number, name, to in ((12, "Ann", "ann.lee@city.example"), (371, "Bob", "bob.ray@city.example"))
    }
    assert len(prints) == 1


LONG = (
    "The parking garage on Third Street closes on Monday for two weeks while its ramps are painted; "
    "please leave your car behind the old depot and walk over the bridge {word}."
)
WORDS = ["today", "soon", "again", "slowly", "early", "together", "home", "first", "now", "quickly", "alone", "quietly"]


def test_a_word_of_ones_own_in_each_copy_does_not_make_another_mailing(facts_of):
    def sent(word, sender="zoe@city.example"):
        text = LONG.format(word=word)
        facts = facts_of(text, subject="Garage", sender=sender, to=("ann.lee@city.example",), directory=STAFF)
        return set(mailing_of(facts).prints)

    first, *others = (sent(word) for word in WORDS)
    assert all(first & other for other in others)
    assert first & sent("today", sender="yan@city.example")
    assert not first & sent("soon", sender="yan@city.example")


def test_letters_that_share_but_a_signature_are_not_one_mailing(facts_of):
    def sent(text):
        said = f"{text}\nZoe Hart\nParks and Trees\nthe city of parks, open from eight to four on working days"
        return set(mailing_of(facts_of(said, to=("ann.lee@city.example",), directory=STAFF)).prints)

    first = sent("the oak by the depot must come down before the storm season, could you look at it this week")
    assert not first & sent(
        "thank you for the figures, I will put them into the report and send it to the board on Friday"
    )


def test_a_few_words_are_one_mailing_only_of_one_sender(facts_of):
    def sent(sender):
        facts = facts_of(
            "the signed minutes are attached for your file",
            sender=sender,
            to=("ann.lee@city.example",),
            directory=STAFF,
        )
        return mailing_of(facts).prints

    assert sent("zoe@city.example") == sent("zoe@city.example") != sent("yan@city.example")


def test_long_texts_cost_little_and_have_few_prints(facts_of):
    text = " ".join(f"{first}{second}" for first in WORDS for second in WORDS) * 100
    start = time.process_time()
    mailing = mailing_of(facts_of(text, to=("ann.lee@city.example",), directory=STAFF))
    assert len(mailing.prints) == PRINTS
    assert time.process_time() - start < 1


def test_a_word_that_is_also_a_name_still_counts_when_it_is_written_small(facts_of):
    copies = [
        mailing_of(facts_of(f"Hello,{BODY}", subject="Garage", to=(to,), directory=STAFF)).prints
        for to in ("will.may@city.example", "ann.lee@city.example")
    ]
    assert copies[0] == copies[1]


def test_two_different_answers_are_two_mailings(facts_of):
    texts = (
        "Hi Ann,\nyes, I looked at the drawings and the second one seems better to me because it keeps the trees.",
        "Hi Bob,\nno, I have not seen the drawings yet; please send them once more, I will look at them on Monday.",
    )
    first, second = (
        mailing_of(
            facts_of(
                text,
                subject="Re: drawings",
                to=("ann.lee@city.example",),
                fields=(("in-reply-to", "<1@city.example>"),),
                directory=STAFF,
            )
        )
        for text in texts
    )
    assert not set(first.prints) & set(second.prints)


def test_a_message_of_thanks_says_too_little_to_be_a_mailing(facts_of):
    logo = Part(
        path="2",
        names=("logo.png",),
        declared_type="image/png",
        signs=(Sign(kind=Kind.IMAGE, by=By.NAME, text=".png"),),
        size=9_000,
        digest="1" * 64,
    )
    assert mailing_of(facts_of("Thanks", to=("ann.lee@city.example",), parts=(logo,), directory=STAFF)) is None


def test_a_short_reply_is_never_a_mailing_though_its_subject_is_long(facts_of):
    facts = facts_of(
        "Thanks, that works for me.",
        subject="Re: Minutes of the meeting of the park board on Tuesday evening",
        to=("ann.lee@city.example",),
        fields=(("in-reply-to", "<1@city.example>"),),
        directory=STAFF,
    )
    assert mailing_of(facts) is None


def test_short_fresh_mail_is_known_by_its_attachments(facts_of):
    def sent(digest):
        flyer = Part(
            path="2", names=("flyer.pdf",), declared_type="application/pdf", signs=(), size=9_000, digest=digest
        )
        return mailing_of(facts_of("FYI", to=("ann.lee@city.example",), parts=(flyer,), directory=STAFF)).prints

    assert sent("1" * 64) == sent("1" * 64) != sent("2" * 64)


def test_a_forward_is_known_by_what_it_passes_on(facts_of):
    def sent(joke):
        fields = (("in-reply-to", "<1@elsewhere.example>"),)
        facts = facts_of(
            "lol",
            subject="FW: joke",
            forwarded=joke,
            to=("ann.lee@city.example",),
            fields=fields,
            directory=STAFF,
        )
        return mailing_of(facts).prints

    assert sent("a horse walks into a bar and orders") == sent("a horse walks into a bar and orders")
    assert sent("a horse walks into a bar and orders") != sent("three clerks and a mayor sit in a boat")


def test_it_reaches_the_active_members_of_groups_once_each(facts_of):
    to = ("crew@city.example", "ann.lee@city.example", "gone.guy@city.example", "printer@city.example")
    mailing = mailing_of(facts_of(BODY, to=to, directory=STAFF))
    assert mailing.reaches == ("ann.lee@city.example", "bob.ray@city.example")
    assert mailing.originator == "ann.clerk@city.example"


def test_the_members_of_a_list_that_is_not_counted_are_not_reached(facts_of):
    crew = frozenset({"crew@city.example"})
    both = facts_of(BODY, to=("Crew@city.example", "ann.lee@city.example"), directory=STAFF)
    assert mailing_of(both, crew).reaches == ("ann.lee@city.example",)
    assert mailing_of(facts_of(BODY, to=("crew@city.example",), directory=STAFF), crew) is None


def test_without_a_staff_list_every_address_of_ours_counts(facts_of):
    assert mailing_of(facts_of(BODY, to=("x@city.example", "y@elsewhere.example"))).reaches == ("x@city.example",)


def test_mail_from_outside_to_outside_and_automatic_mail_is_no_mailing(facts_of):
    inside = ("ann.lee@city.example",)
    assert mailing_of(facts_of(BODY, sender="x@elsewhere.example", to=inside, directory=STAFF)) is None
    assert mailing_of(facts_of(BODY, to=("x@elsewhere.example",), directory=STAFF)) is None
    assert mailing_of(facts_of(BODY, sender=None, to=inside, directory=STAFF)) is None
    automatic = (("auto-submitted", "auto-replied"),)
    assert mailing_of(facts_of(BODY, to=inside, fields=automatic, directory=STAFF)) is None
